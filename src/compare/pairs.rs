//! The pairs of one comparison, as the slices that `stats` works on.

use std::collections::BTreeMap;

use super::{MIN_CLUSTERS, Order, ScoreTable, Slice};
use crate::score::{Aggregate, Direction};
use crate::stats::quantile::QuantilePairs;

/// Both arms' scores of the cases that both have, in the order of the table.
#[derive(Debug, Default, Clone)]
pub(super) struct Pairs {
    pub(super) baseline: Vec<f64>,
    pub(super) candidate: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// Clusters by their places in the order.
    pub(super) clusters: Vec<usize>,
}

impl Pairs {
    pub(super) fn of(table: &ScoreTable, order: &Order, column: usize, slice: Option<&Slice>) -> Self {
        let mut pairs = Self::default();
        for row in table.rows_of(slice) {
            let (baseline, candidate) = row.cells[column];
            if let (Some(baseline), Some(candidate)) = (baseline.value, candidate.value) {
                pairs.baseline.push(baseline);
                pairs.candidate.push(candidate);
                pairs.weights.push(row.weight);
                pairs.clusters.push(order.place(&row.cluster));
            }
        }
        pairs
    }

    pub(super) fn len(&self) -> usize {
        self.baseline.len()
    }

    /// Whether all scores are 0 or 1, as of an expression that is true or false.
    pub(super) fn is_binary(&self) -> bool {
        is_binary(self.baseline.iter().chain(&self.candidate))
    }

    pub(super) fn cluster_count(&self) -> usize {
        count_clusters(self.clusters.iter())
    }

    /// Whether they are enough to decide anything.
    pub(super) fn are_enough(&self) -> bool {
        self.cluster_count() >= MIN_CLUSTERS
    }

    /// Clusters in which any case's score changed.
    pub(super) fn changed_clusters(&self) -> usize {
        let differences = self.differences(Direction::HigherIsBetter).into_iter().zip(&self.clusters);
        let changed: Vec<usize> = differences.filter(|(d, _)| d.abs() > 0.0).map(|(_, cluster)| *cluster).collect();
        count_clusters(changed.iter())
    }

    /// Candidate minus baseline, signed so that negative is worse.
    pub(super) fn differences(&self, direction: Direction) -> Vec<f64> {
        let sign = sign(direction);
        self.candidate.iter().zip(&self.baseline).map(|(candidate, baseline)| sign * (candidate - baseline)).collect()
    }

    /// The weighted sum of the differences in each cluster that the sign flips turn; negative is worse. Of a quantile they
    /// are how much more often the candidate lies beyond the quantile of both arms together.
    pub(super) fn sums(&self, direction: Direction, aggregate: Aggregate) -> BTreeMap<usize, f64> {
        let differences = match aggregate {
            Aggregate::Mean => self.differences(direction),
            Aggregate::Quantile(q) => self.exceedances(direction, q),
        };
        let mut sums = BTreeMap::new();
        for ((difference, weight), cluster) in differences.iter().zip(&self.weights).zip(&self.clusters) {
            *sums.entry(*cluster).or_insert(0.0) += difference * weight;
        }
        sums
    }

    /// The same pairs as the quantile of order `q` is taken of them.
    pub(super) fn quantile(&self, q: f64) -> QuantilePairs<'_> {
        let Self { candidate, baseline, weights, clusters } = self;
        QuantilePairs { candidate, baseline, weights, clusters, q }
    }

    fn exceedances(&self, direction: Direction, q: f64) -> Vec<f64> {
        let above = self.quantile(q).exceedances().unwrap_or_default();
        above.into_iter().map(|difference| sign(direction) * difference).collect()
    }
}

fn count_clusters<'a>(clusters: impl Iterator<Item = &'a usize>) -> usize {
    let mut seen: Vec<_> = clusters.collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// The weighted mean; weights are above 0, so that there is one wherever there are values.
pub(super) fn level(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / weights.iter().sum::<f64>()
}

/// Whether all scores are 0 or 1; not where there are none.
pub(super) fn is_binary<'a>(scores: impl Iterator<Item = &'a f64>) -> bool {
    let mut scores = scores.peekable();
    scores.peek().is_some() && scores.all(|score| (0.0..=1.0).contains(score) && score.fract() == 0.0)
}

/// What a difference is multiplied with so that negative is worse.
pub(super) fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::HigherIsBetter => 1.0,
        Direction::LowerIsBetter => -1.0,
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::Pairs;

    /// Pairs that each stand alone and count once.
    pub(crate) fn pairs(scores: impl Iterator<Item = (f64, f64)>) -> Pairs {
        let (baseline, candidate): (Vec<f64>, Vec<f64>) = scores.unzip();
        let count = baseline.len();
        Pairs { baseline, candidate, weights: vec![1.0; count], clusters: (0..count).collect() }
    }
}
