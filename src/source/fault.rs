//! What went wrong with one request to a store, and whether it may pass.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// No single wait is longer, whatever the server asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How much of a refusal's body is quoted, in characters.
const QUOTED: usize = 300;

/// Why a request gave no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No connection came about.
    Unreachable(String),
    /// The connection broke, or the answer ended before its end.
    Broken(String),
    /// The server refused.
    Refused(Refusal),
    /// A web page: a login, a proxy, or another server.
    WebPage,
    /// Something else that is not JSON.
    NoJson,
    /// JSON of another shape.
    Shape(String),
    /// An answer beyond all bounds.
    TooLarge,
}

/// A status that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// What the server says, on one line.
    pub(super) said: String,
    /// The wait that it asks for.
    pub(super) wait: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: u16, said: &str, wait: Option<Duration>) -> Self {
        let line = plain(said).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut said: String = line.chars().take(QUOTED).collect();
        if said.len() < line.len() {
            said.push('…');
        }
        Self { status, said, wait }
    }
}

/// What is meant for people in a refusal that is JSON, such as a problem of RFC 9457; else all of it.
fn plain(said: &str) -> String {
    let body: Value = serde_json::from_str(said).unwrap_or_default();
    let text = |name| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let texts: Vec<&str> = ["title", "detail", "message", "error"].into_iter().filter_map(text).collect();
    // A list of details, under whatever name, says more than the title.
    let has_more =
        body.as_object().is_some_and(|body| body.values().any(|value| value.is_array() || value.is_object()));
    if texts.is_empty() || has_more { said.to_owned() } else { texts.join(": ") }
}

impl Fault {
    /// Whether the same request may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Broken(_) => true,
            Self::Refused(refusal) => matches!(refusal.status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524),
            Self::WebPage | Self::NoJson | Self::Shape(_) | Self::TooLarge => false,
        }
    }

    /// The wait that the server asks for.
    pub(super) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.wait,
            _ => None,
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "cannot be reached ({why}); check the address and that it runs"),
            Self::Broken(why) => write!(f, "the connection broke: {why}"),
            Self::Refused(Refusal { status, said, .. }) if said.is_empty() => write!(f, "HTTP {status}"),
            Self::Refused(Refusal { status, said, .. }) => write!(f, "HTTP {status}: {said}"),
            Self::WebPage => f.write_str(
                "it answers with a web page; check that the address is the API's, without a login before it",
            ),
            Self::NoJson => f.write_str("it answers with something else than JSON; check the address"),
            Self::Shape(what) => {
                write!(f, "it answers with JSON of another shape ({what}); check the address and its version")
            }
            Self::TooLarge => f.write_str("an answer of more than 256 MiB"),
        }
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            return Self::Unreachable(root_cause(&error));
        }
        Self::Broken(if error.is_timeout() { "no answer in time".to_owned() } else { root_cause(&error) })
    }
}

/// The innermost error, because the outer ones only repeat that sending failed.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The wait of a `Retry-After` in seconds or as an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = || Duration::try_from_secs_f64(text.parse().ok()?).ok();
    let date = || SystemTime::try_from(DateTimeParser::new().parse_timestamp(text).ok()?).ok();
    let until = |then: SystemTime| then.duration_since(SystemTime::now()).unwrap_or_default();
    Some(seconds().or_else(|| date().map(until))?.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn waits_asked_for_are_obeyed_within_bounds() {
        for (text, wanted) in [
            ("7", Some(7)),
            ("3600", Some(60)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers).map(|wait| wait.as_secs()), wanted, "{text}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let refused = |status| Fault::Refused(Refusal::new(status, "", None));
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(refused(status).may_pass(), "{status}");
        }
        for fault in [refused(400), refused(401), refused(404), refused(422), Fault::WebPage, Fault::NoJson] {
            assert!(!fault.may_pass(), "{fault}");
        }
    }

    #[test]
    fn problems_as_json_are_told_in_their_words() {
        for (said, told) in [
            (
                r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no such field"}"#,
                "Bad Request: no such field",
            ),
            (r#"{"error":"org_scoped_key_requires_workspace"}"#, "org_scoped_key_requires_workspace"),
            (r#"{"detail":[{"loc":["body"]}]}"#, r#"{"detail":[{"loc":["body"]}]}"#),
            (r#"{"message":"Invalid","error":[{"path":"a"}]}"#, r#"{"message":"Invalid","error":[{"path":"a"}]}"#),
            ("[1]", "[1]"),
        ] {
            assert_eq!(Refusal::new(400, said, None).said, told);
        }
    }

    #[test]
    fn what_a_server_says_is_short_and_on_one_line() {
        let refusal = Refusal::new(422, &"a\n b".repeat(400), None);
        assert!(refusal.said.starts_with("a ba b") && refusal.said.chars().count() == QUOTED + 1, "{}", refusal.said);
        assert_eq!(Fault::Refused(Refusal::new(503, " ", None)).to_string(), "HTTP 503");
    }
}
