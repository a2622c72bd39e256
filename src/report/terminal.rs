//! The verdict and its table for a terminal or a log: plain text, nothing that a runner takes as a command.

use super::escape::plain;
use super::row::{RowView, outcome_in_words};
use super::view::{headline, looks, notable_slices, sample, weaker_test};
use super::{ComparisonRow, FloorRow, Report};
use crate::verdict::number;

/// Reasons beside the first; a large family has many that say the same.
const SHOWN_REASONS: usize = 8;

/// The verdict, its reasons, and the table of comparisons.
pub fn terminal(report: &Report) -> String {
    let mut lines = vec![headline(report)];
    let further = report.verdict.reasons.get(1..).unwrap_or_default();
    lines.extend(further.iter().take(SHOWN_REASONS).map(|reason| format!("  {reason}")));
    if further.len() > SHOWN_REASONS {
        lines.push(format!("  … and {} more; the report has all", further.len() - SHOWN_REASONS));
    }
    lines.push(String::new());
    let overall = report.comparisons.iter().filter(|row| row.slice.is_none());
    lines.extend(table(report, overall.chain(notable_slices(report))));
    lines.extend(report.floors.iter().map(level));
    lines.push(String::new());
    lines.push(counts(report));
    lines.extend(sample(report).map(|told| format!("{told}.")));
    lines.extend(looks(report).map(|looks| looks + "."));
    lines.extend(weaker_test(report).map(|told| format!("{told}.")));
    lines.into_iter().map(|line| plain(&line).trim_end().to_owned() + "\n").collect()
}

fn level(floor: &FloorRow) -> String {
    let side = if floor.is_minimum { "at least" } else { "at most" };
    let candidate = floor.candidate.map_or_else(|| "–".to_owned(), number);
    let outcome = outcome_in_words(Some(floor.outcome));
    format!("{}, {side} {}: {candidate}, {outcome}", floor.scorer, number(floor.level))
}

fn counts(report: &Report) -> String {
    let left_out: usize = report.cases.left_out.iter().map(|count| count.count).sum();
    let failed: usize = report.cases.failed.iter().map(|count| count.count).sum();
    let cases = &report.cases;
    format!("{} cases compared of {} chosen, {left_out} left out, {failed} calls failed", cases.compared, cases.chosen)
}

fn table<'a>(report: &Report, rows: impl Iterator<Item = &'a ComparisonRow>) -> Vec<String> {
    let mut cells =
        vec![["scorer", "baseline", "candidate", "change, 95 % interval", "margin", "outcome"].map(String::from)];
    cells.extend(rows.map(|row| {
        let view = RowView::new(report, row);
        let subject = if view.slice.is_empty() { view.scorer } else { format!("  {} on {}", view.scorer, view.slice) };
        [subject, view.baseline, view.candidate, view.change, view.margin, view.outcome.to_owned()]
    }));
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ")
    };
    cells.iter().map(line).collect()
}
