//! A model call as every dialect's reader gives it.

use serde_json::{Map, Value};

use super::chat::Conversation;
use super::{Attributes, Span};
use crate::evalset::{Output, Usage};

/// One recorded model call.
#[derive(Debug, Default)]
pub(super) struct Generation {
    /// What was sent.
    pub(super) sent: Conversation,
    /// What came back; absent where the call failed or the answer was not recorded.
    pub(super) output: Option<Output>,
    /// Tokens used.
    pub(super) usage: Option<Usage>,
    /// Time to the first token, in milliseconds.
    pub(super) ttft_ms: Option<f64>,
    /// The prompt template.
    pub(super) prompt: Prompt,
    /// The call returned JSON by a schema that was not recorded.
    pub(super) schema_lost: bool,
}

/// A prompt template as the trace names it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Prompt {
    pub(super) version: Option<String>,
    pub(super) variables: Map<String, Value>,
}

impl Prompt {
    /// What is known here, else what is known there.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.version = self.version.or(other.version);
        for (name, value) in other.variables {
            self.variables.entry(name).or_insert(value);
        }
        self
    }
}

/// Tokens by the first of several names; `None` where neither input nor output tokens were counted, or both as 0, for no
/// call takes none.
pub(super) fn usage(recorded: &Attributes, input: &[&str], output: &[&str], cached: &[&str]) -> Option<Usage> {
    let count = |keys: &[&str]| keys.iter().find_map(|key| recorded.number(key)).map(whole);
    let (input, output) = (count(input), count(output));
    let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
    (input > 0 || output > 0).then(|| Usage { input, output, cached: count(cached).unwrap_or(0) })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and counts are small")]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Milliseconds from a span's start to the first event of one of these names.
pub(super) fn first_event_ms(span: &Span, names: &[&str]) -> Option<f64> {
    let event = span.moments().find(|event| names.contains(&event.name.as_str()))?;
    since_start_ms(span, event.time_ns)
}

/// Milliseconds from a span's start to a moment; `None` where the clock ran backwards.
pub(super) fn since_start_ms(span: &Span, time_ns: u64) -> Option<f64> {
    (span.start_ns > 0).then(|| time_ns.checked_sub(span.start_ns))?.map(|ns| ns as f64 / 1e6)
}

impl Generation {
    /// Takes what is missing here from another record of the same call.
    pub(super) fn complete_with(&mut self, other: Self) {
        let sent = &mut self.sent;
        if sent.tools.is_empty() {
            sent.tools = other.sent.tools;
        }
        if sent.request.parameters.is_empty() {
            sent.request.parameters = other.sent.request.parameters;
        }
        sent.request.model = sent.request.model.take().or(other.sent.request.model);
        self.output = self.output.take().or(other.output);
        self.usage = self.usage.or(other.usage);
        self.ttft_ms = self.ttft_ms.or(other.ttft_ms);
        self.prompt = std::mem::take(&mut self.prompt).or(other.prompt);
        self.schema_lost &= other.schema_lost;
    }
}
