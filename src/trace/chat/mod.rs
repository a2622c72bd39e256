//! Whatever a library recorded of a request or an answer, in the shape of `OpenAI`'s chat API.
//!
//! One tolerant reader serves all dialects, because they mix: an `OpenInference` span may hold an Anthropic request, a
//! `LangSmith` span a `LangChain` dump. It knows the message shapes of `OpenAI` chat and Responses, the OpenTelemetry
//! conventions' `parts`, Anthropic, Bedrock, Gemini, `LangChain` and the Vercel AI SDK, and refuses everything else.

mod answer;
mod call;
mod langchain;
mod link;
mod message;
mod parameters;
mod part;
mod request;

pub(super) use answer::{answer, finish_reason};
pub(super) use call::{arguments, definitions, tool_answer};
pub(super) use langchain::unwrap as langchain_body;
pub(super) use message::messages;
pub(super) use parameters::{drop_defaults, parameters, response_format};
pub(super) use request::{Conversation, input, kept_by_provider, recorded, with_system};

use serde_json::{Map, Value};

/// Python's text for an object that a library could not write, such as the `OpenAI` client's mark for "not given".
fn is_placeholder(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with('<') && text.ends_with('>') && text.contains(" object at 0x"))
}

/// The first of several keys that has a value.
fn pick<'a>(map: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| map.get(*key).filter(|value| !value.is_null()))
}

/// The first of several keys that holds a non-empty string.
fn pick_text<'a>(map: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| map.get(*key)?.as_str().filter(|text| !text.is_empty()))
}
