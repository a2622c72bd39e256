//! A conversation in the shape of the Messages API.

use serde_json::{Value, json};

fn is_system(message: &Value) -> bool {
    matches!(message["role"].as_str(), Some("system" | "developer"))
}

/// All system messages as one text: the API has one place for them.
pub(super) fn system(messages: &[Value]) -> String {
    let texts = messages.iter().filter(|message| is_system(message)).flat_map(|message| blocks(&message["content"]));
    let texts: Vec<_> = texts.filter_map(|block| block["text"].as_str().map(str::to_owned)).collect();
    texts.join("\n\n")
}

/// The conversation, with neighbours of one role joined: a tool's results must stand together in one message.
pub(super) fn messages(messages: &[Value]) -> Value {
    let mut joined: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages.iter().filter(|message| !is_system(message)) {
        let (role, blocks) = turn(message);
        match joined.last_mut() {
            Some((last, content)) if *last == role => content.extend(blocks),
            _ => joined.push((role, blocks)),
        }
    }
    joined.retain(|(_, content)| !content.is_empty());
    joined.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect()
}

fn turn(message: &Value) -> (&'static str, Vec<Value>) {
    match message["role"].as_str() {
        Some("assistant") => {
            let calls = message["tool_calls"].as_array().into_iter().flatten().map(tool_use);
            ("assistant", blocks(&message["content"]).into_iter().chain(calls).collect())
        }
        Some("tool") => {
            let result = json!({"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": blocks(&message["content"])});
            ("user", vec![result])
        }
        _ => ("user", blocks(&message["content"])),
    }
}

fn tool_use(call: &Value) -> Value {
    let function = &call["function"];
    let arguments = function["arguments"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let input = arguments.filter(Value::is_object).unwrap_or_else(|| json!({}));
    json!({"type": "tool_use", "id": call["id"], "name": function["name"], "input": input})
}

/// A content as blocks. The API refuses empty texts.
fn blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) if text.is_empty() => vec![],
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(parts) => parts.iter().filter(|part| part["text"] != "").map(part).collect(),
        _ => vec![],
    }
}

fn part(part: &Value) -> Value {
    let Some(url) = part["image_url"]["url"].as_str() else {
        return part.clone();
    };
    let source = match url.strip_prefix("data:").and_then(|data| data.split_once(";base64,")) {
        Some((media_type, data)) => json!({"type": "base64", "media_type": media_type, "data": data}),
        None => json!({"type": "url", "url": url}),
    };
    json!({"type": "image", "source": source})
}
