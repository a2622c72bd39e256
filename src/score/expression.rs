//! `expression: "output.json.confidence > 0.7 and output.words < 80"`: whatever else can be said of an answer.
//!
//! The language is minijinja's. Its variables are
//!
//! * `case`: the case, with the names it has in `cases.jsonl`; a field that is not there is undefined;
//! * `output`: `text`, `json` (the text parsed, undefined if it is not JSON), `tool_calls`, `finish_reason`, `refusal`
//!   and `words`;
//! * `timing`: `ttft_ms` and `total_ms`;
//! * `usage`: `input`, `output` and `cached` tokens.
//!
//! True is 1 and false is 0, a number is itself, and undefined or none is 0. Text, a list or a map is a mistake, and
//! the attempt is unscored. Anything may be looked up in an undefined value: the result is undefined again.
//!
//! Comparison follows minijinja's order of kinds, in which undefined comes before every number and text after it. So
//! `output.json.price < 5` holds for an answer without a price, and `output.json.confidence > 0.7` for one whose
//! confidence is `"low"`: write `output.json.price is number and output.json.price < 5`.

use minijinja::value::{Value, ValueKind};

use super::error::ScorerError;
use super::expr::Expr;
use super::subject::Exchange;
use super::{LARGEST, Score};

/// What an expression says of the answer.
#[derive(Debug)]
pub struct Expression(Expr);

impl Expression {
    pub(super) fn new(source: &str) -> Result<Self, ScorerError> {
        Ok(Self(Expr::compile(source)?))
    }

    /// What the expression gives.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        self.0.eval_answer(exchange).map_or_else(|score| score, |value| self.number(&value))
    }

    fn number(&self, value: &Value) -> Score {
        let source = self.0.source();
        match value.kind() {
            ValueKind::Bool => Score::check(value.is_true(), || format!("{source} does not hold")),
            ValueKind::Undefined | ValueKind::None => Score::because(0.0, &format!("{source} is undefined")),
            ValueKind::Number => match f64::try_from(value.clone()) {
                Ok(number) if number.abs() <= LARGEST => Score::number(number),
                _ => Score::unscored(format!("{source} is {value}, which is no number to compare")),
            },
            kind => Score::unscored(format!("{source} gives a {kind}, not a number or true or false")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::score::testing::{answer, case, errors, says, score, score_text};

    fn value(expression: &str, text: &str) -> Option<f64> {
        score_text(&format!("expression: {expression:?}"), text).value()
    }

    #[test]
    fn results_become_numbers() {
        let sure = r#"{"confidence": 0.9, "topic": "refund", "tags": ["a", "b"]}"#;
        let table = [
            ("output.json.confidence > 0.7", sure, Some(1.0)),
            ("output.json.confidence", sure, Some(0.9)),
            ("output.json.tags | length", sure, Some(2.0)),
            ("output.json.missing.deeper", sure, Some(0.0)),
            ("output.json.confidence > 0.7", "not JSON", Some(0.0)),
            ("output.json.confidence + 1 > 1", "not JSON", Some(0.0)),
            ("output.json.price is number and output.json.price < 5", sure, Some(0.0)),
            ("output.json is defined", "not JSON", Some(0.0)),
            ("output.words <= 2", "two words", Some(1.0)),
            ("output.words", "one two\r\nthree", Some(3.0)),
            ("'days' in output.text", "30 days", Some(1.0)),
            ("output.finish_reason == 'stop'", "", Some(1.0)),
            ("usage.output / usage.input", "", Some(11.0 / 400.0)),
            ("timing.total_ms - timing.ttft_ms", "", Some(1000.0)),
            ("case.metadata.intent == 'refund'", "", Some(0.0)),
            ("none", "", Some(0.0)),
            ("output.json.topic", sure, None),
            ("output.json.tags", sure, None),
            ("output.text + 1", sure, None),
            ("1 / 0", "", None),
            ("2 ** 5000", "", None),
        ];
        for (expression, text, expected) in table {
            assert_eq!(value(expression, text), expected, "{expression} on {text}");
        }
    }

    #[test]
    fn the_traps_of_comparison_are_as_documented() {
        assert_eq!(value("output.json.price < 5", "{}"), Some(1.0));
        assert_eq!(value("output.json.confidence > 0.7", r#"{"confidence": "low"}"#), Some(1.0));
    }

    #[test]
    fn the_case_has_the_names_of_its_file() {
        let case = case(json!({"metadata": {"intent": "refund"}, "documents": [{"id": "p4", "content": "x"}]}));
        let yaml = "expression: \"case.metadata.intent == 'refund' and case.documents[0].id in output.text\"";
        assert_eq!(score(yaml, &case, answer(says("see p4"))).value(), Some(1.0));
    }

    #[test]
    fn what_no_case_could_make_right_is_an_error_of_the_config() {
        let table = [
            ("output.text ==", "unexpected end of input"),
            ("output.text == 'é' )", "(at character 20)"),
            ("outptu.text", "unknown name outptu; there are case, output, timing, usage"),
            ("output.text | lenght", "lenght"),
            ("output.text is jsonn", "jsonn"),
            ("", "unexpected end of input"),
        ];
        for (expression, expected) in table {
            let messages = errors(&format!("expression: {expression:?}"));
            assert!(messages[0].starts_with("scorers.it.expression: bad expression `"), "{messages:?}");
            assert!(messages[0].contains(expected), "{messages:?}");
        }
    }

    #[test]
    fn the_reason_says_what_came_out() {
        let reason = |expression: &str| {
            let score = score_text(&format!("expression: {expression:?}"), "x");
            score.reason().map(ToOwned::to_owned)
        };
        assert_eq!(reason("output.text"), Some("output.text gives a string, not a number or true or false".to_owned()));
        assert_eq!(reason("output.json.a"), Some("output.json.a is undefined".to_owned()));
        assert_eq!(reason("1 == 2"), Some("1 == 2 does not hold".to_owned()));
    }
}
