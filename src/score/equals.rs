//! `equals: { to: recorded }`, or `equals: { to: "case.metadata.expected", of: "output.json.topic" }`.
//!
//! `of` and `to` are expressions (see [`super::expression`]); `of` is the answer's text unless said otherwise.
//! `recorded` stands for `of` on production's own answer. Texts are compared without white space at their ends, `\r\n`
//! as `\n`, and everything else as the JSON value it is: `5` is `5.0`, and neither is `"5"`.

use minijinja::Value;
use serde::{Deserialize, Serialize};

use super::Score;
use super::error::ScorerError;
use super::expr::Expr;
use super::subject::Exchange;

/// What is written under `equals`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEquals {
    /// What to compare with: `recorded`, or an expression.
    pub to: String,
    /// What to compare: an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// The answer, or something in it, has to equal something known.
#[derive(Debug)]
pub struct Equals {
    of: Expr,
    to: To,
}

#[derive(Debug)]
enum To {
    Recorded,
    Expression(Expr),
}

impl Equals {
    pub(super) fn new(raw: &RawEquals) -> Result<Self, ScorerError> {
        let of = Expr::compile(raw.of.as_deref().unwrap_or("output.text"));
        let to = match raw.to.as_str() {
            "recorded" => Ok(To::Recorded),
            source => Expr::compile(source).map(To::Expression),
        };
        Ok(Self {
            of: of.map_err(|problem| ScorerError::at("of", problem))?,
            to: to.map_err(|problem| ScorerError::at("to", problem))?,
        })
    }

    /// 1 if they are equal; not applicable where the case has nothing to compare with.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        self.compare(exchange).unwrap_or_else(|score| score)
    }

    fn compare(&self, exchange: &Exchange<'_>) -> Result<Score, Score> {
        let wanted = self.wanted(exchange)?;
        if is_nothing(&wanted) {
            return Err(Score::not_applicable("the case has nothing to compare with"));
        }
        let got = self.of.eval_answer(exchange)?;
        Ok(Score::check(same(&got, &wanted), || {
            if is_nothing(&got) {
                return format!("{} is not there", self.of.source());
            }
            format!("\"{got}\" is not \"{wanted}\"")
        }))
    }

    fn wanted(&self, exchange: &Exchange<'_>) -> Result<Value, Score> {
        let value = match &self.to {
            To::Expression(to) => to.eval(exchange.context()),
            To::Recorded => {
                let recorded = exchange.recorded_context();
                let recorded = recorded.ok_or_else(|| Score::not_applicable("the trace recorded no answer"))?;
                self.of.eval(&recorded)
            }
        };
        value.map_err(Score::unscored)
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_undefined() || value.is_none() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => plain(a) == plain(b),
        _ => a == b,
    }
}

fn plain(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::score::Score;
    use crate::score::testing::{answer, case, errors, says, score};

    /// Checks a table of recorded texts, answers and numbers.
    fn assert_against_recorded(yaml: &str, table: &[(&str, &str, Option<f64>)]) {
        for (recorded, text, expected) in table {
            let score = score(yaml, &case(json!({"output": {"content": recorded}})), answer(says(text)));
            assert_eq!(score.value(), *expected, "{yaml} {recorded} {text}: {score:?}");
        }
    }

    #[test]
    fn answers_are_compared_with_the_recorded_one() {
        let texts = [("a\nb ", "a\r\nb\r\n", Some(1.0)), ("a", "A", Some(0.0)), ("", "", None), (" ", "a", None)];
        assert_against_recorded("equals: { to: recorded }", &texts);
        let numbers = [(r#"{"n": 5}"#, r#"{"n": 5.0}"#, Some(1.0)), (r#"{"n": 5}"#, r#"{"n": "5"}"#, Some(0.0))];
        assert_against_recorded("equals: { to: recorded, of: output.json.n }", &numbers);
        let objects = [(r#"{"a": 1, "b": [2]}"#, r#"{"b":[2],"a":1}"#, Some(1.0)), ("no JSON", "{}", None)];
        assert_against_recorded("equals: { to: recorded, of: output.json }", &objects);
        let score = score("equals: { to: recorded }", &case(json!({})), answer(says("a")));
        assert_eq!(score, Score::NotApplicable("the trace recorded no answer".to_owned()));
    }

    #[test]
    fn answers_are_compared_with_a_field() {
        let yaml = "equals: { to: case.metadata.expected, of: output.json.topic }";
        let table = [
            (json!({"expected": "refund"}), r#"{"topic": "refund"}"#, Some(1.0)),
            (json!({"expected": "refund"}), r#"{"topic": "other"}"#, Some(0.0)),
            (json!({"expected": "refund"}), "{}", Some(0.0)),
            (json!({"expected": "refund"}), "not JSON", Some(0.0)),
            (json!({"expected": null}), "{}", None),
            (json!({}), r#"{"topic": "refund"}"#, None),
        ];
        for (metadata, text, expected) in table {
            let score = score(yaml, &case(json!({"metadata": metadata})), answer(says(text)));
            assert_eq!(score.value(), expected, "{metadata} {text}: {score:?}");
        }
    }

    #[test]
    fn the_reason_names_both() {
        let score = score("equals: { to: recorded }", &case(json!({"output": {"content": "a"}})), answer(says("b")));
        assert_eq!(score.reason(), Some("\"b\" is not \"a\""));
    }

    #[test]
    fn a_bad_expression_is_reported_under_its_key() {
        assert!(errors("equals: { to: recorded, of: 'output.' }")[0].starts_with("scorers.it.equals.of: "));
        assert!(errors("equals: { to: expected }")[0].starts_with("scorers.it.equals.to: "));
    }
}
