//! Levels that the candidate must hold, whatever the baseline does.

use super::Rules;
use super::gate::{Outcome, is_unjudged};
use crate::compare::{Arm, CONFIDENCE, Look, MIN_CLUSTERS, ScoreTable};
use crate::score::Aggregate;
use crate::stats::Interval;

/// A level (`min` or `max`) and whether the candidate holds it.
///
/// The candidate holds it if its estimate does. It breaks it if its whole 95 % interval lies beyond; between the two,
/// the floor is inconclusive, as it is below 5 clusters. Before the last look the whole interval has to be on one side, at
/// the confidence of that look. Floors are outside the promise: they compare with a number, not with the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// Index of the scorer.
    pub column: usize,
    /// The level.
    pub level: f64,
    /// Whether the level is a minimum; else it is a maximum.
    pub is_minimum: bool,
    /// The candidate's mean or quantile.
    pub candidate: Option<f64>,
    /// Its 95 % interval: Wilson's where all scores are 0 or 1 and each case stands alone, else by t.
    pub interval: Option<Interval>,
    /// The outcome.
    pub outcome: Outcome,
}

/// Whether a level is broken.
pub(super) fn fails(floors: &[Floor]) -> bool {
    floors.iter().any(|floor| floor.outcome == Outcome::Fail)
}

pub(super) fn judge_all(table: &ScoreTable, look: &Look, rules: Rules) -> Vec<Floor> {
    let overall = look.comparisons.iter().filter(|comparison| comparison.slice.is_none());
    overall.flat_map(|comparison| of_column(table, comparison.column, look, rules)).collect()
}

fn of_column(table: &ScoreTable, column: usize, look: &Look, rules: Rules) -> Vec<Floor> {
    let Some(gate) = &table.columns[column].gate else { return Vec::new() };
    let levels = [(gate.min, true), (gate.max, false)];
    let present = levels.into_iter().filter_map(|(level, is_minimum)| Some((level?, is_minimum)));
    let scores = Arm::candidate(table, column, None);
    // Two-sided, so that each of its ends is as certain as the bound of a gate at this look.
    let confidence = if look.is_last { CONFIDENCE } else { 2.0 * look.confidence - 1.0 };
    let (candidate, interval) = (scores.level(table.columns[column].aggregate), scores.interval(confidence));
    let interval = interval.filter(|_| table.columns[column].aggregate == Aggregate::Mean);
    // Before the last look, scores that are all the same say nothing of those to come.
    let is_enough = scores.cluster_count() >= MIN_CLUSTERS && (look.is_last || !scores.is_constant());
    let unjudged = is_unjudged(table, column, rules);
    present
        .map(|(level, is_minimum)| {
            let outcome = match judge(level, is_minimum, candidate, interval) {
                _ if unjudged => Outcome::Unjudged,
                Outcome::Pass | Outcome::Fail if !is_enough => Outcome::Inconclusive,
                Outcome::Pass if !look.is_last && !is_certain(level, is_minimum, interval) => Outcome::Inconclusive,
                outcome => outcome,
            };
            Floor { column, level, is_minimum, candidate, interval, outcome }
        })
        .collect()
}

fn judge(level: f64, is_minimum: bool, candidate: Option<f64>, interval: Option<Interval>) -> Outcome {
    let Some(candidate) = candidate else { return Outcome::Unjudged };
    let is_held = |value: f64| if is_minimum { value >= level } else { value <= level };
    let best = interval.map(|interval| if is_minimum { interval.high } else { interval.low });
    match best {
        _ if is_held(candidate) => Outcome::Pass,
        Some(best) if !is_held(best) => Outcome::Fail,
        _ => Outcome::Inconclusive,
    }
}

/// Whether the whole interval holds the level.
fn is_certain(level: f64, is_minimum: bool, interval: Option<Interval>) -> bool {
    interval.is_some_and(|interval| if is_minimum { interval.low >= level } else { interval.high <= level })
}
