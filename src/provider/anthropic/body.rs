//! A chat request in the shape of the Messages API.

use serde_json::{Map, Value, json};

use super::messages::{messages, system};
use crate::provider::Request;

/// The API wants a limit on every request; this one is for requests without.
const DEFAULT_MAX_TOKENS: u32 = 4096;
/// Chat parameters that the API does not know and would reject, and those that other fields express.
const LEFT_OUT: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "response_format",
    "seed",
    "stop",
    "store",
    "stream",
    "stream_options",
    "tool_choice",
    "top_logprobs",
    "user",
];

/// The request's body. `defaults` are in the API's own words and give way to the request's.
pub(super) fn body(request: &Request, defaults: &Map<String, Value>, stream: bool) -> Value {
    let mut body = defaults.clone();
    let passed = request.parameters.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    body.extend(passed.map(|(name, value)| (name.clone(), value.clone())));
    body.insert("model".into(), json!(request.model));
    body.insert("messages".into(), messages(&request.messages));
    let system = system(&request.messages);
    if !system.is_empty() {
        body.insert("system".into(), json!(system));
    }
    limits(&request.parameters, &mut body);
    tools(request, &mut body);
    if stream {
        body.insert("stream".into(), json!(true));
    }
    Value::Object(body)
}

/// The name of the tool that carries a structured answer, if one is asked for. Forcing a tool works with every model.
pub(super) fn answer_tool(request: &Request) -> Option<&str> {
    let schema = request.parameters.get("response_format")?.get("json_schema")?;
    request.tools.is_empty().then(|| schema["name"].as_str().unwrap_or("answer"))
}

fn limits(parameters: &Map<String, Value>, body: &mut Map<String, Value>) {
    let max = parameters.get("max_completion_tokens").or_else(|| parameters.get("max_tokens"));
    match max.filter(|max| !max.is_null()) {
        Some(max) => _ = body.insert("max_tokens".into(), max.clone()),
        None => _ = body.entry("max_tokens").or_insert(json!(DEFAULT_MAX_TOKENS)),
    }
    match parameters.get("stop") {
        None | Some(Value::Null) => {}
        Some(Value::Array(stop)) => _ = body.insert("stop_sequences".into(), json!(stop)),
        Some(stop) => _ = body.insert("stop_sequences".into(), json!([stop])),
    }
}

fn tools(request: &Request, body: &mut Map<String, Value>) {
    if let Some(name) = answer_tool(request) {
        let schema = &request.parameters["response_format"]["json_schema"]["schema"];
        body.insert("tools".into(), json!([{"name": name, "description": "The answer.", "input_schema": schema}]));
        body.insert("tool_choice".into(), json!({"type": "tool", "name": name}));
        return;
    }
    if request.tools.is_empty() {
        return;
    }
    body.insert("tools".into(), request.tools.iter().map(tool).collect());
    let choice = match request.parameters.get("tool_choice") {
        Some(Value::String(choice)) if choice == "required" => json!({"type": "any"}),
        Some(Value::String(choice)) => json!({"type": choice}),
        Some(Value::Object(choice)) if choice.contains_key("function") => {
            json!({"type": "tool", "name": choice["function"]["name"]})
        }
        _ => return,
    };
    body.insert("tool_choice".into(), choice);
}

fn tool(tool: &Value) -> Value {
    let function = &tool["function"];
    let mut mapped = json!({"name": function["name"], "input_schema": function["parameters"]});
    if mapped["input_schema"].is_null() {
        mapped["input_schema"] = json!({"type": "object"});
    }
    if let Some(description) = function.get("description") {
        mapped["description"] = description.clone();
    }
    mapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: Value) -> Value {
        let request: Request = serde_json::from_value(request).unwrap();
        body(&request, &Map::new(), false)
    }

    #[test]
    fn a_conversation_with_tools() {
        let call =
            |id: &str| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}});
        let body = written(json!({
            "model": "c",
            "messages": [
                {"role": "system", "content": "one"},
                {"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
                {"role": "assistant", "content": null, "tool_calls": [call("t1"), call("t2")]},
                {"role": "tool", "tool_call_id": "t1", "content": "r1"},
                {"role": "tool", "tool_call_id": "t2", "content": "r2"},
                {"role": "developer", "content": "two"},
                {"role": "assistant", "content": ""},
            ],
            "tools": [{"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object"}}}],
            "parameters": {"tool_choice": "required", "max_completion_tokens": 9, "stop": "x", "seed": 1, "temperature": 0.5},
        }));
        let text = |text: &str| json!([{"type": "text", "text": text}]);
        let expected = json!({
            "temperature": 0.5,
            "model": "c",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}]},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}},
                    {"type": "tool_use", "id": "t2", "name": "look", "input": {"a": 1}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": text("r1")},
                    {"type": "tool_result", "tool_use_id": "t2", "content": text("r2")}]},
            ],
            "system": "one\n\ntwo",
            "max_tokens": 9,
            "stop_sequences": ["x"],
            "tools": [{"name": "look", "description": "d", "input_schema": {"type": "object"}}],
            "tool_choice": {"type": "any"},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_structured_answer_is_a_forced_tool() {
        let format = json!({"type": "json_schema", "json_schema": {"name": "score", "schema": {"type": "object"}}});
        let request = json!({"model": "c", "messages": [{"role": "user", "content": "q"}], "parameters": {"response_format": format}});
        let body = written(request);
        assert_eq!(
            body["tools"],
            json!([{"name": "score", "description": "The answer.", "input_schema": {"type": "object"}}])
        );
        assert_eq!(body["tool_choice"], json!({"type": "tool", "name": "score"}));
        assert_eq!((&body["max_tokens"], body.get("response_format")), (&json!(4096), None));
    }

    #[test]
    fn the_request_wins_over_defaults() {
        let request = json!({"model": "c", "messages": [], "parameters": {"temperature": 0}});
        let request: Request = serde_json::from_value(request).unwrap();
        let defaults = json!({"temperature": 1, "max_tokens": 5, "thinking": {"type": "disabled"}});
        let body = body(&request, defaults.as_object().unwrap(), true);
        assert_eq!((&body["temperature"], &body["max_tokens"], &body["stream"]), (&json!(0), &json!(5), &json!(true)));
        assert_eq!(body["thinking"], json!({"type": "disabled"}));
    }
}
