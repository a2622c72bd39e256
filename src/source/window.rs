//! The stretch of time that is asked for.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::Deserialize;

use super::SourceError;

/// How far back a window reaches where nothing is written.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A moment as it is written: how long ago, such as `7d` or `36h`; or a date, or a time of RFC 3339, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Moment {
    /// So long before the run.
    Ago(SignedDuration),
    /// A time that stays.
    At(Timestamp),
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let at = || text.parse::<Timestamp>().ok();
        let date = || Offset::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok();
        let ago = || text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
        let ago = || ago().filter(|ago| !ago.is_negative()).map(Self::Ago);
        // A time without its date would be read as a date by some and not by others.
        at().or_else(date).map(Self::At).or_else(ago).ok_or_else(|| {
            format!("`{text}` is no time; write how long ago, such as 7d or 36h, or 2026-11-20 or 2026-11-20T08:00:00Z")
        })
    }
}

impl Moment {
    fn resolve(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Ago(ago) => now.checked_sub(ago).ok(),
        }
    }
}

/// A stretch of time: from its start to before its end. Shown as people and `since` and `until` read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment in it.
    pub since: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

impl Window {
    /// The window that is meant at `now`: the last seven days where nothing is written.
    pub fn resolve(since: Option<Moment>, until: Option<Moment>, now: Timestamp) -> Result<Self, SourceError> {
        let since = since.unwrap_or(Moment::Ago(USUAL)).resolve(now);
        let until = until.map_or(Some(now), |until| until.resolve(now));
        match (since, until) {
            (Some(since), Some(until)) if since < until => Ok(Self { since, until }),
            _ => Err(SourceError::Window),
        }
    }

    /// Whether a moment is in it, in nanoseconds since 1970.
    pub(super) fn holds(&self, time_ns: u64) -> bool {
        (self.since.as_nanosecond()..self.until.as_nanosecond()).contains(&i128::from(time_ns))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, until } = self;
        if *until == Timestamp::MAX {
            write!(f, "from {since}")
        } else if *since == Timestamp::UNIX_EPOCH {
            write!(f, "up to {until}")
        } else {
            write!(f, "{since} to {until}")
        }
    }
}

/// A store's time in nanoseconds since 1970; 0 where the time is missing or is none.
pub(super) fn nanoseconds(time: Option<&str>) -> u64 {
    let time = time.and_then(|time| time.parse::<Timestamp>().ok());
    time.and_then(|time| u64::try_from(time.as_nanosecond()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Result<Moment, String> {
        Moment::try_from(text.to_owned())
    }

    #[test]
    fn moments_are_ago_or_at_a_time() {
        for (text, hours) in [("7d", 168), ("36h", 36), ("2w", 336), ("0s", 0)] {
            assert_eq!(moment(text), Ok(Moment::Ago(SignedDuration::from_hours(hours))), "{text}");
        }
        let midnight = Moment::At("2026-11-20T00:00:00Z".parse().unwrap());
        for text in ["2026-11-20", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00+01:00"] {
            assert_eq!(moment(text), Ok(midnight), "{text}");
        }
        for text in ["yesterday", "7", "", "-7d", "08:00"] {
            assert!(moment(text).unwrap_err().contains("is no time; write how long ago"), "{text}");
        }
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let window = |since: &str, until: &str| Window { since: since.parse().unwrap(), until: until.parse().unwrap() };
        let hour = window("1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z");
        let second = 1_000_000_000;
        let held = [3599, 3600, 7199, 7200].map(|seconds| hour.holds(seconds * second));
        assert_eq!(held, [false, true, true, false]);
        let (first, last) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(Window { until: last, ..hour }.to_string(), "from 1970-01-01T01:00:00Z");
        assert_eq!(Window { since: first, ..hour }.to_string(), "up to 1970-01-01T02:00:00Z");
    }

    #[test]
    fn a_window_is_resolved_once_and_never_empty() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let shown = |since, until| Window::resolve(since, until, now).map(|window| window.to_string()).ok();
        let (day, date) = (moment("1d").unwrap(), moment("2026-11-20").unwrap());
        assert_eq!(shown(None, None).unwrap(), "2026-11-17T12:00:00Z to 2026-11-24T12:00:00Z");
        assert_eq!(shown(Some(date), Some(day)).unwrap(), "2026-11-20T00:00:00Z to 2026-11-23T12:00:00Z");
        assert_eq!(shown(Some(day), Some(date)), None);
        assert_eq!(shown(Some(day), Some(day)), None);
    }
}
