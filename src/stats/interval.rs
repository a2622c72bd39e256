//! Intervals for the level of one arm: the share of cases that pass.

use super::{Interval, distribution::normal_quantile};

/// Wilson's score interval for a proportion.
///
/// With p = successes / n and z = Φ⁻¹((1 + confidence) / 2):
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), cut to \[0, 1\].
/// Never empty and never outside, even at 0 or n successes. Wilson 1927, JASA 22.
/// `None` if `n` is 0, `successes` exceeds it, or not 0 < confidence < 1.
pub fn wilson(successes: u64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let z = normal_quantile(f64::midpoint(1.0, confidence))?;
    let (count, share) = (n as f64, successes as f64 / n as f64);
    let stretch = z * z / count;
    let centre = share + stretch / 2.0;
    let reach = z * (share * (1.0 - share) / count + stretch / (4.0 * count)).sqrt();
    let low = if successes == 0 { 0.0 } else { (centre - reach) / (1.0 + stretch) };
    let high = if successes == n { 1.0 } else { (centre + reach) / (1.0 + stretch) };
    Some(Interval { low: low.max(0.0), high: high.min(1.0) })
}

/// Largest share of cases that could behave in a way never seen in `n` independent ones.
///
/// 1 − (1 − confidence)^(1/n), the exact one-sided bound at zero events (the "rule of three": about 3/n at 95 %).
/// It bounds a change where no pair differs and the standard error is therefore 0: a drop of more than this share of
/// the score's range would have shown. `None` if `n` is 0 or not 0 < confidence < 1.
pub fn unseen_share(n: u64, confidence: f64) -> Option<f64> {
    let usable = n > 0 && confidence > 0.0 && confidence < 1.0;
    usable.then(|| 1.0 - (1.0 - confidence).powf(1.0 / n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_count_has_no_interval() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(3, 2, 0.95), None);
        assert_eq!(wilson(1, 2, 1.0), None);
    }

    #[test]
    fn ends_touch_the_edges_exactly() {
        assert_eq!(wilson(0, 7, 0.95).unwrap().low.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson(7, 7, 0.95).unwrap().high.to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn unseen_share_follows_the_rule_of_three() {
        assert!((unseen_share(300, 0.95).unwrap() - 0.01).abs() < 1e-4);
        assert!((unseen_share(1, 0.95).unwrap() - 0.95).abs() < 1e-12);
        assert_eq!(unseen_share(0, 0.95), None);
    }
}
