//! GitHub: where the program runs, and what it writes there. It takes rendered text, never scores.
//!
//! All of it is best effort: what blocks a merge is the exit code of the job.

mod check;
mod client;
mod comment;
mod context;
mod earlier;
mod error;
mod event;
pub mod limits;
mod log;
mod marker;
mod outputs;
mod patch;
mod pull;
mod retry;

pub use self::check::{CheckRun, Completion, Conclusion};
pub use self::client::Client;
pub use self::comment::{Comment, Posted, publish};
pub use self::context::GitHubContext;
pub use self::earlier::{Earlier, find_earlier};
pub use self::error::{Fault, GitHubError};
pub use self::event::{Event, EventKind, Source};
pub use self::log::{command, masks};
pub use self::marker::{By, Marker, key};
pub use self::outputs::{append_summary, room_in_summary, write_outputs};
pub use self::patch::{Annotation, Level, annotations};
pub use self::pull::{Pull, find_pull, read_pull};
