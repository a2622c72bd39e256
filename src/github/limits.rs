//! Every limit of GitHub's that this program keeps, in one place. Where GitHub counts characters, these count bytes: there are
//! never fewer of them.

use std::time::Duration;

/// Bytes of a comment. GitHub takes 65,536 characters; the rest is room for what it may count otherwise.
pub const COMMENT: usize = 60_000;
/// A comment that is refused as too long is halved, but not below this.
pub const SHORTEST_COMMENT: usize = 4_000;
/// Bytes of a check run's summary.
pub const CHECK_SUMMARY: usize = 65_535;
/// Characters of a check run's title.
pub const CHECK_TITLE: usize = 200;
/// Bytes of a job summary; above 1 MiB the runner drops it as a whole.
pub const JOB_SUMMARY: usize = 900_000;
/// Annotations in one request.
pub const ANNOTATIONS: usize = 50;
/// Annotations of one check run: more would hide the lines that they are about.
pub const ALL_ANNOTATIONS: usize = 150;
/// Entries of one page of a list.
pub const PAGE: usize = 100;
/// Pages of one list; a pull request of more than 3,000 comments is no place for one more.
pub const PAGES: usize = 30;
/// Bytes of a report.json that is read from elsewhere.
pub const REPORT: u64 = 20 * 1024 * 1024;
/// Characters of a gate's name in a marker.
pub const KEY: usize = 64;
/// Secrets shorter than this are not masked: every such piece of text in the log would be lost.
pub const SHORTEST_MASK: usize = 8;

/// Tries of a request after the first one.
pub const RETRIES: u32 = 4;
/// The first wait where GitHub does not say how long; each further one is twice as long.
pub const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The wait after a secondary limit that does not say how long.
pub const SECONDARY_WAIT: Duration = Duration::from_mins(1);
/// All waiting of one run together: a comment is not worth more.
pub const ALL_WAITS: Duration = Duration::from_mins(2);
/// The time between two writes that GitHub asks for.
pub const BETWEEN_WRITES: Duration = Duration::from_secs(1);
/// The time of one request.
pub const REQUEST: Duration = Duration::from_secs(30);
/// The time of one piece of work with all its requests and waits, such as the comment.
pub const WORK: Duration = Duration::from_mins(4);
