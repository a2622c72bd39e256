//! A comparison as a line of a table, in words and numbers as people read them.

use serde::Serialize;

use super::{ComparisonRow, Outcome, Range, RatioRow, Report};
use crate::verdict::{number, p_value, signed};

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
    pub(super) adjusted_p: String,
}

impl RowView {
    pub(super) fn new(report: &Report, row: &ComparisonRow) -> Self {
        let unit = Unit::of(report, &row.scorer);
        Self {
            scorer: row.scorer.clone() + unit.label,
            slice: row.slice.clone().unwrap_or_default(),
            cases: row.cases,
            baseline: baseline(row, &unit),
            candidate: or_dash(row.candidate, |level| unit.number(level)),
            change: row.ratio.map_or_else(|| difference(row, &unit), in_per_cent),
            margin: margin(row, &unit),
            outcome: outcome_in_words(row.outcome),
            adjusted_p: or_dash(row.adjusted_p, p_value),
        }
    }
}

/// How a scorer's numbers are told: money by the thousand requests, as it is budgeted.
pub(super) struct Unit {
    pub(super) label: &'static str,
    pub(super) factor: f64,
}

impl Unit {
    pub(super) fn of(report: &Report, scorer: &str) -> Self {
        let unit = report.scorers.iter().find(|row| row.name == scorer).map_or("score", |row| row.unit.as_str());
        match unit {
            "usd" => Self { label: " (US dollars per 1,000 requests)", factor: 1_000.0 },
            "ms" => Self { label: " (ms)", factor: 1.0 },
            _ => Self { label: "", factor: 1.0 },
        }
    }

    pub(super) fn number(&self, value: f64) -> String {
        number(value * self.factor)
    }

    pub(super) fn signed(&self, value: f64) -> String {
        signed(value * self.factor)
    }
}

fn baseline(row: &ComparisonRow, unit: &Unit) -> String {
    let range = |range: Range| format!(" [{}, {}]", unit.number(range.low), unit.number(range.high));
    or_dash(row.baseline, |level| unit.number(level)) + &row.baseline_interval.map(range).unwrap_or_default()
}

fn or_dash(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), show)
}

fn difference(row: &ComparisonRow, unit: &Unit) -> String {
    let interval = row.interval.map(|range| format!(" [{}, {}]", unit.signed(range.low), unit.signed(range.high)));
    or_dash(row.change, |change| unit.signed(change)) + &interval.unwrap_or_default()
}

fn in_per_cent(ratio: RatioRow) -> String {
    let change = |ratio: f64| per_cent(ratio - 1.0);
    let interval = ratio.interval.map(|range| format!(" [{}, {}]", change(range.low), change(range.high)));
    change(ratio.value) + " %" + &interval.unwrap_or_default()
}

/// A share with its sign, one digit after the point.
fn per_cent(share: f64) -> String {
    let text = format!("{:+.1}", 100.0 * share).replace('-', "−");
    if text.ends_with("0.0") && text.chars().count() == 4 { "0.0".to_owned() } else { text }
}

/// A margin; where the change is told in per cent, so is the margin.
fn margin(row: &ComparisonRow, unit: &Unit) -> String {
    match (row.margin, row.ratio, row.baseline) {
        (Some(margin), Some(_), Some(level)) if level > 0.0 => format!("{:.1} %", 100.0 * margin / level),
        _ => or_dash(row.margin, |margin| unit.number(margin)),
    }
}

/// What a gate could see, in the words of a release manager.
#[derive(Debug, Serialize)]
pub(super) struct SightView {
    gate: String,
    cases: usize,
    margin: String,
    detectable: String,
    to_pass: String,
    to_settle: String,
}

/// What each gate could see, overall first.
pub(super) fn sights(report: &Report) -> Vec<SightView> {
    let view = |row: &ComparisonRow| {
        let unit = Unit::of(report, &row.scorer);
        let gate = match &row.slice {
            None => row.scorer.clone(),
            Some(slice) => format!("{} on {slice}", row.scorer),
        };
        let about = |cases: Option<u64>| cases.map_or_else(|| "–".to_owned(), |cases| cases.to_string());
        SightView {
            gate: gate + unit.label,
            cases: row.cases,
            margin: margin(row, &unit),
            detectable: or_dash(row.detectable, |change| unit.number(change)),
            to_pass: about(row.cases_to_pass),
            to_settle: about(row.cases_needed),
        }
    };
    let gated = || report.comparisons.iter().filter(|row| row.margin.is_some());
    let overall = gated().filter(|row| row.slice.is_none());
    overall.chain(gated().filter(|row| row.slice.is_some())).map(view).collect()
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

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::report::Range;

    pub(in crate::report) fn row(slice: Option<&str>, p: f64, outcome: Option<Outcome>) -> ComparisonRow {
        ComparisonRow {
            scorer: "valid".into(),
            slice: slice.map(str::to_owned),
            cases: 20,
            clusters: 20,
            baseline: Some(1.0),
            baseline_interval: None,
            candidate: Some(0.5),
            change: Some(-0.5),
            interval: Some(Range { low: -0.75, high: -0.25 }),
            margin: Some(0.1),
            p: Some(p),
            adjusted_p: Some(p),
            ratio: None,
            detectable: None,
            cases_needed: None,
            cases_to_pass: None,
            outcome,
        }
    }

    pub(in crate::report) fn report(rows: Vec<ComparisonRow>) -> Report {
        let mut report: Report =
            serde_json::from_str(include_str!("../../tests/fixtures/report.json")).expect("a report");
        report.comparisons = rows;
        report
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{report, row};
    use super::*;
    use crate::report::Range;

    #[test]
    fn a_row_is_read_in_words_and_what_is_absent_is_a_dash() {
        let report = report(vec![]);
        let view = RowView::new(&report, &row(Some("k=v"), 0.00001, Some(Outcome::Fail)));
        let cells = [&view.baseline, &view.change, &view.margin, &view.adjusted_p];
        assert_eq!(cells, ["1.000", "−0.500 [−0.750, −0.250]", "0.100", "< 0.0001"]);
        assert_eq!((view.outcome, RowView::new(&report, &row(None, 0.1, None)).outcome), ("❌ fail", "advisory"));
    }

    #[test]
    fn money_is_told_by_the_thousand_and_changes_of_it_in_per_cent() {
        let mut report = report(vec![]);
        report.scorers[0].unit = "usd".into();
        let ratio = RatioRow { value: 1.25, interval: Some(Range { low: 0.999_999, high: 1.5 }) };
        let cost = ComparisonRow {
            scorer: report.scorers[0].name.clone(),
            baseline: Some(0.000_4),
            candidate: Some(0.000_5),
            margin: Some(0.000_04),
            ratio: Some(ratio),
            ..row(None, 0.1, Some(Outcome::Inconclusive))
        };
        let view = RowView::new(&report, &cost);
        assert!(view.scorer.ends_with(" (US dollars per 1,000 requests)"));
        assert_eq!([view.baseline, view.change, view.margin], ["0.400", "+25.0 % [0.0, +50.0]", "10.0 %"]);
    }
}
