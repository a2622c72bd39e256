//! The window, which by itself ends before what Langfuse may not show yet.

use jiff::{SignedDuration, Timestamp};

use super::super::{Moment, Omissions, SourceError, Window};

/// How long Langfuse may take to show what it was sent. Only some of its SDKs' versions are faster.
const LAG: SignedDuration = SignedDuration::from_mins(15);

/// The window that is meant at `now`, and what it is in words. An end that is written is kept, and where Langfuse may not
/// show all before it, that is said.
pub(super) fn settled(
    since: Option<Moment>,
    until: Option<Moment>,
    now: Timestamp,
    omissions: &mut Omissions,
) -> Result<(Window, String), SourceError> {
    if until.is_some() {
        let window = Window::resolve(since, until, now)?;
        if now.duration_since(window.until) < LAG {
            let reason = "what Langfuse does not show yet: the window ends less than 15 minutes ago";
            omissions.add(reason, window.until.to_string());
        }
        return Ok((window, window.to_string()));
    }
    // The start is resolved against the same moment, so that `7d` means seven days ago.
    let start = Window::resolve(since, None, now)?.since;
    match Window::resolve(Some(Moment::At(start)), Some(Moment::Ago(LAG)), now) {
        Ok(window) => Ok((window, format!("{window}, as later traces may not be whole yet"))),
        Err(_) => Err(SourceError::Unsettled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(since: Option<&str>, until: Option<&str>) -> (Result<String, String>, usize) {
        let moment = |text: &str| Moment::try_from(text.to_owned()).unwrap();
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut omissions = Omissions::default();
        let settled = settled(since.map(moment), until.map(moment), now, &mut omissions);
        (settled.map(|(_, of)| of).map_err(|error| error.to_string()), omissions.finish().len())
    }

    #[test]
    fn a_window_that_ends_now_ends_a_quarter_of_an_hour_ago() {
        let usual = "2026-11-17T12:00:00Z to 2026-11-24T11:45:00Z, as later traces may not be whole yet";
        assert_eq!(told(None, None), (Ok(usual.to_owned()), 0));
        let (refused, _) = told(Some("10m"), None);
        assert!(refused.unwrap_err().contains("write an earlier `since`, or `until: 0s`"));
    }

    #[test]
    fn an_end_that_is_written_is_kept_and_what_may_lack_is_said() {
        let of = |end: &str| Ok(format!("2026-11-23T12:00:00Z to 2026-11-24T{end}Z"));
        assert_eq!(told(Some("1d"), Some("0s")), (of("12:00:00"), 1));
        assert_eq!(told(Some("1d"), Some("2026-11-24T13:00:00Z")), (of("13:00:00"), 1));
        assert_eq!(told(Some("1d"), Some("15m")), (of("11:45:00"), 0));
        assert!(told(Some("1d"), Some("2d")).0.unwrap_err().contains("`since` is not before `until`"));
    }
}
