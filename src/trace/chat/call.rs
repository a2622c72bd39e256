//! Tool calls, tool definitions and tool results, as `OpenAI`'s.

use serde_json::{Map, Value, json};

use super::super::Refusal;
use super::{langchain, pick, pick_text};

/// The id that ties a result to its call, under any of its names.
pub(super) fn id(map: &Map<String, Value>) -> Option<String> {
    let keys = ["tool_call_id", "call_id", "tool_use_id", "toolUseId", "toolCallId", "id"];
    pick_text(map, &keys).map(str::to_owned)
}

/// A tool call. A name or arguments that are missing were not recorded, and cannot be replayed.
pub(super) fn call(value: &Value) -> Result<Value, Refusal> {
    let map = value.get("tool_call").unwrap_or(value).as_object().ok_or(Refusal::NotMessages)?;
    if map.get("custom").is_some_and(Value::is_object) {
        return Ok(Value::Object(map.clone()));
    }
    let function = map.get("function").and_then(Value::as_object).unwrap_or(map);
    let name = pick_text(function, &["name", "function_name", "toolName"]).ok_or(Refusal::NoContent)?;
    let given = pick(function, &["arguments", "args", "input"]).ok_or(Refusal::NoContent)?;
    let arguments = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    let mut call = json!({"type": "function", "function": {"name": name, "arguments": arguments}});
    if let Some(id) = pick_text(map, &["call_id", "id", "toolCallId", "toolUseId"]) {
        call = json!({"id": id, "type": "function", "function": call["function"]});
    }
    Ok(call)
}

/// A tool's recorded arguments as JSON: text is parsed, and a decorator's `{"args": [], "kwargs": {…}}` unpacked.
pub(in crate::trace) fn arguments(recorded: Value) -> Value {
    let parsed = match recorded {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    };
    let alone = parsed.as_object().is_some_and(|map| map.len() == 1);
    let positional = parsed.get("args").and_then(Value::as_array).is_some_and(|args| !args.is_empty());
    let dressed = alone || parsed.get("args").is_some();
    match parsed.get("kwargs") {
        Some(named) if dressed && !positional && named.is_object() => named.clone(),
        _ => parsed,
    }
}

/// A tool's answer as text: texts of content blocks joined, other structure as JSON.
pub(in crate::trace) fn result_text(answer: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) => pick_text(map, &["text", "value"]).map(str::to_owned),
        _ => None,
    };
    match answer {
        Value::Object(map) if map.contains_key("type") && map.contains_key("value") => {
            map["value"].as_str().map_or_else(|| map["value"].to_string(), str::to_owned)
        }
        Value::Array(blocks) if !blocks.is_empty() => {
            let texts: Option<Vec<String>> = blocks.iter().map(text).collect();
            texts.map_or_else(|| answer.to_string(), |texts| texts.join("\n"))
        }
        _ => answer.as_str().map_or_else(|| answer.to_string(), str::to_owned),
    }
}

/// What a tool's own span says that it answered: the text inside a `LangChain` dump, a `{"output": …}` or a JSON string;
/// anything else as it was recorded.
pub(in crate::trace) fn tool_answer(recorded: &Value) -> String {
    let parsed = recorded.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match langchain::unwrap(parsed.unwrap_or_else(|| recorded.clone())) {
        Value::String(text) => text,
        Value::Object(map) if map.contains_key("tool_call_id") && map.contains_key("content") => {
            result_text(&map["content"])
        }
        Value::Object(map) if map.len() == 1 && map.contains_key("output") => result_text(&map["output"]),
        Value::Object(map) if map.contains_key("raw_output") && map.contains_key("blocks") => {
            result_text(&map["blocks"])
        }
        Value::Array(blocks) if all_text(&blocks) => result_text(&Value::Array(blocks)),
        _ => result_text(recorded),
    }
}

fn all_text(blocks: &[Value]) -> bool {
    let text = |block: &Value| {
        block.as_object().is_some_and(|map| map.len() <= 2 && map.get("text").is_some_and(Value::is_string))
    };
    !blocks.is_empty() && blocks.iter().all(text)
}

/// Tool definitions as `{"type": "function", "function": {…}}`.
pub(in crate::trace) fn definitions(recorded: &Value) -> Result<Vec<Value>, Refusal> {
    let list = match recorded {
        Value::Array(list) => list.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let read: Result<Vec<Vec<Value>>, Refusal> = list.iter().map(definition).collect();
    Ok(read?.concat())
}

fn definition(recorded: &Value) -> Result<Vec<Value>, Refusal> {
    let parsed = recorded.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let tool = parsed.as_ref().unwrap_or(recorded);
    if let Some(declared) = tool.get("functionDeclarations").or_else(|| tool.get("function_declarations")) {
        return definitions(declared);
    }
    if ["function", "custom"].iter().any(|kind| tool.get(kind).is_some_and(Value::is_object)) {
        return Ok(vec![tool.clone()]);
    }
    let flat = tool.get("toolSpec").unwrap_or(tool).as_object().ok_or(Refusal::NotMessages)?;
    let kind = pick_text(flat, &["type"]).unwrap_or("function");
    match pick_text(flat, &["name"]) {
        Some(name) if matches!(kind, "function" | "custom") => Ok(vec![wrapped(name, flat)]),
        _ => Err(Refusal::HostedTool(kind.to_owned())),
    }
}

fn wrapped(name: &str, flat: &Map<String, Value>) -> Value {
    let mut function = Map::from_iter([("name".to_owned(), Value::from(name))]);
    if let Some(description) = pick_text(flat, &["description"]) {
        function.insert("description".to_owned(), description.into());
    }
    let keys = ["parameters", "input_schema", "inputSchema", "parameters_json_schema"];
    if let Some(schema) = pick(flat, &keys) {
        let text = schema.as_str().and_then(|text| serde_json::from_str(text).ok());
        let schema = text.unwrap_or_else(|| schema.get("json").unwrap_or(schema).clone());
        function.insert("parameters".to_owned(), schema);
    }
    if let Some(strict) = pick(flat, &["strict"]) {
        function.insert("strict".to_owned(), strict.clone());
    }
    json!({"type": "function", "function": function})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_every_shape_are_one() {
        let want = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
        let shapes = [
            want.clone(),
            json!({"tool_call": {"id": "c1", "function": {"name": "f", "arguments": "{\"a\":1}"}}}),
            json!({"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}),
            json!({"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}}),
            json!({"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}),
            json!({"toolUseId": "c1", "name": "f", "input": {"a": 1}}),
            json!({"type": "tool-call", "toolCallId": "c1", "toolName": "f", "input": {"a": 1}}),
            json!({"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}"}),
        ];
        for shape in shapes {
            assert_eq!(call(&shape).as_ref(), Ok(&want), "{shape}");
        }
        let hidden = json!({"id": "c1", "type": "function", "function": {"name": "f"}});
        assert_eq!(call(&hidden), Err(Refusal::NoContent));
    }

    #[test]
    fn a_tools_own_answer_is_unwrapped() {
        for answer in [
            json!([{"text": "a"}]),
            json!("[{\"text\": \"a\"}]"),
            json!({"blocks": [{"text": "a"}], "raw_output": "a", "tool_name": "f"}),
        ] {
            assert_eq!(tool_answer(&answer), "a", "{answer}");
        }
        assert_eq!(arguments(json!({"kwargs": {"a": 1}})), json!({"a": 1}));
    }

    #[test]
    fn definitions_of_every_shape_are_one() {
        let schema = json!({"type": "object"});
        let want = json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}});
        let shapes = [
            want.clone(),
            json!(want.to_string()),
            json!({"type": "function", "name": "f", "description": "d", "parameters": schema}),
            json!({"name": "f", "description": "d", "input_schema": schema}),
            json!({"name": "f", "description": "d", "parameters": "{\"type\": \"object\"}"}),
            json!({"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": schema}}}),
            json!({"functionDeclarations": [{"name": "f", "description": "d", "parameters": schema}]}),
        ];
        for shape in shapes {
            assert_eq!(definitions(&json!([shape])), Ok(vec![want.clone()]), "{shape}");
        }
        let hosted = definitions(&json!([{"type": "web_search"}]));
        assert_eq!(hosted, Err(Refusal::HostedTool("web_search".to_owned())));
    }

    #[test]
    fn results_become_text() {
        assert_eq!(result_text(&json!("plain")), "plain");
        assert_eq!(result_text(&json!([{"type": "text", "text": "a"}, {"text": "b"}])), "a\nb");
        assert_eq!(result_text(&json!({"type": "json", "value": {"a": 1}})), "{\"a\":1}");
        assert_eq!(result_text(&json!({"a": 1})), "{\"a\":1}");
    }

    #[test]
    fn a_tools_answer_is_unpacked() {
        for given in [
            json!("18"),
            json!("\"18\""),
            json!({"output": "18"}),
            json!({"type": "tool", "data": {"content": "18", "tool_call_id": "c", "type": "tool"}}),
        ] {
            assert_eq!(tool_answer(&given), "18", "{given}");
        }
        assert_eq!(tool_answer(&json!("{\"temp\": 18}")), "{\"temp\": 18}", "JSON text stays as it was written");
    }

    #[test]
    fn a_decorators_arguments_are_unpacked() {
        assert_eq!(arguments(json!("{\"args\": [], \"kwargs\": {\"city\": \"x\"}}")), json!({"city": "x"}));
        assert_eq!(arguments(json!({"args": [1], "kwargs": {}})), json!({"args": [1], "kwargs": {}}));
        assert_eq!(arguments(json!("not json")), json!("not json"));
    }
}
