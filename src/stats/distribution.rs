//! Quantiles and tails, with `None` in place of the panics of the distribution library.

use statrs::distribution::{Beta, Continuous, ContinuousCDF, Normal, StudentsT};

fn inside(probability: f64) -> Option<f64> {
    (probability > 0.0 && probability < 1.0).then_some(probability)
}

/// Standard normal quantile.
pub(super) fn normal_quantile(probability: f64) -> Option<f64> {
    inside(probability).map(|p| Normal::standard().inverse_cdf(p))
}

/// Standard normal distribution function.
pub(super) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// Student's t quantile; `None` also where the degrees of freedom are not positive.
pub(super) fn t_quantile(probability: f64, degrees_of_freedom: f64) -> Option<f64> {
    let p = inside(probability)?;
    if degrees_of_freedom == f64::INFINITY {
        return normal_quantile(p);
    }
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()?;
    let rough = t.inverse_cdf(p);
    // The library's inverse is good to six digits at many degrees of freedom; one Newton step makes it twelve.
    let step = (t.cdf(rough) - p) / t.pdf(rough);
    Some(if step.is_finite() { rough - step } else { rough })
}

/// Student's t distribution function; `None` where the degrees of freedom are not positive.
pub(super) fn t_cdf(t: f64, degrees_of_freedom: f64) -> Option<f64> {
    Some(StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()?.cdf(t))
}

/// Quantile of the beta distribution; `None` also where a shape is not positive.
pub(super) fn beta_quantile(probability: f64, a: f64, b: f64) -> Option<f64> {
    let beta = Beta::new(a, b).ok()?;
    inside(probability).map(|p| beta.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_quantile_inverts_its_distribution_far_into_the_tail() {
        for df in [1.0, 2.0, 7.5, 29.0, 499.0, 20_000.0] {
            let t = StudentsT::new(0.0, 1.0, df).unwrap();
            for p in [1e-7, 1e-4, 0.05, 0.4, 0.5, 0.8, 0.975, 0.999_911] {
                let back = t.cdf(t_quantile(p, df).unwrap());
                assert!((back - p).abs() < 1e-9 * p.max(1e-2), "df {df} p {p} back {back}");
            }
        }
    }

    #[test]
    fn impossible_probabilities_have_no_quantile() {
        for p in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
            assert_eq!(normal_quantile(p), None);
            assert_eq!(t_quantile(p, 3.0), None);
        }
        assert_eq!(t_quantile(0.5, 0.0), None);
        assert_eq!(t_quantile(0.5, f64::NAN), None);
    }
}
