//! The levels of one comparison and the change between them.

use super::pairs::{Pairs, level};
use super::{CONFIDENCE, Measured, Ratio};
use crate::score::{Aggregate, Direction};
use crate::stats::quantile::QuantileChange;
use crate::stats::{paired, ratio};

/// Samples drawn by the bootstrap of a quantile.
const DRAWS: usize = 2_000;

/// What is compared of each arm. The samples of a quantile are drawn once and serve both its interval and its test.
pub(super) enum Summary {
    Mean,
    Quantile(f64, QuantileChange),
}

impl Summary {
    /// `None` where a quantile cannot be taken.
    pub(super) fn of(pairs: &Pairs, aggregate: Aggregate, seed: u64) -> Option<Self> {
        match aggregate {
            Aggregate::Mean => Some(Self::Mean),
            Aggregate::Quantile(q) => Some(Self::Quantile(q, pairs.quantile(q).bootstrap(DRAWS, seed)?)),
        }
    }
}

/// Levels, interval and, where shares of a level mean something, the ratio of the levels; `None` without pairs.
pub(super) fn measure(pairs: &Pairs, summary: &Summary, has_ratio: bool) -> Option<Measured> {
    let measured = match summary {
        Summary::Mean => measure_means(pairs)?,
        Summary::Quantile(_, change) => {
            let interval = pairs.are_enough().then(|| change.interval(CONFIDENCE)).flatten();
            Measured { baseline: change.baseline, candidate: change.candidate, interval, ratio: None }
        }
    };
    let ratio = has_ratio.then(|| measure_ratio(pairs, summary)).flatten();
    Some(Measured { ratio, ..measured })
}

fn measure_means(pairs: &Pairs) -> Option<Measured> {
    let change =
        paired::mean_difference(&pairs.differences(Direction::HigherIsBetter), &pairs.weights, &pairs.clusters);
    let interval = change.filter(|_| pairs.are_enough()).and_then(|estimate| estimate.interval(CONFIDENCE));
    let (baseline, candidate) = (level(&pairs.baseline, &pairs.weights), level(&pairs.candidate, &pairs.weights));
    (pairs.len() > 0).then_some(Measured { baseline, candidate, interval, ratio: None })
}

fn measure_ratio(pairs: &Pairs, summary: &Summary) -> Option<Ratio> {
    let (value, interval) = match summary {
        Summary::Mean => {
            let ratio = ratio::mean_ratio(&pairs.candidate, &pairs.baseline, &pairs.weights, &pairs.clusters)?;
            (ratio.value, ratio.interval(CONFIDENCE))
        }
        Summary::Quantile(_, change) => (change.ratio()?, change.ratio_interval(CONFIDENCE)),
    };
    Some(Ratio { value, interval: interval.filter(|_| pairs.are_enough()) })
}

#[cfg(test)]
mod tests {
    use super::super::pairs::testing::pairs;
    use super::*;

    #[test]
    fn weights_move_the_levels() {
        let mut pairs = pairs((0..20).map(|i| (1.0, if i < 10 { 0.0 } else { 1.0 })));
        pairs.weights = (0..20).map(|i| if i < 10 { 1.0 } else { 3.0 }).collect();
        let change = measure(&pairs, &Summary::Mean, false).unwrap().change();
        assert!((change + 0.25).abs() < 1e-9);
    }

    #[test]
    fn few_clusters_have_no_interval_and_none_no_level() {
        for (count, has_interval) in [(4, false), (5, true)] {
            let pairs = pairs((0..count).map(|i| (1.0, f64::from(i % 2))));
            let measured = measure(&pairs, &Summary::Mean, false).unwrap();
            assert_eq!(measured.interval.is_some(), has_interval, "{count}");
        }
        assert_eq!(measure(&pairs(std::iter::empty()), &Summary::Mean, false), None);
    }

    #[test]
    fn costs_are_told_as_a_ratio() {
        let pairs = pairs((0..20).map(|i| (f64::from(i + 1), 1.1 * f64::from(i + 1))));
        for aggregate in [Aggregate::Mean, Aggregate::Quantile(0.5)] {
            let summary = Summary::of(&pairs, aggregate, 1).unwrap();
            let ratio = measure(&pairs, &summary, true).unwrap().ratio.unwrap();
            let high = ratio.interval.unwrap().high;
            assert!((ratio.value - 1.1).abs() < 1e-9 && (high - 1.1).abs() < 1e-9, "{ratio:?}");
        }
    }
}
