//! The dialects: which library wrote a span, what kind of work it was, and where it keeps each thing.
//!
//! Every dialect's file has the same face: `kind` says whether it knows the span, and as what; `generation`,
//! `documents` and `tool_result` read it.

mod events;
mod genai;
mod langfuse;
mod langsmith;
mod openinference;
mod openllmetry;
mod vercel;

use serde_json::Value;

use super::generation::{Generation, Prompt};
use super::{Refusal, Span, chat, documents};
use crate::evalset::{Document, ToolResult};

/// A family of libraries that name their attributes alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Langfuse,
    OpenInference,
    LangSmith,
    Vercel,
    OpenLlmetry,
    GenAi,
}

/// The kinds of work that matter for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A model call.
    Generation,
    /// Something that fetched documents.
    Retriever,
    /// Something that chose among the documents fetched before.
    Reranker,
    /// A tool that ran.
    Tool,
    /// A prompt template that was filled in.
    Prompt,
    /// Everything else.
    Other,
}

/// The most telling dialect comes first: libraries that mirror their attributes under the OpenTelemetry names lose or
/// confuse some of them on the way, so those names are read last.
const ALL: [Dialect; 6] = [
    Dialect::Langfuse,
    Dialect::OpenInference,
    Dialect::LangSmith,
    Dialect::Vercel,
    Dialect::OpenLlmetry,
    Dialect::GenAi,
];

/// Which dialect a span speaks, and what kind of work it was.
pub(super) fn detect(span: &Span) -> Option<(Dialect, Kind)> {
    let pending = span.attributes.text("logfire.span_type") == Some("pending_span");
    ALL.into_iter().filter(|_| !pending).find_map(|dialect| Some((dialect, dialect.kind(span)?)))
}

impl Dialect {
    fn kind(self, span: &Span) -> Option<Kind> {
        match self {
            Self::Langfuse => langfuse::kind(span),
            Self::OpenInference => openinference::kind(span),
            Self::LangSmith => langsmith::kind(span),
            Self::Vercel => vercel::kind(span),
            Self::OpenLlmetry => openllmetry::kind(span),
            Self::GenAi => genai::kind(span),
        }
    }

    /// The model call, or why it cannot be replayed.
    pub(super) fn generation(self, span: &Span) -> Result<Generation, Refusal> {
        match self {
            Self::Langfuse => langfuse::generation(span),
            Self::OpenInference => openinference::generation(span),
            Self::LangSmith => langsmith::generation(span),
            Self::Vercel => vercel::generation(span),
            Self::OpenLlmetry => openllmetry::generation(span),
            Self::GenAi => genai::generation(span),
        }
    }

    /// What a retriever fetched.
    pub(super) fn documents(self, span: &Span) -> Vec<Document> {
        match self {
            Self::Langfuse => returned(span, "langfuse.observation.output"),
            Self::OpenInference => openinference::documents(span),
            Self::LangSmith => returned(span, "gen_ai.completion"),
            Self::Vercel => Vec::new(),
            Self::OpenLlmetry => openllmetry::documents(span),
            Self::GenAi => returned(span, "gen_ai.retrieval.documents"),
        }
    }

    /// What a tool was asked and answered.
    pub(super) fn tool_result(self, span: &Span) -> Option<ToolResult> {
        let keys: [&[&str]; 3] = match self {
            Self::Langfuse => [&[], &["langfuse.observation.input"], &["langfuse.observation.output"]],
            Self::OpenInference => [&["tool.name"], &["input.value"], &["output.value"]],
            Self::LangSmith => [&["gen_ai.tool.name"], &["gen_ai.prompt"], &["gen_ai.completion"]],
            Self::Vercel => {
                [&["ai.toolCall.name"], &["ai.toolCall.args", "ai.toolCall.input"], &["ai.toolCall.result"]]
            }
            Self::OpenLlmetry => openllmetry::TOOL,
            Self::GenAi => genai::TOOL,
        };
        let [name, arguments, answer] = keys.map(|keys| span.attributes.first(keys).map(|(_, value)| value));
        Some(ToolResult {
            name: name.and_then(Value::as_str).unwrap_or(&span.name).to_owned(),
            arguments: arguments.map_or(Value::Null, |value| chat::arguments(value.clone())),
            content: chat::tool_answer(answer?),
        })
    }

    /// The prompt template of a span that filled one in.
    pub(super) fn prompt(self, span: &Span) -> Prompt {
        match self {
            Self::OpenInference => openinference::filled_prompt(span),
            Self::LangSmith => langsmith::filled_prompt(span),
            _ => Prompt::default(),
        }
    }
}

/// Documents under a key that holds what a retriever returned.
fn returned(span: &Span, key: &str) -> Vec<Document> {
    span.attributes.json(key).map_or_else(Vec::new, documents::read)
}
