//! What can go wrong with a provider, said so that the reader knows what to do.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// What is shorter is no key, and would blacken harmless words.
const SHORTEST_SECRET: usize = 8;

/// Why a provider gave no completion.
///
/// Texts quoted from servers are cut to [`QUOTED_CHARS`] characters and hold no control characters, but they are
/// still text from outside: escape them before they are shown.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProviderError {
    /// The configuration makes no usable client.
    #[error("provider `{provider}`: {message}")]
    Config {
        /// The provider's name.
        provider: String,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// There is no key, and that was allowed for; nothing was sent.
    #[error("provider `{provider}` was not asked: {variable} is not set")]
    NoKey {
        /// The provider's name.
        provider: String,
        /// The environment variable.
        variable: String,
    },
    /// The key was refused: 401 or 403.
    #[error("{at} refused the key ({status}): {message}; check `api_key` of this provider")]
    Auth {
        /// Who refused.
        at: At,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The account has no money or quota left, which no retry mends.
    #[error("{at} has no quota left ({status}): {message}; check the account's plan and billing")]
    Quota {
        /// Who refused.
        at: At,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// No such model or path: 404, or a redirect, which is not followed because it would carry the key elsewhere.
    #[error("{at} does not know the model or the address ({status}): {message}; check `model` and `base_url`")]
    NotFound {
        /// Who refused.
        at: At,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// This one request was refused: 400, 413, 422, …
    #[error("{at} rejected the request ({status}): {message}; check the prompt's parameters and its length")]
    Rejected {
        /// Who refused.
        at: At,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// No connection was ever made.
    #[error("{at} cannot be reached: {message}; check `base_url`, and that the server runs")]
    Unreachable {
        /// Who was called.
        at: At,
        /// What the network said.
        message: String,
    },
    /// Every try failed with something that usually passes: rate limits, server errors, timeouts, broken streams.
    #[error("{at} failed {tries} times, at last with: {message}")]
    Exhausted {
        /// Who was called.
        at: At,
        /// How often it was tried.
        tries: usize,
        /// The last failure.
        message: String,
    },
    /// The server answered with success, but with something else than a completion.
    #[error("{at} sent something other than a completion: {message}; check `base_url`")]
    Malformed {
        /// Who answered.
        at: At,
        /// What came instead.
        message: String,
    },
    /// Nothing may be sent, and neither cache nor recording has the answer.
    #[error("provider `{provider}` has no stored answer for {question}; {advice}")]
    Miss {
        /// The provider's name.
        provider: String,
        /// The model, the repeat and the start of what was asked.
        question: String,
        /// What has probably changed, and what to do.
        advice: String,
    },
}

impl ProviderError {
    /// The same without the secrets that a server may have quoted: what it says goes into reports.
    #[must_use]
    pub(super) fn without(mut self, secrets: &[SecretString]) -> Self {
        if let Self::Auth { message, .. }
        | Self::Quota { message, .. }
        | Self::NotFound { message, .. }
        | Self::Rejected { message, .. }
        | Self::Unreachable { message, .. }
        | Self::Exhausted { message, .. }
        | Self::Malformed { message, .. } = &mut self
        {
            for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|text| text.len() >= SHORTEST_SECRET) {
                *message = message.replace(secret, "***");
            }
        }
        self
    }

    /// Whether asking for other cases is useless, so that the run should stop now.
    ///
    /// That holds for what is wrong with the provider and not with the request: configuration, key, quota, an unknown
    /// model or address, a host that was never reached. It also holds for [`ProviderError::Miss`], because a run
    /// that may send nothing has to find every answer. An overloaded provider is not fatal: the next case may succeed.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Config { .. }
            | Self::Auth { .. }
            | Self::Quota { .. }
            | Self::NotFound { .. }
            | Self::Unreachable { .. }
            | Self::Miss { .. } => true,
            Self::NoKey { .. } | Self::Rejected { .. } | Self::Exhausted { .. } | Self::Malformed { .. } => false,
        }
    }
}

/// Who was called: a provider's name and its address, without query and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The address.
    pub url: String,
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "provider `{}` ({})", self.provider, self.url)
    }
}

/// How much of a server's text an error quotes, in characters.
pub const QUOTED_CHARS: usize = 300;

/// The start of a text from outside, on one line and without control characters.
pub(super) fn quote(text: &str, chars: usize) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let mut line = words.collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(chars) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_short_and_plain() {
        for (text, chars, quoted) in [
            ("plain", 10, "plain"),
            ("  two\r\n lines\t\u{1b}[31m", 40, "two lines [31m"),
            ("abcdef", 3, "abc…"),
            ("äöü", 3, "äöü"),
            ("äöüß", 3, "äöü…"),
            ("", 3, ""),
        ] {
            assert_eq!(quote(text, chars), quoted);
        }
    }
}
