//! What people read of a report, in words: shared by the formats, escaped by each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::changes::{Change, diff};
use super::escape::shorten;
use super::{ComparisonRow, Outcome, Report, Ruling};
use crate::verdict::{number, p_value, signed};

/// Slices shown beside those that fail or are undecided.
const SHOWN_SLICES: usize = 5;
/// Characters of a question or of a score's reason.
const SHOWN_TEXT: usize = 300;

/// The verdict in one plain sentence.
pub(super) fn headline(report: &Report) -> String {
    let ruling = match report.verdict.ruling {
        Ruling::Pass => "Pass",
        Ruling::Fail => "Fail",
        Ruling::Inconclusive => "Inconclusive",
        Ruling::Error => "Error",
    };
    let reason = report.verdict.reasons.first().map_or("no reason was given", String::as_str);
    format!("{ruling}: {reason}.")
}

pub(super) fn emoji(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Pass => "✅",
        Ruling::Fail => "❌",
        Ruling::Inconclusive => "❔",
        Ruling::Error => "⚠️",
    }
}

/// Slices worth a line: all that fail or are undecided, and the ones that fell most.
pub(super) fn notable_slices(report: &Report) -> Vec<&ComparisonRow> {
    let mut slices: Vec<&ComparisonRow> = report.comparisons.iter().filter(|row| row.slice.is_some()).collect();
    slices.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.p.unwrap_or(1.0).total_cmp(&b.p.unwrap_or(1.0))));
    let troubled = slices.iter().filter(|row| rank(row) < 3).count();
    slices.truncate(troubled.max(SHOWN_SLICES));
    slices
}

fn rank(row: &ComparisonRow) -> u8 {
    match row.outcome {
        Some(Outcome::Fail) => 0,
        Some(Outcome::Unjudged) => 1,
        Some(Outcome::Inconclusive) => 2,
        Some(Outcome::Pass) | None => 3,
    }
}

/// A comparison as a line of a table.
#[derive(Debug, Serialize)]
pub(super) struct RowView {
    pub(super) scorer: String,
    pub(super) slice: String,
    pub(super) cases: usize,
    pub(super) baseline: String,
    pub(super) candidate: String,
    pub(super) change: String,
    pub(super) margin: String,
    pub(super) outcome: &'static str,
    pub(super) detectable: String,
    pub(super) adjusted_p: String,
}

impl RowView {
    pub(super) fn new(row: &ComparisonRow) -> Self {
        let text = |value: Option<f64>, show: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), show);
        let interval =
            row.interval.map_or_else(String::new, |range| format!(" [{}, {}]", signed(range.low), signed(range.high)));
        Self {
            scorer: row.scorer.clone(),
            slice: row.slice.clone().unwrap_or_default(),
            cases: row.cases,
            baseline: text(row.baseline, number),
            candidate: text(row.candidate, number),
            change: text(row.change, signed) + &interval,
            margin: text(row.margin, number),
            outcome: outcome_in_words(row.outcome),
            detectable: text(row.detectable, number),
            adjusted_p: text(row.adjusted_p, p_value),
        }
    }
}

pub(super) fn outcome_in_words(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "✅ pass",
        Some(Outcome::Fail) => "❌ fail",
        Some(Outcome::Inconclusive) => "❔ inconclusive",
        Some(Outcome::Unjudged) => "⚠️ not judged",
        None => "advisory",
    }
}

/// A changed case as people read it.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    case: String,
    tags: String,
    question: String,
    scores: Vec<ScoreView>,
    diff: String,
}

#[derive(Debug, Serialize)]
struct ScoreView {
    scorer: String,
    change: String,
    reason: String,
}

/// Tags that tell cases of a run apart; what all of them share says nothing of one.
pub(super) fn telling_tags(report: &Report) -> BTreeSet<&str> {
    let mut values: BTreeMap<&str, BTreeSet<Option<&String>>> = BTreeMap::new();
    let names: BTreeSet<&String> = report.results.iter().flat_map(|result| result.tags.keys()).collect();
    for result in &report.results {
        names.iter().for_each(|name| {
            values.entry(name).or_default().insert(result.tags.get(*name));
        });
    }
    values.into_iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| name).collect()
}

impl ChangeView {
    pub(super) fn new(change: &Change, telling: &BTreeSet<&str>) -> Self {
        let result = change.result;
        let tags = result.tags.iter().filter(|(tag, _)| telling.contains(tag.as_str()));
        let tags: Vec<String> = tags.map(|(tag, value)| format!("{tag}={value}")).collect();
        let scores = change.scores.iter().map(|(scorer, pair)| {
            let level = |value: Option<f64>| value.map_or_else(|| "–".into(), number);
            ScoreView {
                scorer: scorer.name.clone(),
                change: format!("{} → {}", level(pair.baseline), level(pair.candidate)),
                reason: shorten(pair.candidate_reason.as_deref().unwrap_or_default(), SHOWN_TEXT),
            }
        });
        Self {
            case: result.case.clone(),
            tags: tags.join(", "),
            question: shorten(&result.question, SHOWN_TEXT),
            scores: scores.collect(),
            diff: diff(result),
        }
    }
}

/// A line of the table of calls and money.
#[derive(Debug, Serialize)]
pub(super) struct UsageView {
    purpose: String,
    calls: usize,
    cached: usize,
    tokens: String,
    cost: String,
    seconds: String,
}

pub(super) fn usage(report: &Report) -> Vec<UsageView> {
    let rows = report.usage.iter().map(|row| UsageView {
        purpose: row.purpose.clone(),
        calls: row.calls,
        cached: row.cached,
        tokens: format!("{} in, {} out", row.input_tokens, row.output_tokens),
        cost: row.cost_usd.map_or_else(|| "unknown".into(), |usd| format!("{usd:.4}")),
        seconds: format!("{:.1}", row.seconds),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Range;

    fn row(slice: Option<&str>, p: f64, outcome: Option<Outcome>) -> ComparisonRow {
        ComparisonRow {
            scorer: "valid".into(),
            slice: slice.map(str::to_owned),
            cases: 20,
            clusters: 20,
            baseline: Some(1.0),
            candidate: Some(0.5),
            change: Some(-0.5),
            interval: Some(Range { low: -0.75, high: -0.25 }),
            margin: Some(0.1),
            p: Some(p),
            adjusted_p: Some(p),
            detectable: None,
            cases_needed: None,
            outcome,
        }
    }

    fn report(rows: Vec<ComparisonRow>) -> Report {
        let mut report: Report =
            serde_json::from_str(include_str!("../../tests/fixtures/report.json")).expect("a report");
        report.comparisons = rows;
        report
    }

    #[test]
    fn trouble_is_never_cut_and_the_rest_is() {
        use Outcome::{Fail, Inconclusive, Pass};
        let mut rows = vec![row(None, 0.0, Some(Fail)), row(Some("k=ok"), 0.9, Some(Pass))];
        rows.extend((0..4).map(|i| row(Some(&format!("k=u{i}")), 0.5, Some(Inconclusive))));
        rows.extend((0..3).map(|i| row(Some(&format!("k=f{i}")), 0.3 - f64::from(i) / 10.0, Some(Fail))));
        let names = |report: &Report| -> Vec<String> {
            notable_slices(report).iter().filter_map(|row| row.slice.clone()).collect()
        };
        assert_eq!(names(&report(rows.clone())), ["k=f2", "k=f1", "k=f0", "k=u0", "k=u1", "k=u2", "k=u3"]);
        rows.truncate(3);
        rows.extend((0..9).map(|i| row(Some(&format!("k=p{i}")), f64::from(i) / 10.0, None)));
        assert_eq!(names(&report(rows)), ["k=u0", "k=p0", "k=p1", "k=p2", "k=p3"]);
    }

    #[test]
    fn a_row_is_read_in_words_and_what_is_absent_is_a_dash() {
        let view = RowView::new(&row(Some("k=v"), 0.00001, Some(Outcome::Fail)));
        let cells = [&view.baseline, &view.change, &view.margin, &view.adjusted_p, &view.detectable];
        assert_eq!(cells, ["1.000", "−0.500 [−0.750, −0.250]", "0.100", "< 0.0001", "–"]);
        assert_eq!((view.outcome, RowView::new(&row(None, 0.1, None)).outcome), ("❌ fail", "advisory"));
    }
}
