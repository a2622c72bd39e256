//! How far a change may go: a number, or per cent.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// How far a change may go before it is a regression; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Margin {
    /// In the scorer's unit: `0.01`.
    Absolute(f64),
    /// As a fraction of the baseline's level: `20%` is 0.2.
    Relative(f64),
}

impl<'de> Deserialize<'de> for Margin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MarginVisitor)
    }
}

struct MarginVisitor;

impl Visitor<'_> for MarginVisitor {
    type Value = Margin;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a margin of 0 or more, in the scorer's unit (0.02) or in per cent of the baseline (20%)")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Margin, E> {
        let valid = value.is_finite() && value >= 0.0;
        if valid { Ok(Margin::Absolute(value)) } else { Err(E::invalid_value(de::Unexpected::Float(value), &self)) }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Margin, E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Margin, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Margin, E> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        match number.filter(|number| number.is_finite() && *number >= 0.0) {
            Some(per_cent) => Ok(Margin::Relative(per_cent / 100.0)),
            None => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Margin;
    use crate::score::GateConfig;

    #[test]
    fn a_margin_is_a_number_or_per_cent() {
        let table = [
            ("0.01", Some(Margin::Absolute(0.01))),
            ("0", Some(Margin::Absolute(0.0))),
            ("3", Some(Margin::Absolute(3.0))),
            ("20%", Some(Margin::Relative(0.2))),
            ("\" 2.5 % \"", Some(Margin::Relative(0.025))),
            ("\"0.01\"", None),
            ("-0.1", None),
            ("-1", None),
            ("-5%", None),
            ("x%", None),
            ("\"%\"", None),
            (".nan", None),
            (".inf", None),
            ("inf%", None),
            ("true", None),
            ("[1]", None),
        ];
        for (yaml, expected) in table {
            let margin = serde_yaml::from_str::<Margin>(yaml);
            assert_eq!(margin.as_ref().ok(), expected.as_ref(), "{yaml}: {margin:?}");
        }
    }

    #[test]
    fn a_bad_margin_says_what_to_write() {
        let error = serde_yaml::from_str::<GateConfig>("max_drop: 5 percent").expect_err("no margin");
        assert!(error.to_string().contains("in per cent of the baseline (20%)"), "{error}");
    }
}
