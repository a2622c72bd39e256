//! A route instead of one model: the first leg whose `when` holds answers; if its `accept` does not hold, the next does.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::expression::{check, environment};
use crate::evalset::{Case, Output};

/// One leg of a route.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Its name, for messages.
    pub name: String,
    /// Its model.
    pub model: Option<String>,
    when: Option<String>,
    accept: Option<String>,
}

impl Leg {
    /// Checks the leg's expressions. `when` sees `case`, `accept` sees `case` and `output` (`text`, `json`,
    /// `tool_calls`, `finish_reason`, `refusal`). The error names the key that is wrong.
    pub fn new(
        name: String,
        model: Option<String>,
        when: Option<String>,
        accept: Option<String>,
    ) -> Result<Self, (&'static str, String)> {
        let written: [(_, _, &[&str]); 2] = [("when", &when, &["case"]), ("accept", &accept, &["case", "output"])];
        for (key, expression, names) in written {
            let Some(text) = expression else { continue };
            check(text, names).map_err(|problem| (key, problem))?;
        }
        Ok(Self { name, model, when, accept })
    }

    /// Whether the leg takes the case.
    pub fn takes(&self, case: &Case) -> Result<bool, String> {
        let holds = self.when.as_deref().map(|text| evaluate(text, context! { case => case_variable(case) }));
        holds.unwrap_or(Ok(true)).map_err(|error| format!("`when` of the leg {}: {error}", self.name))
    }

    /// Whether the leg's answer is good enough. One over which `accept` cannot be evaluated is not: a malformed answer is
    /// the leg's doing, and the next leg is there for it.
    pub fn accepts(&self, case: &Case, output: &Output) -> bool {
        let Some(text) = &self.accept else { return true };
        let answer = output.content.as_deref().unwrap_or_default();
        let json: Option<serde_json::Value> = serde_json::from_str(answer).ok();
        let output = context! {
            text => answer,
            json => json.map_or(Value::UNDEFINED, |json| Value::from(Serde(json))),
            tool_calls => Value::from(Serde(&output.tool_calls)),
            finish_reason => output.finish_reason.as_deref(),
            refusal => output.refusal.as_deref(),
        };
        evaluate(text, context! { case => case_variable(case), output => output }).unwrap_or(false)
    }
}

fn evaluate(text: &str, variables: Value) -> Result<bool, String> {
    let env = environment();
    let value = env.compile_expression(text).and_then(|expression| expression.eval(variables));
    value.map(|value| value.is_true()).map_err(|error| error.to_string())
}

/// The case, and beside its own fields `tokens_in`: the prompt tokens that production counted, else a quarter of the
/// messages' characters.
fn case_variable(case: &Case) -> Value {
    let counted = case.recorded.as_ref().and_then(|recorded| recorded.usage).map(|usage| usage.input);
    let characters = || case.messages.iter().map(|message| message.text().chars().count() as u64).sum::<u64>();
    let tokens_in = counted.unwrap_or_else(|| characters() / 4);
    let mut fields = serde_json::to_value(case).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("tokens_in".into(), tokens_in.into());
    }
    Value::from(Serde(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str) -> Case {
        let message = crate::evalset::Message { role: "user".into(), content: text.into(), ..Default::default() };
        Case { messages: vec![message], ..Case::default() }
    }

    fn leg(when: Option<&str>, accept: Option<&str>) -> Leg {
        Leg::new("small".into(), None, when.map(str::to_owned), accept.map(str::to_owned)).unwrap()
    }

    #[test]
    fn when_reads_the_case() {
        let leg = leg(Some("case.tokens_in < 10"), None);
        assert_eq!(leg.takes(&case("short")), Ok(true));
        assert_eq!(leg.takes(&case(&"long ".repeat(20))), Ok(false));
    }

    #[test]
    fn accept_reads_the_answer_and_what_is_absent_does_not_hold() {
        let leg = leg(None, Some("output.json.confidence is number and output.json.confidence > 0.7"));
        let says = |text: &str| Output { content: Some(text.into()), ..Output::default() };
        for (text, expected) in
            [(r#"{"confidence": 0.9}"#, true), (r#"{"confidence": 0.1}"#, false), ("no json", false)]
        {
            assert_eq!(leg.accepts(&case("q"), &says(text)), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_that_accept_cannot_read_is_not_accepted() {
        let leg = leg(None, Some("output.json.a + 1 > 1"));
        let says = |text: &str| Output { content: Some(text.into()), ..Output::default() };
        for (text, expected) in [(r#"{"a": 1}"#, true), (r#"{"a": "x"}"#, false), ("no json", false)] {
            assert_eq!(leg.accepts(&case("q"), &says(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_bad_expression_is_named_by_its_key() {
        let error = Leg::new("small".into(), None, None, Some("output.".into())).unwrap_err();
        assert_eq!(error.0, "accept");
    }
}
