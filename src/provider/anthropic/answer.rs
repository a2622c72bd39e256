//! A message of the Messages API, put together from one body or from a stream's events.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use crate::provider::answer::{Assemble, malformed, ms};
use crate::provider::failure::Failure;
use crate::provider::refusal::Refusal;
use crate::provider::{Completion, Usage};

use super::wire::{Block, Delta, Event, Message, WireUsage};

/// A block under way. What a tool is called with arrives as pieces of JSON.
#[derive(Debug)]
enum Part {
    Text(String),
    Call {
        id: String,
        name: String,
        arguments: String,
    },
    /// Thinking, and whatever else is no part of the answer.
    Other,
}

/// Puts a message together.
#[derive(Debug)]
pub(super) struct Assembler {
    sent: Instant,
    completion: Completion,
    parts: BTreeMap<usize, Part>,
    /// The tool whose input is the answer.
    answer_tool: Option<String>,
    answered: bool,
    ended: Option<Instant>,
}

impl Assemble for Assembler {
    fn read(&mut self, data: &[u8]) -> Result<(), Failure> {
        let event: Event = serde_json::from_slice(data).map_err(|_| malformed(data))?;
        match event.r#type.as_str() {
            "error" => return Err(Failure::Refused(Refusal::inside(&event.error.unwrap_or_default()))),
            "message" => self.whole(serde_json::from_slice(data).map_err(|_| malformed(data))?),
            "message_stop" => self.ended = Some(Instant::now()),
            _ => self.add(event),
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.ended.is_some()
    }

    fn is_complete(&self) -> bool {
        self.ended.is_some() || self.completion.finish_reason.is_some()
    }

    fn finish(mut self) -> Option<Completion> {
        self.completion.timing.total_ms = ms(self.ended.unwrap_or_else(Instant::now) - self.sent);
        let parts = std::mem::take(&mut self.parts);
        // Beside a structured answer, text is chatter that would spoil the JSON.
        let is_structured = parts.values().any(|part| self.is_answer(part));
        for part in parts.into_values() {
            let is_chatter = is_structured && matches!(part, Part::Text(_));
            if !is_chatter {
                self.close(part);
            }
        }
        self.answered.then_some(self.completion)
    }
}

impl Assembler {
    /// Begins a message that was asked for now; the input of `answer_tool` is taken for its text.
    pub(super) fn new(sent: Instant, answer_tool: Option<&str>) -> Self {
        Self {
            sent,
            completion: Completion::default(),
            parts: BTreeMap::new(),
            answer_tool: answer_tool.map(str::to_owned),
            answered: false,
            ended: None,
        }
    }

    fn whole(&mut self, message: Message) {
        for (index, block) in message.content.into_iter().enumerate() {
            self.open(index, block);
        }
        self.answered = true;
        self.completion.model = message.model;
        self.count(message.usage);
        self.stop(message.stop_reason);
    }

    fn add(&mut self, event: Event) {
        let index = event.index.unwrap_or_default();
        if let Some(message) = event.message {
            self.whole(message);
        }
        if let Some(block) = event.content_block {
            self.open(index, block);
        }
        if let Some(delta) = event.delta {
            self.extend(index, &delta);
            self.stop(delta.stop_reason);
        }
        self.count(event.usage);
    }

    fn open(&mut self, index: usize, block: Block) {
        let part = match block.r#type.as_str() {
            "text" => Part::Text(block.text),
            "tool_use" => {
                let is_empty = block.input.as_object().is_none_or(serde_json::Map::is_empty);
                let arguments = if is_empty { String::new() } else { block.input.to_string() };
                Part::Call { id: block.id, name: block.name, arguments }
            }
            _ => Part::Other,
        };
        let is_first_token =
            matches!(&part, Part::Call { .. }) || matches!(&part, Part::Text(text) if !text.is_empty());
        self.parts.insert(index, part);
        self.mark(is_first_token);
    }

    fn extend(&mut self, index: usize, delta: &Delta) {
        let piece = match (self.parts.get_mut(&index), delta) {
            (Some(Part::Text(text)), Delta { text: Some(piece), .. }) => {
                text.push_str(piece);
                piece
            }
            (Some(Part::Call { arguments, .. }), Delta { partial_json: Some(piece), .. }) => {
                arguments.push_str(piece);
                piece
            }
            _ => return,
        };
        self.mark(!piece.is_empty());
    }

    fn mark(&mut self, is_token: bool) {
        let ttft = &mut self.completion.timing.ttft_ms;
        if is_token && ttft.is_none() {
            *ttft = Some(ms(self.sent.elapsed()));
        }
    }

    /// Counts come at the start and again at the end; later ones replace earlier ones.
    fn count(&mut self, usage: Option<WireUsage>) {
        let Some(wire) = usage else { return };
        let mut usage = self.completion.usage.unwrap_or_default();
        if let Some(new) = wire.input_tokens {
            let read = wire.cache_read_input_tokens.unwrap_or(0);
            usage.input = new + read + wire.cache_creation_input_tokens.unwrap_or(0);
            usage.cached = read;
        }
        usage.output = wire.output_tokens.unwrap_or(usage.output);
        self.completion.usage = Some(usage).filter(|usage| *usage != Usage::default());
    }

    /// Gives a stop reason its name in the chat API.
    fn stop(&mut self, reason: Option<String>) {
        let Some(reason) = reason else { return };
        let name = match reason.as_str() {
            "end_turn" | "stop_sequence" => "stop",
            "max_tokens" => "length",
            "tool_use" if self.answer_tool.is_some() => "stop",
            "tool_use" => "tool_calls",
            "refusal" => "content_filter",
            other => other,
        };
        self.completion.finish_reason = Some(name.to_owned());
    }

    /// Whether this is the call whose input is the answer.
    fn is_answer(&self, part: &Part) -> bool {
        matches!(part, Part::Call { name, .. } if self.answer_tool.as_ref() == Some(name))
    }

    fn close(&mut self, part: Part) {
        let is_answer = self.is_answer(&part);
        match part {
            Part::Text(text) => self.completion.content.get_or_insert_default().push_str(&text),
            Part::Call { arguments, .. } if is_answer => {
                self.completion.content.get_or_insert_default().push_str(&arguments);
            }
            Part::Call { id, name, arguments } => {
                let arguments = if arguments.is_empty() { "{}".to_owned() } else { arguments };
                let function = json!({"name": name, "arguments": arguments});
                self.completion.tool_calls.push(json!({"id": id, "type": "function", "function": function}));
            }
            Part::Other => {}
        }
    }
}
