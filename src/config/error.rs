//! What is wrong with a configuration: all of it at once, each with its place.

use std::fmt;
use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}; name the file with --config", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says things that mean nothing.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Mistake>),
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// Line and column, from 1, where they are known.
    pub place: Option<(usize, usize)>,
    /// The key's path, `scorers.short.max_words`; empty for the whole file.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The environment variable that is not set, if that is all.
    pub missing: Option<String>,
}

impl ConfigError {
    /// The first variable that is not set, if nothing else is wrong.
    pub fn missing_variable(&self) -> Option<&str> {
        let Self::Invalid(mistakes) = self else { return None };
        let is_all = mistakes.iter().all(|mistake| mistake.missing.is_some());
        mistakes.first().filter(|_| is_all)?.missing.as_deref()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Serde names the types of the program; people write numbers and mappings.
pub(super) fn in_plain_words(message: &str) -> String {
    let Some((start, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let plain = match expected {
        "u32" | "u64" | "usize" => "a whole number from 0",
        "f64" => "a number",
        _ if expected.starts_with("a nonzero ") => "a whole number above 0",
        _ if expected.starts_with("struct ") => "a mapping, such as { key: value }",
        other => other,
    };
    format!("{start}, expected {plain}")
}

/// Adds "did you mean" to serde's message about an unknown field or variant.
pub(super) fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(word) = quoted.next().filter(|_| message.starts_with("unknown ")) else {
        return message.to_owned();
    };
    let known: Vec<&str> = quoted.collect();
    match similar::get_close_matches(word, &known, 1, 0.6).first() {
        Some(close) => format!("{message}; did you mean `{close}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_in_plain_words() {
        for (message, expected) in [
            ("invalid type: string \"a\", expected u64", "invalid type: string \"a\", expected a whole number from 0"),
            (
                "invalid type: unit value, expected struct Raw",
                "invalid type: unit value, expected a mapping, such as { key: value }",
            ),
            ("unknown field `a`, expected one of `b`, `c`", "unknown field `a`, expected one of `b`, `c`"),
            ("missing field `a`", "missing field `a`"),
        ] {
            assert_eq!(in_plain_words(message), expected);
        }
    }

    #[test]
    fn a_near_miss_is_suggested() {
        let message = "unknown field `max_wrds`, expected one of `max_words`, `json`";
        assert!(with_suggestion(message).ends_with("; did you mean `max_words`?"));
        assert_eq!(with_suggestion("unknown field `zzz`, expected `json`"), "unknown field `zzz`, expected `json`");
        assert_eq!(with_suggestion("invalid type: `x`"), "invalid type: `x`");
    }
}
