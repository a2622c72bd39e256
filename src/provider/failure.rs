//! One try that failed, and what that means for the caller.

use std::error::Error;

use super::error::{At, ProviderError, QUOTED_CHARS, quote};
use super::refusal::Refusal;
use super::retry;

/// Why one try gave no completion.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// The server refused, by status or by an error object inside an answer.
    Refused(Refusal),
    /// No connection came about.
    Connect(String),
    /// The connection broke or timed out, or the answer ended before its end.
    Broken(String),
    /// The answer is not a completion.
    Malformed(String),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => Self::Connect("connecting timed out".to_owned()),
            (true, false) => Self::Connect(root_cause(&error)),
            (false, true) => Self::Broken("timed out before the answer was complete (`timeout`)".to_owned()),
            (false, false) => Self::Broken(root_cause(&error)),
        }
    }
}

/// The innermost error, because the outer ones only repeat that sending failed.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    quote(&cause.to_string(), QUOTED_CHARS)
}

impl Failure {
    /// The failure as the caller sees it, after `tries` tries. `reached` tells whether the server ever answered.
    pub(super) fn explain(self, at: At, tries: usize, reached: bool) -> ProviderError {
        match self {
            Self::Connect(message) if !reached => ProviderError::Unreachable { at, message },
            Self::Connect(message) | Self::Broken(message) => ProviderError::Exhausted { at, tries, message },
            Self::Malformed(message) => ProviderError::Malformed { at, message },
            Self::Refused(refusal) => refusal.explain(at, tries),
        }
    }
}

impl Refusal {
    fn explain(self, at: At, tries: usize) -> ProviderError {
        let is_transient = retry::is_transient_refusal(&self);
        let is_quota = self.is_quota();
        let Self { status, message, code, .. } = self;
        match status {
            _ if is_quota => ProviderError::Quota { at, status, message },
            _ if is_transient => ProviderError::Exhausted { at, tries, message: format!("{status}: {message}") },
            401 | 403 => ProviderError::Auth { at, status, message },
            300..=399 | 404 => ProviderError::NotFound { at, status, message },
            _ if code == "model_not_found" => ProviderError::NotFound { at, status, message },
            _ => ProviderError::Rejected { at, status, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_errors() {
        let at = At { provider: "p".into(), url: "http://h/".into() };
        for (status, code, fatal, start) in [
            (401, "", true, "provider `p` (http://h/) refused the key (401): m"),
            (403, "", true, "provider `p` (http://h/) refused the key (403)"),
            (404, "", true, "provider `p` (http://h/) does not know the model"),
            (302, "", true, "provider `p` (http://h/) does not know the model"),
            (400, "model_not_found", true, "provider `p` (http://h/) does not know the model"),
            (429, "insufficient_quota", true, "provider `p` (http://h/) has no quota left (429)"),
            (402, "", true, "provider `p` (http://h/) has no quota left (402)"),
            (429, "", false, "provider `p` (http://h/) failed 5 times, at last with: 429: m"),
            (400, "", false, "provider `p` (http://h/) rejected the request (400): m"),
            (501, "", false, "provider `p` (http://h/) rejected the request (501): m"),
        ] {
            let refusal = Refusal { status, code: code.into(), message: "m".into(), retry_after: None };
            let error = Failure::Refused(refusal).explain(at.clone(), 5, true);
            assert_eq!(error.is_fatal(), fatal, "{status} {code}");
            assert!(error.to_string().starts_with(start), "{error}");
        }
    }
}
