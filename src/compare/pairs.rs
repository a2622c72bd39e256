//! The pairs of one comparison, as the slices that `stats` works on.

use std::collections::BTreeMap;

use super::{ScoreTable, Slice};
use crate::score::Direction;

/// Both arms' scores of the cases that both have, in the order of the table.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) baseline: Vec<f64>,
    pub(super) candidate: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) clusters: Vec<usize>,
}

/// Numbers the clusters of a table by the order of their names.
pub(super) fn number_clusters(table: &ScoreTable) -> BTreeMap<&str, usize> {
    let mut clusters: BTreeMap<&str, usize> = table.rows.iter().map(|row| (row.cluster.as_str(), 0)).collect();
    clusters.values_mut().enumerate().for_each(|(number, slot)| *slot = number);
    clusters
}

impl Pairs {
    pub(super) fn of(
        table: &ScoreTable,
        numbers: &BTreeMap<&str, usize>,
        column: usize,
        slice: Option<&Slice>,
    ) -> Self {
        let mut pairs = Self::default();
        for row in &table.rows {
            let is_in = slice.is_none_or(|slice| row.tags.get(&slice.tag) == Some(&slice.value));
            let (baseline, candidate) = row.cells[column];
            if let (true, Some(baseline), Some(candidate)) = (is_in, baseline.value, candidate.value) {
                pairs.baseline.push(baseline);
                pairs.candidate.push(candidate);
                pairs.weights.push(row.weight);
                pairs.clusters.push(numbers[row.cluster.as_str()]);
            }
        }
        pairs
    }

    pub(super) fn len(&self) -> usize {
        self.baseline.len()
    }

    /// Whether all scores are 0 or 1, as of an expression that is true or false.
    pub(super) fn is_binary(&self) -> bool {
        let mut scores = self.baseline.iter().chain(&self.candidate);
        scores.all(|score| (0.0..=1.0).contains(score) && score.fract() == 0.0)
    }

    pub(super) fn cluster_count(&self) -> usize {
        let mut seen = self.clusters.clone();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }

    /// Candidate minus baseline, signed so that negative is worse.
    pub(super) fn differences(&self, direction: Direction) -> Vec<f64> {
        let sign = sign(direction);
        self.candidate.iter().zip(&self.baseline).map(|(candidate, baseline)| sign * (candidate - baseline)).collect()
    }
}

/// What a difference is multiplied with so that negative is worse.
pub(super) fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::HigherIsBetter => 1.0,
        Direction::LowerIsBetter => -1.0,
    }
}
