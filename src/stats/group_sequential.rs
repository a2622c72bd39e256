//! Looking at the data several times without spending the error chance several times.
//!
//! Boundaries for the sign flips are taken from the flips themselves, in [`Looks`](super::sign_flip::Looks). The normal
//! boundaries here say how much is spent at each look, and give the confidence at which a repeated interval holds at
//! all looks together.

use super::distribution::{normal_cdf, normal_quantile};

/// Points of the grid on which a density is carried from look to look.
const POINTS: u16 = 801;

/// How far below zero the grid begins, in standard deviations of the look.
const DEPTH: f64 = 8.0;

/// Error chance spent up to an information fraction, of the O'Brien–Fleming type.
///
/// 2 − 2Φ(Φ⁻¹(1 − alpha/2) / √fraction): next to nothing early, all of `alpha` at the end. Lan and DeMets 1983,
/// Biometrika 70. 0 at or below fraction 0, `alpha` from 1 on. `None` unless 0 < alpha < 1.
pub fn spent(alpha: f64, fraction: f64) -> Option<f64> {
    let z = normal_quantile(1.0 - alpha / 2.0).filter(|_| alpha > 0.0 && alpha < 1.0 && !fraction.is_nan())?;
    if fraction >= 1.0 {
        return Some(alpha);
    }
    // The lower tail keeps its digits where 1 − Φ would lose them.
    Some(if fraction > 0.0 { 2.0 * normal_cdf(-z / fraction.sqrt()) } else { 0.0 })
}

/// One-sided boundaries in standard deviations, for looks at ascending information fractions.
///
/// The first look stops at z₁ with P(Z₁ > z₁) = spent(t₁); each later one at the zₖ with P(Zₖ > zₖ and no earlier
/// stop) = spent(tₖ) − spent(tₖ₋₁), by numerical integration over the score process with independent increments.
/// Armitage, McPherson and Rowe 1969; Lan and DeMets 1983. Where a look has nothing to spend its boundary is infinite.
/// `None` for no looks, fractions that do not ascend within (0, 1], or unless 0 < alpha < 1.
pub fn boundaries(fractions: &[f64], alpha: f64) -> Option<Vec<f64>> {
    let ascending = fractions.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = fractions.first()? > &0.0 && fractions.last()? <= &1.0;
    if !ascending || !inside {
        return None;
    }
    let mut density = Density::start();
    let mut looks = Vec::with_capacity(fractions.len());
    let mut before = 0.0;
    for fraction in fractions {
        let to_spend = spent(alpha, *fraction)? - before;
        let score = density.score_with_tail(to_spend, *fraction);
        density = density.carried_to(*fraction, score);
        looks.push(score / fraction.sqrt());
        before += to_spend;
    }
    Some(looks)
}

/// One-sided confidence whose normal bound is `boundary` standard deviations from the estimate.
pub fn confidence_at(boundary: f64) -> f64 {
    normal_cdf(boundary)
}

/// Sub-density of the score B = Z√t over the paths that have not stopped, on an even grid.
struct Density {
    fraction: f64,
    /// Scores with the probability mass at each.
    masses: Vec<(f64, f64)>,
}

impl Density {
    fn start() -> Self {
        Self { fraction: 0.0, masses: vec![(0.0, 1.0)] }
    }

    /// Chance of going on to a score above `score` at `fraction`.
    fn tail(&self, score: f64, fraction: f64) -> f64 {
        let deviation = (fraction - self.fraction).sqrt();
        self.masses.iter().map(|(from, mass)| mass * normal_cdf((from - score) / deviation)).sum()
    }

    /// The score whose tail is `chance`, by bisection.
    fn score_with_tail(&self, chance: f64, fraction: f64) -> f64 {
        let (mut low, mut high) = (-DEPTH, 40.0);
        if self.tail(high, fraction) >= chance {
            return f64::INFINITY;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.tail(middle, fraction) > chance {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }

    /// The sub-density at `fraction` of the paths that stay below `boundary`, with Simpson's weights.
    fn carried_to(&self, fraction: f64, boundary: f64) -> Self {
        let deviation = (fraction - self.fraction).sqrt();
        let low = -DEPTH * fraction.sqrt();
        let step = (boundary.min(-low) - low) / f64::from(POINTS - 1);
        let scale = step / 3.0 / (deviation * (2.0 * std::f64::consts::PI).sqrt());
        let masses = (0..POINTS).map(|index| {
            let score = low + step * f64::from(index);
            let weight = if index == 0 || index == POINTS - 1 { 1.0 } else { f64::from(2 + 2 * (index % 2)) };
            let reach = |from: &f64| (-((score - from) / deviation).powi(2) / 2.0).exp();
            (score, scale * weight * self.masses.iter().map(|(from, mass)| mass * reach(from)).sum::<f64>())
        });
        Self { fraction, masses: masses.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_is_the_plain_test() {
        let boundary = boundaries(&[1.0], 0.05).unwrap()[0];
        assert!((boundary - 1.644_853_626_95).abs() < 1e-9);
        assert!((confidence_at(boundary) - 0.95).abs() < 1e-12);
    }

    #[test]
    fn spending_ends_at_alpha() {
        assert_eq!(spent(0.05, 1.0), Some(0.05));
        assert_eq!(spent(0.05, 0.0), Some(0.0));
        assert!((spent(0.05, 0.999_999).unwrap() - 0.05).abs() < 1e-6);
        assert_eq!(spent(0.0, 0.5), None);
        assert_eq!(spent(0.05, f64::NAN), None);
    }

    #[test]
    fn looks_must_ascend_to_the_end() {
        for fractions in [&[][..], &[0.5, 0.5], &[0.5, 0.25], &[0.0, 1.0], &[0.5, 1.5], &[f64::NAN, 1.0]] {
            assert_eq!(boundaries(fractions, 0.05), None, "{fractions:?}");
        }
    }

    #[test]
    fn a_look_too_early_to_spend_anything_cannot_stop() {
        let looks = boundaries(&[1e-4, 1.0], 0.05).unwrap();
        assert!(looks[0].is_infinite() || looks[0] > 30.0);
        assert!((looks[1] - 1.6449).abs() < 1e-3);
    }
}
