//! A case from a model call and what surrounds it.

use super::context::{self, Context};
use super::evidence::Evidence;
use super::generation::Generation;
use super::outcome;
use super::tree::Tree;
use crate::evalset::{Case, TraceRef};

/// A trace, read from every side that matters to its model calls.
pub(super) struct Surroundings<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) context: Context<'a>,
    pub(super) evidence: Evidence<'a>,
}

impl Surroundings<'_> {
    /// The case of the call at this place. `several` calls of one trace depend on each other, session or not.
    pub(super) fn case(&self, at: usize, generation: Generation, several: bool) -> Case {
        let trace = self.tree.trace;
        let span = self.tree.span(at);
        let prompt = generation.prompt.clone().or(self.evidence.prompt(at));
        Case {
            cluster: self.context.cluster(at).or_else(|| several.then(|| trace.id.clone())),
            metadata: context::metadata(self.tree, at),
            variables: prompt.variables,
            documents: self.evidence.documents(at),
            tool_results: self.evidence.tool_results(at, &generation),
            recorded: Some(outcome::recorded(self.tree, at, &generation)),
            trace: Some(TraceRef {
                id: trace.id.clone(),
                span: Some(span.id.clone()),
                url: trace.url.clone(),
                time: time(span.start_ns),
                prompt_version: prompt.version,
            }),
            messages: generation.sent.messages,
            tools: generation.sent.tools,
            request: generation.sent.request,
            output: generation.output,
            ..Case::default()
        }
    }
}

/// RFC 3339 in UTC, to the millisecond.
fn time(start_ns: u64) -> Option<String> {
    let millis = i64::try_from(start_ns / 1_000_000).ok().filter(|millis| *millis > 0)?;
    jiff::Timestamp::from_millisecond(millis).ok().map(|time| format!("{time:.3}"))
}
