//! `OpenLLMetry` (Traceloop): workflow spans of its own, model calls by the OpenTelemetry names, and in older versions
//! by numbered keys: `gen_ai.prompt.0.content`, `gen_ai.completion.0.content`, `llm.request.functions.0.name`.

use serde_json::{Value, json};

use super::super::chat::{self, Conversation};
use super::super::generation::Generation;
use super::super::{Attributes, Refusal, Span, documents};
use super::{Kind, genai};
use crate::evalset::{Document, Output};

/// Name, arguments and answer of a tool's span.
pub(super) const TOOL: [&[&str]; 3] =
    [&["gen_ai.tool.name", "traceloop.entity.name"], &["traceloop.entity.input"], &["traceloop.entity.output"]];

pub(super) fn kind(span: &Span) -> Option<Kind> {
    match span.attributes.text("llm.request.type") {
        Some("chat" | "completion") => return Some(Kind::Generation),
        Some(_) => return Some(Kind::Other),
        None => {}
    }
    match span.attributes.text("traceloop.span.kind") {
        Some("tool") => Some(Kind::Tool),
        Some(_) if documents(span).is_empty() => Some(Kind::Other),
        Some(_) => Some(Kind::Retriever),
        None if !from_store(span).is_empty() => Some(Kind::Retriever),
        None => span.attributes.get("gen_ai.prompt.0.role").map(|_| Kind::Generation),
    }
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let mut read = genai::generation(span)?;
    if let Value::Array(functions) = span.attributes.nested("llm.request.functions.") {
        read.sent.tools = chat::definitions(&Value::Array(functions))?;
    }
    Ok(read)
}

/// Numbered messages.
pub(super) fn conversation(span: &Span) -> Result<Conversation, Refusal> {
    match span.attributes.nested("gen_ai.prompt.") {
        Value::Array(_) if span.dropped > 0 => Err(Refusal::Truncated),
        Value::Array(list) => {
            let messages = chat::messages(list.into_iter().map(with_parts).collect())?;
            Ok(Conversation { messages, ..Conversation::default() })
        }
        Value::Object(list) if list.keys().any(|key| key.parse::<usize>().is_ok()) => Err(Refusal::Truncated),
        _ => Err(Refusal::NoInput),
    }
}

pub(super) fn output(recorded: &Attributes) -> Option<Output> {
    match recorded.nested("gen_ai.completion.") {
        Value::Array(list) => chat::answer(list.into_iter().next()?),
        _ => None,
    }
}

/// A list of content parts is written as JSON text.
fn with_parts(mut message: Value) -> Value {
    let text = message["content"].as_str().filter(|text| text.starts_with("[{"));
    let parts = text.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    if let Some(parts) = parts.filter(|parts| parts.iter().all(|part| part.get("type").is_some())) {
        message["content"] = Value::Array(parts);
    }
    message
}

/// What a task returned, if that is plainly a list of passages, or what a vector store's span lists as its results.
pub(super) fn documents(span: &Span) -> Vec<Document> {
    let stored = from_store(span);
    if !stored.is_empty() {
        return stored;
    }
    match span.attributes.text("traceloop.span.kind") {
        Some("task") => span.attributes.json("traceloop.entity.output").map_or_else(Vec::new, documents::read_if_plain),
        _ => Vec::new(),
    }
}

fn from_store(span: &Span) -> Vec<Document> {
    let results = span.events.iter().filter(|event| event.name == "db.query.result");
    let fields = results.map(|event| {
        let named = event.attributes.under("db.query.result.");
        named.map(|(key, value)| (key.to_owned(), json!(value))).collect()
    });
    fields.filter_map(|fields| documents::document(Value::Object(fields))).collect()
}
