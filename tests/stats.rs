//! Agreement of the statistics with reference answers of other implementations.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use eval_gate::stats::{
    Estimate, Interval,
    agreement::{self, Disagreement},
    group_sequential, interval, mcnemar, multiplicity, paired, power,
    prediction_powered::{JudgeWeight, mean_of_human_scores},
    quantile, rank, sign_flip, two_sample,
};
use serde_json::Value;

/// What the rounding of the references allows.
const TOLERANCE: f64 = 1e-6;

fn reference(section: &str) -> Value {
    let text = include_str!("fixtures/stats.json");
    let mut all: Value = serde_json::from_str(text).unwrap();
    all[section].take()
}

fn cases(section: &str) -> Vec<Value> {
    let cases = reference(section).as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{section} has no cases");
    cases
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|index| usize::try_from(count(index)).unwrap()).collect()
}

#[track_caller]
fn close(actual: f64, expected: &Value, what: &str) {
    let expected = number(expected);
    assert!((actual - expected).abs() <= TOLERANCE, "{what}: {actual} instead of {expected}");
}

#[track_caller]
fn close_interval(actual: Interval, expected: &Value, what: &str) {
    close(actual.low, &expected[0], what);
    close(actual.high, &expected[1], what);
}

#[test]
fn wilson() {
    for case in cases("wilson_interval") {
        let actual =
            interval::wilson(count(&case["successes"]), count(&case["n"]), number(&case["confidence"])).unwrap();
        close_interval(actual, &case["interval"], &case.to_string());
    }
}

#[test]
fn paired_mean_difference() {
    for case in cases("paired_mean_difference") {
        let (baseline, candidate) = (numbers(&case["baseline"]), numbers(&case["candidate"]));
        let differences: Vec<f64> = candidate.iter().zip(&baseline).map(|(c, b)| c - b).collect();
        let weights = vec![1.0; differences.len()];
        let singly: Vec<usize> = (0..differences.len()).collect();
        for (kind, clusters) in [("iid", singly), ("cluster", indices(&case["cluster"]))] {
            let estimate = paired::mean_difference(&differences, &weights, &clusters).unwrap();
            close(estimate.value, &case["mean_difference"], "mean difference");
            close(estimate.standard_error, &case[format!("standard_error_{kind}")], kind);
            let interval = estimate.interval(number(&case["confidence"])).unwrap();
            close_interval(interval, &case[format!("interval_{kind}")], kind);
        }
    }
}

#[test]
fn sign_flips() {
    for case in cases("sign_flip") {
        let rows: Vec<Vec<f64>> = case["cluster_sums"].as_array().unwrap().iter().map(numbers).collect();
        let mut sums = sign_flip::ClusterSums::new(rows.len(), rows[0].len());
        for (cluster, row) in rows.iter().enumerate() {
            for (hypothesis, amount) in row.iter().enumerate() {
                sums.add(cluster, hypothesis, *amount);
            }
        }
        let tests = sign_flip::test_family(&sums, sign_flip::FLIPS, 1);
        assert_eq!(tests.len(), rows[0].len());
        for (column, test) in tests.iter().enumerate() {
            close(test.statistic.unwrap(), &case["statistic"][column], "statistic");
            close(test.p, &case["tests"][column]["p"], "p");
            close(test.mid_p, &case["tests"][column]["mid_p"], "mid-p");
            close(test.adjusted_p, &case["step_down_adjusted_p"][column], "adjusted p");
        }
    }
}

#[test]
fn adjusted_p_values() {
    let case = reference("adjusted_p_values");
    let p = numbers(&case["p"]);
    let methods = [("holm", multiplicity::holm(&p)), ("benjamini_hochberg", multiplicity::benjamini_hochberg(&p))];
    for (name, adjusted) in methods {
        for (index, adjusted) in adjusted.iter().enumerate() {
            close(*adjusted, &case[name][index], name);
        }
    }
}

#[test]
fn quantiles() {
    let case = reference("quantiles");
    let values = numbers(&case["x"]);
    for answer in case["answers"].as_array().unwrap() {
        let q = number(&answer["quantile"]);
        close(quantile::quantile(&values, q).unwrap(), &answer["value_linear"], "value");
        let interval = quantile::order_interval(&values, q, number(&case["confidence"])).unwrap();
        let expected = &answer["interval_order_statistic"];
        assert_eq!(interval.low, expected[0].as_f64(), "lower end at {q}");
        assert_eq!(interval.high, expected[1].as_f64(), "upper end at {q}");
    }
}

/// Values by integration to twelve digits, independent of this crate.
#[test]
fn minimum_detectable_drop_to_nine_digits() {
    for (sd, n, expected) in [(0.35, 50, 0.124_809_879_4), (0.5, 200, 0.088_210_535_7), (1.1, 500, 0.122_484_537_9)] {
        let drop = power::minimum_detectable_drop(sd, n, 0.05, 0.8).unwrap();
        assert!((drop - expected).abs() < 1e-9, "{drop}");
    }
}

#[test]
fn minimum_detectable_drop() {
    for case in cases("power") {
        let (sd, n) = (number(&case["standard_deviation"]), count(&case["n"]));
        let (alpha, target) = (number(&case["alpha_one_sided"]), number(&case["power"]));
        let drop = power::minimum_detectable_drop(sd, n, alpha, target).unwrap();
        // The reference's own noncentral t is good to five digits: at n = 500 integration to twelve digits gives
        // 0.12248454 where it says 0.122482.
        assert!((drop - number(&case["minimum_detectable_drop"])).abs() < 3e-6, "{drop}");
        assert!((power::power(drop, sd, n, alpha).unwrap() - target).abs() < TOLERANCE);
    }
}

#[test]
fn mcnemar_exact() {
    for case in cases("mcnemar_exact") {
        let worse = count(&case["baseline_pass_candidate_fail"]);
        let better = count(&case["baseline_fail_candidate_pass"]);
        close(mcnemar::exact(worse, better).unwrap().p_two_sided, &case["p_two_sided"], "p");
    }
}

#[test]
fn two_samples() {
    let case = reference("two_sample");
    let (candidate, baseline) = (numbers(&case["candidate"]), numbers(&case["baseline"]));
    let welch = two_sample::welch(&candidate, &baseline).unwrap();
    close(welch.statistic().unwrap(), &case["welch_t"], "t");
    close(welch.degrees_of_freedom, &case["welch_df"], "degrees of freedom");
    close(welch.p_less().unwrap(), &case["welch_p_less"], "p");
    close_interval(welch.interval(0.95).unwrap(), &case["welch_interval_95"], "interval");
    let ranks = rank::mann_whitney(&candidate, &baseline).unwrap();
    close(ranks.statistic, &case["mann_whitney_u"], "U");
    close(ranks.p, &case["mann_whitney_p_less"], "p of U");
    let distance = rank::kolmogorov_smirnov(&candidate, &baseline).unwrap();
    close(distance.statistic, &case["ks_statistic"], "D");
    close(distance.p, &case["ks_p"], "p of D");
}

#[test]
fn agreement_of_judge_and_human() {
    let case = reference("agreement");
    let (human, judge) = (numbers(&case["human"]), numbers(&case["judge"]));
    for (name, disagreement) in [
        ("kappa", Disagreement::Equal),
        ("kappa_linear", Disagreement::Linear),
        ("kappa_quadratic", Disagreement::Quadratic),
    ] {
        close(agreement::kappa(&human, &judge, disagreement).unwrap(), &case[name], name);
    }
    close(agreement::spearman(&human, &judge).unwrap(), &case["spearman"], "spearman");
}

#[test]
fn prediction_powered_mean() {
    let case = reference("prediction_powered_mean");
    let arms = ["human", "judge_on_human_labelled", "judge_on_unlabelled"].map(|name| numbers(&case[name]));
    for (name, weight) in [("lambda_1", JudgeWeight::Full), ("tuned", JudgeWeight::Tuned)] {
        let estimate: Estimate = mean_of_human_scores(&arms[0], &arms[1], &arms[2], weight).unwrap();
        close(estimate.value, &case[format!("estimate_{name}")], name);
        let interval = estimate.interval(number(&case["confidence"])).unwrap();
        close_interval(interval, &case[format!("interval_{name}")], name);
    }
}

#[test]
fn group_sequential_boundaries() {
    for case in cases("group_sequential_obrien_fleming") {
        let fractions = numbers(&case["information_fractions"]);
        let boundaries = group_sequential::boundaries(&fractions, number(&case["alpha_one_sided"])).unwrap();
        let expected = numbers(&case["boundaries_z"]);
        assert_eq!(boundaries.len(), expected.len());
        for (actual, expected) in boundaries.iter().zip(expected) {
            assert!((actual - expected).abs() < number(&case["tolerance"]), "{actual} instead of {expected}");
        }
    }
}
