//! What is promised of report.json: its schema is committed and true, and a report comes back as it was.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use eval_gate::report::{Count, Report, brief, markdown, terminal};
use serde_json::Value;

fn committed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A report with every kind of row, texts of hostile people included.
fn sample() -> Report {
    serde_json::from_str(&committed("tests/fixtures/report.json")).unwrap()
}

fn schema() -> Value {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.v1.json"), &text).unwrap();
    }
    assert_eq!(committed("schemas/report.v1.json"), text, "run this test with UPDATE_SCHEMAS=1 and commit the schema");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_committed_schema_is_the_one_of_the_types_and_fits_a_report() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let report = serde_json::to_value(sample()).unwrap();
    assert!(
        validator.is_valid(&report),
        "{:?}",
        validator.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>()
    );
    let mut wrong = report;
    wrong["verdict"]["ruling"] = "green".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn a_report_comes_back_as_it_was() {
    assert_eq!(sample().to_json(), committed("tests/fixtures/report.json"));
}

#[test]
fn the_markdown_and_the_terminal_read_as_they_are_committed() {
    insta::assert_snapshot!("report.md", markdown(&sample()));
    insta::assert_snapshot!("report.txt", terminal(&sample()));
}

#[test]
fn hostile_text_stays_text_in_the_markdown() {
    let text = markdown(&sample());
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.render.r#unsafe = true;
    let html = comrak::markdown_to_html(&text, &options);
    // Within a code block text is only text, also for what GitHub links afterwards.
    let html: String = html.split("<pre>").map(|part| part.split("</pre>").last().unwrap_or_default()).collect();
    for forbidden in ["<img", "<a ", "<script", "<!--", "@octocat", "<h1"] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    assert_eq!(html.matches("<details>").count(), html.matches("</details>").count());
    assert!(html.starts_with("<h2>❌ Fail: "), "{html}");
}

#[test]
fn a_brief_keeps_to_its_bytes_and_leaves_nothing_open() {
    let mut report = sample();
    let hostile = "</details> <!-- ``` @octocat \u{202e}ä\u{1f600}| ".repeat(40);
    let row = report.comparisons.iter().find(|row| row.slice.is_some()).unwrap().clone();
    let rows = (0..300).map(|number| {
        let mut row = row.clone();
        row.slice = Some(format!("k{number}={hostile}"));
        row
    });
    report.comparisons.extend(rows);
    report.verdict.reasons = (0..100).map(|number| format!("{number} {hostile}")).collect();
    report.cases.left_out = (0..200).map(|count| Count { what: hostile.clone(), count }).collect();
    let result = report.results[0].clone();
    report.results.extend((0..50).map(|_| {
        let mut result = result.clone();
        (result.question, result.candidate) = (hostile.clone(), Some(hostile.clone()));
        result
    }));
    for budget in [2_500, 4_000, 15_000, 30_000, 60_000, 65_535, 900_000] {
        let text = brief(&report, budget, Some("Reported by the fork's run"));
        assert!(text.len() <= budget, "{} of {budget}", text.len());
        assert!(text.starts_with("## ❌ Fail: 0 ") && text.contains("Reported by the fork"), "{text}");
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(lines("<details>"), lines("</details>"));
        assert!(text.contains(" more") || text.contains("Left out here"), "what is left out is counted");
        assert!(budget < 15_000 || text.contains("| danger_rule | 0.977 |"), "the table is there: {text}");
    }
    assert!(brief(&report, 60_000, None).len() > 20_000, "the room is used");
}
