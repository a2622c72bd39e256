//! Quantiles of values that count more or less than once.

use super::super::{all_finite, multiplicity::ascending};

/// A sample in ascending order with the weight and origin of each value, for many quantiles of re-drawn samples.
pub(super) struct Sorted {
    values: Vec<f64>,
    weights: Vec<f64>,
    cases: Vec<usize>,
    q: f64,
}

impl Sorted {
    pub(super) fn new(values: &[f64], weights: &[f64], q: f64) -> Option<Self> {
        let usable = !values.is_empty() && all_finite(values) && (0.0..=1.0).contains(&q);
        let cases = ascending(values);
        usable.then(|| Self {
            values: cases.iter().map(|case| values[*case]).collect(),
            weights: cases.iter().map(|case| weights[*case]).collect(),
            cases,
            q,
        })
    }

    /// Type 7 quantile with each value counted weight × `times(case)` times.
    pub(super) fn at(&self, times: impl Fn(usize) -> f64) -> Option<f64> {
        let counts: Vec<f64> = self.weights.iter().zip(&self.cases).map(|(w, case)| w * times(*case)).collect();
        let total = counts.iter().sum::<f64>();
        if total <= 0.0 {
            return None;
        }
        let position = (total - 1.0).max(0.0) * self.q;
        let (below, between) = (position.floor(), position.fract());
        let (mut reached, mut low) = (0.0, None);
        for (value, count) in self.values.iter().zip(&counts).filter(|(_, count)| **count > 0.0) {
            reached += count;
            // Half a unit in the last place of a count: sums of scaled weights must not fall short of a whole number.
            if low.is_none() && reached > below + 1e-9 {
                low = Some(*value);
            }
            if let Some(low) = low
                && (between < 1e-12 || reached > below + 1.0 + 1e-9)
            {
                return Some(low + between * (value - low));
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::{super::quantile, *};

    #[test]
    fn counts_act_as_repeated_values() {
        let sample = Sorted::new(&[10.0, 20.0, 30.0], &[1.0; 3], 0.6).unwrap();
        let counts = [2.0, 0.0, 3.0];
        assert_eq!(sample.at(|case| counts[case]), quantile(&[10.0, 10.0, 30.0, 30.0, 30.0], 0.6));
    }
}
