//! The mean of human scores, estimated from few of them and many scores of a judge.

use super::{Estimate, all_finite, mean, variance};

/// How much weight the judge gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeWeight {
    /// All of it: λ = 1.
    Full,
    /// The λ between 0 and 1 with the smallest variance: cov(h, j) / ((1 + n/N) · var(j)).
    Tuned,
}

/// Prediction-powered mean: the judge's mean on many cases, corrected by what it gets wrong on the labelled ones.
///
/// λ·mean(`judge_on_unlabelled`) + mean(`human` − λ·`judge_on_labelled`); variance
/// λ²·var(`judge_on_unlabelled`)/N + var(`human` − λ·`judge_on_labelled`)/n, both with divisors N and n; normal bounds.
/// Unbiased however bad the judge is; a bad judge only makes the interval wide. Angelopoulos et al. 2023, Science 382;
/// tuned weight: Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453.
/// `human` and `judge_on_labelled` are of the same n cases. `None` below two of either kind or for unusable inputs.
pub fn mean_of_human_scores(
    human: &[f64],
    judge_on_labelled: &[f64],
    judge_on_unlabelled: &[f64],
    weight: JudgeWeight,
) -> Option<Estimate> {
    let finite = [human, judge_on_labelled, judge_on_unlabelled].into_iter().all(all_finite);
    if human.len() != judge_on_labelled.len() || human.len() < 2 || judge_on_unlabelled.len() < 2 || !finite {
        return None;
    }
    let lambda = match weight {
        JudgeWeight::Full => 1.0,
        JudgeWeight::Tuned => tuned(human, judge_on_labelled, judge_on_unlabelled),
    };
    let corrections: Vec<f64> = human.iter().zip(judge_on_labelled).map(|(h, j)| h - lambda * j).collect();
    let (labelled, unlabelled) = (human.len() as f64, judge_on_unlabelled.len() as f64);
    let judged = lambda * lambda * variance(judge_on_unlabelled, 0.0) / unlabelled;
    Some(Estimate {
        value: lambda * mean(judge_on_unlabelled) + mean(&corrections),
        standard_error: (judged + variance(&corrections, 0.0) / labelled).sqrt(),
        degrees_of_freedom: f64::INFINITY,
    })
}

fn tuned(human: &[f64], judge: &[f64], unlabelled: &[f64]) -> f64 {
    let (centre_human, centre_judge) = (mean(human), mean(judge));
    let products = human.iter().zip(judge).map(|(h, j)| (h - centre_human) * (j - centre_judge));
    let covariance = products.sum::<f64>() / human.len() as f64;
    let spread = variance(&[judge, unlabelled].concat(), 1.0);
    let share = 1.0 + human.len() as f64 / unlabelled.len() as f64;
    // A judge who never varies says nothing.
    if spread > 0.0 { (covariance / (share * spread)).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_who_says_nothing_leaves_the_human_mean() {
        let human = [1.0, 0.0, 1.0, 1.0];
        let tuned = mean_of_human_scores(&human, &[0.5; 4], &[0.5; 9], JudgeWeight::Tuned).unwrap();
        assert!((tuned.value - 0.75).abs() < 1e-12);
        assert!((tuned.standard_error - (0.1875_f64 / 4.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_biased_judge_is_corrected() {
        let (human, judge) = ([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]);
        let full = mean_of_human_scores(&human, &judge, &[3.0, 5.0], JudgeWeight::Full).unwrap();
        assert!((full.value - 3.0).abs() < 1e-12);
    }

    #[test]
    fn too_little_to_say() {
        assert_eq!(mean_of_human_scores(&[1.0], &[1.0], &[1.0, 0.0], JudgeWeight::Full), None);
        assert_eq!(mean_of_human_scores(&[1.0, 0.0], &[1.0, 0.0], &[1.0], JudgeWeight::Full), None);
        assert_eq!(mean_of_human_scores(&[1.0, 0.0], &[1.0], &[1.0, 0.0], JudgeWeight::Tuned), None);
    }
}
