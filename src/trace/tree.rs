//! Walking a trace as a tree, whatever its parents claim.

use std::collections::HashMap;

use super::{Span, Trace};

/// How far up a walk goes; nobody nests deeper, and a broken exporter must not make it slow.
const MAX_DEPTH: usize = 256;

/// A trace with its spans indexed by id. Missing parents and cycles are tolerated.
pub(super) struct Tree<'a> {
    pub(super) trace: &'a Trace,
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(trace: &'a Trace) -> Self {
        let by_id = trace.spans.iter().enumerate().map(|(at, span)| (span.id.as_str(), at)).collect();
        Self { trace, by_id }
    }

    pub(super) fn span(&self, at: usize) -> &'a Span {
        &self.trace.spans[at]
    }

    /// The spans around a span, nearest first. A cycle ends the walk at the latest after so many spans as there are.
    pub(super) fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent(at), |up| self.parent(*up))
            .take_while(move |up| *up != at)
            .take(self.trace.spans.len().min(MAX_DEPTH))
    }

    /// Whether `outer` encloses `inner`.
    pub(super) fn encloses(&self, outer: usize, inner: usize) -> bool {
        self.ancestors(inner).any(|up| up == outer)
    }

    /// The earliest span that has no parent here; in a trace of cycles, the earliest span.
    pub(super) fn root(&self) -> Option<&'a Span> {
        let root = (0..self.trace.spans.len()).find(|at| self.parent(*at).is_none());
        self.trace.spans.get(root.unwrap_or(0))
    }

    /// Whether a span that others lie in was not recorded, so that what it said is not known.
    pub(super) fn lacks_root(&self) -> bool {
        let spans = &self.trace.spans;
        !spans.iter().any(|span| span.parent.is_none()) && (0..spans.len()).any(|at| self.parent(at).is_none())
    }

    /// Whether a span lies in itself, as its parents have it.
    pub(super) fn has_circle(&self) -> bool {
        // Every walk up from a circle stays in it; so does one that is longer than there are spans.
        let length = self.trace.spans.len().min(MAX_DEPTH);
        let circles = |at: &usize| {
            let mut up = std::iter::successors(self.parent(*at), |up| self.parent(*up));
            up.by_ref().take(length).any(|up| up == *at)
        };
        (0..self.trace.spans.len()).any(|at| circles(&at))
    }

    fn parent(&self, at: usize) -> Option<usize> {
        self.by_id.get(self.span(at).parent.as_deref()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(edges: &[(&str, Option<&str>)]) -> Trace {
        let spans = edges.iter().map(|(id, parent)| Span {
            id: (*id).to_owned(),
            parent: parent.map(str::to_owned),
            ..Span::default()
        });
        Trace { id: "t".to_owned(), url: None, spans: spans.collect() }
    }

    #[test]
    fn ancestors_come_nearest_first() {
        let trace = trace(&[("a", None), ("b", Some("a")), ("c", Some("b"))]);
        let tree = Tree::new(&trace);
        assert_eq!(tree.ancestors(2).collect::<Vec<_>>(), [1, 0]);
        assert!(tree.encloses(0, 2) && !tree.encloses(2, 0));
        assert_eq!(tree.root().map(|span| span.id.as_str()), Some("a"));
    }

    #[test]
    fn cycles_and_missing_parents_end_the_walk() {
        let trace = trace(&[("a", Some("b")), ("b", Some("a")), ("c", Some("gone")), ("d", Some("d"))]);
        let tree = Tree::new(&trace);
        assert_eq!(tree.ancestors(0).collect::<Vec<_>>(), [1]);
        assert_eq!(tree.ancestors(2).count(), 0);
        assert_eq!(tree.ancestors(3).count(), 0);
        assert_eq!(tree.root().map(|span| span.id.as_str()), Some("c"));
        assert!(tree.has_circle() && tree.lacks_root());
    }

    #[test]
    fn a_whole_tree_lacks_nothing() {
        let trace = trace(&[("a", None), ("b", Some("a")), ("c", Some("gone"))]);
        assert!(!Tree::new(&trace).lacks_root() && !Tree::new(&trace).has_circle());
        assert!(!Tree::new(&Trace::default()).lacks_root());
    }
}
