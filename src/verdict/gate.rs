//! One gated comparison against its margin.

use super::Rules;
use crate::compare::{Comparison, ScoreTable};

/// A gated comparison's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Index of the comparison.
    pub comparison: usize,
    /// Index of the scorer.
    pub column: usize,
    /// The outcome.
    pub outcome: Outcome,
}

/// What a gate or a floor comes to. The order is that of weight: the heaviest outcome decides the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Inside the margin, with 95 % confidence.
    Pass,
    /// Neither a pass nor a fail.
    Inconclusive,
    /// Too much was left unscored, or there was nothing to compare.
    Unjudged,
    /// Worse than the margin, and not by chance.
    Fail,
}

pub(super) fn judge_all(table: &ScoreTable, comparisons: &[Comparison], rules: Rules) -> Vec<Gate> {
    let is_gated = |c: &Comparison| {
        let spec = &table.columns[c.column];
        spec.gate.as_ref().is_some_and(|gate| gate.margin(spec.direction, c.slice.is_some()).is_some())
    };
    let gated = comparisons.iter().enumerate().filter(|(_, comparison)| is_gated(comparison));
    gated.map(|(index, c)| Gate { comparison: index, column: c.column, outcome: judge(table, c, rules) }).collect()
}

fn judge(table: &ScoreTable, comparison: &Comparison, rules: Rules) -> Outcome {
    if is_unjudged(table, comparison.column, rules) || is_unpaired(table, comparison.column) {
        return Outcome::Unjudged;
    }
    match &comparison.test {
        None => Outcome::Unjudged,
        Some(test) if test.is_regression() => Outcome::Fail,
        Some(test) if test.room_bound.is_some_and(|bound| bound >= 0.0) => Outcome::Pass,
        Some(_) => Outcome::Inconclusive,
    }
}

/// Whether a scorer left more attempts of an arm unscored than the rules allow.
pub(super) fn is_unjudged(table: &ScoreTable, column: usize, rules: Rules) -> bool {
    table.unscored_beyond(column, rules.max_unscored).is_some()
}

/// Whether most scored cases have no partner: half a file, or answers of other cases. What is left says little of the
/// change, and nothing of what is missing.
pub(super) fn is_unpaired(table: &ScoreTable, column: usize) -> bool {
    let (both, either) = table.paired(column);
    table.is_paired && 2 * both < either
}
