//! `regex: "REF-[0-9]{6}"`, or `regex: { pattern: "(?i)as an ai", absent: true }`: whether a pattern is found.
//!
//! The pattern may match anywhere in the text; anchor it with `\A` and `\z` to match all of it. Matching takes time
//! linear in the text, whatever the pattern.

use regex::Regex as Pattern;
use serde::{Deserialize, Serialize};

use super::Score;
use super::error::{Problem, ScorerError};
use super::subject::Exchange;

/// What is written under `regex`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRegex {
    /// The pattern, in the syntax of Rust's regex crate.
    pub pattern: String,
    /// Whether the pattern must not be found.
    #[serde(default)]
    pub absent: bool,
}

impl From<String> for RawRegex {
    fn from(pattern: String) -> Self {
        Self { pattern, absent: false }
    }
}

/// A pattern has to be found, or not to be.
#[derive(Debug)]
pub struct Regex {
    pattern: Pattern,
    absent: bool,
}

impl Regex {
    pub(super) fn new(raw: &RawRegex) -> Result<Self, ScorerError> {
        let pattern = Pattern::new(&raw.pattern).map_err(Problem::from)?;
        Ok(Self { pattern, absent: raw.absent })
    }

    /// 1 if the pattern is found, or with `absent` if it is not.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        match (self.pattern.find(exchange.text()), self.absent) {
            (Some(_), false) | (None, true) => Score::number(1.0),
            (Some(found), true) => Score::because(0.0, &format!("found \"{}\"", found.as_str())),
            (None, false) => Score::because(0.0, "the pattern is not found"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{assert_numbers, errors, score_text};

    #[test]
    fn a_pattern_is_found_or_absent() {
        assert_numbers(r#"regex: "REF-[0-9]{3}""#, &[("see REF-123.", 1.0), ("ref-123", 0.0), ("", 0.0)]);
        assert_numbers(r#"regex: { pattern: "(?i)as an ai", absent: true }"#, &[("As an AI", 0.0), ("Hello", 1.0)]);
        assert_numbers(r#"regex: "(?m)^Total:$""#, &[("a\nTotal:\nb", 1.0), ("a\r\nTotal:\r\nb", 0.0)]);
    }

    #[test]
    fn a_pattern_that_makes_others_hang_does_not() {
        let hostile = "a".repeat(100_000) + "!";
        assert_numbers(r#"regex: "^(a+)+$""#, &[(&hostile, 0.0)]);
    }

    #[test]
    fn what_was_found_is_quoted_on_one_short_line() {
        let text = format!("x\r\n{}y", "\u{7} long".repeat(1000));
        let score = score_text(r#"regex: { pattern: "(?s)x.*y", absent: true }"#, &text);
        let reason = score.reason().expect("a reason");
        assert!(reason.starts_with("found \"x long long"), "{reason}");
        assert_eq!(reason.chars().count(), 501);
        assert!(reason.ends_with('…') && !reason.contains(char::is_control));
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        let messages = errors(r#"regex: "(""#);
        assert!(messages[0].starts_with("scorers.it.regex: bad pattern: "), "{messages:?}");
    }
}
