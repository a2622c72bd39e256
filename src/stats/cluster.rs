//! Sums by cluster and the variance that follows from them.

use std::collections::BTreeMap;

/// Sums `values` by cluster, in the order of the cluster indices.
pub(super) fn sums(values: impl Iterator<Item = f64>, clusters: &[usize]) -> Vec<f64> {
    let mut sums = BTreeMap::new();
    for (value, cluster) in values.zip(clusters) {
        *sums.entry(cluster).or_insert(0.0) += value;
    }
    sums.into_values().collect()
}

/// Cluster-robust variance of the sum of the residuals eᵢ: `G/(G−1) · Σ_g (Σ_{i∈g} eᵢ)²`.
///
/// Returns it with the degrees of freedom G − 1; `None` below two clusters. The second factor of the usual small-sample
/// correction, (n − 1) / (n − k), is one, for a single mean is estimated. Liang and Zeger 1986; Miller 2024,
/// arXiv 2411.00640, section 2.2.
pub(super) fn variance(residuals: impl Iterator<Item = f64>, clusters: &[usize]) -> Option<(f64, f64)> {
    let sums = sums(residuals, clusters);
    let groups = sums.len() as f64;
    let squares = sums.iter().map(|sum| sum * sum).sum::<f64>();
    (sums.len() >= 2).then(|| (groups / (groups - 1.0) * squares, groups - 1.0))
}

/// Sum of the weights, if they are as many as the cases, finite, not negative, and not all zero.
pub(super) fn total_weight(weights: &[f64], cases: usize) -> Option<f64> {
    let usable = weights.len() == cases && weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    let total = weights.iter().sum::<f64>();
    (usable && total > 0.0).then_some(total)
}
