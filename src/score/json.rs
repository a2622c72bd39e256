//! `json: {}`: whether the answer is one JSON document and nothing else.
//!
//! Strict, because the program behind it is: see [`Exchange::json`] for code fences, repeated keys and nesting.

use super::Score;
use super::subject::Exchange;

/// The answer has to be JSON.
#[derive(Debug)]
pub struct Json;

impl Json {
    /// 1 if the answer is one JSON document.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        match exchange.json() {
            Ok(_) => Score::number(1.0),
            Err(why) => Score::because(0.0, &format!("not JSON: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{assert_numbers, score_text};

    #[test]
    fn json_is_one_document_and_nothing_else() {
        let deep = "[".repeat(200_000);
        let nested = format!("{}{}", "[".repeat(127), "]".repeat(127));
        let too_nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let huge = format!("\"{}\"", "x".repeat(5_000_000));
        let table = [
            (r#"{"a": 1}"#, 1.0),
            (" \r\n [1, 2]\r\n", 1.0),
            ("null", 1.0),
            (r#"{"a": 1, "a": 2}"#, 1.0),
            (&nested, 1.0),
            (&huge, 1.0),
            ("", 0.0),
            ("Sure! {\"a\": 1}", 0.0),
            ("{\"a\": 1} {\"b\": 2}", 0.0),
            ("```json\n{\"a\": 1}\n```", 0.0),
            (r#"{"a": NaN}"#, 0.0),
            ("1e999", 0.0),
            (r#"{"a": 1,}"#, 0.0),
            ("\u{feff}{}", 0.0),
            (&deep, 0.0),
            (&too_nested, 0.0),
        ];
        assert_numbers("json: {}", &table);
    }

    #[test]
    fn the_reason_says_what_is_wrong() {
        let reason = |text| score_text("json: {}", text).reason().map(ToOwned::to_owned);
        assert_eq!(reason(""), Some("not JSON: the answer is empty".to_owned()));
        assert_eq!(reason("```json\n{}\n```"), Some("not JSON: the JSON is wrapped in a code fence".to_owned()));
        assert_eq!(reason("{\"a\": }"), Some("not JSON: expected value at line 1 column 7".to_owned()));
        assert_eq!(reason("{}"), None);
    }
}
