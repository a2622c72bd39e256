//! Latency curves: the share of answers that had come after so many milliseconds, for both arms.

use std::fmt::Write;

use serde::Serialize;

use super::values;
use crate::report::{Report, ScorerRow};
use crate::stats::quantile::quantile;
use crate::verdict::number;

/// Steps of a curve; more could not be seen.
const STEPS: usize = 200;

/// The latencies of both arms by one scorer.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    scorer: String,
    /// The time at the right end.
    limit: String,
    /// Baseline and candidate; an arm without latencies is left out.
    arms: Vec<Curve>,
}

/// One arm's curve.
#[derive(Debug, Serialize)]
pub(super) struct Curve {
    arm: &'static str,
    count: usize,
    /// An SVG path over 0 to 100 in both directions.
    path: String,
    p50: String,
    p90: String,
    p99: String,
}

/// The curves of all scorers that measure times.
pub(super) fn latencies(report: &Report) -> Vec<Latency> {
    let timed = report.scorers.iter().filter(|scorer| scorer.unit == "ms");
    timed.filter_map(|scorer| latency(report, scorer)).collect()
}

fn latency(report: &Report, scorer: &ScorerRow) -> Option<Latency> {
    let arms = [("baseline", false), ("candidate", true)].map(|(arm, is_candidate)| {
        let mut times = values(report, &scorer.name, is_candidate);
        times.sort_by(f64::total_cmp);
        (arm, times)
    });
    // Beyond the slowest hundredth of either arm there is little to see, and it would press the rest together.
    let limit = arms.iter().filter_map(|(_, times)| quantile(times, 0.99)).fold(0.0, f64::max);
    let curves = arms.iter().filter(|(_, times)| !times.is_empty()).map(|(arm, times)| curve(arm, times, limit));
    let arms: Vec<Curve> = curves.collect();
    (!arms.is_empty() && limit > 0.0).then(|| Latency { scorer: scorer.name.clone(), limit: number(limit), arms })
}

fn curve(arm: &'static str, times: &[f64], limit: f64) -> Curve {
    let at = |q| quantile(times, q).map_or_else(|| "–".to_owned(), number);
    Curve { arm, count: times.len(), path: path(times, limit), p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/// The empirical distribution of sorted times as a path of steps: each time is as far up as the share that it completes.
fn path(times: &[f64], limit: f64) -> String {
    let steps = times.len().min(STEPS);
    let mut path = "M0 100".to_owned();
    for step in 1..=steps {
        let upto = (step * times.len()).div_ceil(steps);
        let x = (100.0 * times[upto - 1] / limit).clamp(0.0, 100.0);
        let y = 100.0 - 100.0 * upto as f64 / times.len() as f64;
        write!(path, "H{x:.2}V{y:.2}").expect("writing to a string cannot fail");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::testing::report;

    #[test]
    fn a_curve_climbs_by_each_answers_share() {
        assert_eq!(path(&[10.0, 20.0], 20.0), "M0 100H50.00V50.00H100.00V0.00");
        assert_eq!(path(&[40.0], 20.0), "M0 100H100.00V0.00", "what is beyond the end is at the end");
        let many: Vec<f64> = (0..5_000).map(f64::from).collect();
        let long = path(&many, 5_000.0);
        assert_eq!(long.matches('H').count(), STEPS);
        assert!(long.ends_with("V0.00"));
    }

    #[test]
    fn only_times_have_curves() {
        let mut report = report(vec![]);
        assert!(latencies(&report).is_empty());
        report.scorers[1].unit = "ms".into();
        let latencies = latencies(&report);
        assert_eq!((latencies.len(), latencies[0].scorer.as_str(), latencies[0].arms.len()), (1, "faithful", 2));
        assert_eq!(latencies[0].arms[0].p50, "4.000");
    }
}
