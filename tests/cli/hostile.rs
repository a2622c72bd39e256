//! The runner of GitHub Actions takes commands from every line that the program prints, so no stranger's text may be one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::model::{Model, Says};
use crate::support::{Project, Ran, case};

const ACTIONS: &[(&str, &str)] = &[("GITHUB_ACTIONS", "true"), ("EVAL_GATE_LOG", "debug")];
/// What the program itself has to say to the runner.
const OURS: &[&str] = &[
    "::group::Plan",
    "::group::Replay and score",
    "::group::GitHub",
    "::endgroup::",
    "::add-mask::sk-test-0123",
    "::add-mask::c2stdGVzdC0wMTIz",
];

pub(crate) fn corpus() -> Vec<String> {
    let lines = include_str!("../fixtures/hostile.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks that nothing on either stream is a command, lines being what ends with a carriage return too.
#[track_caller]
fn obeys_nobody(ran: &Ran) {
    assert!(!ran.stderr.contains("panicked"), "{ran}");
    for text in [&ran.stdout, &ran.stderr] {
        for line in text.split(['\n', '\r']) {
            let is_command = line.trim_start().starts_with("::") || line.contains("##[");
            assert!(!is_command || OURS.contains(&line), "{line:?}");
        }
    }
}

/// A report whose texts are those of the corpus, over and over.
pub(crate) fn report(corpus: &[String], start: usize) -> String {
    let mut report: Value = serde_json::from_str(include_str!("../fixtures/report.json")).unwrap();
    let mut texts = corpus.iter().cycle().skip(start);
    fill(&mut report, &mut texts);
    report.to_string()
}

fn fill<'a>(value: &mut Value, texts: &mut impl Iterator<Item = &'a String>) {
    match value {
        Value::String(text) => texts.next().unwrap().clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, texts)),
        Value::Object(fields) => {
            let is_free = |name: &&String| !matches!(name.as_str(), "ruling" | "test" | "outcome");
            let names: BTreeSet<String> = fields.keys().filter(is_free).cloned().collect();
            names.iter().for_each(|name| fill(&mut fields[name], texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn reports_in_every_format() {
    let (project, corpus) = (Project::new(), corpus());
    for start in (0..corpus.len()).step_by(60) {
        project.write("report.json", report(&corpus, start));
        for format in ["text", "markdown", "html", "junit", "json"] {
            let ran = project.run_with(&format!("report report.json --format {format}"), ACTIONS).expect(0, &[]);
            obeys_nobody(&ran);
            let is_long = format != "text" || ran.stdout.lines().count() > 9;
            assert!(is_long && !ran.stdout.is_empty(), "{ran}");
        }
    }
}

#[test]
fn comparisons_of_cases_with_hostile_names() {
    let project = Project::new();
    project.write(
        "eval-gate.yaml",
        "version: 1\nscorers:\n  valid: { score: {}, gate: { max_drop: 0.1, slices: [metadata.intent] } }\n",
    );
    let corpus = corpus();
    for (file, score) in [("a.jsonl", 1), ("b.jsonl", 0)] {
        let lines = corpus.iter().enumerate().fold(String::new(), |mut lines, (number, text)| {
            let tags = json!({"intent": corpus[number / 20 * 20]});
            writeln!(
                lines,
                "{}",
                json!({"case": format!("{number} {text}"), "tags": tags, "scores": {"valid": score}})
            )
            .unwrap();
            lines
        });
        project.write(file, lines);
    }
    let ran = project.run_with("compare a.jsonl b.jsonl", ACTIONS).expect(1, &["Fail: "]);
    obeys_nobody(&ran);
    for text in corpus.iter().step_by(9) {
        project.write("b.jsonl", format!("{}\n{text}\n", json!({"case": text, "scores": {text.as_str(): 1}})));
        obeys_nobody(&project.run_with("compare a.jsonl b.jsonl", ACTIONS));
    }
}

#[test]
fn mistakes_that_quote_hostile_text() {
    let project = Project::new();
    for text in corpus().iter().step_by(4) {
        let text_in_yaml = json!(text);
        for config in [
            format!("version: 1\n{text_in_yaml}: 1\n"),
            format!(
                "version: 1\nname: {text_in_yaml}\nscorers:\n  {text_in_yaml}: {{ contains: x, gate: {{ max_drop: 9 }} }}\n"
            ),
            text.clone(),
        ] {
            project.write("eval-gate.yaml", config);
            obeys_nobody(&project.run_with("check", ACTIONS).expect(2, &["error: "]));
        }
    }
}

#[test]
fn runs_on_hostile_cases_with_hostile_answers_and_failures() {
    let corpus: &'static [String] = Vec::leak(corpus());
    let asked = Arc::new(AtomicUsize::new(0));
    let model = Model::start(move |_| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let text = &corpus[number % corpus.len()];
        if number.is_multiple_of(3) { Says::Refuses(400, text) } else { Says::Text(text.clone()) }
    });
    let project = Project::shop(&model, 0);
    project.edit("sk-test", "sk-test-0123");
    let lines = corpus.iter().enumerate().fold(String::new(), |mut lines, (number, text)| {
        let mut case = case(number);
        (case["id"], case["metadata"]["intent"]) = (json!(format!("{number}{text}")), json!(corpus[number / 40 * 40]));
        case["messages"][1]["content"] = json!(format!("{text}?"));
        case["output"]["content"] = json!(text);
        writeln!(lines, "{case}").unwrap();
        lines
    });
    project.write("evalset/cases.jsonl", lines);
    project.edit("max_drop: 0.1", "max_drop: 0.1, slices: [metadata.intent]");
    for arguments in ["run --fresh", "check", "replay 12"] {
        obeys_nobody(&project.run_with(arguments, ACTIONS));
    }
    let told = project.read(".eval-gate/report.md");
    assert!(told.contains("Failed: ") && !told.contains("<!--"), "{told}");
}

#[test]
fn the_log_of_what_is_tried_again() {
    let model = Model::start(|_| Says::Refuses(503, "x ##[add-mask]e\n::error::x"));
    let project = Project::shop(&model, 2);
    project.edit("retries: 0", "retries: 1");
    let ran = project.run_with("run", ACTIONS).expect(4, &["trying again", "##\u{2060}[add-mask]e"]);
    obeys_nobody(&ran);
}
