//! McNemar's test for two arms that pass or fail the same cases.

use statrs::distribution::{Binomial, DiscreteCDF};

/// p-values of the exact test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Against "the candidate is worse".
    pub p_less: f64,
    /// Against "the arms differ".
    pub p_two_sided: f64,
}

/// Exact McNemar test from the two kinds of case in which the arms differ.
///
/// Given how many differ, `worse` (baseline passes, candidate fails) is binomial with chance ½ if the change changes
/// nothing: `p_less` = P(X ≥ worse), two-sided min(1, 2 · P(X ≤ min(worse, better))). Cases must be independent; with
/// clusters use the sign flips, of which this is the special case. McNemar 1947, Psychometrika 12.
/// `None` where no case differs.
pub fn exact(worse: u64, better: u64) -> Option<McNemar> {
    let differing = worse.checked_add(better).filter(|count| *count > 0)?;
    let count = Binomial::new(0.5, differing).ok()?;
    Some(McNemar { p_less: count.cdf(better), p_two_sided: (2.0 * count.cdf(worse.min(better))).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_that_never_differ_have_no_test() {
        assert_eq!(exact(0, 0), None);
        assert_eq!(exact(u64::MAX, 1), None);
    }

    #[test]
    fn direction_matters_one_sided() {
        let (bad, good) = (exact(5, 0).unwrap(), exact(0, 5).unwrap());
        assert!((bad.p_less - 1.0 / 32.0).abs() < 1e-12 && (good.p_less - 1.0).abs() < 1e-12);
        assert!((bad.p_two_sided - good.p_two_sided).abs() < 1e-12);
    }
}
