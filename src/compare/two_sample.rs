//! Arms that answered different cases: two samples instead of pairs. The weaker test, for lack of pairs.

use std::collections::BTreeMap;

use super::family::{Planned, note_fewest};
use super::pairs::sign;
use super::room::{Bar, absolute, tidy};
use super::{Arm, CONFIDENCE, Comparison, MIN_CLUSTERS, MIN_SLICE_CLUSTERS, Measured, ScoreTable, Sight, Slice, Test};
use crate::score::{Aggregate, Direction, Margin};
use crate::stats::multiplicity::holm;
use crate::stats::two_sample::{Sample, mean_difference, null_difference};
use crate::stats::{Estimate, interval};

/// Compares the arms' means with cluster-robust errors; p-values by t, adjusted by Holm for all gated comparisons. A
/// quantile is shown without an interval and not tested: latency is gated only where both arms were timed side by side.
pub(super) fn compare(
    table: &ScoreTable,
    planned: &[Planned],
    false_block_rate: f64,
) -> (Vec<Comparison>, Vec<(Slice, usize)>) {
    let mut comparisons = Vec::new();
    let mut small = BTreeMap::new();
    let tested = planned.iter().filter(|planned| planned.is_tested()).count().max(1);
    let bar = Bar { confidence: CONFIDENCE, level: false_block_rate / tested as f64, is_early: false };
    for planned in planned {
        let slice = planned.slice.as_ref();
        let arms = [Arm::baseline(table, planned.column, slice), Arm::candidate(table, planned.column, slice)];
        let fewest = arms.iter().map(Arm::cluster_count).min().unwrap_or(0);
        if planned.slice.is_some() && (planned.is_small || fewest < MIN_SLICE_CLUSTERS) {
            note_fewest(&mut small, planned, arms.iter().map(Arm::cases).min().unwrap_or(0));
            continue;
        }
        comparisons.push(one(table, planned, &arms, bar));
    }
    adjust(&mut comparisons, false_block_rate);
    (comparisons, small.into_iter().collect())
}

fn sample<'a>(arm: &'a Arm, values: &'a [f64]) -> Sample<'a> {
    Sample { values, weights: &arm.weights, clusters: &arm.clusters }
}

fn one(table: &ScoreTable, planned: &Planned, [baseline, candidate]: &[Arm; 2], bar: Bar) -> Comparison {
    let spec = &table.columns[planned.column];
    let levels = baseline.level(spec.aggregate).zip(candidate.level(spec.aggregate));
    let change = mean_difference(sample(candidate, &candidate.values), sample(baseline, &baseline.values))
        .filter(|_| spec.aggregate == Aggregate::Mean);
    let clusters = baseline.cluster_count().min(candidate.cluster_count());
    let interval = change.filter(|_| clusters >= MIN_CLUSTERS).and_then(|change| change.interval(CONFIDENCE));
    let measured = levels.map(|(baseline, candidate)| Measured { baseline, candidate, interval, ratio: None });
    let test = change
        .zip(planned.margin)
        .and_then(|(change, margin)| test([baseline, candidate], change, (spec.direction, margin), spec.scale, bar));
    Comparison {
        column: planned.column,
        slice: planned.slice.clone(),
        pairs: candidate.cases(),
        clusters,
        measured: measured.map(|measured| measured.within(spec.scale)),
        test,
    }
}

/// The test of a margin. One in per cent scales the baseline's scores, so that its own error counts too.
fn test(
    [baseline, candidate]: [&Arm; 2],
    change: Estimate,
    (direction, margin): (Direction, Margin),
    scale: Option<(f64, f64)>,
    bar: Bar,
) -> Option<Test> {
    let sign = sign(direction);
    let level = baseline.level(Aggregate::Mean)?;
    let (fixed, factor) = match margin {
        Margin::Absolute(margin) => (margin, sign),
        Margin::Relative(share) => (0.0, sign - share * level.signum()),
    };
    let scaled = |arm: &Arm, factor: f64| arm.values.iter().map(|value| value * factor).collect::<Vec<f64>>();
    let (of_candidate, of_baseline) = (scaled(candidate, sign), scaled(baseline, factor));
    let room = mean_difference(sample(candidate, &of_candidate), sample(baseline, &of_baseline))?;
    let room = Estimate { value: room.value + fixed, ..room };
    let clusters = baseline.cluster_count().min(candidate.cluster_count());
    let sight = Sight {
        standard_error: room.standard_error,
        clusters: clusters as u64,
        is_sparse: room.standard_error <= 0.0,
        room: room.value,
        margin: absolute(margin, level),
        scale,
        level: bar.level,
        confidence: bar.confidence,
        fewest_clusters: MIN_CLUSTERS as u64,
    };
    let p = p_worse(baseline, candidate, sign, change.value);
    let is_enough = clusters >= MIN_CLUSTERS;
    let bound = room.lower_bound(bar.confidence).and_then(|bound| Some(bound - unseen([baseline, candidate], scale)?));
    Some(Test {
        room: tidy(room.value),
        room_bound: bound.filter(|_| is_enough).map(tidy),
        p: if is_enough { p } else { 1.0 },
        adjusted_p: 1.0,
        is_rejected: false,
        margin: sight.margin,
        sight,
    })
}

/// One-sided p-value of "no change". Two constant arms have no error: they differ, or they do not.
fn p_worse(baseline: &Arm, candidate: &Arm, sign: f64, change: f64) -> f64 {
    let of_null = null_difference(sample(candidate, &candidate.values), sample(baseline, &baseline.values));
    let worse = of_null.map(|of_null| Estimate { value: sign * of_null.value, ..of_null });
    worse.and_then(|worse| worse.p_less()).unwrap_or(if sign * change < 0.0 { 0.0 } else { 1.0 })
}

/// What arms that are constant may not have shown yet: as if the largest share of clusters that may have been missed differed
/// by the whole scale. Pairs that are all the same say that nothing changed; a sample that is all the same does not.
fn unseen(arms: [&Arm; 2], scale: Option<(f64, f64)>) -> Option<f64> {
    let constant = arms.into_iter().filter(|arm| arm.mean().is_none_or(|mean| mean.standard_error <= 0.0));
    let share = |arm: &Arm| {
        let (low, high) = scale.or_else(|| arm.is_binary().then_some((0.0, 1.0)))?;
        Some(interval::unseen_share(arm.cluster_count() as u64, CONFIDENCE)? * (high - low))
    };
    constant.map(share).sum()
}

fn adjust(comparisons: &mut [Comparison], false_block_rate: f64) {
    let p: Vec<f64> = comparisons.iter().filter_map(|comparison| Some(comparison.test?.p)).collect();
    let tests = comparisons.iter_mut().filter_map(|comparison| comparison.test.as_mut());
    for (test, adjusted) in tests.zip(holm(&p)) {
        test.adjusted_p = adjusted;
        test.is_rejected = adjusted <= false_block_rate;
    }
}
