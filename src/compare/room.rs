//! How much of a margin is left, and with what certainty.

use super::estimate::Summary;
use super::pairs::{Pairs, level, sign};
use super::{CONFIDENCE, MIN_CLUSTERS, Sight, Test};
use crate::score::{Aggregate, Direction, Margin};
use crate::stats::quantile::QuantileChange;
use crate::stats::{Estimate, Interval, interval, paired};

/// The bar at a look: what a comparison has to clear to be decided at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    /// Confidence of the one-sided bound that passes a gate; above 95 % where there are several looks.
    pub(super) confidence: f64,
    /// One-sided level at which a single comparison of the family is rejected.
    pub(super) level: f64,
    /// Whether more cases may come.
    pub(super) is_early: bool,
}

/// What there is to say of the margin, before the sign flips have been asked. `scale` is the lowest and the highest score.
pub(super) fn test(
    pairs: &Pairs,
    summary: &Summary,
    (direction, margin): (Direction, Margin),
    scale: Option<(f64, f64)>,
    bar: Bar,
) -> Option<Test> {
    let room = match summary {
        Summary::Mean => mean_room(pairs, direction, margin, scale, bar)?,
        Summary::Quantile(q, change) => quantile_room(change, *q, direction, margin, bar),
    };
    Some(Test {
        room: tidy(room.value),
        room_bound: room.bound.filter(|_| pairs.are_enough()).map(tidy),
        p: 1.0,
        adjusted_p: 1.0,
        is_rejected: false,
        margin: room.margin,
        sight: room.sight(pairs, scale, bar),
    })
}

/// How much of the margin is left by the estimate alone, in the scorer's unit; negative beyond the margin.
pub(super) fn room(pairs: &Pairs, aggregate: Aggregate, direction: Direction, margin: Margin) -> Option<f64> {
    let value = match aggregate {
        Aggregate::Mean => mean_estimate(pairs, direction, margin)?.value,
        Aggregate::Quantile(q) => {
            let (candidate, baseline) = pairs.quantile(q).levels()?;
            sign(direction) * (candidate - baseline) + absolute(margin, baseline)
        }
    };
    Some(tidy(value))
}

/// A margin in the scorer's unit.
pub(super) fn absolute(margin: Margin, baseline: f64) -> f64 {
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
    margin: f64,
    /// Fewest clusters that can have a bound.
    fewest_clusters: u64,
}

impl Room {
    fn sight(&self, pairs: &Pairs, scale: Option<(f64, f64)>, bar: Bar) -> Sight {
        Sight {
            standard_error: self.standard_error,
            clusters: pairs.cluster_count() as u64,
            is_sparse: pairs.changed_clusters() < MIN_CLUSTERS,
            room: self.value,
            margin: self.margin,
            scale,
            level: bar.level,
            confidence: bar.confidence,
            fewest_clusters: self.fewest_clusters,
        }
    }
}

/// A margin in per cent is tested without treating the baseline's level as known: with margin m the question is whether
/// the mean of dᵢ + m·bᵢ is positive (−m·bᵢ where that level is below 0).
fn mean_estimate(pairs: &Pairs, direction: Direction, margin: Margin) -> Option<Estimate> {
    let differences = pairs.differences(direction);
    let room: Vec<f64> = match margin {
        Margin::Absolute(margin) => differences.iter().map(|d| d + margin).collect(),
        Margin::Relative(share) => {
            let share = share * level(&pairs.baseline, &pairs.weights).signum();
            differences.iter().zip(&pairs.baseline).map(|(d, b)| d + share * b).collect()
        }
    };
    paired::mean_difference(&room, &pairs.weights, &pairs.clusters)
}

fn mean_room(pairs: &Pairs, direction: Direction, margin: Margin, scale: Option<(f64, f64)>, bar: Bar) -> Option<Room> {
    let estimate = mean_estimate(pairs, direction, margin)?;
    let bound = estimate.lower_bound(bar.confidence);
    let is_thin = bar.is_early && pairs.changed_clusters() < MIN_CLUSTERS;
    Some(Room {
        value: estimate.value,
        bound: if is_thin { unseen_bound(pairs, &estimate, scale, bar.confidence) } else { bound },
        standard_error: estimate.standard_error,
        margin: absolute(margin, level(&pairs.baseline, &pairs.weights)),
        fewest_clusters: MIN_CLUSTERS as u64,
    })
}

/// The bound where so few clusters changed that their spread says nothing: as if the largest share of clusters that may
/// have been missed fell by the whole scale. A run must not stop early because it has not seen anything yet.
fn unseen_bound(pairs: &Pairs, room: &Estimate, scale: Option<(f64, f64)>, confidence: f64) -> Option<f64> {
    let (low, high) = scale?;
    let unseen = interval::unseen_share(pairs.cluster_count() as u64, confidence)?;
    Some(room.lower_bound(confidence)?.min(room.value - unseen * (high - low)))
}

/// A sample that may hold nothing beyond the quantile has no bound, however often it is drawn anew.
fn quantile_room(change: &QuantileChange, q: f64, direction: Direction, margin: Margin, bar: Bar) -> Room {
    let sign = sign(direction);
    let absolute = absolute(margin, change.baseline);
    let value = sign * change.difference() + absolute;
    // A one-sided bound is the outer end of a two-sided interval with twice the error.
    let confidence = 2.0 * bar.confidence - 1.0;
    let worst = |interval: Interval| if sign < 0.0 { interval.high } else { interval.low };
    let bound = match margin {
        Margin::Absolute(margin) => change.interval(confidence).map(|i| sign * worst(i) + margin),
        Margin::Relative(share) => {
            change.ratio_interval(confidence).map(|i| change.baseline * (sign * (worst(i) - 1.0) + share))
        }
    };
    Room {
        value,
        bound: bound.filter(|_| change.reaches(bar.confidence)),
        standard_error: change.interval(CONFIDENCE).map_or(0.0, |i| (i.high - i.low) / (2.0 * 1.96)),
        margin: absolute,
        fewest_clusters: clusters_to_reach(q, bar.confidence),
    }
}

/// Fewest clusters for which [`QuantileChange::reaches`] holds: ⌈ln(1 − confidence) / ln(max(q, 1 − q))⌉.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a cast saturates")]
fn clusters_to_reach(q: f64, confidence: f64) -> u64 {
    ((1.0 - confidence).ln() / q.max(1.0 - q).ln()).ceil() as u64
}

/// Takes rounding out, so that a change of exactly the margin is inside it: 0.9 − 1.0 + 0.1 is 0.
pub(super) fn tidy(room: f64) -> f64 {
    if room.abs() < 1e-12 { 0.0 } else { room }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::testing::pairs;
    use super::*;

    fn tested(pairs: &Pairs, aggregate: Aggregate, direction: Direction, margin: Margin) -> Test {
        let summary = Summary::of(pairs, aggregate, 1).unwrap();
        let bar = Bar { confidence: CONFIDENCE, level: 0.05, is_early: false };
        test(pairs, &summary, (direction, margin), None, bar).unwrap()
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
    fn what_was_not_seen_yet_does_not_pass_early() {
        let unchanged = |count: u32| pairs((0..count).map(|_| (1.0, 1.0)));
        let bound = |pairs: &Pairs, scale, is_early| {
            let bar = Bar { confidence: 0.99, level: 0.001, is_early };
            let gate = (Direction::HigherIsBetter, Margin::Absolute(0.1));
            test(pairs, &Summary::Mean, gate, scale, bar).unwrap().room_bound
        };
        // 1 − 0.01^(1/40) is a share of 0.109, 1 − 0.01^(1/60) one of 0.074.
        let scale = Some((0.0, 1.0));
        assert!(bound(&unchanged(40), scale, true) < Some(0.0) && bound(&unchanged(60), scale, true) > Some(0.0));
        assert_eq!(bound(&unchanged(60), None, true), None);
        assert!(bound(&unchanged(40), None, false).is_some_and(|bound| is_near(bound, 0.1)));
        let noisy = pairs((0..400).map(|i| (1.0, f64::from(u8::from(i % 40 > 0)))));
        assert_eq!(bound(&noisy, scale, true), bound(&noisy, scale, false), "ten changes have a spread of their own");
    }

    #[test]
    fn the_room_of_the_estimate_is_that_of_the_test() {
        let pairs = pairs((0..60).map(|i| (100.0 + f64::from(i % 7), 101.0 + f64::from(i % 5))));
        for aggregate in [Aggregate::Mean, Aggregate::Quantile(0.5)] {
            for margin in [Margin::Absolute(2.0), Margin::Relative(0.01)] {
                let test = tested(&pairs, aggregate, Direction::LowerIsBetter, margin);
                let alone = room(&pairs, aggregate, Direction::LowerIsBetter, margin).unwrap();
                assert!(is_near(test.room, alone), "{aggregate:?} {margin:?}");
            }
        }
    }

    #[test]
    fn weights_move_the_room() {
        let mut pairs = pairs((0..20).map(|i| (1.0, if i < 10 { 0.0 } else { 1.0 })));
        pairs.weights = (0..20).map(|i| if i < 10 { 1.0 } else { 3.0 }).collect();
        let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.3));
        assert!(is_near(test.room, 0.05));
    }

    #[test]
    fn a_change_of_exactly_the_margin_is_inside_it() {
        let pairs = pairs((0..10).map(|_| (1.0, 0.9)));
        let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.1));
        assert_eq!((test.room, test.room_bound, test.sight.detectable()), (0.0, Some(0.0), None));
    }

    #[test]
    fn few_clusters_have_no_bound() {
        for (count, has_bound) in [(4, false), (5, true)] {
            let pairs = pairs((0..count).map(|i| (1.0, f64::from(i % 2))));
            let test = tested(&pairs, Aggregate::Mean, Direction::HigherIsBetter, Margin::Absolute(0.1));
            assert_eq!(test.room_bound.is_some(), has_bound, "{count}");
        }
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
        assert_eq!([0.5, 0.9, 0.99].map(|q| clusters_to_reach(q, 0.95)), [5, 29, 299]);
        assert_eq!(clusters_to_reach(0.99, 0.957), 314);
    }
}
