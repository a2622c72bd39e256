//! Levels that the candidate must hold, whatever the baseline does.

use std::collections::BTreeSet;

use super::Rules;
use super::gate::{Outcome, is_unjudged};
use crate::compare::{CONFIDENCE, Look, ScoreTable};
use crate::score::Aggregate;
use crate::stats::quantile::{self, QuantilePairs};
use crate::stats::{Interval, interval, paired};

/// A level (`min` or `max`) and whether the candidate holds it.
///
/// The candidate holds it if its estimate does. It breaks it if its whole 95 % interval lies beyond; between the two,
/// the floor is inconclusive. Before the last look the whole interval has to be on one side, at the confidence of that look. Floors are outside the promise: they compare with a number, not with the baseline.
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

pub(super) fn judge_all(table: &ScoreTable, look: &Look, rules: Rules) -> Vec<Floor> {
    let overall = look.comparisons.iter().filter(|comparison| comparison.slice.is_none());
    overall.flat_map(|comparison| of_column(table, comparison.column, look, rules)).collect()
}

fn of_column(table: &ScoreTable, column: usize, look: &Look, rules: Rules) -> Vec<Floor> {
    let Some(gate) = &table.columns[column].gate else { return Vec::new() };
    let levels = [(gate.min, true), (gate.max, false)];
    let present = levels.into_iter().filter_map(|(level, is_minimum)| Some((level?, is_minimum)));
    let scores = Scores::of(table, column);
    // Two-sided, so that each of its ends is as certain as the bound of a gate at this look.
    let confidence = if look.is_last { CONFIDENCE } else { 2.0 * look.confidence - 1.0 };
    let (candidate, interval) = (scores.level(table.columns[column].aggregate), scores.interval(confidence));
    let interval = interval.filter(|_| table.columns[column].aggregate == Aggregate::Mean);
    let unjudged = is_unjudged(table, column, rules);
    present
        .map(|(level, is_minimum)| {
            let outcome = match judge(level, is_minimum, candidate, interval) {
                _ if unjudged => Outcome::Unjudged,
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

/// The candidate's scores, whether or not the baseline has any.
struct Scores<'a> {
    values: Vec<f64>,
    weights: Vec<f64>,
    clusters: Vec<&'a str>,
}

impl<'a> Scores<'a> {
    fn of(table: &'a ScoreTable, column: usize) -> Self {
        let scored: Vec<_> = table.rows.iter().filter_map(|row| Some((row, row.cells[column].1.value?))).collect();
        Self {
            values: scored.iter().map(|(_, value)| *value).collect(),
            weights: scored.iter().map(|(row, _)| row.weight).collect(),
            clusters: scored.iter().map(|(row, _)| row.cluster.as_str()).collect(),
        }
    }

    fn level(&self, aggregate: Aggregate) -> Option<f64> {
        match aggregate {
            Aggregate::Quantile(q) => self.quantile(q),
            Aggregate::Mean => {
                let total: f64 = self.weights.iter().sum();
                let sum: f64 = self.values.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
                (total > 0.0).then(|| sum / total)
            }
        }
    }

    /// Weighted as the comparison's quantile is, so that both show the same level.
    fn quantile(&self, q: f64) -> Option<f64> {
        let (values, weights, clusters) = (&self.values, &self.weights, &self.cluster_numbers());
        let itself = QuantilePairs { candidate: values, baseline: values, weights, clusters, q };
        itself.bootstrap(1, 0).map(|change| change.candidate).or_else(|| quantile::quantile(values, q))
    }

    fn interval(&self, confidence: f64) -> Option<Interval> {
        let clusters: BTreeSet<&str> = self.clusters.iter().copied().collect();
        let is_plain =
            clusters.len() == self.values.len() && self.weights.iter().all(|weight| (weight - 1.0).abs() < 1e-12);
        if is_plain && self.values.iter().all(|value| (0.0..=1.0).contains(value) && value.fract() == 0.0) {
            let passes = self.values.iter().filter(|value| **value > 0.5).count();
            return interval::wilson(passes as u64, self.values.len() as u64, confidence);
        }
        paired::mean_difference(&self.values, &self.weights, &self.cluster_numbers())?.interval(confidence)
    }

    /// The clusters numbered in the order of their names.
    fn cluster_numbers(&self) -> Vec<usize> {
        let names: BTreeSet<&str> = self.clusters.iter().copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        self.clusters.iter().filter_map(|name| names.binary_search(name).ok()).collect()
    }
}
