//! Messages of any shape, as chat messages.

use serde_json::{Map, Value, json};

use super::super::Refusal;
use super::{call, langchain, link, part, pick, pick_text};
use crate::evalset::Message;

/// Texts that libraries write in place of what was said.
const STAND_INS: [&str; 3] = ["__REDACTED__", "<elided>", "<truncated due to size exceeding limit>"];

/// Reads a conversation, oldest message first, and ties every tool result to its call.
pub(in crate::trace) fn messages(values: Vec<Value>) -> Result<Vec<Message>, Refusal> {
    let mut read = Vec::new();
    for value in values {
        message(value, &mut read)?;
    }
    if read.is_empty() {
        return Err(Refusal::NoInput);
    }
    link::link(&mut read)?;
    Ok(read)
}

/// Reads one message, which may stand for several: Anthropic and Gemini pack tool results into a user message.
pub(super) fn message(value: Value, out: &mut Vec<Message>) -> Result<(), Refusal> {
    let Value::Object(mut map) = langchain::unwrap(value) else {
        return Err(Refusal::NotMessages);
    };
    if let Some(Value::Object(inner)) = map.get_mut("message").map(Value::take) {
        map = inner;
    }
    if !map.contains_key("role")
        && let Some(kind) = pick_text(&map, &["type"]).map(str::to_owned)
    {
        return item(&kind, map, out);
    }
    let role = role(pick_text(&map, &["role"]).ok_or(Refusal::NotMessages)?)?;
    let body = Body::read(&mut map)?;
    body.into_messages(role, &map, out)
}

/// An item of the Responses API's `input` or `output` that is no message.
fn item(kind: &str, map: Map<String, Value>, out: &mut Vec<Message>) -> Result<(), Refusal> {
    match kind {
        "function_call" => {
            let call = call::call(&Value::Object(map))?;
            match out.last_mut().filter(|last| last.role == "assistant") {
                Some(last) => last.tool_calls.push(call),
                None => {
                    out.push(Message { role: "assistant".to_owned(), tool_calls: vec![call], ..Message::default() });
                }
            }
            Ok(())
        }
        "function_call_output" => {
            let mut body = Body::default();
            body.result(&map)?;
            body.into_messages("tool", &map, out)
        }
        "reasoning" => Ok(()),
        "item_reference" => Err(Refusal::KeptByProvider),
        kind if kind.ends_with("_call") => Err(Refusal::HostedTool(kind.to_owned())),
        kind => Err(Refusal::UnknownPart(kind.to_owned())),
    }
}

fn role(recorded: &str) -> Result<&'static str, Refusal> {
    Ok(match recorded.to_ascii_lowercase().as_str() {
        "system" => "system",
        "developer" => "developer",
        // smolagents tells tool calls and their answers as text, and sends them as the assistant's and the user's.
        "user" | "human" | "tool-response" => "user",
        "assistant" | "ai" | "model" | "aimessagechunk" | "tool-call" => "assistant",
        "tool" | "function" => "tool",
        _ => return Err(Refusal::UnknownRole(recorded.to_owned())),
    })
}

/// What a message says, sorted by what becomes of it.
#[derive(Default)]
pub(super) struct Body {
    /// Content parts in `OpenAI`'s shape.
    pub(super) parts: Vec<Value>,
    /// Tool calls in `OpenAI`'s shape.
    pub(super) calls: Vec<Value>,
    /// Tool results, each a `tool` message.
    pub(super) results: Vec<Message>,
}

impl Body {
    /// Takes the content and the tool calls out of a message.
    pub(super) fn read(map: &mut Map<String, Value>) -> Result<Self, Refusal> {
        let mut body = Self::default();
        for key in ["parts", "content", "contents", "blocks"] {
            if let Some(content) = map.get_mut(key).map(Value::take).filter(|content| !content.is_null()) {
                body.content(content)?;
                break;
            }
        }
        for call in pick(map, &["tool_calls"]).and_then(Value::as_array).into_iter().flatten() {
            let call = call::call(call)?;
            if !body.calls.contains(&call) {
                body.calls.push(call);
            }
        }
        body.legacy_calls(map)?;
        if let Some(refusal) = pick_text(map, &["refusal"]).filter(|_| body.parts.is_empty()) {
            body.parts.push(json!({"type": "refusal", "refusal": refusal}));
        }
        Ok(body)
    }

    /// Calls where older libraries keep them, when there are none in the usual place.
    fn legacy_calls(&mut self, map: &Map<String, Value>) -> Result<(), Refusal> {
        if !self.calls.is_empty() {
            return Ok(());
        }
        let kept = map.get("additional_kwargs").and_then(Value::as_object).unwrap_or(map);
        let one = pick(kept, &["function_call"]).filter(|call| call.is_object());
        let many = pick(kept, &["tool_calls"]).and_then(Value::as_array).into_iter().flatten();
        for call in many.chain(one) {
            self.calls.push(call::call(call)?);
        }
        Ok(())
    }

    fn content(&mut self, content: Value) -> Result<(), Refusal> {
        match content {
            Value::Array(parts) => parts.into_iter().try_for_each(|part| self.content(part)),
            Value::Object(mut map) if map.get("parts").is_some_and(Value::is_array) => {
                self.content(map["parts"].take())
            }
            Value::Object(map) => part::read(map, self),
            Value::String(text) => self.text(&text),
            _ => Err(Refusal::NotMessages),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Refusal> {
        if STAND_INS.contains(&text) {
            return Err(Refusal::NoContent);
        }
        self.parts.push(json!({"type": "text", "text": text}));
        Ok(())
    }

    /// Adds a tool's answer; `map` names the call and holds the answer under one of the known keys.
    pub(super) fn result(&mut self, map: &Map<String, Value>) -> Result<(), Refusal> {
        let answer = pick(map, &["response", "result", "content", "output"]).ok_or(Refusal::NoContent)?;
        self.results.push(Message {
            role: "tool".to_owned(),
            content: Value::String(call::result_text(answer)),
            tool_call_id: call::id(map),
            name: pick_text(map, &["name", "toolName"]).map(str::to_owned),
            ..Message::default()
        });
        Ok(())
    }

    fn into_messages(self, role: &str, map: &Map<String, Value>, out: &mut Vec<Message>) -> Result<(), Refusal> {
        let said = !self.parts.is_empty() || !self.calls.is_empty();
        if !said && self.results.is_empty() {
            return Err(Refusal::NoContent);
        }
        out.extend(self.results);
        if said {
            let tool = role == "tool";
            let content = content(self.parts, !self.calls.is_empty());
            out.push(Message {
                role: role.to_owned(),
                content: if tool { Value::String(call::result_text(&content)) } else { content },
                tool_calls: self.calls,
                tool_call_id: if tool {
                    pick_text(map, &["tool_call_id", "toolCallId"]).map(str::to_owned)
                } else {
                    None
                },
                name: pick_text(map, &["name"]).map(str::to_owned),
            });
        }
        Ok(())
    }
}

/// A message's content: `null` where only tool calls were made, text where all there is is one text, else the parts.
fn content(mut parts: Vec<Value>, called: bool) -> Value {
    if called {
        parts.retain(|part| part["text"] != "");
    }
    match parts.as_mut_slice() {
        [] => Value::Null,
        [only] if only["type"] == "text" => only["text"].take(),
        _ => Value::Array(parts),
    }
}
