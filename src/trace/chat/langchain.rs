//! `LangChain`'s ways of dumping an object.

use serde_json::{Map, Value};

/// The plain object inside a dump: `{"lc": 1, "id": […, "HumanMessage"], "kwargs": {…}}`, `{"type": "human", "data": {…}}`,
/// or a message that names its role as `type`. Anything else stays as it is.
pub(in crate::trace) fn unwrap(value: Value) -> Value {
    let Value::Object(mut map) = value else { return value };
    let class = map.get("id").and_then(Value::as_array).and_then(|id| id.last()?.as_str()).map(str::to_owned);
    let kind = map.get("type").and_then(Value::as_str).map(str::to_owned);
    let inner = if map.contains_key("lc") { map.get_mut("kwargs") } else { map.get_mut("data") };
    if let Some(Value::Object(inner)) = inner.map(Value::take) {
        map = inner;
    }
    let named = map.get("type").and_then(Value::as_str).and_then(role);
    let role = named.or_else(|| role(&kind?)).or_else(|| role(class?.strip_suffix("Message")?));
    if let Some(role) = role.filter(|_| !map.contains_key("role")) {
        map.insert("role".to_owned(), role.into());
        drop_call_parts(&mut map);
    }
    Value::Object(map)
}

/// The role by a message's `type` or class; not the other things that have a `type`.
fn role(kind: &str) -> Option<&'static str> {
    match kind.strip_suffix("MessageChunk").unwrap_or(kind).to_ascii_lowercase().as_str() {
        "human" => Some("user"),
        "ai" => Some("assistant"),
        "system" => Some("system"),
        "tool" | "function" => Some("tool"),
        _ => None,
    }
}

/// Calls are listed under `tool_calls`; for some providers the content holds them once more.
fn drop_call_parts(map: &mut Map<String, Value>) {
    let listed = map.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
    if let Some(Value::Array(parts)) = map.get_mut("content").filter(|_| listed) {
        parts.retain(|part| part["type"] != "tool_use" && part["type"] != "function_call");
    }
}
