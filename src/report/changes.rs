//! What the change broke and what it fixed, worst first.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use super::escape::shorten;
use super::{CaseResult, Report, ScorePair, ScorerRow};

/// Characters of an answer that a diff shows.
const SHOWN: usize = 2_000;

/// A case whose quality changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change<'a> {
    pub(super) result: &'a CaseResult,
    /// The scorers that changed in this direction.
    pub(super) scores: Vec<(&'a ScorerRow, &'a ScorePair)>,
    /// Sum of the changes, each as a share of its scorer's widest change in the run.
    weight: f64,
}

/// Cases that got worse on any quality scorer, and cases that only got better; worst and best first.
pub(super) fn changes(report: &Report) -> (Vec<Change<'_>>, Vec<Change<'_>>) {
    let widest: Vec<f64> = report.scorers.iter().map(|scorer| widest(report, scorer)).collect();
    let collect = |wanted: f64| {
        let found = report.results.iter().filter_map(|result| change(report, result, &widest, wanted));
        let mut found: Vec<Change> = found.collect();
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.result.case.cmp(&b.result.case)));
        found
    };
    let broken = collect(-1.0);
    let mut fixed = collect(1.0);
    let worse: BTreeSet<&str> = broken.iter().map(|change| change.result.case.as_str()).collect();
    fixed.retain(|change| !worse.contains(change.result.case.as_str()));
    (broken, fixed)
}

fn change<'a>(report: &'a Report, result: &'a CaseResult, widest: &[f64], wanted: f64) -> Option<Change<'a>> {
    let mut weight = 0.0;
    let mut scores = Vec::new();
    for (scorer, widest) in report.scorers.iter().zip(widest) {
        let Some(pair) = result.scores.get(&scorer.name).filter(|_| scorer.unit == "score") else {
            continue;
        };
        let gain = gain(scorer, pair).unwrap_or(0.0);
        if gain * wanted > 0.0 {
            weight += gain.abs() / widest * if scorer.is_gated { 2.0 } else { 1.0 };
            scores.push((scorer, pair));
        }
    }
    (!scores.is_empty()).then_some(Change { result, scores, weight })
}

fn widest(report: &Report, scorer: &ScorerRow) -> f64 {
    let gains = report.results.iter().filter_map(|result| gain(scorer, result.scores.get(&scorer.name)?));
    gains.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max)
}

/// Candidate minus baseline, signed so that negative is worse.
fn gain(scorer: &ScorerRow, pair: &ScorePair) -> Option<f64> {
    let change = pair.candidate? - pair.baseline?;
    Some(if scorer.is_higher_better { change } else { -change })
}

/// The two answers as a unified diff without a header; the same answers once.
pub(super) fn diff(result: &CaseResult) -> String {
    let text = |answer: &Option<String>| shorten(answer.as_deref().unwrap_or("(no answer)"), SHOWN);
    let (baseline, candidate) = (text(&result.baseline), text(&result.candidate));
    let mut out = String::new();
    for change in TextDiff::from_lines(&baseline, &candidate).iter_all_changes() {
        out.push(match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        });
        out.push(' ');
        out.push_str(change.value().trim_end_matches('\n'));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gated check `valid`, an advisory `style` of 1 to 5, and the length in tokens, over cases of
    /// (id, valid before and after, style before and after).
    fn report(cases: &[(&str, [f64; 2], [f64; 2])]) -> Report {
        let mut report: Report =
            serde_json::from_str(include_str!("../../tests/fixtures/report.json")).expect("a report");
        let scorer = |name: &str, unit: &str, is_gated| ScorerRow {
            name: name.into(),
            unit: unit.into(),
            is_gated,
            is_higher_better: unit == "score",
            description: None,
            fingerprint: String::new(),
            attempts: 0,
            unscored: 0,
        };
        report.scorers =
            vec![scorer("valid", "score", true), scorer("style", "score", false), scorer("length", "tokens", true)];
        let pair = |[baseline, candidate]: [f64; 2]| ScorePair {
            baseline: Some(baseline),
            candidate: Some(candidate),
            ..ScorePair::default()
        };
        let template = report.results[0].clone();
        let result = |(case, valid, style): &(&str, [f64; 2], [f64; 2])| CaseResult {
            case: (*case).to_owned(),
            scores: [("valid", *valid), ("style", *style), ("length", [10.0, 99.0])]
                .map(|(name, levels)| (name.to_owned(), pair(levels)))
                .into(),
            ..template.clone()
        };
        report.results = cases.iter().map(result).collect();
        report
    }

    fn names(changes: &[Change<'_>]) -> Vec<String> {
        let scorers = |change: &Change| change.scores.iter().map(|(s, _)| s.name.clone()).collect::<Vec<_>>().join("+");
        changes.iter().map(|change| format!("{} {}", change.result.case, scorers(change))).collect()
    }

    #[test]
    fn the_worst_come_first_and_a_loss_outweighs_a_gain() {
        let report = report(&[
            ("same", [1.0, 1.0], [3.0, 3.0]),
            ("style-1", [1.0, 1.0], [3.0, 2.0]),
            ("both", [1.0, 0.0], [5.0, 1.0]),
            ("mixed", [1.0, 0.0], [1.0, 5.0]),
            ("better", [0.0, 1.0], [3.0, 3.0]),
            ("a-little", [0.0, 0.0], [3.0, 4.0]),
        ]);
        let (broken, fixed) = changes(&report);
        assert_eq!(names(&broken), ["both valid+style", "mixed valid", "style-1 style"]);
        assert_eq!(names(&fixed), ["better valid", "a-little style"]);
        // A gated scorer counts twice; each change is a share of its scorer's widest.
        let weights: Vec<f64> = broken.iter().map(|change| change.weight).collect();
        assert_eq!(weights, [3.0, 2.0, 0.25]);
    }

    #[test]
    fn answers_are_told_apart_line_by_line() {
        let mut result = report(&[("c", [1.0, 0.0], [1.0, 1.0])]).results.remove(0);
        for (baseline, candidate, expected) in [
            (Some("a\nb"), Some("a\nc"), "  a\n- b\n+ c\n"),
            (Some("a"), Some("a"), "  a\n"),
            (Some(""), None, "+ (no answer)\n"),
        ] {
            (result.baseline, result.candidate) = (baseline.map(str::to_owned), candidate.map(str::to_owned));
            assert_eq!(diff(&result), expected);
        }
        result.candidate = Some("x".repeat(SHOWN + 7));
        assert!(diff(&result).ends_with(" … (7 more characters)\n"));
    }
}
