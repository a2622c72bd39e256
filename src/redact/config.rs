//! `redact:` of the configuration.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use thiserror::Error;

use super::{IdKey, Rule};

/// What to redact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedactConfig {
    /// The built-in rules to apply; all of them where absent.
    pub rules: Option<Vec<Rule>>,
    /// Regular expressions; what they match is redacted too.
    pub patterns: Vec<String>,
    /// Regular expressions; a finding that one of them matches from end to end stays.
    pub allow: Vec<String>,
    /// The key under which session and user ids are hashed. Where absent, the caller keeps one beside its other files.
    pub key: Option<IdKey>,
}

/// What is wrong with a [`RedactConfig`] or with a key.
#[derive(Debug, Error)]
pub enum RedactError {
    /// An entry is no regular expression.
    #[error("`redact.{list}[{index}]` is not a valid regular expression: {reason}")]
    BadPattern {
        /// `patterns` or `allow`.
        list: &'static str,
        /// The entry's index, from 0.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern that would redact nothing but emptiness.
    #[error("`redact.{list}[{index}]` is empty: write what it shall match, or take it out")]
    EmptyPattern {
        /// `patterns` or `allow`.
        list: &'static str,
        /// The entry's index, from 0.
        index: usize,
    },
    /// A key that could be guessed.
    #[error("the key for session and user ids has {length} bytes: give at least {}", IdKey::MIN_BYTES)]
    ShortKey {
        /// Its length.
        length: usize,
    },
    /// The file of the key.
    #[error("cannot {action} the key for session and user ids at {path}: {source}")]
    KeyFile {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl RedactError {
    /// The key of the configuration that is wrong.
    pub fn key(&self) -> String {
        match self {
            Self::BadPattern { list, index, .. } | Self::EmptyPattern { list, index } => {
                format!("redact.{list}[{index}]")
            }
            Self::ShortKey { .. } | Self::KeyFile { .. } => "redact.key".to_owned(),
        }
    }
}

/// The largest compiled size of a user's pattern, in bytes; it bounds what a text can cost.
const MAX_PATTERN_SIZE: usize = 1 << 20;

/// Compiles a list of expressions, each changed by `wrap` first.
pub(super) fn compile(
    list: &'static str,
    entries: &[String],
    wrap: impl Fn(&str) -> String,
) -> Result<Vec<Regex>, RedactError> {
    let compile = |(index, entry): (usize, &String)| {
        if entry.is_empty() {
            return Err(RedactError::EmptyPattern { list, index });
        }
        // Without the wrapping, so that the message shows what the user wrote.
        let bad = |error: regex::Error| RedactError::BadPattern { list, index, reason: one_line(&error) };
        build(entry).map_err(bad)?;
        build(&wrap(entry)).map_err(bad)
    };
    entries.iter().enumerate().map(compile).collect()
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN_SIZE).build()
}

/// The crate shows the pattern with a marker below it, over several lines; the last says what is wrong.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    fn config(yaml: &str) -> Result<RedactConfig, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    fn error_of(yaml: &str) -> String {
        Redactor::new(&config(yaml).unwrap()).err().unwrap().to_string()
    }

    #[test]
    fn reads_the_configuration() {
        let read = config(r#"{rules: [email, secret], patterns: ["ACME-\\d+"], allow: ["a@example\\.com"]}"#).unwrap();
        assert_eq!(read.rules, Some(vec![Rule::Email, Rule::Secret]));
        assert_eq!(read.patterns, ["ACME-\\d+"]);
        assert!(config("{}").unwrap().rules.is_none());
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = config("rules: [mail]").unwrap_err();
        assert!(error.contains("unknown variant `mail`, expected one of `secret`, `card`"), "{error}");
        assert!(!error.contains("pattern"), "{error}");
        assert!(config("rule: [email]").unwrap_err().contains("unknown field `rule`, expected one of `rules`"));
        assert!(config("key: short").unwrap_err().contains("has 5 bytes: give at least 16"));
    }

    #[test]
    fn a_bad_pattern_is_named_by_its_index() {
        let error = error_of(r#"patterns: ["fine", "(open"]"#);
        assert_eq!(error, "`redact.patterns[1]` is not a valid regular expression: unclosed group");
        let error = error_of(r#"allow: ["+1"]"#);
        assert_eq!(
            error,
            "`redact.allow[0]` is not a valid regular expression: repetition operator missing expression"
        );
        assert!(error_of(r#"patterns: [""]"#).contains("`redact.patterns[0]` is empty"));
        assert!(error_of(r#"patterns: ["(\\w{500}){500}"]"#).contains("exceeds size limit"));
    }
}
