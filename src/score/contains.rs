//! `contains: "30 days"`, or `contains: { any: [refund, credit], all: […], ignore_case: true }`: whether texts occur.
//!
//! With both lists, both must hold. `ignore_case` compares the lower-case forms, so `ß` is not `SS`.

use serde::{Deserialize, Serialize};

use super::Score;
use super::error::{Problem, ScorerError};
use super::subject::Exchange;

/// What is written under `contains`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawContains {
    /// At least one of these must occur.
    #[serde(default)]
    pub any: Vec<String>,
    /// Each of these must occur.
    #[serde(default)]
    pub all: Vec<String>,
    /// Whether upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
}

impl From<String> for RawContains {
    fn from(text: String) -> Self {
        Self { all: vec![text], ..Self::default() }
    }
}

/// Texts have to occur in the answer.
#[derive(Debug)]
pub struct Contains(RawContains);

impl Contains {
    pub(super) fn new(mut raw: RawContains) -> Result<Self, ScorerError> {
        if raw.any.is_empty() && raw.all.is_empty() {
            return Err(Problem::value("nothing to look for: write a text, or a list under `any` or `all`").into());
        }
        if raw.any.iter().chain(&raw.all).any(String::is_empty) {
            return Err(Problem::value("an empty text occurs in every answer").into());
        }
        if raw.ignore_case {
            raw.any.iter_mut().chain(&mut raw.all).for_each(|text| *text = text.to_lowercase());
        }
        Ok(Self(raw))
    }

    /// 1 if the texts occur.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        if self.0.ignore_case { self.check(&exchange.text().to_lowercase()) } else { self.check(exchange.text()) }
    }

    fn check(&self, text: &str) -> Score {
        let RawContains { any, all, .. } = &self.0;
        if let Some(missing) = all.iter().find(|wanted| !text.contains(*wanted)) {
            return Score::because(0.0, &format!("\"{missing}\" does not occur"));
        }
        let found = any.is_empty() || any.iter().any(|wanted| text.contains(wanted));
        Score::check(found, || format!("none of {any:?} occurs"))
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{assert_numbers, errors};

    #[test]
    fn texts_have_to_occur() {
        assert_numbers("contains: 30 days", &[("within 30 days", 1.0), ("within 30\ndays", 0.0), ("", 0.0)]);
        assert_numbers("contains: { any: [refund, money] }", &[("your money", 1.0), ("Refund", 0.0)]);
        assert_numbers("contains: { all: [a, b] }", &[("ab", 1.0), ("a", 0.0)]);
        assert_numbers("contains: { all: [x], any: [y, z] }", &[("xz", 1.0), ("x", 0.0), ("z", 0.0)]);
        assert_numbers("contains: { any: [RÜCKGABE], ignore_case: true }", &[("Die Rückgabe", 1.0), ("Ruckgabe", 0.0)]);
    }

    #[test]
    fn nothing_to_look_for_is_an_error() {
        for yaml in ["contains: {}", "contains: { any: [] }", r#"contains: """#, r#"contains: { all: [a, ""] }"#] {
            assert!(errors(yaml)[0].starts_with("scorers.it.contains: "), "{yaml}");
        }
    }
}
