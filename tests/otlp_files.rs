//! OTLP files as they come: in every wrapping, damaged, and not OTLP at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use eval_gate::source::{Batch, SourceError, otlp};
use eval_gate::trace;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const CAPTURES: &str = "tests/fixtures/captures";

/// A captured export request on one line.
fn export(name: &str) -> String {
    let text = fs::read_to_string(Path::new(CAPTURES).join(name)).expect("a fixture");
    serde_json::from_str::<Value>(&text).expect("JSON").to_string()
}

fn single() -> String {
    export("openinference-openai/single.traces.json")
}

/// Reads bytes as a file of this name.
fn read(name: &str, bytes: &[u8]) -> Result<Batch, SourceError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    otlp::read(&[path])
}

/// The answers in a batch, and its omissions as `reason (count)`.
fn outcome(batch: &Batch) -> (Vec<String>, Vec<String>) {
    let found = trace::cases(&batch.traces).found;
    let answers = found.into_iter().filter_map(|found| found.case.output?.content).collect();
    let omitted = batch.omissions.iter().map(|omission| format!("{} ({})", omission.reason, omission.count)).collect();
    (answers, omitted)
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("encoded");
    encoder.finish().expect("encoded")
}

fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(text).expect("JSON")).expect("JSON")
}

#[test]
fn every_wrapping_gives_the_same_traces() {
    let (one, two) = (single(), export("openinference-openai/rag.traces.json"));
    let plain = read("a.json", format!("{one}\n{two}\n").as_bytes()).expect("readable");
    assert_eq!(outcome(&plain).0.len(), 2);
    let wrappings: [(&str, Vec<u8>); 7] = [
        ("no newline at the end", format!("{one}\n{two}").into_bytes()),
        ("byte order mark, blank lines, CRLF", format!("\u{feff}{one}\r\n\r\n  \r\n{two}\r\n").into_bytes()),
        ("an array", format!("[{one},{two}]").into_bytes()),
        ("an array over many lines", pretty(&format!("[{one},{two}]")).into_bytes()),
        ("documents over many lines", format!("{}\n{}\n", pretty(&one), pretty(&two)).into_bytes()),
        ("gzip", gzipped(&format!("{one}\n{two}\n"))),
        ("gzip in two members", [gzipped(&format!("{one}\n")), gzipped(&format!("{two}\n"))].concat()),
    ];
    for (what, bytes) in wrappings {
        assert_eq!(read("a.json", &bytes).expect("readable"), plain, "{what}");
    }
}

#[test]
fn traces_and_logs_meet_in_one_file_and_in_several() {
    let (spans, logs) =
        (export("otel-v2-legacy-events/tool.traces.json"), export("otel-v2-legacy-events/tool.logs.json"));
    let together = read("a.json", format!("{logs}\n{spans}\n").as_bytes()).expect("readable");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("traces.json"), &spans).expect("written");
    fs::write(folder.path().join("logs.json.gz"), gzipped(&logs)).expect("written");
    let apart = otlp::read(&[folder.path().to_owned()]).expect("readable");
    assert_eq!(apart, together);
    assert_eq!(outcome(&together), (vec!["It is 18 degrees and sunny in Paris.".to_owned()], vec![]));
}

#[test]
fn a_bad_line_costs_that_line_alone() {
    let good = single();
    let cut = &good[..good.len() / 2];
    let cases: [(&[u8], &str); 5] = [
        (b"not json", "line is not JSON (1)"),
        (b"{\"resourceSpans\": [{\"x\": \"\xff\xfe\"}]}", "line is not UTF-8 (1)"),
        (b"{\"resourceSpans\": 3}", "JSON of another shape than OTLP (1)"),
        (b"{\"level\": \"info\"}", "JSON without resourceSpans or resourceLogs (1)"),
        (cut.as_bytes(), "line is cut (1)"),
    ];
    for (bad, reason) in cases {
        for lines in [[bad, good.as_bytes()], [good.as_bytes(), bad]] {
            let batch = read("a.jsonl", &lines.join(&b'\n')).expect("readable");
            let (answers, omitted) = outcome(&batch);
            assert_eq!((answers.len(), omitted), (1, vec![reason.to_owned()]), "{}", String::from_utf8_lossy(bad));
            let place = if lines[0] == bad { "a.jsonl:1" } else { "a.jsonl:2" };
            assert!(batch.omissions[0].examples[0].contains(place), "{:?}", batch.omissions);
        }
    }
}

#[test]
fn a_gzip_file_that_ends_early_keeps_what_came_before() {
    let lines: Vec<String> = ["single", "multi", "rag", "schema", "stream", "tool"]
        .iter()
        .map(|name| export(&format!("openinference-openai/{name}.traces.json")))
        .collect();
    let whole = gzipped(&format!("{}\n", lines.join("\n")));
    let batch = read("a.json.gz", &whole[..whole.len() - whole.len() / 4]).expect("the beginning is readable");
    let (answers, omitted) = outcome(&batch);
    assert!(!answers.is_empty() && answers.len() < 6, "{answers:?}");
    assert_eq!(omitted, ["file ends early (1)"]);
    assert!(batch.omissions[0].examples[0].contains("get the whole file again"), "{:?}", batch.omissions);
}

#[test]
fn the_same_export_twice_is_read_once() {
    let line = export("otel-v2-legacy-events/single.traces.json");
    let log = export("otel-v2-legacy-events/single.logs.json");
    let batch = read("a.json", format!("{line}\n{log}\n{line}\n{log}\n").as_bytes()).expect("readable");
    let (answers, omitted) = outcome(&batch);
    assert_eq!(answers.len(), 1);
    assert_eq!(omitted, ["log record read before (2)", "span read before (1)"]);
}

#[test]
fn ids_in_protobufs_own_json_are_the_same_ids() {
    let hex = single();
    let batch = read("a.json", hex.as_bytes()).expect("readable");
    let trace = &batch.traces[0];
    let base64 = hex.replace(&trace.id, "kqitfAr9PBRqwYZkPDEGMA==").replace(&trace.spans[0].id, "1k6ussGIIng=");
    assert_ne!(base64, hex);
    let same = read("a.json", base64.as_bytes()).expect("readable");
    assert_eq!(same, batch);
}

#[test]
fn what_gives_nothing_says_what_and_where_and_what_to_do() {
    let told = |name: &str, bytes: &[u8]| read(name, bytes).expect_err("an error").to_string();
    let cases: [(&str, Vec<u8>, &[&str]); 8] = [
        ("empty.json", vec![], &["empty.json", "empty"]),
        ("blank.json", b"\n \n".to_vec(), &["blank.json", "empty"]),
        ("other.json", b"{\"a\": 1}".to_vec(), &["other.json", "resourceSpans"]),
        ("text.log", b"hello\nworld\n".to_vec(), &["text.log:1", "not JSON"]),
        ("a.pb", b"\x0a\x07traces".to_vec(), &["a.pb", "not supported yet", "format: json"]),
        ("a.json.gz", gzipped(&single())[..40].to_vec(), &["a.json.gz", "ends early"]),
        ("bad.json", pretty(&single()).replace("\"spans\"", "spans").into_bytes(), &["bad.json:", "not JSON"]),
        ("cut.json", single().as_bytes()[..200].to_vec(), &["cut.json:1", "cut"]),
    ];
    for (name, bytes, wanted) in cases {
        let message = told(name, &bytes);
        assert!(wanted.iter().all(|want| message.contains(want)), "{message}");
    }
    let missing = otlp::read(&[PathBuf::from("no/such/file.json")]).expect_err("an error").to_string();
    assert!(missing.contains("no/such/file.json") && missing.contains("check the path"), "{missing}");
}

#[test]
fn a_file_that_a_pattern_found_may_be_unreadable() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.json"), single()).expect("written");
    fs::write(folder.path().join("b.pb"), b"\x0a\x07traces").expect("written");
    let batch = otlp::read(&[folder.path().join("*")]).expect("readable");
    assert_eq!(outcome(&batch).1, ["file not readable as JSON (1)"]);
    otlp::read(&[folder.path().to_owned()]).expect("a folder's .pb files are passed over");
}

#[test]
fn a_very_long_line_is_read() {
    let long = "x".repeat(20 << 20);
    let line = single().replace("What is your refund policy?", &long);
    let batch = read("a.json", format!("{line}\n{}\n", export("openinference-openai/rag.traces.json")).as_bytes());
    let found = trace::cases(&batch.expect("readable").traces).found;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].case.messages[0].content.as_str().map(str::len), Some(long.len()));
}
