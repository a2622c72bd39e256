//! The Westfall–Young step-down over the smallest statistic.

use super::{
    super::multiplicity::ascending,
    totals::{FlipTable, tie},
};

/// Adjusted p of each hypothesis; see [`test_family`](super::test_family).
pub(super) fn adjust(table: &FlipTable) -> Vec<f64> {
    let seen = table.seen();
    let order = ascending(seen);
    let mut counts = vec![0_u32; seen.len()];
    for row in table.rows() {
        let mut smallest = f64::INFINITY;
        for column in order.iter().rev() {
            smallest = smallest.min(row[*column]);
            counts[*column] += u32::from(smallest <= seen[*column] + tie(seen[*column]));
        }
    }
    let mut adjusted = vec![1.0; seen.len()];
    let mut running: f64 = 0.0;
    for column in order {
        running = running.max(f64::from(counts[column]) / table.vectors());
        adjusted[column] = running;
    }
    adjusted
}
