//! The numbers of one comparison: levels, change, and how much of the margin is left.

use super::pairs::{Pairs, sign};
use super::{CONFIDENCE, MIN_CLUSTERS, Measured, Test};
use crate::score::{Aggregate, Direction, Margin};
use crate::stats::quantile::{QuantileChange, QuantilePairs};
use crate::stats::{Interval, paired, power};

/// Samples drawn by the bootstrap of a quantile.
const DRAWS: usize = 2_000;
/// The chance with which a detectable change is found.
const POWER: f64 = 0.8;

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
            Aggregate::Quantile(q) => Some(Self::Quantile(q, bootstrap(pairs, q, seed)?)),
        }
    }
}

/// Levels and interval of a comparison; `None` without pairs.
pub(super) fn measure(pairs: &Pairs, summary: &Summary) -> Option<Measured> {
    match summary {
        Summary::Mean => measure_means(pairs),
        Summary::Quantile(_, change) => {
            let interval = enough(pairs).then(|| change.interval(CONFIDENCE)).flatten();
            Some(Measured { baseline: change.baseline, candidate: change.candidate, interval })
        }
    }
}

fn measure_means(pairs: &Pairs) -> Option<Measured> {
    let total: f64 = pairs.weights.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(&pairs.weights).map(|(v, w)| v * w).sum::<f64>() / total;
    let change =
        paired::mean_difference(&pairs.differences(Direction::HigherIsBetter), &pairs.weights, &pairs.clusters);
    let interval = change.filter(|_| enough(pairs)).and_then(|estimate| estimate.interval(CONFIDENCE));
    (total > 0.0).then(|| Measured { baseline: mean(&pairs.baseline), candidate: mean(&pairs.candidate), interval })
}

fn enough(pairs: &Pairs) -> bool {
    pairs.cluster_count() >= MIN_CLUSTERS
}

fn bootstrap(pairs: &Pairs, q: f64, seed: u64) -> Option<QuantileChange> {
    QuantilePairs {
        candidate: &pairs.candidate,
        baseline: &pairs.baseline,
        weights: &pairs.weights,
        clusters: &pairs.clusters,
        q,
    }
    .bootstrap(DRAWS, seed)
}

/// What there is to say of the margin. A margin in per cent is tested without treating the baseline's level as known:
/// with margin m the question is whether the mean of dᵢ + m·bᵢ is positive (−m·bᵢ where that level is below 0).
pub(super) fn test(
    pairs: &Pairs,
    summary: &Summary,
    direction: Direction,
    margin: Margin,
    measured: &Measured,
) -> Option<Test> {
    let room = match summary {
        Summary::Mean => mean_room(pairs, direction, margin, measured.baseline)?,
        Summary::Quantile(q, change) => quantile_room(change, *q, direction, margin),
    };
    let clusters = pairs.cluster_count() as u64;
    let standard_deviation = room.standard_error * (clusters as f64).sqrt();
    let alpha = 1.0 - CONFIDENCE;
    let needed = power::clusters_needed(room.value.abs(), standard_deviation, alpha, POWER);
    // Where no case changed there is no spread to plan with, and "a change of 0 would be seen" would be untrue.
    let detectable = power::minimum_detectable_drop(standard_deviation, clusters, alpha, POWER);
    Some(Test {
        room: tidy(room.value),
        room_bound: room.bound.filter(|_| enough(pairs)).map(tidy),
        p: 1.0,
        adjusted_p: 1.0,
        margin: absolute(margin, measured.baseline),
        detectable: detectable.filter(|drop| *drop > 0.0),
        clusters_needed: needed.map(|needed| needed.max(room.fewest_clusters)),
    })
}

/// A margin in the scorer's unit.
fn absolute(margin: Margin, baseline: f64) -> f64 {
    match margin {
        Margin::Absolute(margin) => margin,
        Margin::Relative(share) => share * baseline.abs(),
    }
}

/// What is left of a margin, in the scorer's unit.
struct Room {
    value: f64,
    /// Its one-sided lower bound.
    bound: Option<f64>,
    standard_error: f64,
    /// Fewest clusters that can have a bound.
    fewest_clusters: u64,
}

fn mean_room(pairs: &Pairs, direction: Direction, margin: Margin, baseline: f64) -> Option<Room> {
    let differences = pairs.differences(direction);
    let room: Vec<f64> = match margin {
        Margin::Absolute(margin) => differences.iter().map(|d| d + margin).collect(),
        Margin::Relative(share) => {
            let share = share * baseline.signum();
            differences.iter().zip(&pairs.baseline).map(|(d, b)| d + share * b).collect()
        }
    };
    let estimate = paired::mean_difference(&room, &pairs.weights, &pairs.clusters)?;
    Some(Room {
        value: estimate.value,
        bound: estimate.lower_bound(CONFIDENCE),
        standard_error: estimate.standard_error,
        fewest_clusters: MIN_CLUSTERS as u64,
    })
}

/// A sample that may hold nothing beyond the quantile has no bound, however often it is drawn anew.
fn quantile_room(change: &QuantileChange, q: f64, direction: Direction, margin: Margin) -> Room {
    let sign = sign(direction);
    let absolute = absolute(margin, change.baseline);
    let value = sign * change.difference() + absolute;
    // The bound leaves 5 % on the worse side: the outer ends of a two-sided 90 % interval.
    let confidence = 2.0 * CONFIDENCE - 1.0;
    let worst = |interval: Interval| if sign < 0.0 { interval.high } else { interval.low };
    let bound = match margin {
        Margin::Absolute(margin) => change.interval(confidence).map(|i| sign * worst(i) + margin),
        Margin::Relative(share) => {
            change.ratio_interval(confidence).map(|i| change.baseline * (sign * (worst(i) - 1.0) + share))
        }
    };
    Room {
        value,
        bound: bound.filter(|_| change.reaches(CONFIDENCE)),
        standard_error: change.interval(CONFIDENCE).map_or(0.0, |i| (i.high - i.low) / (2.0 * 1.96)),
        fewest_clusters: clusters_to_reach(q),
    }
}

/// Fewest clusters for which [`QuantileChange::reaches`] holds: ⌈ln(1 − confidence) / ln(max(q, 1 − q))⌉.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a cast saturates")]
fn clusters_to_reach(q: f64) -> u64 {
    ((1.0 - CONFIDENCE).ln() / q.max(1.0 - q).ln()).ceil() as u64
}

/// Takes rounding out, so that a change of exactly the margin is inside it: 0.9 − 1.0 + 0.1 is 0.
fn tidy(room: f64) -> f64 {
    if room.abs() < 1e-12 { 0.0 } else { room }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs that each stand alone and count once.
    fn pairs(scores: impl Iterator<Item = (f64, f64)>) -> Pairs {
        let (baseline, candidate): (Vec<f64>, Vec<f64>) = scores.unzip();
        let count = baseline.len();
        Pairs { baseline, candidate, weights: vec![1.0; count], clusters: (0..count).collect() }
    }

    fn tested(pairs: &Pairs, aggregate: Aggregate, direction: Direction, margin: Margin) -> Test {
        let summary = Summary::of(pairs, aggregate, 1).unwrap();
        let measured = measure(pairs, &summary).unwrap();
        test(pairs, &summary, direction, margin, &measured).unwrap()
    }

    fn is_near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn a_margin_in_per_cent_is_one_of_the_level() {
        use Direction::{HigherIsBetter as Higher, LowerIsBetter as Lower};
        let mixed = |shift: f64| {
            pairs((0..40).map(move |i| if i % 2 == 0 { (10.0, 10.0 + shift) } else { (-4.0, -4.0 + shift) }))
        };
        let below_zero = |shift: f64| pairs((0..40).map(move |_| (-3.0, -3.0 + shift)));
        // The level is 3 or −3, so 20 % is 0.6 whatever the single scores are.
        for (pairs, direction, room) in [
            (mixed(0.5), Lower, 0.1),
            (mixed(-0.5), Higher, 0.1),
            (mixed(0.7), Lower, -0.1),
            (below_zero(0.5), Lower, 0.1),
            (below_zero(-0.7), Higher, -0.1),
        ] {
            let test = tested(&pairs, Aggregate::Mean, direction, Margin::Relative(0.2));
            assert!(is_near(test.margin, 0.6) && is_near(test.room, room), "{test:?}");
        }
    }

    #[test]
    fn weights_move_levels_and_room_alike() {
        let mut pairs = pairs((0..20).map(|i| (1.0, if i < 10 { 0.0 } else { 1.0 })));
        pairs.weights = (0..20).map(|i| if i < 10 { 1.0 } else { 3.0 }).collect();
        let measured = measure(&pairs, &Summary::Mean).unwrap();
        assert!(is_near(measured.change(), -0.25));
        let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.3));
        assert!(is_near(test.room, 0.05));
    }

    #[test]
    fn a_change_of_exactly_the_margin_is_inside_it() {
        let pairs = pairs((0..10).map(|_| (1.0, 0.9)));
        let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.1));
        assert_eq!((test.room, test.room_bound, test.detectable), (0.0, Some(0.0), None));
    }

    #[test]
    fn few_clusters_have_no_interval_and_no_bound() {
        for (count, has_bound) in [(4, false), (5, true)] {
            let pairs = pairs((0..count).map(|i| (1.0, f64::from(i % 2))));
            let measured = measure(&pairs, &Summary::Mean).unwrap();
            let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.1));
            assert_eq!((measured.interval.is_some(), test.room_bound.is_some()), (has_bound, has_bound), "{count}");
        }
        assert_eq!(measure(&pairs(std::iter::empty()), &Summary::Mean), None);
    }

    #[test]
    fn a_quantile_passes_only_where_the_sample_reaches_it() {
        let times = |count: u32| pairs((0..count).map(|i| (100.0 + f64::from(i % 50), 90.0 + f64::from(i % 50))));
        for (q, count, has_bound) in [(0.5, 40, true), (0.9, 28, false), (0.9, 29, true), (0.99, 200, false)] {
            let margin = Margin::Relative(0.2);
            let test = tested(&times(count), Aggregate::Quantile(q), Direction::LowerIsBetter, margin);
            assert_eq!(test.room_bound.is_some(), has_bound, "{q} of {count}");
            assert!(test.room > 0.0);
        }
        assert_eq!([0.5, 0.9, 0.99].map(clusters_to_reach), [5, 29, 299]);
    }
}
