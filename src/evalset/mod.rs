//! The evalset: a frozen, redacted set of [`Case`]s in a folder.
//!
//! A case is what a recorded request leaves behind once it has been made replayable. Its shapes are those of
//! `OpenAI`'s chat API, because that is what users write by hand and what nearly every provider takes.

mod content;
mod error;
mod file;
mod line;
mod lines;
mod origin;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use content::assign_ids;
pub use error::{EvalsetError, Problem};
pub use file::{CASES_FILE, Evalset, Existing};
pub use origin::{ORIGIN_FILE, Origin, Stratum};

/// The weights that a case may have. Beyond them a mean of scores is one case's or runs over.
pub const WEIGHTS: RangeInclusive<f64> = 1e-6..=1e6;

/// One replayable unit made from a trace, and one line of `cases.jsonl`. Only `messages` is required.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Stable id, derived from the content where the file gives none: see [`Case::content_id`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The session (else the user) that the case belongs to, as a keyed hash. Cases of one cluster are dependent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Tags of the request: `intent`, `tier`, `environment`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The conversation that was sent, oldest message first.
    pub messages: Vec<Message>,
    /// The prompt template's variables, where the trace recorded them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// What retrieval returned for this request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// Tool definitions offered to the model, `{"type": "function", "function": {…}}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    /// What the tools answered when they really ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_results: Vec<ToolResult>,
    /// Model and parameters as recorded.
    #[serde(default, skip_serializing_if = "RecordedRequest::is_empty")]
    pub request: RecordedRequest,
    /// What production answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// How production's answer went: status, timings, usage, scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// Where the case came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceRef>,
    /// How many cases of the population this one stands for, relative to the others; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Drawn requests with nearly the same input that it stands for, itself included; its weight counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<usize>,
}

/// One chat message in `OpenAI`'s shape.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Text, an array of content parts, or `null` beside tool calls.
    #[serde(default)]
    pub content: Value,
    /// Tool calls asked for by an assistant message, `{"id", "type", "function": {"name", "arguments"}}`; arguments are JSON text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Value>,
    /// The call that a `tool` message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// An author's or tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A retrieved passage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The store's id of the passage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text; empty where the trace kept only ids.
    #[serde(default)]
    pub content: String,
    /// The retriever's score, in its own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whatever the store keeps beside the text.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// What a tool answered in production.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolResult {
    /// The tool's name.
    pub name: String,
    /// The arguments that it was called with.
    #[serde(default)]
    pub arguments: Value,
    /// Its answer, as text.
    #[serde(default)]
    pub content: String,
}

/// Model and parameters of the recorded request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRequest {
    /// The model that was asked for (not the version that answered).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `temperature`, `max_tokens`, `response_format`, `tool_choice`, …, by their names in the chat API.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

impl RecordedRequest {
    fn is_empty(&self) -> bool {
        self.model.is_none() && self.parameters.is_empty()
    }
}

/// An answer, recorded or fresh.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The text of the answer; absent beside tool calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Tool calls in `OpenAI`'s shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Value>,
    /// The refusal text of models that keep it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// `stop`, `length`, `tool_calls`, `content_filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
}

/// How the recorded request went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// `ok` or `error`.
    #[serde(default)]
    pub status: String,
    /// The error's message, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Time to the first token, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Time to the end of the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// Tokens used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// US dollars, where the trace says what the call cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Scores and feedback found in the trace, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, f64>,
}

/// Tokens of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    #[serde(default)]
    pub input: u64,
    /// Completion tokens, reasoning included.
    #[serde(default)]
    pub output: u64,
    /// Prompt tokens that the provider read from its cache.
    #[serde(default)]
    pub cached: u64,
}

/// Where a case came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceRef {
    /// Trace id, lower-case hex.
    #[serde(default)]
    pub id: String,
    /// The generation's span id, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// A link to the trace in its store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the request started, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The prompt's version as the trace names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_version: Option<String>,
}
