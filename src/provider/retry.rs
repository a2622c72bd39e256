//! When a failed try is worth another one, and how long to wait first.

use std::time::{Duration, SystemTime};

use backon::ExponentialBuilder;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::failure::Failure;
use super::refusal::Refusal;

/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer than this, whatever the server asks for: a run must end.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The waits between tries. Jitter stretches each by up to its own length, so that calls that failed together do not
/// come back together.
pub(super) fn waits(retries: usize) -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_jitter()
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(LONGEST_WAIT / 2)
        .with_max_times(retries)
}

/// Whether the same request may succeed if it is sent again. A repeat is harmless: completions change nothing.
pub(super) fn is_transient(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(refusal) => is_transient_refusal(refusal),
        Failure::Connect(_) | Failure::Broken(_) => true,
        Failure::Malformed(_) => false,
    }
}

/// As [`is_transient`], for a server's refusal: timeouts, conflicts, rate limits and overload, but not an empty account.
pub(super) fn is_transient_refusal(refusal: &Refusal) -> bool {
    matches!(refusal.status, 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 529) && !refusal.is_quota()
}

/// Whether a refusal tells of load, so that all calls should slow down and not only the refused one.
pub(super) fn is_overload(refusal: &Refusal) -> bool {
    let is_load = matches!(refusal.status, 429 | 503 | 529) || refusal.retry_after.is_some();
    is_load && is_transient_refusal(refusal)
}

/// The wait that the server asks for: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let wait = text("retry-after-ms")
        .and_then(|ms| seconds(ms, 1000.0))
        .or_else(|| text(RETRY_AFTER.as_str()).and_then(|after| seconds(after, 1.0).or_else(|| until(after, now))))?;
    Some(wait.min(LONGEST_WAIT))
}

fn seconds(text: &str, per_second: f64) -> Option<Duration> {
    let number = text.parse::<f64>().ok()?;
    Duration::try_from_secs_f64(number / per_second).ok()
}

fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let then = DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(SystemTime::try_from(then).ok()?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn transient_or_not() {
        let refused = |status, code: &str| {
            Failure::Refused(Refusal { status, code: code.into(), message: String::new(), retry_after: None })
        };
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert!(is_transient(&refused(status, "")), "{status}");
        }
        for status in [301, 400, 401, 402, 403, 404, 413, 422, 501] {
            assert!(!is_transient(&refused(status, "")), "{status}");
        }
        assert!(!is_transient(&refused(429, "insufficient_quota")));
        assert!(is_transient(&Failure::Connect(String::new())));
        assert!(is_transient(&Failure::Broken(String::new())));
        assert!(!is_transient(&Failure::Malformed(String::new())));
    }

    #[test]
    fn waits_asked_for() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(24_090_208); // 2015-10-21 07:28:00 UTC
        for (name, value, ms) in [
            ("retry-after", "7", Some(7_000)),
            ("retry-after", "0.25", Some(250)),
            ("retry-after", "86400", Some(60_000)),
            ("retry-after", "Wed, 21 Oct 2015 07:28:20 GMT", Some(20_000)),
            ("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("retry-after-ms", "150", Some(150)),
            ("x-other", "5", None),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers, now), ms.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn waits_grow_and_are_stretched_at_most_twofold() {
        let waits: Vec<_> = waits(4).build().collect();
        assert_eq!(waits.len(), 4);
        for (wait, base) in waits.iter().zip([250, 500, 1000, 2000]) {
            let base = Duration::from_millis(base);
            assert!((base..=base * 2).contains(wait), "{wait:?}");
        }
    }
}
