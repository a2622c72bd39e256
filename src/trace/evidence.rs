//! What the rest of the trace says about a model call: the documents, tool results and prompt template around it.

use serde_json::Value;

use super::chat;
use super::dialect::{Dialect, Kind};
use super::generation::{Generation, Prompt};
use super::tree::Tree;
use crate::evalset::{Document, Message, ToolResult};

/// Clocks are rounded to milliseconds by some exporters, so that a retriever may seem to end in the call that follows.
const ROUNDING_NS: u64 = 1_000_000;

/// What the spans of a trace fetched, ran and filled in, earliest first, each with its place in the trace.
pub(super) struct Evidence<'a> {
    tree: &'a Tree<'a>,
    fetched: Vec<(usize, Kind, Vec<Document>)>,
    ran: Vec<(usize, ToolResult)>,
    filled: Vec<(usize, Prompt)>,
}

impl<'a> Evidence<'a> {
    /// Reads the spans that are known to be of some kind.
    pub(super) fn new(tree: &'a Tree<'a>, spans: &[(usize, Dialect, Kind)]) -> Self {
        let mut evidence = Self { tree, fetched: Vec::new(), ran: Vec::new(), filled: Vec::new() };
        for (at, dialect, kind) in spans.iter().copied() {
            let span = tree.span(at);
            match kind {
                Kind::Retriever | Kind::Reranker => evidence.fetched.push((at, kind, dialect.documents(span))),
                Kind::Tool => evidence.ran.extend(dialect.tool_result(span).map(|result| (at, result))),
                Kind::Prompt => evidence.filled.push((at, dialect.prompt(span))),
                Kind::Generation | Kind::Other => {}
            }
        }
        evidence
    }

    fn before(&self, at: usize, call: usize) -> bool {
        let start = self.tree.span(call).start_ns.saturating_add(ROUNDING_NS);
        self.tree.span(at).finished_ns() <= start && !self.tree.encloses(at, call)
    }

    /// The documents that had been fetched when the call was made. A reranker's choice replaces what it chose from, and
    /// what a retriever returned replaces what the retrievers inside it did.
    pub(super) fn documents(&self, call: usize) -> Vec<Document> {
        let mut all: Vec<Document> = Vec::new();
        let fetched: Vec<&(usize, Kind, Vec<Document>)> =
            self.fetched.iter().filter(|(at, ..)| self.before(*at, call)).collect();
        let inside = |at: usize| {
            fetched.iter().any(|(outer, _, documents)| !documents.is_empty() && self.tree.encloses(*outer, at))
        };
        for (_, kind, documents) in fetched.iter().filter(|(at, ..)| !inside(*at)) {
            if *kind == Kind::Reranker && !documents.is_empty() {
                all.clear();
            }
            for document in documents {
                let known = |other: &Document| other.id == document.id && other.content == document.content;
                if !all.iter().any(known) {
                    all.push(document.clone());
                }
            }
        }
        all
    }

    /// The answers of the tools that belong to the call: those that it was offered, asked for or had asked for before.
    /// A call that knows no tools is given those that ran before it, for the application may have told it their answers.
    pub(super) fn tool_results(&self, call: usize, generation: &Generation) -> Vec<ToolResult> {
        let names = names(generation);
        let mut results = from_history(&generation.sent.messages);
        for (at, result) in &self.ran {
            let relevant = if names.is_empty() { self.before(*at, call) } else { names.contains(&result.name) };
            let known = |other: &ToolResult| other.name == result.name && is_same(&other.content, &result.content);
            if relevant && !results.iter().any(known) {
                results.push(result.clone());
            }
        }
        results
    }

    /// The prompt template that was filled in last before the call, beside it in the tree.
    pub(super) fn prompt(&self, call: usize) -> Prompt {
        let parent = &self.tree.span(call).parent;
        let beside = |at: usize| parent.is_some() && &self.tree.span(at).parent == parent && self.before(at, call);
        self.filled.iter().rfind(|(at, _)| beside(*at)).map_or_else(Prompt::default, |(_, prompt)| prompt.clone())
    }
}

/// Whether two texts are one answer. Where stores keep JSON as what it is, its spaces are lost.
fn is_same(one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || parsed(one).is_some_and(|value| parsed(other) == Some(value))
}

/// The tools that a call knows of.
fn names(generation: &Generation) -> Vec<String> {
    let asked = generation.output.iter().flat_map(|output| &output.tool_calls);
    let before = generation.sent.messages.iter().flat_map(|message| &message.tool_calls);
    let functions = generation.sent.tools.iter().chain(asked).chain(before);
    functions.filter_map(|tool| Some(tool["function"]["name"].as_str()?.to_owned())).collect()
}

/// The answers that the conversation itself holds.
fn from_history(messages: &[Message]) -> Vec<ToolResult> {
    let calls = || messages.iter().flat_map(|message| &message.tool_calls);
    let answers = messages.iter().filter(|message| message.role == "tool");
    let result = |message: &Message| {
        let id = message.tool_call_id.as_deref()?;
        let call = calls().find(|call| call["id"] == id)?;
        Some(ToolResult {
            name: call["function"]["name"].as_str()?.to_owned(),
            arguments: chat::arguments(call["function"]["arguments"].clone()),
            content: message.content.as_str().map_or_else(|| Value::to_string(&message.content), str::to_owned),
        })
    };
    answers.filter_map(result).collect()
}
