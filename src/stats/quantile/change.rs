//! The quantile of one arm against that of the other, on the same cases.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    super::{Interval, cluster, draw_below},
    quantile,
    weighted::Sorted,
};

/// Two paired arms whose quantiles are compared.
#[derive(Debug, Clone, Copy)]
pub struct QuantilePairs<'a> {
    /// The candidate's values, one a case.
    pub candidate: &'a [f64],
    /// The baseline's values of the same cases.
    pub baseline: &'a [f64],
    /// Weights of the cases, all 1 where the sample is plain.
    pub weights: &'a [f64],
    /// Clusters of the cases.
    pub clusters: &'a [usize],
    /// Which quantile, between 0 and 1.
    pub q: f64,
}

/// A quantile of the candidate beside that of the baseline, with the differences of re-drawn samples.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileChange {
    /// The candidate's quantile.
    pub candidate: f64,
    /// The baseline's quantile.
    pub baseline: f64,
    /// Which quantile.
    q: f64,
    clusters: usize,
    /// Differences of the re-drawn samples, ascending.
    differences: Vec<f64>,
    /// Ratios of the re-drawn samples, ascending.
    ratios: Vec<f64>,
}

impl QuantilePairs<'_> {
    /// Difference of quantiles with a paired cluster bootstrap of `draws` re-drawn samples.
    ///
    /// Each draw takes G clusters with replacement and all their cases in both arms, and computes both quantiles anew;
    /// bounds are percentiles of the draws. Weights, scaled to a mean of 1, act as counts. Efron and Tibshirani 1993,
    /// chapter 13; clusters as in Davison and Hinkley 1997, section 3.8. `None` below two clusters, without draws, or
    /// where the inputs are unusable.
    pub fn bootstrap(&self, draws: usize, seed: u64) -> Option<QuantileChange> {
        let cases = self.baseline.len();
        if self.candidate.len() != cases || self.clusters.len() != cases || draws == 0 {
            return None;
        }
        let weights = as_counts(self.weights, cases)?;
        let (dense, groups) = dense(self.clusters);
        let candidate = Sorted::new(self.candidate, &weights, self.q)?;
        let baseline = Sorted::new(self.baseline, &weights, self.q)?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut pairs = Vec::with_capacity(draws);
        for _ in 0..draws {
            let counts = redraw(groups, &mut random)?;
            let times = |case: usize| counts[dense[case]];
            // A draw that took only clusters of weight 0 has no quantile.
            pairs.extend(candidate.at(times).zip(baseline.at(times)));
        }
        Some(QuantileChange {
            q: self.q,
            clusters: groups,
            candidate: candidate.at(|_| 1.0)?,
            baseline: baseline.at(|_| 1.0)?,
            differences: sorted(pairs.iter().map(|(c, b)| c - b)),
            ratios: sorted(pairs.iter().map(|(c, b)| c / b).filter(|ratio| ratio.is_finite())),
        })
    }

    /// Both quantiles as they are, the candidate's and the baseline's. `None` where the inputs are unusable.
    pub fn levels(&self) -> Option<(f64, f64)> {
        let cases = self.baseline.len();
        let weights = as_counts(self.weights, cases)?;
        let level = |values: &[f64]| Sorted::new(values, &weights, self.q)?.at(|_| 1.0);
        (self.candidate.len() == cases).then(|| level(self.candidate).zip(level(self.baseline))).flatten()
    }

    /// Differences for the sign-flip test: how much more often the candidate's value lies above the common quantile.
    ///
    /// With θ the quantile of both arms' values together, dᵢ = 1{cᵢ > θ} − 1{bᵢ > θ}. Swapping the arms of a case does
    /// not move θ and turns the sign of dᵢ, so a column of such differences joins the sign-flip family and its p-value
    /// is exact. Positive means that the candidate's quantile is higher. `None` where the inputs are unusable.
    pub fn exceedances(&self) -> Option<Vec<f64>> {
        if self.candidate.len() != self.baseline.len() {
            return None;
        }
        let both: Vec<f64> = self.candidate.iter().chain(self.baseline).copied().collect();
        let weights: Vec<f64> = self.weights.iter().chain(self.weights).copied().collect();
        let weights = as_counts(&weights, both.len())?;
        let level = Sorted::new(&both, &weights, self.q)?.at(|_| 1.0)?;
        let above = |value: f64| f64::from(u8::from(value > level));
        Some(self.candidate.iter().zip(self.baseline).map(|(c, b)| above(*c) - above(*b)).collect())
    }
}

impl QuantileChange {
    /// Whether the sample reaches beyond the quantile at all, so that a bound at this confidence means something.
    ///
    /// All of G independent values lie on one side of the quantile with chance max(q, 1 − q)^G; where that is above
    /// 1 − confidence, the sample may well hold nothing of the tail, and no re-drawing can show what is not in it. For p99 at 95 % it
    /// takes 299 clusters.
    pub fn reaches(&self, confidence: f64) -> bool {
        self.q.max(1.0 - self.q).powf(self.clusters as f64) <= 1.0 - confidence
    }

    /// Candidate's quantile minus baseline's.
    pub fn difference(&self) -> f64 {
        self.candidate - self.baseline
    }

    /// Candidate's quantile over baseline's; `None` unless the baseline's is positive.
    pub fn ratio(&self) -> Option<f64> {
        (self.baseline > 0.0).then(|| self.candidate / self.baseline)
    }

    /// Two-sided percentile interval of the difference. `None` unless 0 < confidence < 1.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        percentile_interval(&self.differences, confidence)
    }

    /// Two-sided percentile interval of the ratio. `None` unless 0 < confidence < 1 and the ratio exists.
    pub fn ratio_interval(&self, confidence: f64) -> Option<Interval> {
        self.ratio()?;
        percentile_interval(&self.ratios, confidence)
    }

    /// One-sided upper bound of the difference: with this confidence the quantile rose by no more.
    pub fn upper_bound(&self, confidence: f64) -> Option<f64> {
        percentile(&self.differences, confidence)
    }

    /// One-sided upper bound of the ratio.
    pub fn ratio_upper_bound(&self, confidence: f64) -> Option<f64> {
        self.ratio()?;
        percentile(&self.ratios, confidence)
    }

    /// Share of the draws, the sample itself among them, in which the quantile rose by no more than `margin`.
    ///
    /// Small where the rise is plainly above the margin. It reads like a p-value but is approximate; the exact test of
    /// "no change" is the sign flip of [`QuantilePairs::exceedances`].
    pub fn share_within(&self, margin: f64) -> f64 {
        let within = self.differences.partition_point(|difference| *difference <= margin);
        (1 + within) as f64 / (1 + self.differences.len()) as f64
    }
}

fn percentile_interval(draws: &[f64], confidence: f64) -> Option<Interval> {
    let low = percentile(draws, (1.0 - confidence) / 2.0)?;
    Some(Interval { low, high: percentile(draws, f64::midpoint(1.0, confidence))? })
}

fn percentile(draws: &[f64], level: f64) -> Option<f64> {
    (level > 0.0 && level < 1.0).then(|| quantile(draws, level)).flatten()
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Weights scaled to a mean of 1, so that they act as counts; `None` where they are unusable.
fn as_counts(weights: &[f64], cases: usize) -> Option<Vec<f64>> {
    let scale = cases as f64 / cluster::total_weight(weights, cases)?;
    Some(weights.iter().map(|weight| weight * scale).collect())
}

/// Cluster indices without gaps, in the same order, and their number.
fn dense(clusters: &[usize]) -> (Vec<usize>, usize) {
    let mut known = clusters.to_vec();
    known.sort_unstable();
    known.dedup();
    (clusters.iter().map(|cluster| known.partition_point(|other| other < cluster)).collect(), known.len())
}

/// How often each of `groups` clusters is taken in one draw of as many. `None` below two clusters.
fn redraw(groups: usize, random: &mut ChaCha8Rng) -> Option<Vec<f64>> {
    let mut counts = vec![0.0; groups];
    for _ in 0..groups {
        counts[draw_below(groups, random)] += 1.0;
    }
    (groups >= 2).then_some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs<'a>(candidate: &'a [f64], baseline: &'a [f64], clusters: &'a [usize], q: f64) -> QuantilePairs<'a> {
        QuantilePairs { candidate, baseline, weights: &[1.0; 40][..baseline.len()], clusters, q }
    }

    #[test]
    fn a_shift_of_every_case_is_found_without_error() {
        let baseline: Vec<f64> = (0..40).map(f64::from).collect();
        let candidate: Vec<f64> = baseline.iter().map(|value| value + 5.0).collect();
        let clusters: Vec<usize> = (0..40).collect();
        let change = pairs(&candidate, &baseline, &clusters, 0.5).bootstrap(200, 1).unwrap();
        let interval = change.interval(0.95).unwrap();
        assert!((interval.low - 5.0).abs() < 1e-12 && (interval.high - 5.0).abs() < 1e-12);
        assert!((change.difference() - 5.0).abs() < 1e-12);
        assert!((change.share_within(4.0) - 1.0 / 201.0).abs() < 1e-12);
        assert!((change.share_within(5.5) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_tail_must_be_in_the_sample() {
        let change = |q, clusters| QuantileChange {
            candidate: 1.0,
            baseline: 1.0,
            q,
            clusters,
            differences: vec![],
            ratios: vec![],
        };
        for (q, clusters, reaches) in
            [(0.5, 4, false), (0.5, 5, true), (0.99, 298, false), (0.99, 299, true), (0.01, 299, true)]
        {
            assert_eq!(change(q, clusters).reaches(0.95), reaches, "{q} {clusters}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_samples() {
        let baseline: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 11)).collect();
        let candidate: Vec<f64> = (0..30).map(|i| f64::from(i * 5 % 13)).collect();
        let clusters: Vec<usize> = (0..30).map(|i| i / 2).collect();
        let sample = pairs(&candidate, &baseline, &clusters, 0.9);
        assert_eq!(sample.bootstrap(100, 3), sample.bootstrap(100, 3));
        assert_ne!(sample.bootstrap(100, 3), sample.bootstrap(100, 4));
    }

    #[test]
    fn one_cluster_or_no_draws_have_no_change() {
        let values = [1.0, 2.0, 3.0];
        assert_eq!(pairs(&values, &values, &[1, 1, 1], 0.5).bootstrap(100, 1), None);
        assert_eq!(pairs(&values, &values, &[0, 1, 2], 0.5).bootstrap(0, 1), None);
        assert_eq!(pairs(&values, &values[..2], &[0, 1], 0.5).bootstrap(10, 1), None);
    }

    #[test]
    fn swapping_the_arms_turns_the_sign_of_exceedances() {
        let (a, b) = ([1.0, 9.0, 3.0, 8.0], [2.0, 2.0, 2.0, 9.0]);
        let forth = pairs(&a, &b, &[0, 1, 2, 3], 0.5).exceedances().unwrap();
        let back = pairs(&b, &a, &[0, 1, 2, 3], 0.5).exceedances().unwrap();
        assert_eq!(forth, [0.0, 1.0, 1.0, 0.0]);
        assert!(forth.iter().zip(&back).all(|(f, b)| (f + b).abs() < 1e-15));
    }
}
