//! From traces to cases.

use std::collections::BTreeMap;

use super::case::Surroundings;
use super::context::Context;
use super::dialect::{self, Dialect, Kind};
use super::evidence::Evidence;
use super::generation::Generation;
use super::nesting::{self, Call};
use super::tree::Tree;
use super::{Refusal, Span, Trace};
use crate::evalset::Case;

/// What traces gave: cases, and what became none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Harvest {
    /// One for each model call that can be replayed, by time within a trace.
    pub found: Vec<Found>,
    /// The model calls that cannot be replayed.
    pub skipped: Vec<Skipped>,
    /// Cases whose replay or record is less than what was, by what is missing or wrong.
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
        let damages = damages(&tree);
        for call in calls {
            match call.read {
                Ok(generation) => {
                    self.approximations(&generation);
                    self.damages(&damages, tree.span(call.at));
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

    fn damages(&mut self, around: &[&'static str], span: &Span) {
        let backwards = span.end_ns > 0 && span.end_ns < span.start_ns;
        let own = backwards.then_some("clock that ran backwards, so no duration");
        for what in around.iter().copied().chain(own) {
            *self.approximate.entry(what).or_default() += 1;
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

/// What is wrong with the tree around a trace's calls.
fn damages(tree: &Tree<'_>) -> Vec<&'static str> {
    let damages = [
        (tree.lacks_root(), "root span not recorded, nor the tags and ids on it"),
        (tree.has_circle(), "spans that lie in each other in a circle"),
    ];
    damages.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
}

fn told_apart(trace: &Trace) -> Vec<(usize, Dialect, Kind)> {
    let spans = trace.spans.iter().enumerate();
    spans.filter_map(|(at, span)| dialect::detect(span).map(|(dialect, kind)| (at, dialect, kind))).collect()
}

fn calls(trace: &Trace, spans: &[(usize, Dialect, Kind)]) -> Vec<Call> {
    let calls = spans.iter().filter(|(.., kind)| *kind == Kind::Generation);
    calls.map(|(at, dialect, _)| Call { at: *at, read: dialect.generation(&trace.spans[*at]) }).collect()
}
