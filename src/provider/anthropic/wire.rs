//! What the Messages API sends.

use serde::Deserialize;
use serde_json::Value;

/// An event of a stream, or a whole message: the fields of all of them, each of which has a few.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) r#type: String,
    pub(super) index: Option<usize>,
    pub(super) message: Option<Message>,
    pub(super) content_block: Option<Block>,
    pub(super) delta: Option<Delta>,
    pub(super) usage: Option<WireUsage>,
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) content: Vec<Block>,
    pub(super) stop_reason: Option<String>,
    pub(super) usage: Option<WireUsage>,
}

/// A block as it begins, or whole.
#[derive(Deserialize)]
pub(super) struct Block {
    pub(super) r#type: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) input: Value,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) text: Option<String>,
    pub(super) partial_json: Option<String>,
    pub(super) stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
pub(super) struct WireUsage {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
}
