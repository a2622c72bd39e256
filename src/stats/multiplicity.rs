//! Adjusting a set of p-values for having looked at all of them.

/// Holm's step-down adjustment, controlling the chance of any false rejection under any dependence.
///
/// With the p-values ascending, p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎). Returned in the order of the input;
/// an empty input gives an empty answer. Holm 1979, Scandinavian Journal of Statistics 6.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut running: f64 = 0.0;
    for (rank, index) in ascending(p).into_iter().enumerate() {
        running = running.max((p[index] * (p.len() - rank) as f64).min(1.0));
        adjusted[index] = running;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up adjustment, controlling the expected share of false rejections.
///
/// With the p-values ascending, p̃₍ᵢ₎ = min over j ≥ i of min(1, m p₍ⱼ₎ / j). Returned in the order of the input.
/// Valid for independent or positively dependent tests. Benjamini and Hochberg 1995, JRSS B 57.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut running: f64 = 1.0;
    for (rank, index) in ascending(p).into_iter().enumerate().rev() {
        running = running.min(p[index] * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = running;
    }
    adjusted
}

/// Indices of `values` from the smallest value to the largest, equal ones in their order.
pub(super) fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_needs_no_adjustment() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn adjusted_values_never_exceed_one() {
        assert_eq!(holm(&[0.9, 0.6]), [1.0, 1.0]);
        assert_eq!(benjamini_hochberg(&[1.0, 0.6]), [1.0, 1.0]);
    }
}
