//! An answer, put together from one body or from a stream's chunks.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::provider::answer::{Assemble, malformed, ms};
use crate::provider::failure::Failure;
use crate::provider::refusal::Refusal;
use crate::provider::{Completion, Timing, Usage};

/// A chunk of a stream, or a whole body: it differs only in calling the delta a message.
#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<WireUsage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Value,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    /// `DeepSeek`'s name for cached tokens.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl WireUsage {
    fn read(self) -> Option<Usage> {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens);
        let cached = cached.or(self.prompt_cache_hit_tokens).unwrap_or(0);
        let (input, output) = (self.prompt_tokens.unwrap_or(0), self.completion_tokens.unwrap_or(0));
        // Servers that do not count say nothing or zero; no request has an empty prompt.
        (input + output > 0).then_some(Usage { input, output, cached })
    }
}

/// A tool call under way.
#[derive(Debug, Default)]
struct Call {
    index: u64,
    id: String,
    name: String,
    arguments: String,
}

/// Puts an answer together. Only the first choice counts; reasoning is left out, also from the time to the first token.
#[derive(Debug)]
pub(super) struct Assembler {
    sent: Instant,
    completion: Completion,
    calls: Vec<Call>,
    /// Whether any choice came.
    answered: bool,
    /// When `[DONE]` came.
    done: Option<Instant>,
}

impl Assemble for Assembler {
    fn read(&mut self, data: &[u8]) -> Result<(), Failure> {
        match data.trim_ascii() {
            b"[DONE]" => self.done = Some(Instant::now()),
            b"" => {}
            data => self.add(serde_json::from_slice(data).map_err(|_| malformed(data))?)?,
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done.is_some()
    }

    // Some servers send no `[DONE]`, some no `finish_reason`.
    fn is_complete(&self) -> bool {
        self.done.is_some() || self.completion.finish_reason.is_some()
    }

    fn finish(mut self) -> Option<Completion> {
        let end = self.done.unwrap_or_else(Instant::now);
        self.completion.timing.total_ms = ms(end - self.sent);
        self.completion.tool_calls = self.calls.into_iter().map(Call::into_json).collect();
        self.answered.then_some(self.completion)
    }
}

impl Assembler {
    /// Begins an answer that was asked for at `sent`.
    pub(super) fn new(sent: Instant) -> Self {
        Self { sent, completion: Completion::default(), calls: Vec::new(), answered: false, done: None }
    }

    fn add(&mut self, chunk: Chunk) -> Result<(), Failure> {
        if let Some(error) = chunk.error {
            return Err(Failure::Refused(Refusal::inside(&error)));
        }
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            self.answered = true;
            if let Some(delta) = choice.delta {
                self.add_delta(delta);
            }
            self.completion.finish_reason = choice.finish_reason.or(self.completion.finish_reason.take());
        }
        let completion = &mut self.completion;
        completion.model = completion.model.take().or(chunk.model.filter(|model| !model.is_empty()));
        completion.usage = chunk.usage.and_then(WireUsage::read).or(completion.usage);
        Ok(())
    }

    fn add_delta(&mut self, delta: Delta) {
        let content = text(delta.content);
        let calls = delta.tool_calls.unwrap_or_default();
        let said = [&content, &delta.refusal].into_iter().flatten().any(|text| !text.is_empty());
        if (said || !calls.is_empty()) && self.completion.timing.ttft_ms.is_none() {
            self.completion.timing = Timing { ttft_ms: Some(ms(self.sent.elapsed())), total_ms: 0.0 };
        }
        append(&mut self.completion.content, content);
        append(&mut self.completion.refusal, delta.refusal);
        for (position, call) in (0..).zip(calls) {
            self.add_call(call.index.unwrap_or(position), call);
        }
    }

    fn add_call(&mut self, index: u64, delta: CallDelta) {
        let id = delta.id.unwrap_or_default();
        // Some servers give every call the same index; then a new id begins a new call.
        let is_same = |call: &Call| call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id);
        let place = self.calls.iter().rposition(is_same).unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        let call = &mut self.calls[place];
        set_once(&mut call.id, id);
        if let Some(function) = delta.function {
            set_once(&mut call.name, function.name.unwrap_or_default());
            match function.arguments {
                Value::String(piece) => call.arguments.push_str(&piece),
                Value::Null => {}
                object => call.arguments.push_str(&object.to_string()),
            }
        }
    }
}

impl Call {
    fn into_json(self) -> Value {
        json!({"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}})
    }
}

/// The text of a content: a string, or the text parts of an array.
fn text(content: Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

fn append(whole: &mut Option<String>, piece: Option<String>) {
    match (whole, piece) {
        (Some(whole), Some(piece)) => whole.push_str(&piece),
        (whole @ None, piece) => *whole = piece,
        (Some(_), None) => {}
    }
}

fn set_once(field: &mut String, value: String) {
    if field.is_empty() {
        *field = value;
    }
}
