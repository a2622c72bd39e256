//! The mean difference between two arms that answered the same cases.

use super::{Estimate, all_finite, cluster};

/// Weighted mean of paired differences with a cluster-robust standard error.
///
/// Mean m = Σ wᵢdᵢ / W with W = Σ wᵢ; variance
/// `G/(G−1) · Σ_g (Σ_{i∈g} wᵢ(dᵢ − m))² / W²`; t with G−1 degrees of freedom.
/// `differences`, `weights` and `clusters` have one entry a case; weights need no scale (all 1 for a plain mean).
/// With every case its own cluster this is the ordinary paired t interval. Miller 2024, arXiv 2411.00640.
///
/// Where all differences are equal the standard error is 0: see [`unseen_share`](super::interval::unseen_share) for
/// what such a sample can still not exclude. `None` below two clusters, or where weights or differences are unusable.
pub fn mean_difference(differences: &[f64], weights: &[f64], clusters: &[usize]) -> Option<Estimate> {
    if clusters.len() != differences.len() || !all_finite(differences) {
        return None;
    }
    let total = cluster::total_weight(weights, differences.len())?;
    let weighted = || differences.iter().zip(weights);
    let value = weighted().map(|(d, w)| d * w).sum::<f64>() / total;
    // Cases of weight 0 do not make a cluster: they are not part of the estimate.
    let counted: Vec<usize> = clusters.iter().zip(weights).filter(|(_, w)| **w > 0.0).map(|(c, _)| *c).collect();
    let residuals = weighted().filter(|(_, w)| **w > 0.0).map(|(d, w)| w * (d - value));
    let (variance, degrees_of_freedom) = cluster::variance(residuals, &counted)?;
    Some(Estimate { value, standard_error: constant_or(differences, variance.sqrt() / total), degrees_of_freedom })
}

/// Rounding in the mean would leave a standard error of 1e-17 where the differences are in fact constant.
fn constant_or(differences: &[f64], standard_error: f64) -> f64 {
    let constant = differences.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits());
    if constant { 0.0 } else { standard_error }
}

/// How many cases of one cluster count as much as one independent case: (cluster-robust SE / independent SE)².
///
/// 1 where clusters do not matter; an average of m cases a cluster with correlation ρ gives 1 + (m − 1)ρ. Inputs as in
/// [`mean_difference`]. `None` also where the differences are constant. Kish 1965.
pub fn design_effect(differences: &[f64], weights: &[f64], clusters: &[usize]) -> Option<f64> {
    let singly: Vec<usize> = (0..differences.len()).collect();
    let clustered = mean_difference(differences, weights, clusters)?.standard_error;
    let independent = mean_difference(differences, weights, &singly)?.standard_error;
    (independent > 0.0).then(|| (clustered / independent).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_two_clusters_say_nothing() {
        assert_eq!(mean_difference(&[], &[], &[]), None);
        assert_eq!(mean_difference(&[1.0], &[1.0], &[0]), None);
        assert_eq!(mean_difference(&[1.0, 2.0, 3.0], &[1.0; 3], &[4, 4, 4]), None);
        assert_eq!(mean_difference(&[1.0, 2.0], &[1.0, 0.0], &[0, 1]), None);
    }

    #[test]
    fn unusable_input_says_nothing() {
        assert_eq!(mean_difference(&[1.0, f64::NAN], &[1.0; 2], &[0, 1]), None);
        assert_eq!(mean_difference(&[1.0, 2.0], &[1.0], &[0, 1]), None);
        assert_eq!(mean_difference(&[1.0, 2.0], &[1.0, -1.0], &[0, 1]), None);
        assert_eq!(mean_difference(&[1.0, 2.0], &[0.0; 2], &[0, 1]), None);
    }

    #[test]
    fn constant_differences_have_no_error() {
        let estimate = mean_difference(&[0.1; 7], &[0.3; 7], &[0, 1, 2, 3, 4, 5, 6]).unwrap();
        assert!((estimate.value - 0.1).abs() < 1e-15);
        assert_eq!(estimate.standard_error.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_weight_of_two_in_a_cluster_is_the_case_written_twice() {
        let weighted = mean_difference(&[1.0, 0.0, -1.0], &[2.0, 1.0, 1.0], &[0, 1, 2]).unwrap();
        let repeated = mean_difference(&[1.0, 1.0, 0.0, -1.0], &[1.0; 4], &[0, 0, 1, 2]).unwrap();
        assert!((weighted.value - repeated.value).abs() < 1e-15);
        assert!((weighted.standard_error - repeated.standard_error).abs() < 1e-15);
    }

    #[test]
    fn identical_cases_of_a_cluster_count_once() {
        let effect = design_effect(&[1.0, 1.0, 0.0, 0.0, -1.0, -1.0], &[1.0; 6], &[0, 0, 1, 1, 2, 2]).unwrap();
        assert!((effect - 2.5).abs() < 1e-12, "{effect}"); // 2 · (6−1)/6 · 3/(3−1)
    }
}
