//! `json_schema: schemas/answer.json`: whether the answer is JSON that fits a schema.
//!
//! The draft is the one that `$schema` names, else 2020-12. References go no further than the file itself: nothing is
//! fetched, from the network or the disk. `format` is an annotation where the draft says so.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

use super::Score;
use super::error::{Problem, ScorerError};
use super::subject::Exchange;

/// A compiled schema and the text it came from.
#[derive(Debug)]
pub(super) struct Schema {
    validator: Validator,
    text: String,
}

impl Schema {
    /// Reads and compiles the schema at `path`, which is relative to `base_dir`.
    pub(super) fn load(path: &str, base_dir: &Path) -> Result<Self, Problem> {
        let file = base_dir.join(path);
        let text = fs::read_to_string(file).map_err(|source| Problem::Read { path: path.to_owned(), source })?;
        let schema =
            serde_json::from_str(&text).map_err(|source| Problem::NotJson { path: path.to_owned(), source })?;
        let bad = |message: String| Problem::Schema { path: path.to_owned(), message };
        if is_response_format(&schema) {
            return Err(bad("it wraps the schema as `response_format` does, and alone would accept anything; \
                            keep only what is under `schema`"
                .to_owned()));
        }
        let validator = jsonschema::options().offline().build(&schema).map_err(|error| bad(error.to_string()))?;
        Ok(Self { validator, text })
    }

    /// What does not fit, if anything: the first violation and where it is.
    pub(super) fn violation(&self, value: &Value) -> Option<String> {
        let error = self.validator.validate(value).err()?;
        let place = error.instance_path().to_string();
        Some(if place.is_empty() { error.to_string() } else { format!("{place}: {error}") })
    }

    /// The file's content.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// `{"name": …, "schema": {…}}`, the shape in which a schema is sent to a provider. Read as a schema it has no keyword.
fn is_response_format(schema: &Value) -> bool {
    let wraps = |value: &Value| value.get("schema").is_some_and(Value::is_object) && value.get("type").is_none();
    wraps(schema) || schema.get("json_schema").is_some_and(wraps)
}

/// The answer has to fit a schema.
#[derive(Debug)]
pub struct JsonSchema(Schema);

impl JsonSchema {
    pub(super) fn new(path: &str, base_dir: &Path) -> Result<Self, ScorerError> {
        Ok(Self(Schema::load(path, base_dir)?))
    }

    /// 1 if the answer is JSON that fits the schema.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        match exchange.json() {
            Ok(value) => match self.0.violation(value) {
                None => Score::number(1.0),
                Some(violation) => Score::because(0.0, &violation),
            },
            Err(why) => Score::because(0.0, &format!("not JSON: {why}")),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{assert_numbers, errors, score_text};

    const YAML: &str = "json_schema: answer.json";

    #[test]
    fn the_answer_has_to_fit() {
        let slow = format!(r#"{{"answer": "a", "topic": "other", "code": "{}b"}}"#, "a".repeat(60));
        let table = [
            (r#"{"answer": "Yes.", "topic": "refund"}"#, 1.0),
            (r#"{"answer": "Yes.", "topic": "weather"}"#, 0.0),
            (r#"{"answer": "", "topic": "refund"}"#, 0.0),
            (r#"{"answer": "Yes.", "topic": "refund", "more": 1}"#, 0.0),
            (r#"{"answer": "Yes.", "topic": "weather", "topic": "refund"}"#, 1.0),
            (r#"{"answer": "Yes.", "topic": "refund", "confidence": 1e300}"#, 0.0),
            ("[]", 0.0),
            ("no", 0.0),
            (&slow, 0.0),
        ];
        assert_numbers(YAML, &table);
    }

    #[test]
    fn the_reason_says_where() {
        let score = score_text(YAML, r#"{"answer": "Yes.", "topic": "refund", "confidence": 7}"#);
        assert_eq!(score.reason(), Some("/confidence: 7 is greater than the maximum of 1"));
    }

    #[test]
    fn a_schema_is_checked_before_it_is_used() {
        let table = [
            ("missing.json", "cannot read missing.json"),
            ("broken.json", "broken.json is not JSON: "),
            ("bad_type.json", "bad_type.json is not a usable JSON Schema"),
            ("response_format.json", "keep only what is under `schema`"),
            ("remote.json", "schemas.example.com"),
            ("local_ref.json", "local_ref.json is not a usable JSON Schema"),
        ];
        for (file, expected) in table {
            let messages = errors(&format!("json_schema: {file}"));
            assert_eq!(messages.len(), 1, "{messages:?}");
            assert!(messages[0].starts_with("scorers.it.json_schema: "), "{messages:?}");
            assert!(messages[0].contains(expected), "{messages:?}");
        }
    }
}
