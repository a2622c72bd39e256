//! `tool_call: lookup_order`, `tool_call: { name: lookup_order, arguments: schemas/order.json }`, or
//! `tool_call: { none: true }`: whether the model calls the right tool.
//!
//! With a name, there has to be a call of that tool, and every call of it has to carry JSON arguments that fit the
//! schema; calls of other tools do not matter. With `none`, there must be no call at all.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Score;
use super::error::{Problem, ScorerError};
use super::json_schema::Schema;
use super::subject::Exchange;

/// What is written under `tool_call`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawToolCall {
    /// The tool that must be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A JSON Schema file for the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// Whether there must be no tool call.
    #[serde(default)]
    pub none: bool,
}

impl From<String> for RawToolCall {
    fn from(name: String) -> Self {
        Self { name: Some(name), ..Self::default() }
    }
}

/// A tool has to be called, or none.
#[derive(Debug)]
pub enum ToolCall {
    /// No tool call is wanted.
    None,
    /// This tool has to be called.
    Named(NamedCall),
}

/// The tool that has to be called.
#[derive(Debug)]
pub struct NamedCall {
    name: String,
    arguments: Option<Schema>,
}

impl ToolCall {
    pub(super) fn new(raw: &RawToolCall, base_dir: &Path) -> Result<Self, ScorerError> {
        match (&raw.name, &raw.arguments, raw.none) {
            (None, None, true) => Ok(Self::None),
            (Some(name), path, false) => {
                let schema = path.as_deref().map(|path| Schema::load(path, base_dir)).transpose();
                let arguments = schema.map_err(|problem| ScorerError::at("arguments", problem))?;
                Ok(Self::Named(NamedCall { name: name.clone(), arguments }))
            }
            _ => Err(Problem::value("write the tool's `name`, with `arguments` if you like, or `none: true`").into()),
        }
    }

    /// 1 if the calls are as wanted.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let calls = &exchange.answer.completion.tool_calls;
        let fault = match self {
            Self::None => calls.first().map(|call| format!("calls {}", name_of(call))),
            Self::Named(wanted) => wanted.fault(calls),
        };
        fault.map_or(Score::number(1.0), |fault| Score::because(0.0, &fault))
    }

    pub(super) fn schema(&self) -> Option<&Schema> {
        match self {
            Self::None => None,
            Self::Named(named) => named.arguments.as_ref(),
        }
    }
}

impl NamedCall {
    fn fault(&self, calls: &[Value]) -> Option<String> {
        let mut of_this = calls.iter().filter(|call| name_of(call) == self.name).peekable();
        if of_this.peek().is_none() {
            let called: Vec<_> = calls.iter().map(name_of).collect();
            let instead = if called.is_empty() { "no tool".to_owned() } else { called.join(", ") };
            return Some(format!("calls {instead}, not {}", self.name));
        }
        of_this.find_map(|call| self.bad_arguments(call))
    }

    fn bad_arguments(&self, call: &Value) -> Option<String> {
        match arguments_of(call) {
            Ok(arguments) => self.arguments.as_ref()?.violation(&arguments),
            Err(error) => Some(format!("the arguments are not JSON: {error}")),
        }
    }
}

fn name_of(call: &Value) -> &str {
    call.pointer("/function/name").and_then(Value::as_str).unwrap_or_default()
}

/// The arguments: JSON text by the letter of the API, an object from some servers. A tool without parameters is called
/// with an empty text by some models, which means an empty object.
fn arguments_of(call: &Value) -> Result<Cow<'_, Value>, serde_json::Error> {
    match call.pointer("/function/arguments") {
        Some(Value::String(text)) if !text.trim().is_empty() => serde_json::from_str(text).map(Cow::Owned),
        Some(value @ Value::Object(_)) => Ok(Cow::Borrowed(value)),
        _ => Ok(Cow::Owned(Value::Object(serde_json::Map::new()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::score::testing::{answer, calls, case, errors, says, score};

    const BY_NAME: &str = "tool_call: lookup_order";
    const BY_SCHEMA: &str = "tool_call: { name: lookup_order, arguments: order.json }";
    const NONE: &str = "tool_call: { none: true }";

    #[test]
    fn the_right_tool_is_called_with_fitting_arguments() {
        let table = [
            (BY_NAME, "lookup_order", json!("{\"id\": \"A12\"}"), 1.0),
            (BY_NAME, "lookup_order", json!("{\"id\": "), 0.0),
            (BY_NAME, "lookup_order", json!(""), 1.0),
            (BY_NAME, "lookup_orders", json!("{}"), 0.0),
            (BY_SCHEMA, "lookup_order", json!("{\"id\": \"A12\"}"), 1.0),
            (BY_SCHEMA, "lookup_order", json!({"id": "A12"}), 1.0),
            (BY_SCHEMA, "lookup_order", json!("{\"id\": 12}"), 0.0),
            (BY_SCHEMA, "lookup_order", json!(""), 0.0),
            (BY_SCHEMA, "lookup_order", Value::Null, 0.0),
            (NONE, "lookup_order", json!("{}"), 0.0),
        ];
        for (yaml, name, arguments, expected) in table {
            let score = score(yaml, &case(json!({})), answer(calls(name, &arguments)));
            assert_eq!(score.value(), Some(expected), "{yaml} {name} {arguments}: {score:?}");
        }
    }

    #[test]
    fn every_call_of_the_tool_counts_and_other_tools_do_not() {
        let mut completion = calls("search", &json!("nonsense"));
        completion.tool_calls.extend(calls("lookup_order", &json!("{\"id\": \"A1\"}")).tool_calls);
        assert_eq!(score(BY_SCHEMA, &case(json!({})), answer(completion.clone())).value(), Some(1.0));
        completion.tool_calls.extend(calls("lookup_order", &json!("{}")).tool_calls);
        let score = score(BY_SCHEMA, &case(json!({})), answer(completion));
        assert_eq!((score.value(), score.reason()), (Some(0.0), Some("\"id\" is a required property")));
    }

    #[test]
    fn no_call_is_no_fault_where_none_is_wanted() {
        let text = || answer(says("Hello."));
        assert_eq!(score(NONE, &case(json!({})), text()).value(), Some(1.0));
        assert_eq!(score(BY_NAME, &case(json!({})), text()).reason(), Some("calls no tool, not lookup_order"));
    }

    #[test]
    fn calls_of_any_shape_are_survived() {
        for call in [json!(null), json!("x"), json!({"function": 3}), json!({"function": {"name": 5}})] {
            let mut completion = calls("lookup_order", &json!("{}"));
            completion.tool_calls = vec![call];
            assert_eq!(score(BY_NAME, &case(json!({})), answer(completion)).value(), Some(0.0));
        }
    }

    #[test]
    fn what_is_wanted_has_to_be_said() {
        for yaml in ["tool_call: {}", "tool_call: { name: a, none: true }", "tool_call: { arguments: order.json }"] {
            assert!(errors(yaml)[0].starts_with("scorers.it.tool_call: write the tool's `name`"), "{yaml}");
        }
        let messages = errors("tool_call: { name: a, arguments: missing.json }");
        assert!(messages[0].starts_with("scorers.it.tool_call.arguments: cannot read missing.json"), "{messages:?}");
    }
}
