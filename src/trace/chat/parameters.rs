//! Request parameters by the chat API's names, without what instrumentation adds.

use serde_json::{Map, Value, json};

use super::is_placeholder;

/// Parameters whose value is a number. Some libraries write them as text, or as `"Infinity"` where none was sent.
const NUMBERS: [&str; 13] = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "top_logprobs",
    "max_output_tokens",
];

/// Parameters that are kept as they are.
const OTHERS: [&str; 18] = [
    "stop",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning_effort",
    "verbosity",
    "logit_bias",
    "logprobs",
    "modalities",
    "audio",
    "prediction",
    "service_tier",
    "thinking",
    "chat_template_kwargs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "extra_body",
];

/// Keeps what the chat API takes. Everything else is the library's own (`_type`, `stream`, …), said elsewhere (`model`,
/// `messages`, `tools`), or names a person (`user`).
pub(in crate::trace) fn parameters(recorded: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in recorded {
        let name = if key == "stop_sequences" { "stop" } else { key.as_str() };
        let value = if NUMBERS.contains(&name) { number(value) } else { Some(value.clone()) };
        let known = NUMBERS.contains(&name) || OTHERS.contains(&name);
        if let Some(value) = value.filter(|value| known && !is_empty(value)) {
            kept.insert(name.to_owned(), value);
        }
    }
    responses_api(&mut kept, recorded);
    kept
}

/// Drops what the API fills in by itself, from parameters that may have been read from its answer; and the tier, for the
/// one that answered need not be the one asked for.
pub(in crate::trace) fn drop_defaults(parameters: &mut Map<String, Value>) {
    let numbers = [("frequency_penalty", 0.0), ("presence_penalty", 0.0), ("temperature", 1.0), ("top_p", 1.0)];
    let default = |key: &str, value: &Value| match key {
        "tool_choice" => value == "auto",
        "parallel_tool_calls" => value == true,
        "top_logprobs" => value == 0,
        _ => numbers.iter().any(|(name, default)| key == *name && value.as_f64() == Some(*default)),
    };
    parameters.remove("service_tier");
    parameters.retain(|key, value| !default(key, value));
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_number),
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || is_placeholder(value),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The Responses API's names for the same things.
fn responses_api(kept: &mut Map<String, Value>, recorded: &Map<String, Value>) {
    if let Some(limit) = kept.remove("max_output_tokens") {
        kept.insert("max_completion_tokens".to_owned(), limit);
    }
    if let Some(effort) = recorded.get("reasoning").and_then(|reasoning| reasoning.get("effort")?.as_str()) {
        kept.insert("reasoning_effort".to_owned(), effort.into());
    }
    if let Some(format) = recorded.get("text").and_then(|text| text.get("format")?.as_object()) {
        kept.extend(text_format(format).map(|format| ("response_format".to_owned(), format)));
    }
    if let Some(choice) = kept.get_mut("tool_choice") {
        *choice = tool_choice(choice);
    }
}

fn text_format(format: &Map<String, Value>) -> Option<Value> {
    let kind = format.get("type")?.as_str().filter(|kind| *kind != "text")?;
    if kind != "json_schema" {
        return Some(json!({"type": kind}));
    }
    let mut schema = format.clone();
    schema.remove("type");
    Some(json!({"type": kind, "json_schema": schema}))
}

/// `{"type": "function", "name": …}` (Responses) and `{"type": "tool" | "any" | "auto", …}` (Anthropic) as the chat API's.
fn tool_choice(choice: &Value) -> Value {
    let name = choice.get("name").filter(|name| name.is_string());
    match (choice.get("type").and_then(Value::as_str), name) {
        (Some("function" | "tool"), Some(name)) => json!({"type": "function", "function": {"name": name}}),
        (Some("any"), None) => json!("required"),
        (Some(plain @ ("auto" | "none" | "required")), None) => json!(plain),
        _ => choice.clone(),
    }
}

/// A `response_format` around a JSON Schema whose name was not recorded.
pub(in crate::trace) fn response_format(schema: &Value) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": "output", "schema": schema}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(recorded: &Value) -> Value {
        Value::Object(parameters(recorded.as_object().expect("an object")))
    }

    #[test]
    fn only_what_was_sent_stays() {
        let recorded = json!({
            "model": "m", "model_name": "m", "_type": "openai-chat", "stream": false, "stop": null, "user": "u-1",
            "seed": 7, "temperature": "0.2", "max_tokens": "Infinity", "top_p": 0.9, "tool_choice": "auto",
        });
        assert_eq!(kept(&recorded), json!({"seed": 7, "temperature": 0.2, "top_p": 0.9, "tool_choice": "auto"}));
    }

    #[test]
    fn other_apis_names_are_translated() {
        let recorded = json!({
            "max_output_tokens": 9, "reasoning": {"effort": "low"}, "stop_sequences": ["x"],
            "tool_choice": {"type": "function", "name": "f"},
            "text": {"format": {"type": "json_schema", "name": "a", "schema": {}}},
        });
        let want = json!({
            "stop": ["x"], "tool_choice": {"type": "function", "function": {"name": "f"}}, "max_completion_tokens": 9,
            "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        });
        assert_eq!(kept(&recorded), want);
        assert_eq!(kept(&json!({"tool_choice": {"type": "any"}})), json!({"tool_choice": "required"}));
    }
}
