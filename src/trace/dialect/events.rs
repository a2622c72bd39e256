//! Messages as events, one for each: log records of the older conventions, or the same as span events or as a list in an
//! attribute, where vendors did not want a second signal.

use serde_json::{Map, Value, json};

use super::super::chat::{self, Conversation};
use super::super::{Event, Refusal, Span};
use crate::evalset::Output;

pub(super) fn conversation(span: &Span) -> Result<Conversation, Refusal> {
    let listed = listed(span);
    let places = [span.logs.as_slice(), &span.events, &listed];
    let read = places.map(|events| events.iter().filter_map(message).collect::<Vec<Value>>());
    if let Some(messages) = read.into_iter().find(|messages| !messages.is_empty()) {
        return chat::input(Value::Array(messages));
    }
    let prompt = span.moments().find(|event| event.name == "gen_ai.content.prompt");
    match prompt.and_then(|event| event.attributes.get("gen_ai.prompt")) {
        Some(prompt) => chat::input(chat::recorded(prompt)?),
        None => Err(Refusal::NoInput),
    }
}

pub(super) fn output(span: &Span) -> Option<Output> {
    let listed = listed(span);
    let mut choices: Vec<Map<String, Value>> = span.moments().chain(&listed).filter_map(choice).collect();
    choices.sort_by_key(|choice| choice.get("index").and_then(Value::as_u64));
    if let Some(first) = choices.into_iter().next() {
        return chat::answer(Value::Object(first));
    }
    let completion = span.moments().find(|event| event.name == "gen_ai.content.completion")?;
    let recorded = completion.attributes.get("gen_ai.completion")?;
    chat::answer(chat::recorded(recorded).unwrap_or_else(|_| recorded.clone()))
}

/// Events as a JSON list in the attribute `events`, each naming itself.
fn listed(span: &Span) -> Vec<Event> {
    let Some(Value::Array(list)) = span.attributes.json("events") else {
        return Vec::new();
    };
    let event = |body: Value| Event {
        name: body["event.name"].as_str().unwrap_or_default().to_owned(),
        body,
        ..Event::default()
    };
    list.into_iter().map(event).collect()
}

/// The message of an event such as `gen_ai.user.message`, whose role is in the body only where it differs.
fn message(event: &Event) -> Option<Value> {
    let role = event.name.strip_prefix("gen_ai.")?.strip_suffix(".message")?;
    let mut body = body(event);
    body.entry("role").or_insert_with(|| role.into());
    if let Some(id) = body.remove("id").filter(|_| role == "tool") {
        body.entry("tool_call_id").or_insert(id);
    }
    Some(Value::Object(body))
}

/// The answer of a `gen_ai.choice` event. Some libraries put the tool calls beside the message instead of inside.
fn choice(event: &Event) -> Option<Map<String, Value>> {
    if event.name != "gen_ai.choice" {
        return None;
    }
    let mut body = body(event);
    let calls = body.remove("tool_calls");
    let message = match body.remove("message") {
        Some(Value::Object(message)) => message,
        Some(content) => Map::from_iter([("content".to_owned(), content)]),
        None => Map::from_iter(body.remove("content").map(|content| ("content".to_owned(), content))),
    };
    let mut message = Value::Object(message);
    if let Some(calls) = calls.filter(|_| message.get("tool_calls").is_none()) {
        message["tool_calls"] = calls;
    }
    body.insert("message".to_owned(), message);
    Some(body)
}

/// A log record's body; else what a span event says, as one JSON attribute or as attributes of the body's names.
fn body(event: &Event) -> Map<String, Value> {
    let whole = event.attributes.json("gen_ai.event.content");
    match (&event.body, whole) {
        (Value::Object(body), _) if !body.is_empty() => body.clone(),
        (Value::String(text), _) => written_out(text),
        (_, Some(Value::Object(body))) => body,
        _ => ["role", "content", "message", "id", "name", "tool_calls", "finish_reason", "index"]
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), unpacked(event.attributes.get(key)?))))
            .collect(),
    }
}

/// A body of text: what was said, or the whole body as JSON where the library logs through a plain text logger.
fn written_out(text: &str) -> Map<String, Value> {
    let whole = serde_json::from_str::<Map<String, Value>>(text).ok();
    let body = whole.filter(|body| ["role", "message"].iter().any(|key| body.contains_key(*key)));
    body.unwrap_or_else(|| Map::from_iter([("content".to_owned(), json!(text))]))
}

/// An attribute cannot hold structure, so lists of content blocks and of tool calls are JSON text there.
fn unpacked(value: &Value) -> Value {
    let list = value.as_str().filter(|text| text.starts_with("[{"));
    list.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}
