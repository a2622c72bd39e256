//! Levels that a share of the cases stays below, such as the median and the 99th percentile of a latency.

mod change;
mod weighted;

pub use change::{QuantileChange, QuantilePairs};
use statrs::distribution::{Binomial, DiscreteCDF};

use super::all_finite;

/// An interval between two order statistics; an end that runs off the sample is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderInterval {
    /// The lower end, if the sample reaches that far down.
    pub low: Option<f64>,
    /// The upper end, if the sample reaches that far up.
    pub high: Option<f64>,
}

/// Sample quantile by linear interpolation: the value at position (n − 1)·q of the sorted sample, counted from 0.
///
/// Hyndman and Fan 1996, type 7 (the default of R and numpy). `None` for an empty sample, values that are not finite,
/// or unless 0 ≤ q ≤ 1.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    weighted::Sorted::new(values, &vec![1.0; values.len()], q)?.at(|_| 1.0)
}

/// Interval for a quantile from order statistics, without assuming a distribution.
///
/// With the binomial(n, q) quantiles l at (1 − confidence)/2 and u at (1 + confidence)/2: from the l-th smallest to the
/// (u + 1)-th smallest value. Independent values are assumed. David and Nagaraja 2003, Order Statistics, section 7.1.
/// `None` as for [`quantile`], at q of exactly 0 or 1, or unless 0 < confidence < 1.
pub fn order_interval(values: &[f64], q: f64, confidence: f64) -> Option<OrderInterval> {
    let usable = !values.is_empty() && all_finite(values) && q > 0.0 && q < 1.0 && confidence > 0.0 && confidence < 1.0;
    let count = Binomial::new(q, values.len() as u64).ok().filter(|_| usable)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = |level: f64| usize::try_from(count.inverse_cdf(level)).ok();
    let low = place((1.0 - confidence) / 2.0)?.checked_sub(1).map(|index| sorted[index]);
    let high = sorted.get(place(f64::midpoint(1.0, confidence))?).copied();
    Some(OrderInterval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_by_hand() {
        let cases: [(&[f64], f64, Option<f64>); 8] = [
            (&[], 0.5, None),
            (&[7.0], 0.99, Some(7.0)),
            (&[2.0, 1.0], 0.5, Some(1.5)),
            (&[3.0, 1.0, 2.0], 0.5, Some(2.0)),
            (&[4.0, 1.0, 3.0, 2.0], 0.25, Some(1.75)),
            (&[5.0, 5.0, 5.0], 0.9, Some(5.0)),
            (&[1.0, 2.0], 1.0, Some(2.0)),
            (&[1.0, f64::NAN], 0.5, None),
        ];
        for (values, q, expected) in cases {
            assert_eq!(quantile(values, q), expected, "{values:?} at {q}");
        }
    }

    #[test]
    fn intervals_that_run_off_the_sample_have_no_end() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(order_interval(&values, 0.99, 0.95).unwrap().high, None);
        assert_eq!(order_interval(&values, 0.01, 0.95).unwrap().low, None);
        assert_eq!(order_interval(&[], 0.5, 0.95), None);
    }
}
