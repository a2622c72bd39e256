//! The mean difference between arms that answered different cases; weaker than pairs, for lack of anything better.

use super::{Estimate, cluster, paired};

/// One arm's scores.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// One score a case.
    pub values: &'a [f64],
    /// One weight a case.
    pub weights: &'a [f64],
    /// One cluster index a case; the arms' clusters are taken to be different ones.
    pub clusters: &'a [usize],
}

/// Candidate's weighted mean minus baseline's, with a cluster-robust standard error.
///
/// Variances of the two means as in [`paired::mean_difference`], added; degrees of freedom after Satterthwaite,
/// (v₁ + v₂)² / (v₁²/(G₁ − 1) + v₂²/(G₂ − 1)). `None` below two clusters in either arm or where inputs are unusable.
pub fn mean_difference(candidate: Sample, baseline: Sample) -> Option<Estimate> {
    let level = |arm: Sample| paired::mean_difference(arm.values, arm.weights, arm.clusters);
    Some(minus(level(candidate)?, level(baseline)?))
}

fn minus(candidate: Estimate, baseline: Estimate) -> Estimate {
    let variances = [candidate, baseline].map(|arm| (arm.standard_error.powi(2), arm.degrees_of_freedom));
    let sum: f64 = variances.iter().map(|(variance, _)| variance).sum();
    let spread: f64 = variances.iter().map(|(variance, df)| variance * variance / df).sum();
    // Two constant arms have no error to share out; any positive number of degrees gives the same bounds.
    let degrees_of_freedom = if spread > 0.0 { sum * sum / spread } else { candidate.degrees_of_freedom };
    Estimate { value: candidate.value - baseline.value, standard_error: sum.sqrt(), degrees_of_freedom }
}

/// The same difference with the error that it has if both arms are samples of one population.
///
/// With `e_g = G·Σ_{i∈g} wᵢ(xᵢ − m) / W` for each cluster of an arm, m being the mean of all cases:
/// `s² = Σ e_g² / (G₁ + G₂ − 2)` over both arms, and SE² = s²·(1/G₁ + 1/G₂). A small arm whose scores happen to be all the same adds as much to it as any
/// other of its size, where separate variances would take it to be certain. For tests of "no change", not for intervals: the
/// pooled variance of Student 1908, by cluster. `None` below two clusters in either arm or where inputs are unusable.
pub fn null_difference(candidate: Sample, baseline: Sample) -> Option<Estimate> {
    let value = mean_difference(candidate, baseline)?.value;
    let total = |arm: Sample| arm.weights.iter().sum::<f64>();
    let sum = |arm: Sample| arm.values.iter().zip(arm.weights).map(|(value, weight)| value * weight).sum::<f64>();
    let centre = (sum(candidate) + sum(baseline)) / (total(candidate) + total(baseline));
    let squares = |arm: Sample| {
        let residuals = arm.values.iter().zip(arm.weights).map(|(value, weight)| weight * (value - centre));
        let sums = cluster::sums(residuals, arm.clusters);
        let groups = sums.len() as f64;
        (groups, sums.iter().map(|sum| (groups * sum / total(arm)).powi(2)).sum::<f64>())
    };
    let ((many, of_candidate), (few, of_baseline)) = (squares(candidate), squares(baseline));
    let degrees_of_freedom = many + few - 2.0;
    let variance = (of_candidate + of_baseline) / degrees_of_freedom * (1.0 / many + 1.0 / few);
    Some(Estimate { value, standard_error: variance.sqrt(), degrees_of_freedom })
}

/// Welch's comparison: [`mean_difference`] with equal weights and every case its own cluster. Welch 1947, Biometrika 34.
pub fn welch(candidate: &[f64], baseline: &[f64]) -> Option<Estimate> {
    let size = candidate.len().max(baseline.len());
    let (weights, clusters) = (vec![1.0; size], (0..size).collect::<Vec<_>>());
    let arm = |values: &[f64]| {
        let count = values.len();
        paired::mean_difference(values, &weights[..count], &clusters[..count])
    };
    Some(minus(arm(candidate)?, arm(baseline)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_clusters_are_worth_no_more_than_single_ones() {
        let (a, b) = ([1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0]);
        let twice = |values: &[f64]| values.iter().flat_map(|value| [*value; 2]).collect::<Vec<f64>>();
        let (a2, b2) = (twice(&a), twice(&b));
        let clusters: Vec<usize> = (0..8).map(|case| case / 2).collect();
        let weights = [1.0; 8];
        let candidate = Sample { values: &a2, weights: &weights, clusters: &clusters };
        let baseline = Sample { values: &b2, weights: &weights[..6], clusters: &clusters[..6] };
        let (clustered, single) = (mean_difference(candidate, baseline).unwrap(), welch(&a, &b).unwrap());
        assert!((clustered.standard_error - single.standard_error).abs() < 1e-12);
        assert!((clustered.degrees_of_freedom - single.degrees_of_freedom).abs() < 1e-9);
    }

    #[test]
    fn constant_arms_differ_by_exactly_their_distance() {
        let estimate = welch(&[1.0, 1.0], &[3.0, 3.0, 3.0]).unwrap();
        assert_eq!((estimate.value, estimate.standard_error, estimate.p_less()), (-2.0, 0.0, None));
        assert_eq!(estimate.lower_bound(0.95), Some(-2.0));
    }

    #[test]
    fn one_case_in_an_arm_is_too_few() {
        assert_eq!(welch(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(welch(&[1.0, 2.0], &[]), None);
    }

    #[test]
    fn an_arm_that_is_constant_by_luck_is_not_taken_to_be_certain() {
        let few = vec![1.0; 20];
        let many: Vec<f64> = (0..200).map(|i| f64::from(u8::from(i % 20 > 0))).collect();
        let (weights, clusters) = (vec![1.0; 200], (0..200).collect::<Vec<_>>());
        let arm = |values| Sample { values, weights: &weights[..values.len()], clusters: &clusters[..values.len()] };
        let apart = mean_difference(arm(&many), arm(&few)).unwrap();
        let pooled = null_difference(arm(&many), arm(&few)).unwrap();
        assert!(apart.p_less().unwrap() < 0.001 && pooled.p_less().unwrap() > 0.1, "{apart:?} {pooled:?}");
        assert!((apart.value - pooled.value).abs() < 1e-12);
        let equal = null_difference(arm(&many), arm(&many)).unwrap();
        assert!(
            (equal.standard_error / mean_difference(arm(&many), arm(&many)).unwrap().standard_error - 1.0).abs() < 1e-9
        );
    }
}
