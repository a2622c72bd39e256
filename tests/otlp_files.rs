//! OTLP files as they come: in every wrapping, damaged, and not OTLP at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use eval_gate::source::otlp::{self, Files};
use eval_gate::source::{Batch, SourceError};
use eval_gate::trace::{self, Trace};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

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
    read_both_ways(&[path])
}

/// Reads files into memory and trace by trace, which must give the same.
fn read_both_ways(paths: &[PathBuf]) -> Result<Batch, SourceError> {
    let read = otlp::read(paths);
    let files = Files::open(paths)?;
    let survey = files.survey(Vec::new, |seen: &mut Vec<Trace>, trace| seen.push(trace.clone()));
    match (&read, survey) {
        (Ok(batch), Ok((visitors, omissions))) => {
            let mut traces: Vec<Trace> = visitors.into_iter().flatten().collect();
            traces.sort_by_key(|trace| (trace.spans.first().map(|span| span.start_ns), trace.id.clone()));
            assert_eq!((&traces, &omissions), (&batch.traces, &batch.omissions));
            let ids = traces.iter().map(|trace| trace.id.clone()).collect();
            assert_eq!(files.traces(&ids).expect("readable"), traces);
        }
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("{one:?} is not {other:?}"),
    }
    read
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

fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("encoded")
}

/// A message as the Collector's file exporter writes it: after its length.
fn framed(message: &[u8]) -> Vec<u8> {
    [&u32::try_from(message.len()).expect("short").to_be_bytes(), message].concat()
}

fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(text).expect("JSON")).expect("JSON")
}

#[test]
fn every_wrapping_gives_the_same_traces() {
    let (one, two) = (single(), export("openinference-openai/rag.traces.json"));
    let plain = read("a.json", format!("{one}\n{two}\n").as_bytes()).expect("readable");
    assert_eq!(outcome(&plain).0.len(), 2);
    let wrappings: [(&str, Vec<u8>); 11] = [
        ("no newline at the end", format!("{one}\n{two}").into_bytes()),
        ("byte order mark, blank lines, CRLF", format!("\u{feff}{one}\r\n\r\n  \r\n{two}\r\n").into_bytes()),
        ("an array", format!("[{one},{two}]").into_bytes()),
        ("an array over many lines", pretty(&format!("[{one},{two}]")).into_bytes()),
        ("documents over many lines", format!("{}\n{}\n", pretty(&one), pretty(&two)).into_bytes()),
        ("gzip", gzipped(&format!("{one}\n{two}\n"))),
        ("gzip in two members", [gzipped(&format!("{one}\n")), gzipped(&format!("{two}\n"))].concat()),
        ("zstd", packed(format!("{one}\n{two}\n").as_bytes())),
        ("zstd in two frames", [packed(format!("{one}\n").as_bytes()), packed(two.as_bytes())].concat()),
        ("messages in zstd", [framed(&packed(one.as_bytes())), framed(&packed(two.as_bytes()))].concat()),
        ("messages in JSON", [framed(one.as_bytes()), framed(two.as_bytes())].concat()),
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
    let apart = read_both_ways(&[folder.path().to_owned()]).expect("readable");
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
        ("a.pb", b"\x0a\x07traces\x00".to_vec(), &["a.pb:1", "no export of traces or logs"]),
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
    fs::write(folder.path().join("b.json"), b"\xff\xfe{\x00").expect("written");
    let batch = read_both_ways(&[folder.path().join("*")]).expect("readable");
    assert_eq!(outcome(&batch).1, ["file not readable (1)"]);
    let named = otlp::read(&[folder.path().join("a.json"), folder.path().join("b.json")]);
    assert!(named.expect_err("an error").to_string().contains("save it as UTF-8"));
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

/// The spans of an export, each in an export of its own.
fn spans(export: &str) -> Vec<String> {
    let export: Value = serde_json::from_str(export).expect("JSON");
    let mut lines = Vec::new();
    for group in export["resourceSpans"].as_array().expect("groups") {
        for scope in group["scopeSpans"].as_array().expect("scopes") {
            for span in scope["spans"].as_array().expect("spans") {
                let scope = json!({"scope": scope["scope"], "spans": [span]});
                lines.push(
                    json!({"resourceSpans": [{"resource": group["resource"], "scopeSpans": [scope]}]}).to_string(),
                );
            }
        }
    }
    lines
}

#[test]
fn spans_far_from_each_other_meet_whatever_lies_between() {
    let rag = export("openinference-openai/rag.traces.json");
    let whole = read("a.json", rag.as_bytes()).expect("readable");
    let spans = spans(&rag);
    assert!(spans.len() > 2, "{}", spans.len());
    // More than is held in memory: what lies open is put on disk.
    let long = single().replace("What is your refund policy?", &"x".repeat(9 << 20));
    let id = trace::cases(&read("a.json", long.as_bytes()).expect("readable").traces).found[0].case.trace.clone();
    let id = id.expect("a trace").id;
    let mut lines = vec![spans[0].clone()];
    let others: Vec<String> = (0..5).map(|number| format!("{number:032x}").replace('0', "a")).collect();
    lines.extend(others.iter().map(|other| long.replace(&id, other)));
    lines.extend(spans[1..].iter().cloned());
    // A link to a trace keeps it open, too.
    lines
        .extend(others.iter().map(|other| format!("{{\"resourceSpans\":[],\"links\":[{{\"traceId\":\"{other}\"}}]}}")));
    let batch = read("a.jsonl", lines.join("\n").as_bytes()).expect("readable");
    assert_eq!(batch.traces.len(), 6);
    assert!(batch.traces.contains(&whole.traces[0]));
}

#[test]
fn traces_that_share_a_line_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, two] = ["rag", "single"].map(|name| export(&format!("openinference-openai/{name}.traces.json")));
    let apart = read("a.json", format!("{one}\n{two}\n").as_bytes()).expect("readable");
    let together = format!("[{},{two},{{\"resourceMetrics\":[]}}]", spans(&one)[0]);
    fs::write(folder.path().join("a.json"), together).expect("written");
    fs::write(folder.path().join("b.jsonl"), spans(&one)[1..].join("\n")).expect("written");
    assert_eq!(read_both_ways(&[folder.path().to_owned()]).expect("readable"), apart);
}

#[test]
fn every_capture_is_read_alike_in_every_order() {
    let folders = fs::read_dir(CAPTURES).expect("captures").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    let batch = read_both_ways(&folders).expect("readable");
    assert!(batch.traces.len() > 100, "{}", batch.traces.len());
    folders.reverse();
    assert_eq!(read_both_ways(&folders).expect("readable").traces, batch.traces);
}

/// A captured export request as protobuf's own library wrote it.
fn message(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/fixtures/protobuf").join(name)).expect("a fixture")
}

#[test]
fn protobuf_gives_the_same_traces_as_json_in_every_wrapping() {
    let json = read("a.json", export("openinference-openai/rag.traces.json").as_bytes()).expect("readable");
    let rag = message("rag.traces.pb");
    let mut delimited = Vec::new();
    prost::encode_length_delimiter(rag.len(), &mut delimited).expect("room");
    delimited.extend(&rag);
    let wrappings: [(&str, Vec<u8>); 7] = [
        ("a message", rag.clone()),
        ("messages after lengths in four bytes", framed(&rag)),
        ("the same, each in zstd", framed(&packed(&rag))),
        ("the same, in zstd as a whole", packed(&framed(&rag))),
        ("messages after varints", delimited),
        ("gzip", {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&rag).expect("encoded");
            encoder.finish().expect("encoded")
        }),
        ("zstd", packed(&rag)),
    ];
    for (what, bytes) in wrappings {
        assert_eq!(read("a.pb", &bytes).expect("readable").traces, json.traces, "{what}");
        assert_eq!(read("a.pb", &bytes).expect("readable").omissions, [], "{what}");
    }
    let cut = read("a.pb", &[framed(&rag), framed(&rag)[..900].to_vec()].concat()).expect("readable");
    assert_eq!((&cut.traces, outcome(&cut).1), (&json.traces, vec!["file ends early (1)".to_owned()]));
    let nameless = framed(b"\x0a\x04\x12\x02\x12\x00");
    let other = read("a.pb", &[framed(&rag), nameless, b"\xff\xff\xff\xffrest".to_vec()].concat());
    let omitted = ["bytes that are no OTLP (1)", "span without trace or span id (1)"];
    assert_eq!(outcome(&other.expect("readable")).1, omitted);
}

#[test]
fn logs_and_spans_in_protobuf_meet() {
    let [spans, logs] = ["tool.traces.pb", "tool.logs.pb"].map(message);
    let exports = ["otel-v2-legacy-events/tool.logs.json", "otel-v2-legacy-events/tool.traces.json"].map(export);
    let json = read("a.json", exports.join("\n").as_bytes()).expect("readable");
    let batch = read("a.pb", &[framed(&logs), framed(&spans), framed(&message("rag.traces.pb"))].concat());
    let batch = batch.expect("readable");
    assert!(json.traces.iter().all(|trace| batch.traces.contains(trace)));
    assert_eq!(batch.traces.len(), json.traces.len() + 1);
}
