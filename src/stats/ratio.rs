//! The candidate's mean in proportion to the baseline's, for cost, tokens and margins given in per cent.

use super::{Estimate, all_finite, cluster};

/// Ratio of weighted means of two paired arms, with a cluster-robust error by linearisation.
///
/// r = Σ wᵢcᵢ / Σ wᵢbᵢ; with eᵢ = cᵢ − r·bᵢ (whose weighted sum is 0) the variance is
/// `G/(G−1) · Σ_g (Σ_{i∈g} wᵢeᵢ)² / (Σ wᵢbᵢ)²`; t with G−1 degrees of freedom. A value of 1.1 is a rise of 10 per cent;
/// equal arms give exactly 1 with error 0. Cochran 1977, Sampling Techniques, chapter 6.
///
/// `candidate`, `baseline`, `weights` and `clusters` have one entry a case. `None` below two clusters, where the
/// inputs are unusable, or where the baseline's mean is not positive: a proportion of nothing has no meaning.
pub fn mean_ratio(candidate: &[f64], baseline: &[f64], weights: &[f64], clusters: &[usize]) -> Option<Estimate> {
    let cases = baseline.len();
    if candidate.len() != cases || clusters.len() != cases || !all_finite(candidate) || !all_finite(baseline) {
        return None;
    }
    cluster::total_weight(weights, cases)?;
    let base = weighted_sum(baseline, weights);
    if base <= 0.0 {
        return None;
    }
    let value = weighted_sum(candidate, weights) / base;
    let residuals = candidate.iter().zip(baseline).zip(weights).map(|((c, b), w)| w * (c - value * b));
    let (variance, degrees_of_freedom) = cluster::variance(residuals, clusters)?;
    Some(Estimate { value, standard_error: variance.sqrt() / base, degrees_of_freedom })
}

fn weighted_sum(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_arms_have_ratio_one_without_error() {
        let cost = [3.0, 0.5, 7.25, 1.0];
        let ratio = mean_ratio(&cost, &cost, &[1.0; 4], &[0, 1, 2, 3]).unwrap();
        assert_eq!((ratio.value, ratio.standard_error), (1.0, 0.0));
    }

    #[test]
    fn a_proportional_rise_is_certain() {
        let candidate = [3.3, 0.55, 7.975, 1.1];
        let ratio = mean_ratio(&candidate, &[3.0, 0.5, 7.25, 1.0], &[1.0; 4], &[0, 1, 2, 3]).unwrap();
        assert!((ratio.value - 1.1).abs() < 1e-12 && ratio.standard_error < 1e-12);
    }

    #[test]
    fn against_a_constant_baseline_it_is_the_mean_difference_in_its_unit() {
        let (candidate, baseline) = ([1.0, 2.0, 4.0, 5.0], [2.0; 4]);
        let ratio = mean_ratio(&candidate, &baseline, &[1.0; 4], &[0, 0, 1, 2]).unwrap();
        let differences: Vec<f64> = candidate.iter().map(|c| c - 2.0).collect();
        let plain = super::super::paired::mean_difference(&differences, &[1.0; 4], &[0, 0, 1, 2]).unwrap();
        assert!((ratio.value - 1.0 - plain.value / 2.0).abs() < 1e-12);
        assert!((ratio.standard_error - plain.standard_error / 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_compare_with_has_no_ratio() {
        assert_eq!(mean_ratio(&[1.0, 1.0], &[0.0, 0.0], &[1.0; 2], &[0, 1]), None);
        assert_eq!(mean_ratio(&[1.0, 1.0], &[-1.0, 0.5], &[1.0; 2], &[0, 1]), None);
        assert_eq!(mean_ratio(&[1.0], &[1.0], &[1.0], &[0]), None);
    }
}
