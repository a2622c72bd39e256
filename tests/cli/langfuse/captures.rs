//! What real libraries put on the wire gives the same cases from files and by way of Langfuse, as far as Langfuse keeps it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::server::{Generation, Held, Langfuse};
use super::{ingest, with_keys};
use crate::support::Project;

const EITHER: [Generation; 2] = [Generation::New, Generation::Old { is_deprecated: false }];

fn files(producer: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures").join(producer);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.display().to_string().ends_with(".traces.json")).collect()
}

/// The cases by their spans.
fn cases(project: &Project, source: &str) -> BTreeMap<String, Value> {
    project.write("eval-gate.yaml", format!("version: 1\ntraces:\n  {source}\n"));
    let ran = with_keys(project, "sample --to a --replace").expect(0, &[]);
    assert!(!ran.stdout.contains("left out") || ran.stdout.contains("not replayable"), "{ran}");
    let text = project.read("a/cases.jsonl");
    let by_span = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        (case["trace"]["span"].as_str().unwrap().to_owned(), case)
    };
    text.lines().map(by_span).collect()
}

/// Takes out a duration, for Langfuse keeps milliseconds.
fn duration(case: &mut Value, name: &str) -> Option<f64> {
    case["recorded"].as_object_mut().unwrap().shift_remove(name).and_then(|ms| ms.as_f64())
}

/// Texts that are JSON as what they are: some lose their spaces on the way.
fn opened(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), opened(value))).collect(),
        Value::Array(list) => list.iter().map(opened).collect(),
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

fn bare(mut case: Value) -> Value {
    let trace = case["trace"].as_object_mut().unwrap();
    trace.shift_remove("url");
    trace.shift_remove("time");
    case["metadata"].as_object_mut().unwrap().sort_keys();
    opened(&case)
}

fn by_way_of_langfuse(project: &Project, producer: &str, generation: Generation) -> BTreeMap<String, Value> {
    let mut held = Held::default();
    for file in files(producer) {
        let export: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        ingest::observations(&export).into_iter().for_each(|row| held.put(&row));
    }
    let store = Langfuse::start(generation, held);
    cases(project, &format!("langfuse: {{ base_url: \"{}\", since: 2026-01-01, until: 2026-11-25 }}", store.url()))
}

fn from_files(project: &Project, producer: &str) -> BTreeMap<String, Value> {
    let listed: Vec<String> = files(producer).iter().map(|file| format!("\"{}\"", file.display())).collect();
    cases(project, &format!("otlp: {{ files: [{}] }}", listed.join(", ")))
}

#[test]
fn langfuses_own_sdk_gives_the_same_cases() {
    let project = Project::new();
    for generation in EITHER {
        let mut read = by_way_of_langfuse(&project, "langfuse-v5", generation);
        let expected = from_files(&project, "langfuse-v5");
        assert_eq!(read.len(), expected.len());
        for (span, mut case) in expected {
            let mut other = read.remove(&span).unwrap();
            for name in ["total_ms", "ttft_ms"] {
                let (one, other) = (duration(&mut case, name), duration(&mut other, name));
                assert_eq!(one.is_some(), other.is_some(), "{name}");
                assert!((one.unwrap_or_default() - other.unwrap_or_default()).abs() <= 1.5, "{name}");
            }
            assert_eq!(bare(other), bare(case));
        }
    }
}

#[test]
fn other_libraries_calls_are_replayable_too() {
    let project = Project::new();
    for (producer, most_lost) in [
        ("openinference-openai", 0),
        ("openinference-langchain", 0),
        ("openinference-openai-agents", 0),
        ("openinference-smolagents", 0),
        ("otel-v2-latest-span", 0),
        ("openllmetry", 0),
        ("langsmith-otel", 0),
        // Its messages were in the logs, which Langfuse does not take.
        ("otel-genai-span-and-event", 1),
    ] {
        let expected = from_files(&project, producer);
        for generation in EITHER {
            let read = by_way_of_langfuse(&project, producer, generation);
            let lost: Vec<&String> = expected.keys().filter(|span| !read.contains_key(*span)).collect();
            assert_eq!(lost.len(), most_lost, "{producer}: {} of {} lost", lost.len(), expected.len());
            for (span, case) in &read {
                let of_file = &expected[span];
                // Of a call that failed, the raw answer has an empty message.
                let output = if case["recorded"]["status"] == "ok" { "output" } else { "messages" };
                for name in ["messages", output, "tools", "request", "cluster"] {
                    assert_eq!(opened(&case[name]), opened(&of_file[name]), "{producer} {span} {name}");
                }
            }
        }
    }
}
