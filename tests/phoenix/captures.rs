//! What each producer puts on the wire gives the same cases from files and by way of Phoenix, which translates some of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::server::{KEY, Phoenix};
use crate::support::Project;

/// Has attributes of bytes, which Phoenix takes and then fails to store.
const UNSTORED: &str = "langsmith-0.4.4";
/// What the resource says, which Phoenix does not keep.
const LOST: [&str; 3] = ["environment", "service", "release"];

fn producers() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with(UNSTORED)).collect()
}

/// The files of traces. Phoenix takes no logs.
fn files(producer: &Path) -> Vec<String> {
    let files = fs::read_dir(producer).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    files.filter(|file| file.ends_with(".traces.json")).collect()
}

/// The cases by their spans, without what a store adds or loses.
fn cases(project: &Project, config: &str, key: &str) -> BTreeMap<String, Value> {
    project.write("eval-gate.yaml", format!("version: 1\ntraces:\n  {config}\n"));
    let ran = project.run_with("sample --to a --replace", &[("PHOENIX_API_KEY", key)]);
    assert!(matches!(ran.code, Some(0 | 4)), "{ran}");
    let text = if ran.code == Some(0) { project.read("a/cases.jsonl") } else { String::new() };
    text.lines().map(|line| bare(serde_json::from_str(line).unwrap())).collect()
}

fn bare(mut case: Value) -> (String, Value) {
    let span = case["trace"]["span"].as_str().unwrap().to_owned();
    case["trace"].as_object_mut().unwrap().shift_remove("url");
    if let Some(metadata) = case["metadata"].as_object_mut() {
        LOST.iter().for_each(|name| _ = metadata.shift_remove(*name));
        metadata.sort_keys();
    }
    let recorded = case["recorded"].as_object_mut().unwrap();
    for name in ["ttft_ms", "total_ms"] {
        // Phoenix keeps microseconds.
        let rounded = recorded.get(name).and_then(Value::as_f64).map(|ms| Value::from((ms * 10.0).round() / 10.0));
        rounded.map(|ms| recorded.insert(name.to_owned(), ms));
    }
    (span, case)
}

#[test]
fn every_producer_gives_the_same_cases_by_way_of_phoenix() {
    let Some(phoenix) = Phoenix::get() else { return };
    let mut compared = 0;
    for producer in producers() {
        let name = producer.file_name().unwrap().to_str().unwrap();
        let files = files(&producer);
        phoenix.script("send.py", &[&[name], files.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
        let project = Project::new();
        let listed: Vec<String> = files.iter().map(|file| format!("\"{file}\"")).collect();
        let from_files = cases(&project, &format!("otlp: {{ files: [{}] }}", listed.join(", ")), KEY);
        let of_phoenix = format!("phoenix: {{ project: {name}, since: 2020-01-01, base_url: \"{}\" }}", phoenix.url);
        let start = std::time::Instant::now();
        let mut from_phoenix = cases(&project, &of_phoenix, KEY);
        while from_phoenix != from_files && start.elapsed().as_secs() < 180 {
            // What was sent is readable after a while, and other tests fill the same queue.
            std::thread::sleep(std::time::Duration::from_millis(500));
            from_phoenix = cases(&project, &of_phoenix, KEY);
        }
        for (span, case) in &from_files {
            assert_eq!(from_phoenix.get(span), Some(case), "{name}");
        }
        assert_eq!(from_phoenix.len(), from_files.len(), "{name}");
        compared += from_files.len();
    }
    assert!(compared > 100, "{compared}");
}
