//! The sign-flip randomization test by cluster, for a whole family of hypotheses at once.
//!
//! If the change changes nothing, swapping the arms within a cluster changes nothing either, so every vector of signs
//! on the clusters' sums is as likely as the one that was seen. The p-value is the share of sign vectors whose
//! statistic is at most the seen one: exact for any distribution of scores and any number of cases. All hypotheses share
//! the same vectors, which carries their dependence into the adjustment. Fisher 1935; Westfall and Young 1993.

mod looks;
mod signs;
mod step_down;
mod totals;

pub use looks::{Look, Looks};
use signs::Signs;
use totals::FlipTotals;

/// Sign vectors drawn where enumerating all of them would need more.
pub const FLIPS: usize = 9_999;

/// Statistics closer than this, relative to their size, are ties: rounding must not decide a p-value.
const TIE: f64 = 1e-9;

/// Sums of the signed differences, a row for each cluster and a column for each hypothesis.
///
/// A case that one scorer left unscored adds nothing to that column and still counts for the others. Weighted cases add
/// weight × difference. Rows stand in an order that depends on the data alone, for signs are dealt out in that order.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSums {
    hypotheses: usize,
    rows: Vec<f64>,
}

impl ClusterSums {
    /// All sums zero.
    pub fn new(clusters: usize, hypotheses: usize) -> Self {
        Self { hypotheses, rows: vec![0.0; clusters * hypotheses] }
    }

    /// Adds `amount`, which is finite, to one cluster's sum for one hypothesis.
    ///
    /// # Panics
    /// If `cluster` or `hypothesis` is beyond the size given to [`ClusterSums::new`].
    pub fn add(&mut self, cluster: usize, hypothesis: usize, amount: f64) {
        assert!(hypothesis < self.hypotheses, "hypothesis {hypothesis} of {}", self.hypotheses);
        self.rows[cluster * self.hypotheses + hypothesis] += amount;
    }

    /// Number of columns.
    pub fn hypotheses(&self) -> usize {
        self.hypotheses
    }

    /// Rows with anything in them. The others are the same under either sign and need none.
    fn informative(&self) -> Vec<&[f64]> {
        self.rows.chunks_exact(self.hypotheses.max(1)).filter(|row| row.iter().any(|sum| *sum != 0.0)).collect()
    }
}

/// What the sign flips say of one hypothesis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlipTest {
    /// Σ S / √(Σ S²) over the clusters' sums; negative is worse. `None` where no cluster changed, and then p is 1.
    pub statistic: Option<f64>,
    /// One-sided p-value, alternative less.
    pub p: f64,
    /// The same with ties counted half; less conservative for sparse scores, but no longer exact.
    pub mid_p: f64,
    /// p adjusted for the whole family by the Westfall–Young step-down; this is the one that decides.
    pub adjusted_p: f64,
}

/// Tests all hypotheses against the alternative that the candidate is worse.
///
/// Uses all 2^G sign vectors if those are no more than `flips` + 1 (G counts clusters with any change), else the
/// identity and `flips` vectors drawn from `seed`; then p is (1 + count) / (1 + flips). Signs depend on the seed and the
/// position of a cluster only.
///
/// Adjusted p: with the hypotheses from the smallest statistic t₍₁₎ to the largest, the share of sign vectors in which
/// the smallest statistic among (i), (i+1), … is at most t₍ᵢ₎, made monotone. Controls the chance of any false rejection.
/// Westfall and Young 1993, algorithm 4.1 with statistics in place of p-values.
pub fn test_family(sums: &ClusterSums, flips: usize, seed: u64) -> Vec<FlipTest> {
    let rows = sums.informative();
    let mut totals = FlipTotals::new(Signs::choose(rows.len(), flips, seed), sums.hypotheses);
    totals.add(&rows);
    let table = totals.studentized();
    let adjusted = step_down::adjust(&table).into_iter().enumerate();
    adjusted.map(|(column, adjusted_p)| FlipTest { adjusted_p, ..table.test(column) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sums(rows: &[&[f64]]) -> ClusterSums {
        ClusterSums { hypotheses: rows.first().map_or(0, |row| row.len()), rows: rows.concat() }
    }

    #[test]
    fn no_change_at_all_cannot_be_worse() {
        let tests = test_family(&ClusterSums::new(5, 2), FLIPS, 1);
        let nothing = FlipTest { statistic: None, p: 1.0, mid_p: 1.0, adjusted_p: 1.0 };
        assert_eq!(tests, [nothing, nothing]);
    }

    #[test]
    fn an_empty_family_has_no_tests() {
        assert!(test_family(&ClusterSums::new(0, 0), FLIPS, 1).is_empty());
        assert!(test_family(&ClusterSums::new(7, 0), FLIPS, 1).is_empty());
    }

    #[test]
    fn values_that_are_not_finite_never_reject() {
        let tests = test_family(&sums(&[&[f64::NAN, -1.0], &[-1.0, -1.0], &[f64::INFINITY, -1.0]]), FLIPS, 1);
        assert_eq!((tests[0].statistic, tests[0].p, tests[0].adjusted_p), (None, 1.0, 1.0));
        assert_eq!(tests[1].p.to_bits(), 0.125_f64.to_bits());
    }

    #[test]
    fn rounding_does_not_break_ties() {
        // 0.1 + 0.2 − 0.3 is not zero in binary, so equal statistics differ in their last bits.
        let row: Vec<[f64; 1]> = (0..12).map(|i| [[0.1, 0.2, -0.3][i % 3]]).collect();
        let scaled: Vec<[f64; 1]> = row.iter().map(|[value]| [value * 10.0]).collect();
        let view = |rows: &[[f64; 1]]| sums(&rows.iter().map(|row| &row[..]).collect::<Vec<_>>());
        let (decimal, whole) = (test_family(&view(&row), FLIPS, 1), test_family(&view(&scaled), FLIPS, 1));
        assert_eq!(decimal[0].p.to_bits(), whole[0].p.to_bits());
        assert_eq!(decimal[0].mid_p.to_bits(), whole[0].mid_p.to_bits());
    }

    #[test]
    fn drawn_flips_agree_with_all_of_them() {
        let rows: Vec<[f64; 2]> =
            (0..13_u32).map(|i| [f64::from(i * 7 % 5) - 2.5, 1.0 - f64::from(i * 3 % 4)]).collect();
        let sums = sums(&rows.iter().map(|row| &row[..]).collect::<Vec<_>>());
        let (all, drawn) = (test_family(&sums, 8191, 1), test_family(&sums, 8190, 1));
        for (all, drawn) in all.iter().zip(&drawn) {
            assert!((all.p - drawn.p).abs() < 0.02 && (all.adjusted_p - drawn.adjusted_p).abs() < 0.02);
            assert_eq!(all.statistic, drawn.statistic);
        }
    }

    #[test]
    fn a_single_hypothesis_needs_no_adjustment() {
        let tests = test_family(&sums(&[&[-1.0], &[-2.0], &[0.5], &[-1.5], &[0.0]]), FLIPS, 1);
        assert_eq!(tests[0].p.to_bits(), tests[0].adjusted_p.to_bits());
        assert_eq!(tests[0].p.to_bits(), 0.125_f64.to_bits()); // 2 of 2⁴: all worse, and all but the smallest
    }
}
