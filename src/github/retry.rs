//! What a refusal means: a limit that passes, a permission that never comes, or a request that is wrong.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::error::Fault;
use super::limits::{FIRST_WAIT, SECONDARY_WAIT};

/// What a refusal with this status, these headers and this message means; `now` is in seconds since 1970.
pub(super) fn fault(status: u16, headers: &HeaderMap, message: &str, now: u64) -> Fault {
    let asked = retry_after(headers);
    match status {
        403 | 429 => limit(status, asked.or_else(|| until_reset(headers, now)), message),
        408 | 500 | 502 | 503 | 504 => Fault::Passing(asked),
        401 => Fault::Permission,
        _ => Fault::Final,
    }
}

/// Whether a 403 or 429 is a limit. GitHub uses 403 for both limits and permissions, and tells them apart by headers and words.
fn limit(status: u16, wait: Option<Duration>, message: &str) -> Fault {
    let message = message.to_ascii_lowercase();
    if message.contains("resource not accessible") {
        return Fault::Permission;
    }
    let is_secondary = status == 429 || message.contains("secondary rate limit") || message.contains("abuse detection");
    match wait {
        Some(wait) => Fault::Passing(Some(wait)),
        None if is_secondary => Fault::Passing(Some(SECONDARY_WAIT)),
        None => Fault::Permission,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after").map(Duration::from_secs)
}

/// The time until the primary limit is reset, where that is used up. A second more, for clocks differ.
fn until_reset(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let is_used_up = number(headers, "x-ratelimit-remaining") == Some(0);
    let reset = number(headers, "x-ratelimit-reset").filter(|_| is_used_up)?;
    Some(Duration::from_secs(reset.saturating_sub(now) + 1))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The wait before try number `tries` + 2: what was asked for, else twice as long each time.
pub(super) fn wait(asked: Option<Duration>, tries: u32) -> Duration {
    asked.unwrap_or(FIRST_WAIT * 2_u32.saturating_pow(tries.min(16)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let seconds = |seconds| Fault::Passing(Some(Duration::from_secs(seconds)));
        for (status, headers, message, expected) in [
            (403, &[][..], "Resource not accessible by integration", Fault::Permission),
            (403, &[("retry-after", "5")], "Resource not accessible by integration", Fault::Permission),
            (403, &[], "You have exceeded a secondary rate limit.", seconds(60)),
            (403, &[("retry-after", "7")], "You have exceeded a secondary rate limit.", seconds(7)),
            (
                403,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "130")],
                "API rate limit exceeded",
                seconds(31),
            ),
            (403, &[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "130")], "Forbidden", Fault::Permission),
            (403, &[], "Must have admin rights to Repository.", Fault::Permission),
            (429, &[], "", seconds(60)),
            (429, &[("retry-after", "1")], "", seconds(1)),
            (502, &[], "", Fault::Passing(None)),
            (503, &[("retry-after", "3")], "", seconds(3)),
            (401, &[], "Bad credentials", Fault::Permission),
            (404, &[], "Not Found", Fault::Final),
            (422, &[("retry-after", "3")], "Validation Failed", Fault::Final),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(fault(status, &headers, message, 100), expected, "{status} {message}");
        }
    }

    #[test]
    fn waits_grow_where_nothing_is_asked_for() {
        let waits: Vec<_> = (0..3).map(|tries| wait(None, tries).as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000]);
        assert_eq!(wait(Some(Duration::from_secs(9)), 3).as_secs(), 9);
    }
}
