//! How far two raters agree, such as a judge and a human.

use super::{all_finite, mean, rank};

/// What a disagreement of some categories costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// Any disagreement is as bad as any other: for names.
    Equal,
    /// As bad as the number of categories between: for scales.
    Linear,
    /// As bad as the square of it: for scales where far is much worse than near.
    Quadratic,
}

impl Disagreement {
    fn cost(self, first: usize, second: usize) -> f64 {
        let steps = first.abs_diff(second) as f64;
        match self {
            Self::Equal => f64::from(u8::from(first != second)),
            Self::Linear => steps,
            Self::Quadratic => steps * steps,
        }
    }
}

/// Cohen's kappa: agreement beyond what the raters' own frequencies would give by chance.
///
/// 1 − Σ wₖₗoₖₗ / Σ wₖₗeₖₗ with o the observed shares, e the products of the margins, w the cost of a disagreement. 1 is
/// perfect, 0 is chance. Categories are the values that occur, ascending; their positions, not their values, are
/// compared. Cohen 1960 and 1968. `None` where nothing was rated, the lengths differ, values are not finite, or both
/// raters used one category only, so that chance alone would agree.
pub fn kappa(first: &[f64], second: &[f64], disagreement: Disagreement) -> Option<f64> {
    if first.len() != second.len() || !all_finite(first) || !all_finite(second) {
        return None;
    }
    let mut categories = [first, second].concat();
    categories.sort_by(f64::total_cmp);
    categories.dedup();
    let place = |value: &f64| categories.partition_point(|category| category < value);
    let (first, second): (Vec<usize>, Vec<usize>) =
        (first.iter().map(place).collect(), second.iter().map(place).collect());
    let observed: f64 = first.iter().zip(&second).map(|(a, b)| disagreement.cost(*a, *b)).sum();
    let (first, second) = (frequencies(&first, categories.len()), frequencies(&second, categories.len()));
    let cost = |a: usize| second.iter().enumerate().map(move |(b, count)| disagreement.cost(a, b) * count).sum::<f64>();
    let pairs: f64 = first.iter().enumerate().map(|(a, count)| count * cost(a)).sum();
    let expected = pairs / first.iter().sum::<f64>();
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

fn frequencies(places: &[usize], categories: usize) -> Vec<f64> {
    let mut counts = vec![0.0; categories];
    for place in places {
        counts[*place] += 1.0;
    }
    counts
}

/// Spearman's rank correlation, equal values sharing the mean of their ranks.
///
/// `None` for fewer than two pairs, unequal lengths, values that are not finite, or a rater who never varies.
pub fn spearman(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() != second.len() || first.len() < 2 || !all_finite(first) || !all_finite(second) {
        return None;
    }
    let centred = |values: &[f64]| {
        let centre = mean(&rank::ranks(values));
        rank::ranks(values).into_iter().map(|rank| rank - centre).collect::<Vec<_>>()
    };
    let (first, second) = (centred(first), centred(second));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&first, &first) * product(&second, &second)).sqrt();
    (scale > 0.0).then(|| product(&first, &second) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes() {
        let (up, down) = ([1.0, 2.0, 3.0, 1.0], [3.0, 2.0, 1.0, 3.0]);
        assert_eq!(kappa(&up, &up, Disagreement::Equal), Some(1.0));
        assert!((spearman(&up, &down).unwrap() + 1.0).abs() < 1e-12);
        assert!(kappa(&up, &down, Disagreement::Quadratic).unwrap() < 0.0);
    }

    #[test]
    fn two_by_two_by_hand() {
        // Agree on 20 + 15 of 50; by chance on (25·30 + 25·20) / 50² = half: kappa = (0.7 − 0.5) / 0.5.
        let table = [(1.0, 1.0, 20), (1.0, 0.0, 5), (0.0, 1.0, 10), (0.0, 0.0, 15)];
        let pairs: Vec<(f64, f64)> = table.iter().flat_map(|(a, b, count)| vec![(*a, *b); *count]).collect();
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        for disagreement in [Disagreement::Equal, Disagreement::Linear, Disagreement::Quadratic] {
            assert!((kappa(&first, &second, disagreement).unwrap() - 0.4).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_to_agree_on_has_no_number() {
        assert_eq!(kappa(&[], &[], Disagreement::Equal), None);
        assert_eq!(kappa(&[1.0, 1.0], &[1.0, 1.0], Disagreement::Linear), None);
        assert_eq!(kappa(&[1.0], &[1.0, 2.0], Disagreement::Equal), None);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0], &[1.0]), None);
    }
}
