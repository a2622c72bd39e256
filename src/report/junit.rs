//! The report as JUnit's XML: a test case for each gate, for the many tools that show test results.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::escape::plain;
use super::row::{RowView, Unit, outcome_in_words};
use super::view::{FloorView, floors};
use super::{ComparisonRow, Outcome, Report, Ruling};

/// Renders a report. Text is on one line and has nothing invisible, for these files are also printed into logs.
pub fn junit(report: &Report) -> String {
    let mut suite = TestSuite::new(plain(&report.name));
    let gated = report.comparisons.iter().filter_map(|row| Some((row, row.outcome?)));
    suite.add_test_cases(gated.map(|(row, outcome)| of_comparison(report, row, outcome)));
    let levels = floors(report).into_iter().zip(&report.floors);
    suite.add_test_cases(levels.map(|(view, floor)| of_floor(report, &view, floor.outcome)));
    suite.add_test_cases(of_run(report));
    let mut document = quick_junit::Report::new("eval-gate");
    document.add_test_suite(suite);
    document.to_string().expect("writing to a string cannot fail, and no test case has a time")
}

fn of_comparison(report: &Report, row: &ComparisonRow, outcome: Outcome) -> TestCase {
    let view = RowView::new(report, row);
    let name = match &row.slice {
        None => row.scorer.clone(),
        Some(slice) => format!("{} on {slice}", row.scorer),
    };
    let told = match outcome {
        Outcome::Unjudged => unjudged(report, row),
        _ => sentence(row, &view, Unit::of(report, &row.scorer).label),
    };
    test_case(report, &name, outcome, &told)
}

fn sentence(row: &ComparisonRow, view: &RowView, unit: &str) -> String {
    let RowView { baseline, candidate, change, margin, adjusted_p, cases, .. } = view;
    let needed = row.cases_needed.map_or_else(String::new, |cases| format!("; about {cases} cases would settle it"));
    format!(
        "from {baseline} to {candidate}{unit}, a change of {change} against a margin of {margin} \
         (95 % interval, adjusted p {adjusted_p}, {cases} cases){needed}"
    )
}

fn unjudged(report: &Report, row: &ComparisonRow) -> String {
    let scorer = report.scorers.iter().find(|scorer| scorer.name == row.scorer);
    let unscored = scorer.filter(|scorer| scorer.unscored > 0);
    let unscored = unscored.map_or_else(String::new, |scorer| {
        format!("; {} of {} attempts could not be scored", scorer.unscored, scorer.attempts)
    });
    format!("not judged on {} cases of {} clusters{unscored}", row.cases, row.clusters)
}

fn of_floor(report: &Report, view: &FloorView, outcome: Outcome) -> TestCase {
    let name = format!("{} {}", view.scorer, view.limit);
    test_case(
        report,
        &name,
        outcome,
        &format!("{}: the candidate has {}", outcome_in_words(Some(outcome)), view.candidate),
    )
}

/// What is wrong with the run as a whole, where it could not be judged.
fn of_run(report: &Report) -> Option<TestCase> {
    let is_error = report.verdict.ruling == Ruling::Error || report.verdict.exit_code == 4;
    is_error.then(|| {
        let told = report.verdict.reasons.join("; ");
        finished(report, "the run could be judged", non_success(NonSuccessKind::Error, "error", &told))
    })
}

/// An undecided gate is a failure only where it blocks: then somebody has to look, and a skipped test is not looked at.
fn test_case(report: &Report, name: &str, outcome: Outcome, told: &str) -> TestCase {
    let blocks = report.verdict.ruling == Ruling::Inconclusive && report.verdict.exit_code != 0;
    let status = match outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail => non_success(NonSuccessKind::Failure, "fail", told),
        Outcome::Inconclusive if blocks => non_success(NonSuccessKind::Failure, "inconclusive", told),
        Outcome::Unjudged => non_success(NonSuccessKind::Error, "not judged", told),
        Outcome::Inconclusive => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_type("inconclusive").set_message(plain(told));
            skipped
        }
    };
    finished(report, name, status)
}

fn non_success(kind: NonSuccessKind, ty: &str, told: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ty).set_message(plain(told));
    status
}

fn finished(report: &Report, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(plain(name), status);
    case.set_classname(plain(&report.name));
    case
}

#[cfg(test)]
mod tests {
    use super::super::row::testing::{report, row};
    use super::*;

    fn xml(outcome: Outcome, ruling: Ruling, exit_code: u8) -> String {
        let mut report = report(vec![row(Some("k=v"), 0.1, Some(outcome)), row(None, 0.1, None)]);
        report.floors.clear();
        (report.verdict.ruling, report.verdict.exit_code) = (ruling, exit_code);
        junit(&report)
    }

    #[test]
    fn an_undecided_gate_fails_only_where_it_blocks() {
        use Outcome::{Fail, Inconclusive, Pass, Unjudged};
        for (outcome, ruling, exit_code, tests, failures, errors, skipped) in [
            (Pass, Ruling::Pass, 0, 1, 0, 0, 0),
            (Fail, Ruling::Fail, 1, 1, 1, 0, 0),
            (Inconclusive, Ruling::Inconclusive, 0, 1, 0, 0, 1),
            (Inconclusive, Ruling::Inconclusive, 3, 1, 1, 0, 0),
            (Inconclusive, Ruling::Fail, 1, 1, 0, 0, 1),
            (Unjudged, Ruling::Error, 4, 2, 0, 2, 0),
            (Inconclusive, Ruling::Inconclusive, 4, 2, 1, 1, 0),
        ] {
            let xml = xml(outcome, ruling, exit_code);
            let count = |tag: &str| xml.matches(tag).count();
            let counted = [count("<testcase "), count("<failure "), count("<error "), count("<skipped ")];
            assert_eq!(counted, [tests, failures, errors, skipped], "{outcome:?} {ruling:?} {exit_code}: {xml}");
        }
        assert!(xml(Fail, Ruling::Fail, 1).contains("<testcase name=\"valid on k=v\" classname=\"support\""));
    }

    #[test]
    fn what_xml_forbids_is_named() {
        let mut report = report(vec![row(Some("k=\u{0}\u{1b}[31m\u{fffe}\n]]><x>"), 0.1, Some(Outcome::Fail))]);
        report.name = "a\u{8}b".into();
        let xml = junit(&report);
        assert!(xml.contains("k=‹U+0000›‹U+001B›[31m‹U+FFFE›⏎]]&gt;&lt;x&gt;"), "{xml}");
        assert!(!xml.contains(['\u{0}', '\u{8}', '\u{1b}', '\u{fffe}']), "{xml}");
    }
}
