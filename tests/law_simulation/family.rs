//! Simulated suites under the test alone: `stats`, with as many flips as a test has time for.

use eval_gate::stats::sign_flip::{ClusterSums, Looks, test_family};

use crate::scenario::{ALPHA, Outcome, Row, Trial};

/// Slices of the sliced suite.
const SLICES: usize = 12;

/// Runs a trial through the family test.
pub(crate) fn run(trial: &Trial, flips: usize, seed: u64) -> Outcome {
    let rows = trial.rows(seed);
    let clusters = rows.last().map_or(0, |row| row.cluster + 1);
    if trial.looks == 1 {
        let tests = test_family(&sums(&rows, 0..clusters), flips, seed);
        return Outcome { blocked: tests.iter().any(|test| test.adjusted_p <= ALPHA), used: 1.0 };
    }
    let width = rows.first().map_or(0, |row| hypotheses(row).len());
    let mut looks = Looks::new(width, clusters, ALPHA, flips, seed).expect("alpha is inside (0, 1)");
    for look in 1..=trial.looks {
        let end = clusters * look / trial.looks;
        let used = end as f64 / clusters as f64;
        let state = looks.look(&sums(&rows, 0..end), used).expect("looks ascend");
        if state.rejected.contains(&true) {
            return Outcome { blocked: true, used };
        }
    }
    Outcome { blocked: false, used: 1.0 }
}

/// A difference for each scorer, and a copy of it for the slice that the case is in.
fn hypotheses(row: &Row) -> Vec<f64> {
    let in_slice = |slice: usize, difference: f64| if row.slice == Some(slice) { difference } else { 0.0 };
    let slices = if row.slice.is_some() { SLICES } else { 0 };
    let copies = row.differences.iter().flat_map(|d| (0..slices).map(move |slice| in_slice(slice, *d)));
    row.differences.iter().copied().chain(copies).collect()
}

fn sums(rows: &[Row], clusters: std::ops::Range<usize>) -> ClusterSums {
    let width = rows.first().map_or(0, |row| hypotheses(row).len());
    let mut sums = ClusterSums::new(clusters.len(), width);
    for row in rows.iter().filter(|row| clusters.contains(&row.cluster)) {
        for (hypothesis, difference) in hypotheses(row).into_iter().enumerate() {
            sums.add(row.cluster - clusters.start, hypothesis, difference);
        }
    }
    sums
}
