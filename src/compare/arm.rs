//! One arm's scores by themselves: what is not paired is levels, forecasts, and samples of other cases.

use std::collections::{BTreeMap, BTreeSet};

use super::pairs::{is_binary, level};
use super::{Cell, Row, ScoreTable, Slice};
use crate::score::Aggregate;
use crate::stats::quantile::QuantilePairs;
use crate::stats::{Estimate, Interval, interval, paired};

/// The scores that one arm has, in the order of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    pub(super) values: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// Clusters, numbered in the order of their names.
    pub(super) clusters: Vec<usize>,
}

impl Arm {
    /// The baseline's scores by one scorer, of all cases or a slice.
    pub fn baseline(table: &ScoreTable, column: usize, slice: Option<&Slice>) -> Self {
        Self::of(table.rows_of(slice), column, |(baseline, _)| baseline)
    }

    /// The candidate's.
    pub fn candidate(table: &ScoreTable, column: usize, slice: Option<&Slice>) -> Self {
        Self::of(table.rows_of(slice), column, |(_, candidate)| candidate)
    }

    fn of<'a>(rows: impl Iterator<Item = &'a Row>, column: usize, side: fn((Cell, Cell)) -> Cell) -> Self {
        let scored: Vec<(&Row, f64)> = rows.filter_map(|row| Some((row, side(row.cells[column]).value?))).collect();
        let names: BTreeSet<&str> = scored.iter().map(|(row, _)| row.cluster.as_str()).collect();
        let numbers: BTreeMap<&str, usize> = names.into_iter().enumerate().map(|(i, name)| (name, i)).collect();
        Self {
            values: scored.iter().map(|(_, value)| *value).collect(),
            weights: scored.iter().map(|(row, _)| row.weight).collect(),
            clusters: scored.iter().map(|(row, _)| numbers[row.cluster.as_str()]).collect(),
        }
    }

    /// Cases that have a score.
    pub fn cases(&self) -> usize {
        self.values.len()
    }

    /// Clusters among them.
    pub fn cluster_count(&self) -> usize {
        self.clusters.iter().collect::<BTreeSet<_>>().len()
    }

    /// The weighted mean or quantile; `None` without scores.
    pub fn level(&self, aggregate: Aggregate) -> Option<f64> {
        match aggregate {
            Aggregate::Mean => (!self.values.is_empty()).then(|| level(&self.values, &self.weights)),
            Aggregate::Quantile(q) => {
                let (values, weights, clusters) = (&self.values, &self.weights, &self.clusters);
                let itself = QuantilePairs { candidate: values, baseline: values, weights, clusters, q };
                Some(itself.levels()?.0)
            }
        }
    }

    /// The mean with its cluster-robust error; `None` below two clusters.
    pub fn mean(&self) -> Option<Estimate> {
        paired::mean_difference(&self.values, &self.weights, &self.clusters)
    }

    /// Two-sided interval of the mean: Wilson's where all scores are 0 or 1 and each case stands alone, else by t.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let is_plain =
            self.cluster_count() == self.cases() && self.weights.iter().all(|weight| (weight - 1.0).abs() < 1e-12);
        if is_plain && self.is_binary() {
            let passes = self.values.iter().filter(|value| **value > 0.5).count();
            return interval::wilson(passes as u64, self.cases() as u64, confidence);
        }
        self.mean()?.interval(confidence)
    }

    /// Whether its scores vary too little for an interval: they are all the same, and no checks.
    pub fn is_constant(&self) -> bool {
        !self.is_binary() && self.mean().is_none_or(|mean| mean.standard_error <= 0.0)
    }

    /// Whether all scores are 0 or 1, as of an expression that is true or false.
    pub(super) fn is_binary(&self) -> bool {
        is_binary(self.values.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;

    /// Scores of one arm with the cluster and the weight of each.
    fn arm(scores: &[(f64, &str, f64)]) -> Arm {
        let column = column("s", None);
        let rows = scores.iter().enumerate().map(|(i, (score, cluster, weight))| Row {
            case: format!("c{i}"),
            cluster: (*cluster).to_owned(),
            weight: *weight,
            tags: BTreeMap::new(),
            cells: vec![(Cell::default(), Cell::of(*score))],
        });
        Arm::candidate(&ScoreTable::new(vec![column], rows.collect()), 0, None)
    }

    #[test]
    fn single_checks_have_wilson_s_interval_and_others_one_by_t() {
        let single = arm(&[(1.0, "a", 1.0), (1.0, "b", 1.0), (0.0, "c", 1.0)]);
        assert_eq!(single.interval(0.95), interval::wilson(2, 3, 0.95));
        for other in [
            arm(&[(1.0, "a", 1.0), (1.0, "a", 1.0), (0.0, "c", 1.0)]),
            arm(&[(1.0, "a", 2.0), (1.0, "b", 1.0), (0.0, "c", 1.0)]),
            arm(&[(1.0, "a", 1.0), (0.5, "b", 1.0), (0.0, "c", 1.0)]),
        ] {
            assert_eq!(other.interval(0.95), other.mean().unwrap().interval(0.95));
        }
    }

    #[test]
    fn weights_move_both_kinds_of_level() {
        let arm = arm(&[(1.0, "a", 1.0), (2.0, "b", 1.0), (3.0, "c", 6.0)]);
        assert_eq!(arm.level(Aggregate::Mean), Some(21.0 / 8.0));
        assert_eq!(arm.level(Aggregate::Quantile(0.5)), Some(3.0));
    }

    #[test]
    fn nothing_has_no_level() {
        let nothing = arm(&[]);
        assert_eq!((nothing.level(Aggregate::Mean), nothing.level(Aggregate::Quantile(0.5))), (None, None));
        assert_eq!((nothing.interval(0.95), nothing.cases(), nothing.cluster_count()), (None, 0, 0));
    }
}
