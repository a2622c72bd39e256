//! The forest plot: every comparison with its interval and its margin, each scorer on a scale of its own.

use serde::Serialize;

use super::scale::{Scale, percent};
use crate::report::row::{RowView, Unit};
use crate::report::{ComparisonRow, Outcome, Report, ScorerRow, view};

/// Slices of a scorer that are shown unfolded where none of them is in trouble.
const UNFOLDED: usize = 8;

/// Rows that belong together: those over all cases, or one scorer's slices.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// The scorer with its unit; empty over all cases.
    title: String,
    rows: Vec<Row>,
    is_open: bool,
    troubled: usize,
}

/// A comparison and where it is drawn.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    view: RowView,
    outcome: &'static str,
    plot: Option<Plot>,
}

/// Places along the axis.
#[derive(Debug, Serialize)]
pub(super) struct Plot {
    point: String,
    low: String,
    high: String,
    /// Where the margin is; the zone left of it is as wide.
    margin: Option<String>,
    /// The changes at the left and the right end.
    ends: [String; 2],
}

/// All comparisons: over all cases first, then the slices, scorer by scorer.
pub(super) fn groups(report: &Report) -> Vec<Group> {
    let overall: Vec<&ComparisonRow> = report.comparisons.iter().filter(|row| row.slice.is_none()).collect();
    let drawn = overall.into_iter().map(|row| {
        let scale = Scale::of([row], is_higher_better(report, row));
        drawn(report, row, scale)
    });
    let whole = Group { title: String::new(), rows: drawn.collect(), is_open: true, troubled: 0 };
    let of_scorers = report.scorers.iter().map(|scorer| slices(report, scorer));
    std::iter::once(whole).chain(of_scorers).filter(|group| !group.rows.is_empty()).collect()
}

/// A scorer's slices on one scale, the most troubled first.
fn slices(report: &Report, scorer: &ScorerRow) -> Group {
    let mut rows: Vec<&ComparisonRow> =
        report.comparisons.iter().filter(|row| row.slice.is_some() && row.scorer == scorer.name).collect();
    rows.sort_by(|a, b| view::by_trouble(a, b));
    let troubled = rows.iter().filter(|row| view::is_troubled(row)).count();
    let scale = Scale::of(rows.iter().copied(), scorer.is_higher_better);
    Group {
        title: scorer.name.clone() + Unit::of(report, &scorer.name).label,
        is_open: troubled > 0 || rows.len() <= UNFOLDED,
        troubled,
        rows: rows.into_iter().map(|row| drawn(report, row, scale)).collect(),
    }
}

fn is_higher_better(report: &Report, row: &ComparisonRow) -> bool {
    report.scorers.iter().find(|scorer| scorer.name == row.scorer).is_none_or(|scorer| scorer.is_higher_better)
}

fn drawn(report: &Report, row: &ComparisonRow, scale: Scale) -> Row {
    let unit = Unit::of(report, &row.scorer);
    let plot = row.change.filter(|change| change.is_finite()).map(|change| {
        let ends = row.interval.map_or([change; 2], |range| [range.low, range.high]).map(|end| scale.at(end));
        Plot {
            point: percent(scale.at(change)),
            low: percent(ends[0].min(ends[1])),
            high: percent(ends[0].max(ends[1])),
            margin: row.margin.map(|margin| percent(scale.at(margin.copysign(scale.worst())))),
            ends: [scale.worst(), -scale.worst()].map(|change| unit.signed(change)),
        }
    });
    Row { view: RowView::new(report, row), outcome: class(row.outcome), plot }
}

/// The outcome as a class of the style sheet.
fn class(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "pass",
        Some(Outcome::Fail) => "fail",
        Some(Outcome::Inconclusive) => "inconclusive",
        Some(Outcome::Unjudged) => "error",
        None => "advisory",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::testing::{report, row};

    #[test]
    fn slices_share_a_scale_and_rows_over_all_cases_do_not() {
        let mut rows = vec![row(None, 0.1, Some(Outcome::Pass))];
        rows.extend([("k=a", 0.9), ("k=b", 0.1)].map(|(slice, p)| row(Some(slice), p, Some(Outcome::Pass))));
        rows[1].interval = Some(crate::report::Range { low: -3.0, high: 3.0 });
        rows.iter_mut().for_each(|row| row.scorer = "danger_rule".into());
        let groups = groups(&report(rows));
        assert_eq!(groups.iter().map(|group| group.title.as_str()).collect::<Vec<_>>(), ["", "danger_rule"]);
        let ends = |group: usize, row: usize| groups[group].rows[row].plot.as_ref().unwrap().ends.clone();
        assert_eq!(groups[1].rows[0].view.slice, "k=b", "the smaller p comes first");
        assert_eq!(ends(1, 0), ends(1, 1));
        assert_ne!(ends(0, 0), ends(1, 0));
    }

    #[test]
    fn the_margin_is_on_the_side_that_is_worse() {
        for is_higher_better in [true, false] {
            let row = row(None, 0.1, Some(Outcome::Fail));
            let drawn = drawn(&report(vec![]), &row, Scale { half: 1.0, is_higher_better });
            let plot = drawn.plot.unwrap();
            assert_eq!(plot.margin.as_deref(), Some("45.00%"));
            let expected = if is_higher_better { ["12.50%", "37.50%"] } else { ["62.50%", "87.50%"] };
            assert_eq!([plot.low, plot.high], expected);
        }
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        let mut row = row(None, 0.1, Some(Outcome::Unjudged));
        row.change = None;
        assert!(drawn(&report(vec![]), &row, Scale { half: 1.0, is_higher_better: true }).plot.is_none());
    }
}
