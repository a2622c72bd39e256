//! The classes that were compared, and what they are made of.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseResult;
use super::escape::shorten;
use crate::compare::{Column, Comparison, ScoreTable, Slice};
use crate::score::Direction;

/// Examples of each class.
const EXAMPLES: usize = 3;
/// Characters of an example.
const SHOWN: usize = 200;

/// A class of cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassRow {
    /// The slice, `intent=refund`.
    pub slice: String,
    /// Its cases.
    pub cases: usize,
    /// Their share of all cases that were worked through.
    pub share: f64,
    /// Cases of it: those that fell most, then any.
    pub examples: Vec<Example>,
}

/// A case as an example of its class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The case's id.
    pub case: String,
    /// What was asked, cut where it is long.
    pub question: String,
    /// Whether any score that is gated class by class got worse.
    pub is_worse: bool,
}

/// The classes of all comparisons, in their order.
pub(super) fn classes(table: &ScoreTable, comparisons: &[Comparison], results: &[CaseResult]) -> Vec<ClassRow> {
    let slices: BTreeSet<&Slice> = comparisons.iter().filter_map(|comparison| comparison.slice.as_ref()).collect();
    slices.into_iter().map(|slice| class(table, slice, results)).collect()
}

fn class(table: &ScoreTable, slice: &Slice, results: &[CaseResult]) -> ClassRow {
    let members = results.iter().filter(|result| result.tags.get(&slice.tag) == Some(&slice.value));
    let mut members: Vec<(usize, &CaseResult)> = members.map(|result| (losses(table, result), result)).collect();
    members.sort_by_key(|(losses, _)| Reverse(*losses));
    let example = |(losses, result): &(usize, &CaseResult)| Example {
        case: result.case.clone(),
        question: shorten(&result.question, SHOWN),
        is_worse: *losses > 0,
    };
    ClassRow {
        slice: slice.to_string(),
        cases: members.len(),
        share: members.len() as f64 / results.len().max(1) as f64,
        examples: members.iter().take(EXAMPLES).map(example).collect(),
    }
}

/// Scores of a case that got worse, of scorers that are gated class by class.
fn losses(table: &ScoreTable, result: &CaseResult) -> usize {
    let is_sliced = |column: &&Column| column.gate.as_ref().is_some_and(|gate| !gate.slices.is_empty());
    let gated = table.columns.iter().filter(is_sliced);
    let is_worse = |column: &&Column| {
        let pair = result.scores.get(&column.name);
        let change = pair.and_then(|pair| Some(pair.candidate? - pair.baseline?)).unwrap_or(0.0);
        if column.direction == Direction::HigherIsBetter { change < 0.0 } else { change > 0.0 }
    };
    gated.filter(is_worse).count()
}
