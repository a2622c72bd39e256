//! Statistics of the verdict: pure functions over slices, without I/O, clocks or any other room.
//!
//! Conventions that hold everywhere:
//!
//! - Differences are candidate minus baseline, signed so that **negative is worse**; one-sided tests ask whether the
//!   candidate is worse (`less`).
//! - Clusters are given as one index a case. Indices need not be dense, but the caller fixes their order, so that the
//!   same data gives the same answer whatever the order of its files.
//! - Where a number would be meaningless (too few clusters, nothing to compare, input that is not finite, slices of
//!   unequal length) the answer is `None`.
//! - Randomness comes from a `ChaCha` stream and a seed: the same answer on every platform and with any thread count.

pub mod agreement;
pub mod group_sequential;
pub mod interval;
pub mod mcnemar;
pub mod multiplicity;
pub mod paired;
pub mod power;
pub mod prediction_powered;
pub mod quantile;
pub mod rank;
pub mod ratio;
pub mod sign_flip;
pub mod two_sample;

mod cluster;
mod distribution;

use rand_chacha::rand_core::Rng;

/// A range of values compatible with the data, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A number estimated from a sample, with what is needed to put bounds on it by Student's t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate, in the unit of the scores (or without unit, for a ratio).
    pub value: f64,
    /// Its standard error; 0 where all clusters agree exactly, and then the bounds equal the value.
    pub standard_error: f64,
    /// Degrees of freedom of the t distribution: for one clustered sample, clusters minus one; infinite for a normal.
    pub degrees_of_freedom: f64,
}

impl Estimate {
    /// Two-sided interval: value ± t((1 + confidence) / 2) · standard error. `None` unless 0 < confidence < 1.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let reach = self.reach(f64::midpoint(1.0, confidence))?;
        Some(Interval { low: self.value - reach, high: self.value + reach })
    }

    /// One-sided lower bound: value − t(confidence) · standard error. `None` unless 0 < confidence < 1.
    pub fn lower_bound(&self, confidence: f64) -> Option<f64> {
        Some(self.value - self.reach(confidence)?)
    }

    /// One-sided upper bound: value + t(confidence) · standard error. `None` unless 0 < confidence < 1.
    pub fn upper_bound(&self, confidence: f64) -> Option<f64> {
        Some(self.value + self.reach(confidence)?)
    }

    /// Value over standard error. `None` where the error is 0.
    pub fn statistic(&self) -> Option<f64> {
        (self.standard_error > 0.0).then(|| self.value / self.standard_error)
    }

    /// One-sided p-value of "the true value is 0" against "it is less". `None` where the error is 0.
    pub fn p_less(&self) -> Option<f64> {
        distribution::t_cdf(self.statistic()?, self.degrees_of_freedom)
    }

    fn reach(&self, level: f64) -> Option<f64> {
        Some(distribution::t_quantile(level, self.degrees_of_freedom)? * self.standard_error)
    }
}

/// A number below `bound`, each as likely as any other; 0 where `bound` is.
///
/// Multiply and shift: the bias is below 2⁻⁴⁰ for any number of clusters that fits in memory.
pub fn draw_below(bound: usize, random: &mut impl Rng) -> usize {
    let taken = (u128::from(random.next_u64()) * bound as u128) >> 64;
    usize::try_from(taken).expect("it is below a usize")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared deviations from the mean, divided by `values.len() - delta`.
fn variance(values: &[f64], delta: f64) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (values.len() as f64 - delta)
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_a_certain_estimate_are_its_value() {
        let certain = Estimate { value: 0.25, standard_error: 0.0, degrees_of_freedom: 4.0 };
        assert_eq!(certain.interval(0.95), Some(Interval { low: 0.25, high: 0.25 }));
        assert_eq!(certain.lower_bound(0.95), Some(0.25));
    }

    #[test]
    fn confidence_outside_the_open_unit_interval_has_no_bounds() {
        let estimate = Estimate { value: 0.0, standard_error: 1.0, degrees_of_freedom: 4.0 };
        for confidence in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
            assert_eq!(estimate.lower_bound(confidence), None, "{confidence}");
        }
    }

    #[test]
    fn one_sided_bound_at_95_is_the_two_sided_end_at_90() {
        let estimate = Estimate { value: 1.0, standard_error: 0.5, degrees_of_freedom: 7.0 };
        let interval = estimate.interval(0.9).unwrap();
        assert!((interval.low - estimate.lower_bound(0.95).unwrap()).abs() < 1e-12);
        assert!((interval.high - estimate.upper_bound(0.95).unwrap()).abs() < 1e-12);
    }
}
