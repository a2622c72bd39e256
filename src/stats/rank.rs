//! Comparisons of two samples by rank, which no outlier can move.

use super::{all_finite, distribution::normal_cdf, multiplicity::ascending};

/// Steps of the exact Kolmogorov–Smirnov count beyond which its limit is used.
const MOST_STEPS: usize = 100_000_000;

/// A rank statistic and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTest {
    /// U of the candidate, or the largest distance D.
    pub statistic: f64,
    /// The p-value; its alternative is told by the function.
    pub p: f64,
}

/// Ranks from 1, equal values sharing the mean of theirs.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let order = ascending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // In ascending order, "not less than the next" is "equal to the next".
    for tied in order.chunk_by(|a, b| values[*a] >= values[*b]) {
        let shared = before as f64 + f64::midpoint(tied.len() as f64, 1.0);
        for index in tied {
            ranks[*index] = shared;
        }
        before += tied.len();
    }
    ranks
}

/// Mann and Whitney's test of "the candidate's scores are lower", by the normal limit.
///
/// U = R − n₁(n₁ + 1)/2 with R the candidate's rank sum; mean n₁n₂/2, variance n₁n₂/12 · (n + 1 − Σ(t³ − t)/(n(n − 1)))
/// over ties of t values, half a unit of continuity correction. Independent cases are assumed. Mann and Whitney 1947.
/// `None` for an empty arm, values that are not finite, or if all are tied.
pub fn mann_whitney(candidate: &[f64], baseline: &[f64]) -> Option<RankTest> {
    let both = [candidate, baseline].concat();
    if candidate.is_empty() || baseline.is_empty() || !all_finite(&both) {
        return None;
    }
    let (first, second, all) = (candidate.len() as f64, baseline.len() as f64, both.len() as f64);
    let rank_sum: f64 = ranks(&both)[..candidate.len()].iter().sum();
    let statistic = rank_sum - first * (first + 1.0) / 2.0;
    let ties: f64 = tie_sizes(&both).map(|size| size.powi(3) - size).sum();
    let variance = first * second / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    let z = (statistic - first * second / 2.0 + 0.5) / variance.sqrt();
    (variance > 0.0).then(|| RankTest { statistic, p: normal_cdf(z) })
}

fn tie_sizes(values: &[f64]) -> impl Iterator<Item = f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let sizes: Vec<f64> = sorted.chunk_by(|a, b| a >= b).map(|tied| tied.len() as f64).collect();
    sizes.into_iter()
}

/// Kolmogorov and Smirnov's two-sided test that two samples have one distribution.
///
/// D = the largest distance between the two empirical distribution functions; p is exact, by counting lattice paths
/// (Hodges 1958), and conservative with ties; above 10⁸ steps it is the limit 2 Σ (−1)^{k−1} exp(−2k²D²n₁n₂/n).
/// `None` for an empty sample or values that are not finite.
pub fn kolmogorov_smirnov(first: &[f64], second: &[f64]) -> Option<RankTest> {
    if first.is_empty() || second.is_empty() || !all_finite(first) || !all_finite(second) {
        return None;
    }
    let (m, n) = (first.len(), second.len());
    let distance = largest_distance(first, second);
    let statistic = distance as f64 / (m as f64 * n as f64);
    let exact = m.checked_mul(n).is_some_and(|steps| steps <= MOST_STEPS);
    let p = if exact { path_leaves(m, n, distance) } else { kolmogorov_tail(statistic, m, n) };
    Some(RankTest { statistic, p: p.clamp(0.0, 1.0) })
}

/// D · m · n, which is a whole number.
fn largest_distance(first: &[f64], second: &[f64]) -> u128 {
    let mut values: Vec<(f64, bool)> =
        first.iter().map(|value| (*value, true)).chain(second.iter().map(|value| (*value, false))).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below_first, mut below_second, mut largest) = (0, 0, 0);
    for tied in values.chunk_by(|a, b| a.0 >= b.0) {
        let from_first = tied.iter().filter(|(_, is_first)| *is_first).count();
        below_first += from_first;
        below_second += tied.len() - from_first;
        largest = largest.max(gap(below_first, below_second, first.len(), second.len()));
    }
    largest
}

fn gap(i: usize, j: usize, m: usize, n: usize) -> u128 {
    (i as u128 * n as u128).abs_diff(j as u128 * m as u128)
}

/// Chance that a random path from (0, 0) to (m, n) is ever `distance` / (m n) or more away from the diagonal.
///
/// Walks forward through the lattice, taking out the mass that steps outside.
fn path_leaves(m: usize, n: usize, distance: u128) -> f64 {
    if distance == 0 {
        return 1.0;
    }
    let mut left = 0.0;
    let mut column = vec![0.0; n + 1];
    for i in 0..=m {
        for j in 0..=n {
            // From (i', j'), the next value is of the first sample with chance (m − i') / (m + n − i' − j').
            let remaining = (m + n + 1 - i - j) as f64;
            let from_first = if i > 0 { column[j] * (m + 1 - i) as f64 / remaining } else { 0.0 };
            let from_second = if j > 0 { column[j - 1] * (n + 1 - j) as f64 / remaining } else { 0.0 };
            let mass = if i == 0 && j == 0 { 1.0 } else { from_first + from_second };
            let outside = gap(i, j, m, n) >= distance;
            left += if outside { mass } else { 0.0 };
            column[j] = if outside { 0.0 } else { mass };
        }
    }
    left
}

fn kolmogorov_tail(statistic: f64, m: usize, n: usize) -> f64 {
    let (m, n) = (m as f64, n as f64);
    let scaled = statistic * statistic * m * n / (m + n);
    (1..=100).map(|k: i32| (if k % 2 == 1 { 2.0 } else { -2.0 }) * (-2.0 * f64::from(k * k) * scaled).exp()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, -0.0, 0.0]), [5.5, 3.0, 5.5, 4.0, 1.5, 1.5]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn separate_samples_by_hand() {
        // Of the C(6, 3) = 20 orders only two put one sample wholly before the other.
        let test = kolmogorov_smirnov(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert!((test.statistic - 1.0).abs() < 1e-12 && (test.p - 0.1).abs() < 1e-12);
    }

    #[test]
    fn the_limit_agrees_with_the_exact_count_in_large_samples() {
        let (m, n) = (900, 700);
        let distance = 45_000;
        let (exact, limit) = (path_leaves(m, n, distance), kolmogorov_tail(distance as f64 / 630_000.0, m, n));
        assert!((exact - limit).abs() < 0.01, "{exact} {limit}");
    }

    #[test]
    fn identical_samples_do_not_differ() {
        let same = [1.0, 1.0, 2.0];
        assert_eq!(kolmogorov_smirnov(&same, &same), Some(RankTest { statistic: 0.0, p: 1.0 }));
    }

    #[test]
    fn nothing_to_rank_has_no_test() {
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0]), None);
        assert_eq!(mann_whitney(&[f64::NAN], &[1.0]), None);
        assert_eq!(kolmogorov_smirnov(&[1.0], &[]), None);
    }
}
