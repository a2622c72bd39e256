//! From traces to cases.

use std::collections::BTreeMap;

use super::case::Surroundings;
use super::context::Context;
use super::dialect::{self, Dialect, Kind};
use super::evidence::Evidence;
use super::generation::Generation;
use super::nesting::{self, Call};
use super::tree::Tree;
use super::{Refusal, Trace};
use crate::evalset::Case;

/// What traces gave: cases, and what became none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Harvest {
    /// One for each model call that can be replayed, by time within a trace.
    pub found: Vec<Found>,
    /// The model calls that cannot be replayed.
    pub skipped: Vec<Skipped>,
    /// Cases whose replay is less than what was sent, by what is missing.
    pub approximate: BTreeMap<&'static str, usize>,
    /// Records of calls that another record in the same trace covers.
    pub recorded_twice: usize,
}

/// A case, and the names by which its trace is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The case, still without id. **Its `cluster` is the raw session or user id**, to be hashed before it is written; the
    /// trace's id where several calls of a trace have neither.
    pub case: Case,
    /// The name of the model call's span.
    pub name: String,
    /// The name of the trace's root span.
    pub root: String,
}

/// A model call that cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Trace id.
    pub trace: String,
    /// Span id.
    pub span: String,
    /// Why.
    pub reason: Refusal,
}

impl Harvest {
    /// How many calls cannot be replayed, by reason.
    pub fn reasons(&self) -> BTreeMap<&Refusal, usize> {
        let mut counts = BTreeMap::new();
        for skipped in &self.skipped {
            *counts.entry(&skipped.reason).or_default() += 1;
        }
        counts
    }
}

/// Makes a case of every model call whose messages are all recorded.
///
/// Embeddings, agents, chains and tools are no candidates and are not counted. A failed call is a case with an error and
/// without output. Documents, tool results, tags and the session come from the rest of the trace.
pub fn cases(traces: &[Trace]) -> Harvest {
    let mut harvest = Harvest::default();
    for trace in traces {
        harvest.take(trace);
    }
    harvest
}

impl Harvest {
    fn take(&mut self, trace: &Trace) {
        let tree = Tree::new(trace);
        let spans = told_apart(trace);
        let surroundings =
            Surroundings { tree: &tree, context: Context::new(&tree), evidence: Evidence::new(&tree, &spans) };
        let (calls, twice) = nesting::settle(&tree, calls(trace, &spans));
        self.recorded_twice += twice;
        let several = calls.len() > 1;
        for call in calls {
            match call.read {
                Ok(generation) => {
                    self.approximations(&generation);
                    let case = surroundings.case(call.at, generation, several);
                    let root = tree.root().map_or_else(String::new, |root| root.name.clone());
                    self.found.push(Found { case, name: tree.span(call.at).name.clone(), root });
                }
                Err(reason) => {
                    let span = tree.span(call.at).id.clone();
                    self.skipped.push(Skipped { trace: trace.id.clone(), span, reason });
                }
            }
        }
    }

    fn approximations(&mut self, generation: &Generation) {
        let asked = generation.output.as_ref().is_some_and(|output| !output.tool_calls.is_empty());
        let before = generation.sent.messages.iter().any(|message| !message.tool_calls.is_empty());
        if generation.sent.tools.is_empty() && (asked || before) {
            *self.approximate.entry("tool definitions not recorded").or_default() += 1;
        }
        if generation.schema_lost {
            *self.approximate.entry("output schema not recorded").or_default() += 1;
        }
    }
}

fn told_apart(trace: &Trace) -> Vec<(usize, Dialect, Kind)> {
    let spans = trace.spans.iter().enumerate();
    spans.filter_map(|(at, span)| dialect::detect(span).map(|(dialect, kind)| (at, dialect, kind))).collect()
}

fn calls(trace: &Trace, spans: &[(usize, Dialect, Kind)]) -> Vec<Call> {
    let calls = spans.iter().filter(|(.., kind)| *kind == Kind::Generation);
    calls.map(|(at, dialect, _)| Call { at: *at, read: dialect.generation(&trace.spans[*at]) }).collect()
}
