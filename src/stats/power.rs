//! What a comparison can see: the smallest drop it would find, and the number of clusters it would need.
//!
//! Plan in clusters: `standard_deviation` is that of one cluster's contribution to the mean, which after a comparison is
//! `standard_error · √clusters`. Cases are clusters times the cases a cluster has on average.

use statrs::function::gamma::ln_gamma;

use super::distribution::{beta_quantile, normal_cdf, normal_quantile, t_quantile};

/// No plan asks for more clusters than this; beyond it the answer is "not with this scorer".
const MOST_CLUSTERS: u64 = 100_000_000;

/// Clusters from which the normal distribution will do.
const LARGE: f64 = 10_000.0;

/// Chance that a one-sided paired t test at level `alpha` finds a true drop of `drop`.
///
/// 1 − F(t₁₋α; n − 1, drop·√n / σ), with F the noncentral t distribution function. `None` unless
/// σ > 0, n ≥ 2 and 0 < alpha < 1.
pub fn power(drop: f64, standard_deviation: f64, clusters: u64, alpha: f64) -> Option<f64> {
    if clusters < 2 || standard_deviation <= 0.0 || !(drop / standard_deviation).is_finite() {
        return None;
    }
    let degrees_of_freedom = clusters as f64 - 1.0;
    let critical = t_quantile(1.0 - alpha, degrees_of_freedom)?;
    let shift = drop * (clusters as f64).sqrt() / standard_deviation;
    Some(1.0 - noncentral_t_cdf(critical, degrees_of_freedom, shift))
}

/// Smallest true drop that a one-sided paired t test at level `alpha` finds with the given power.
///
/// The root in `drop` of [`power`]. A positive number in the unit of the score; 0 where σ is 0. `None` below two
/// clusters, or unless alpha < power < 1.
pub fn minimum_detectable_drop(standard_deviation: f64, clusters: u64, alpha: f64, target: f64) -> Option<f64> {
    if clusters < 2 || !is_sane(standard_deviation, alpha, target) {
        return None;
    }
    if standard_deviation == 0.0 {
        return Some(0.0);
    }
    let lacking = |drop: f64| power(drop, 1.0, clusters, alpha).map_or(f64::INFINITY, |power| target - power);
    let mut high = 1.0;
    while lacking(high) > 0.0 {
        high *= 2.0;
        if high > 1e9 {
            return None;
        }
    }
    Some(root(&lacking, high) * standard_deviation)
}

/// Where a falling function with `at(0)` above 0 and `at(high)` not above it crosses 0.
///
/// The Illinois variant of regula falsi: as safe as bisection, in a tenth of the steps. Dowell and Jarratt 1971, BIT 11.
fn root(at: &impl Fn(f64) -> f64, mut high: f64) -> f64 {
    let (mut low, mut at_low, mut at_high) = (0.0, at(0.0), at(high));
    let mut was_low = None;
    for _ in 0..60 {
        let middle = high - at_high * (high - low) / (at_high - at_low);
        let at_middle = at(middle);
        if at_middle.abs() < 1e-13 || high - low <= 1e-13 * high {
            return middle;
        }
        // The end that stays twice pulls half as hard.
        let is_low = at_middle > 0.0;
        if is_low {
            (low, at_low) = (middle, at_middle);
            at_high /= if was_low == Some(true) { 2.0 } else { 1.0 };
        } else {
            (high, at_high) = (middle, at_middle);
            at_low /= if was_low == Some(false) { 2.0 } else { 1.0 };
        }
        was_low = Some(is_low);
    }
    high
}

/// Smallest share of clusters that must fall so that at least `least` of `clusters` independent ones do, with chance `target`.
///
/// The share p with P(Binomial(n, p) ≥ k) = `target`, which is the `target` quantile of Beta(k, n − k + 1). It bounds what a
/// sample can see where too few clusters changed to have a spread to plan with: a sign-flip test at level α rejects only
/// where at least log₂(1/α) clusters fell. `None` where `least` is 0 or more than `clusters`, or unless 0 < target < 1.
pub fn detectable_share(clusters: u64, least: u64, target: f64) -> Option<f64> {
    let above = clusters.checked_sub(least).filter(|_| least > 0)?;
    beta_quantile(target, least as f64, above as f64 + 1.0)
}

/// Fewest clusters with which a drop of `distance` is found with the given power at one-sided level `alpha`.
///
/// With the margin as `distance` this is the size at which a change that changes nothing passes with chance `target`;
/// with the distance between estimate and margin, the size that would settle an inconclusive comparison if the
/// estimate held. `None` where no affordable number would do, or unless `distance` > 0, σ ≥ 0 and alpha < power < 1.
pub fn clusters_needed(distance: f64, standard_deviation: f64, alpha: f64, target: f64) -> Option<u64> {
    if distance.is_nan() || distance <= 0.0 || !is_sane(standard_deviation, alpha, target) {
        return None;
    }
    if standard_deviation == 0.0 {
        return Some(2);
    }
    let enough = |clusters: &u64| power(distance, standard_deviation, *clusters, alpha).is_some_and(|p| p >= target);
    let critical = normal_quantile(1.0 - alpha)?;
    let normal = ((critical + normal_quantile(target)?) * standard_deviation / distance).powi(2);
    if normal > MOST_CLUSTERS as f64 {
        return None;
    }
    if normal > LARGE {
        // Guenther's correction is then within a cluster of the answer, and the integral below no longer is. Guenther 1981,
        // The American Statistician 35.
        return Some(whole((normal + critical * critical / 2.0).ceil()));
    }
    // The normal approximation lies a few clusters below the answer: walk up from it.
    let start = whole(normal).max(2);
    (start..=MOST_CLUSTERS).find(enough)
}

fn is_sane(standard_deviation: f64, alpha: f64, target: f64) -> bool {
    let has_power = alpha > 0.0 && target > alpha && target < 1.0;
    has_power && standard_deviation.is_finite() && standard_deviation >= 0.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by MOST_CLUSTERS and positive")]
fn whole(value: f64) -> u64 {
    value as u64
}

/// Distribution function of the noncentral t, P((Z + shift) / √(V/df) ≤ t).
///
/// Integrates Φ(t·u − shift) over the density of u = √(V/df) by Simpson's rule. The density is within twelve standard
/// deviations, about 1/√(2 df) each, of its centre at 1.
fn noncentral_t_cdf(t: f64, degrees_of_freedom: f64, shift: f64) -> f64 {
    const STEPS: u32 = 600;
    let half = degrees_of_freedom / 2.0;
    let log_scale = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    let density = |u: f64| (log_scale + (degrees_of_freedom - 1.0) * u.ln() - half * u * u).exp();
    let reach = 12.0 / (2.0 * degrees_of_freedom).sqrt();
    let low = (1.0 - reach).max(1e-12);
    let step = (1.0 + reach - low) / f64::from(STEPS);
    let term = |index: u32| {
        let u = low + step * f64::from(index);
        let weight = if index == 0 || index == STEPS { 1.0 } else { f64::from(2 + 2 * (index % 2)) };
        weight * density(u) * normal_cdf(t * u - shift)
    };
    (0..=STEPS).map(term).sum::<f64>() * step / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_shift_it_is_the_central_t() {
        for df in [1.0, 2.0, 5.0, 49.0, 1999.0] {
            let t = t_quantile(0.95, df).unwrap();
            assert!((noncentral_t_cdf(t, df, 0.0) - 0.95).abs() < 1e-7, "df {df}: {}", noncentral_t_cdf(t, df, 0.0));
        }
    }

    #[test]
    fn power_without_a_drop_is_the_level() {
        assert!((power(0.0, 0.4, 30, 0.05).unwrap() - 0.05).abs() < 1e-7);
    }

    #[test]
    fn clusters_needed_is_the_first_size_that_suffices() {
        for (distance, sd) in [(0.05, 0.4), (0.3, 0.4), (0.01, 0.2), (0.004, 0.162)] {
            let clusters = clusters_needed(distance, sd, 0.05, 0.8).unwrap();
            assert!(minimum_detectable_drop(sd, clusters, 0.05, 0.8).unwrap() <= distance);
            assert!(minimum_detectable_drop(sd, clusters - 1, 0.05, 0.8).unwrap() > distance);
        }
    }

    #[test]
    fn enough_clusters_fall_with_the_chance_asked_for() {
        // P(Binomial(10, p) ≥ 1) = 1 − (1 − p)¹⁰ = 0.8, and of 5 of 5 it is p⁵.
        assert!((detectable_share(10, 1, 0.8).unwrap() - (1.0 - 0.2_f64.powf(0.1))).abs() < 1e-9);
        assert!((detectable_share(5, 5, 0.8).unwrap() - 0.8_f64.powf(0.2)).abs() < 1e-9);
        assert_eq!([detectable_share(5, 6, 0.8), detectable_share(5, 0, 0.8), detectable_share(5, 1, 1.0)], [None; 3]);
    }

    #[test]
    fn a_hair_s_breadth_takes_no_longer_to_plan() {
        // ((1.6449 + 0.8416) · 0.4 / 0.0001)² = 98,916,... and half the square of the first more.
        assert_eq!(clusters_needed(1e-4, 0.4, 0.05, 0.8), Some(98_920_918));
        let around = [0.00995, 0.00994].map(|distance| clusters_needed(distance, 0.4, 0.05, 0.8).unwrap());
        assert!(around[0] < around[1] && around[1] - around[0] < 25, "{around:?} meet at 10,000");
    }

    #[test]
    fn meaningless_plans_have_no_answer() {
        assert_eq!(minimum_detectable_drop(0.4, 1, 0.05, 0.8), None);
        assert_eq!(minimum_detectable_drop(f64::NAN, 10, 0.05, 0.8), None);
        assert_eq!(minimum_detectable_drop(0.4, 10, 0.05, 0.05), None);
        assert_eq!(clusters_needed(0.0, 0.4, 0.05, 0.8), None);
        assert_eq!(clusters_needed(-0.1, 0.4, 0.05, 0.8), None);
        assert_eq!(clusters_needed(1e-9, 0.4, 0.05, 0.8), None);
        assert_eq!(power(0.1, 0.0, 10, 0.05), None);
    }

    #[test]
    fn a_scorer_without_noise_sees_everything() {
        assert_eq!(minimum_detectable_drop(0.0, 10, 0.05, 0.8), Some(0.0));
        assert_eq!(clusters_needed(0.05, 0.0, 0.05, 0.8), Some(2));
    }
}
