//! One model call recorded twice: frameworks and the client below them are often instrumented both.

use std::collections::HashMap;

use super::Refusal;
use super::generation::Generation;
use super::tree::Tree;
use crate::evalset::Message;

/// A span that is a model call, and what could be read of it.
pub(super) struct Call {
    /// The span's place in the trace.
    pub(super) at: usize,
    pub(super) read: Result<Generation, Refusal>,
}

/// Leaves one record for each call that was made, and says how many were left out.
///
/// - A call that encloses exactly one other is the same call seen from further away. The record with more messages
///   stays, the inner one where they have as many, and takes from the other what it lacks.
/// - A call that encloses several is a wrapper around them: the inner ones stay, and of those that sent the same
///   messages only the last, for the others are failed tries. Only where none of them can be read, the wrapper stays.
/// - Calls that have no message in common are different calls, however they are nested (an agent inside a tool, say).
pub(super) fn settle(tree: &Tree<'_>, calls: Vec<Call>) -> (Vec<Call>, usize) {
    let enclosed = enclosed(tree, &calls);
    let before = calls.len();
    let mut calls: Vec<Option<Call>> = calls.into_iter().map(Some).collect();
    // Inner spans start later, so going backwards meets them before what encloses them.
    for outer in (0..before).rev() {
        let inner: Vec<usize> = enclosed[outer]
            .iter()
            .copied()
            .filter(|inner| calls[*inner].is_some() && related(calls[outer].as_ref(), calls[*inner].as_ref()))
            .collect();
        match inner.as_slice() {
            [] => {}
            [only] => merge(&mut calls, outer, *only),
            several => unwrap(&mut calls, outer, several),
        }
    }
    let settled: Vec<Call> = calls.into_iter().flatten().collect();
    let left_out = before - settled.len();
    (settled, left_out)
}

/// For every call, the calls inside it, by their place in the list.
fn enclosed(tree: &Tree<'_>, calls: &[Call]) -> Vec<Vec<usize>> {
    let places: HashMap<usize, usize> = calls.iter().enumerate().map(|(place, call)| (call.at, place)).collect();
    let mut enclosed = vec![Vec::new(); calls.len()];
    for (inner, call) in calls.iter().enumerate() {
        for outer in tree.ancestors(call.at).filter_map(|up| places.get(&up)).filter(|outer| **outer < inner) {
            enclosed[*outer].push(inner);
        }
    }
    enclosed
}

/// Whether two calls may be one: where one of them cannot be read, its place in the tree is all there is to go by.
fn related(outer: Option<&Call>, inner: Option<&Call>) -> bool {
    match (sent(outer), sent(inner)) {
        (Some(outer), Some(inner)) => {
            inner.iter().any(|message| outer.iter().any(|other| other.content == message.content))
        }
        _ => true,
    }
}

fn merge(calls: &mut [Option<Call>], outer: usize, inner: usize) {
    let fuller = fullness(calls[outer].as_ref()) > fullness(calls[inner].as_ref());
    let (kept, dropped) = if fuller { (outer, inner) } else { (inner, outer) };
    let other = calls[dropped].take().and_then(|call| call.read.ok());
    if let (Some(Call { read: Ok(kept), .. }), Some(other)) = (&mut calls[kept], other) {
        kept.complete_with(other);
    }
}

fn fullness(call: Option<&Call>) -> usize {
    sent(call).map_or(0, Vec::len)
}

fn sent(call: Option<&Call>) -> Option<&Vec<Message>> {
    Some(&call?.read.as_ref().ok()?.sent.messages)
}

fn unwrap(calls: &mut [Option<Call>], outer: usize, inner: &[usize]) {
    let readable = |at: usize| sent(calls[at].as_ref()).is_some();
    let dropped: Vec<usize> = if readable(outer) && !inner.iter().any(|at| readable(*at)) {
        inner.to_vec()
    } else {
        let again = |at: usize, later: &[usize]| {
            readable(at) && later.iter().any(|later| sent(calls[*later].as_ref()) == sent(calls[at].as_ref()))
        };
        let tries = inner.iter().enumerate().filter(|(place, at)| again(**at, &inner[place + 1..]));
        tries.map(|(_, at)| *at).chain([outer]).collect()
    };
    for at in dropped {
        calls[at] = None;
    }
}
