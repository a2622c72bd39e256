//! The trace: a recorded request as a tree of spans, and how each dialect's attributes become cases.
//!
//! Sources fill [`Trace`]s through [`Gathering`]; [`cases`] turns them into replayable cases. Each instrumentation
//! library writes its own attributes; `dialect/` has one file for each family, and all of them read a model call into
//! the same intermediate form. `chat/` brings messages, tool calls and parameters into the shape of `OpenAI`'s chat API.
//! What was not recorded is never made up: a call whose messages are not all there is refused with a [`Refusal`].

mod attributes;
mod case;
mod chat;
mod context;
mod dialect;
mod documents;
mod evidence;
mod gather;
mod generation;
mod harvest;
mod nesting;
mod outcome;
mod refusal;
mod tree;

use std::sync::Arc;

use serde_json::Value;

pub use attributes::Attributes;
pub(crate) use attributes::number;
pub use gather::{Gathering, Loss};
pub use harvest::{Found, Harvest, Skipped, cases};
pub use refusal::Refusal;

/// A recorded request: all spans that share one trace id, by start time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Trace id, lower-case hex.
    pub id: String,
    /// A link to it in its store.
    pub url: Option<String>,
    /// The spans, earliest first. There may be no root, or several.
    pub spans: Vec<Span>,
}

/// One timed piece of work.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    /// Span id, lower-case hex.
    pub id: String,
    /// The enclosing span's id; it need not be in the trace.
    pub parent: Option<String>,
    /// The span's name, as the application or library chose it.
    pub name: String,
    /// Start, in nanoseconds since the Unix epoch; 0 where it is not recorded.
    pub start_ns: u64,
    /// End, in nanoseconds since the Unix epoch. A sloppy clock may put it before the start.
    pub end_ns: u64,
    /// How the work went.
    pub status: Status,
    /// The status' message, mostly an error text.
    pub message: Option<String>,
    /// What the library recorded about the work.
    pub attributes: Attributes,
    /// How many attributes the SDK threw away because of its limits.
    pub dropped: u64,
    /// The process that recorded the span; shared by all its spans.
    pub resource: Arc<Attributes>,
    /// The instrumentation library's name.
    pub scope: Arc<str>,
    /// Events inside the span, by time.
    pub events: Vec<Event>,
    /// Log records that name this span, by time.
    pub logs: Vec<Event>,
}

/// A moment inside a span: a span event or a log record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// The event's name, such as `exception` or `gen_ai.user.message`.
    pub name: String,
    /// When it happened, in nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// A log record's body; `null` for span events.
    pub body: Value,
    /// What was recorded about it.
    pub attributes: Attributes,
}

/// How a span ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// The library did not say.
    #[default]
    Unset,
    /// It worked.
    Ok,
    /// It failed.
    Error,
}

impl Trace {
    /// When its first span starts, in nanoseconds since the Unix epoch; `None` where no time is recorded.
    pub fn start_ns(&self) -> Option<u64> {
        self.spans.iter().map(|span| span.start_ns).filter(|start| *start > 0).min()
    }
}

impl Span {
    /// The end, or the start where the clock ran backwards or no end was recorded.
    pub fn finished_ns(&self) -> u64 {
        self.end_ns.max(self.start_ns)
    }

    /// How long it took, in milliseconds; `None` where either end is missing or the clock ran backwards.
    pub fn duration_ms(&self) -> Option<f64> {
        (self.start_ns > 0 && self.end_ns > self.start_ns).then(|| (self.end_ns - self.start_ns) as f64 / 1e6)
    }

    /// Span events and log records together, span events first.
    pub(crate) fn moments(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().chain(&self.logs)
    }
}
