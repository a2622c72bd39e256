//! `sample`: recorded traces become an evalset, and nothing secret leaves with it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::model::{Model, Says};
use crate::support::{Project, fixtures};

const CONFIG: &str = "version: 1\ntraces:\n  otlp: { files: [traces] }\n";
const SECRETS: [&str; 5] = ["ana@example.com", "4111 1111 1111 1111", "+49 30 901820", "sk-proj-", "session-3"];

/// An export request with one model call, as `OpenInference` writes it.
pub(crate) fn export(number: usize) -> Value {
    let text = format!("Question {number}: I am ana@example.com, call +49 30 901820, my card is 4111 1111 1111 1111");
    let answer = "fine, and the key is sk-proj-Zk3vT9qLw2Xr8Nb5Yc7Hd1Mf4Gj6Ps0A";
    let metadata = json!({"intent": (["refund", "shipping", "other"][number % 3]), "tier": if number == 0 { "gold" } else { "free" }});
    let attributes = [
        ("openinference.span.kind", "LLM".to_owned()),
        ("llm.model_name", "m".to_owned()),
        ("llm.input_messages.0.message.role", "user".to_owned()),
        ("llm.input_messages.0.message.content", text),
        ("llm.output_messages.0.message.role", "assistant".to_owned()),
        ("llm.output_messages.0.message.content", answer.to_owned()),
        ("session.id", format!("session-{}", number / 2)),
        ("metadata", metadata.to_string()),
    ];
    let attributes: Vec<Value> =
        attributes.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    let span = json!({
        "traceId": format!("{:032x}", number + 1), "spanId": format!("{:016x}", number + 1), "name": "answer",
        "startTimeUnixNano": format!("{}", 1_795_436_733_000_000_000_u64 + number as u64 * 1_000_000_000),
        "endTimeUnixNano": format!("{}", 1_795_436_733_500_000_000_u64 + number as u64 * 1_000_000_000),
        "attributes": attributes,
    });
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "openinference"}, "spans": [span]}]}]})
}

fn traces(count: usize) -> Project {
    let project = Project::new();
    let lines: String = (0..count).map(|number| export(number).to_string() + "\n").collect();
    project.write("traces/day.jsonl", lines);
    project.write("eval-gate.yaml", CONFIG);
    project
}

fn cases(project: &Project, folder: &str) -> Vec<Value> {
    let text = project.read(&format!("{folder}/cases.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn real_captures_become_cases_or_say_why_not() {
    let project = Project::new();
    for (name, bytes) in fixtures("captures/openllmetry") {
        project.write(&format!("traces/{name}"), bytes);
    }
    project.write("eval-gate.yaml", CONFIG);
    let ran = project
        .run("sample --to evalset")
        .expect(0, &["requests seen", "left out:", "not replayable: ", "wrote evalset/cases.jsonl"]);
    let kept = cases(&project, "evalset").len();
    assert!(kept > 8 && ran.stderr.contains(&format!("{kept} kept")), "{ran}");
}

#[test]
fn nothing_secret_is_written_and_ids_stay_apart() {
    let project = traces(12);
    let ran = project
        .run("sample --to evalset")
        .expect(0, &["12 requests seen, 12 kept", "redacted: 12 × email", "12 × card"]);
    let text = project.read("evalset/cases.jsonl");
    for secret in SECRETS {
        assert!(!text.contains(secret) && !ran.stderr.contains(secret), "{secret}: {text}");
    }
    let clusters: Vec<Value> = cases(&project, "evalset").iter().map(|case| case["cluster"].clone()).collect();
    assert_eq!((&clusters[0], clusters[0] == clusters[2]), (&clusters[1], false));
}

#[test]
fn the_same_seed_draws_the_same_cases() {
    let project = traces(30);
    project.add("sample: { size: 9, strata: [metadata.intent] }");
    project.run("sample --to a").expect(0, &["30 requests seen, 9 kept", "left out: 21 × not drawn"]);
    project.run("sample --to b").expect(0, &[]);
    project.run("sample --to c --seed 2").expect(0, &[]);
    assert_eq!(project.read("a/cases.jsonl"), project.read("b/cases.jsonl"));
    assert_ne!(project.read("a/cases.jsonl"), project.read("c/cases.jsonl"));
    let refunds = cases(&project, "a").iter().filter(|case| case["metadata"]["intent"] == "refund").count();
    assert_eq!(refunds, 3);
    project.run("sample --to a").expect(2, &["a/cases.jsonl exists", "--replace"]);
    project.run("sample --to a --replace --sample 5").expect(0, &["5 kept"]);
}

#[test]
fn compressed_files_are_read_alike() {
    let project = traces(6);
    project.run("sample --to a").expect(0, &[]);
    let plain = std::fs::read(project.path("traces/day.jsonl")).unwrap();
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&plain).unwrap();
    project.write("traces/day.jsonl.gz", gz.finish().unwrap());
    std::fs::remove_file(project.path("traces/day.jsonl")).unwrap();
    project.run("sample --to b").expect(0, &["6 kept"]);
    assert_eq!(project.read("a/cases.jsonl"), project.read("b/cases.jsonl"));
}

#[test]
fn a_filter_chooses_and_its_mistakes_are_told() {
    let project = traces(12);
    project.add("  where: metadata.intent == 'refund' and metadata.tier != 'gold'");
    project.run("sample --to a").expect(0, &["12 requests seen, 3 kept", "left out: 9 × `where` does not hold"]);
    project.edit("metadata.intent == 'refund'", "metadata.intnt == 'refund'");
    project.run("sample --to b").expect(4, &["`where` holds for none of 12 cases", "no case has metadata.intnt"]);
    project.edit("metadata.intnt == 'refund'", "metadata.intent = 'refund'");
    project.run("sample --to b").expect(2, &["eval-gate.yaml:4:10: traces.where: ", "not a valid expression"]);
    assert!(!project.path("b").exists());
}

#[test]
fn a_window_of_time_chooses_among_the_traces_of_files() {
    let project = traces(12); // one a second, the first at 12:25:33
    project.edit("files: [traces]", "files: [traces], since: 2026-11-23T12:25:36Z, until: 2026-11-23T12:25:43Z");
    let of = "from recorded traces, 2026-11-23T12:25:36Z to 2026-11-23T12:25:43Z";
    let ran =
        project.run("sample --to a").expect(0, &["7 requests seen, 7 kept", of, "left out: 5 × trace that starts"]);
    assert!(cases(&project, "a")[0]["trace"]["time"].as_str().unwrap().starts_with("2026-11-23T12:25:36"), "{ran}");
    project.edit("until: 2026-11-23T12:25:43Z", "until: 3d");
    project.edit("since: 2026-11-23T12:25:36Z, ", "");
    project.edit("until: 3d", "since: soon");
    project.run("sample --to b").expect(2, &["eval-gate.yaml:3:", "`soon` is no time"]);
    project.edit("since: soon", "since: 2026-11-24, until: 2026-11-23");
    project.run("sample --to b").expect(2, &["`since` is not before `until`"]);
}

#[test]
fn strata_that_no_case_has_are_refused() {
    let project = traces(6);
    project.add("sample: { strata: [metadata.intnt] }");
    project
        .run("sample --to a")
        .expect(2, &["`sample.strata`: no case has `metadata.intnt`; there are", "metadata.intent"]);
}

/// Traffic of 200 requests, of which every tenth failed or got a thumb down, and of which the second hundred ask the same.
fn troubled() -> Project {
    let mut lines = String::new();
    for number in 0..200 {
        let mut export = export(number);
        let span = &mut export["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        if number % 20 == 0 {
            span["status"] = json!({"code": 2, "message": "overloaded"});
        }
        let thumb = if number % 20 == 10 { 0.0 } else { 1.0 };
        let score = |key: &str, value: Value| json!({"key": key, "value": value});
        span["events"] = json!([{"name": "gen_ai.evaluation.result", "attributes": [
            score("gen_ai.evaluation.name", json!({"stringValue": "thumbs"})),
            score("gen_ai.evaluation.score.value", json!({"doubleValue": thumb})),
        ]}]);
        let text =
            if number < 100 { format!("question {number}") } else { format!("Where is order {}?", 1000 + number) };
        span["attributes"][3]["value"]["stringValue"] = json!(text);
        lines += &(export.to_string() + "\n");
    }
    let project = Project::new();
    project.write("traces/day.jsonl", lines);
    project.write("eval-gate.yaml", CONFIG);
    project
}

#[test]
fn bad_outcomes_are_drawn_more_often_and_weigh_less() {
    let project = troubled();
    project.add("sample: { size: 40, failures: 0.3 }");
    project.run("sample --to a").expect(0, &["outcome=bad: 12 of 20", "outcome=good: 28 of 180", "thumbs (40 cases)"]);
    let is_bad = |case: &&Value| case["recorded"]["status"] == "error" || case["recorded"]["scores"]["thumbs"] == 0.0;
    let weight: f64 = cases(&project, "a").iter().filter(is_bad).map(|case| case["weight"].as_f64().unwrap()).sum();
    assert!((weight - 4.0).abs() < 1e-3, "a tenth of the weight of 40 cases: {weight}");
    project.edit("failures: 0.3", "failures: { share: 0.5, when: recorded.status == 'error' }");
    project.run("sample --to b").expect(0, &["outcome=bad: 10 of 10", "outcome=good: 30 of 190"]);
    project.edit("recorded.status == 'error'", "recorded.statu == 'error'");
    project.run("sample --to c").expect(0, &["warning: an expression of the sample asks for `recorded.statu`"]);
    project.edit("recorded.statu == 'error'", "recorded.");
    project.run("sample --to d").expect(2, &["sample.failures.when", "not a valid expression"]);
    project.edit("{ share: 0.5, when: recorded. }", "30");
    project.run("sample --to d").expect(2, &["sample.failures", "above 0, at most 1"]);
}

#[test]
fn near_duplicates_are_one_case_that_counts_for_all() {
    let project = troubled();
    project.add("sample: { fold_duplicates: true }");
    project.run("sample --to a").expect(0, &["200 requests seen, 101 kept", "left out: 99 × nearly the same input"]);
    let folded: Vec<Value> = cases(&project, "a").into_iter().filter(|case| case["duplicates"] == 100).collect();
    assert!((folded[0]["weight"].as_f64().unwrap() - 50.5).abs() < 1e-3 && folded.len() == 1, "{folded:?}");
    // What arrives later changes nothing of what was there.
    let before: Vec<Value> = cases(&project, "a").iter().map(|case| case["trace"]["id"].clone()).collect();
    project.write("traces/later.jsonl", export(500).to_string() + "\n");
    project.run("sample --to b").expect(0, &["102 kept"]);
    let after: Vec<Value> = cases(&project, "b").iter().map(|case| case["trace"]["id"].clone()).collect();
    assert!(before.iter().all(|id| after.contains(id)));
}

#[test]
fn what_the_cases_stand_for_is_in_the_report_of_a_frozen_evalset_too() {
    let project = troubled();
    project.add("sample: { size: 50 }");
    project.run("sample --to a").expect(0, &["50 kept"]);
    let model = Model::start(|_| Says::Text("fine".into()));
    let provider = format!("providers:\n  default: {{ openai: {{ base_url: \"{}\", retries: 0 }} }}", model.url);
    let scorers = "scorers:\n  fine: { contains: fine, gate: { max_drop: 0.9 } }\n  thumbs: { recorded: thumbs }";
    project.write("eval-gate.yaml", format!("version: 1\nevalset: a\n{provider}\n{scorers}\n"));
    let told = "The cases stand for 200 requests, of which 50 were drawn, 25.0 %";
    project.run("run").expect(0, &["Pass", told]);
    assert!(project.read(".eval-gate/report.md").contains(told));
    let report = project.report();
    assert_eq!((&report["cases"]["population"], &report["cases"]["chosen"]), (&json!(200), &json!(50)));
    assert!(report["setup"]["evalset"].as_str().unwrap().contains("drawn from"), "{}", report["setup"]);
    // An evalset that a hand changed stands for what it is.
    let text = project.read("a/cases.jsonl");
    project.write("a/cases.jsonl", text.split_once('\n').unwrap().1);
    project.run("run").expect(0, &["was drawn with 50 cases and has 49"]).lacks(&["stand for"]);
    project.write("a/origin.json", "{");
    project.run("run").expect(2, &["origin.json", "remove it"]);
}

#[test]
fn recorded_scores_are_the_baselines_without_any_replay() {
    let project = troubled();
    let model = Model::start(|_| Says::Text("fine, and the key".into()));
    project.add(&format!("providers:\n  default: {{ openai: {{ base_url: \"{}\", retries: 0 }} }}", model.url));
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.9 } }\n  thumbs: { recorded: thumbs }");
    project.add("  total: { recorded: total_ms }\n  stars: { recorded: stars }");
    project
        .run("run")
        .expect(0, &["Pass", "warning: stars: no case has a recorded score `stars`; recorded scores: thumbs"]);
    let report = project.report();
    let row = |scorer: &str| {
        let rows = report["comparisons"].as_array().unwrap();
        rows.iter().find(|row| row["scorer"] == scorer).cloned().unwrap()
    };
    let thumbs = row("thumbs");
    let level = thumbs["baseline"].as_f64().unwrap();
    assert!((0.9..1.0).contains(&level) && thumbs["candidate"].is_null(), "{thumbs}");
    let interval = &thumbs["baseline_interval"];
    assert!(interval["low"].as_f64().unwrap() < level && interval["high"].as_f64().unwrap() > level, "{thumbs}");
    assert!(row("total")["baseline"].as_f64() == Some(500.0) && row("total")["candidate"].is_number());
    assert!(row("stars")["baseline"].is_null());
    project.run("baseline --to baseline.json").expect(0, &["stored the scores"]);
    let stored: Value = serde_json::from_str(&project.read("baseline.json")).unwrap();
    let is_scored = |case: &&Value| case["scores"]["thumbs"].is_number();
    assert!(stored["cases"].as_object().unwrap().values().filter(is_scored).count() > 150);
    project.edit("{ recorded: thumbs }", "{ recorded: thumbs, gate: { max_drop: 0.1 } }");
    project.run("run").expect(2, &["scorers.thumbs.gate", "production's answers alone"]);
}

#[test]
fn live_traffic_is_redacted_before_it_is_sent_and_shown() {
    let project = traces(12);
    let model = Model::start(|_| Says::Text("fine".into()));
    project.add(&format!("providers:\n  default: {{ openai: {{ base_url: \"{}\", retries: 0 }} }}", model.url));
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.1 } }");
    let ran = project.run("run").expect(0, &["Pass"]);
    let sent = Value::from(model.asked()).to_string();
    for secret in SECRETS {
        for text in [&sent, &project.read(".eval-gate/report.json"), &project.read(".eval-gate/report.md"), &ran.stdout]
        {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert!(sent.contains("<EMAIL_1>"), "{sent}");
}

#[test]
fn files_that_are_not_there_or_no_traces_are_told() {
    let project = Project::new();
    project.write("eval-gate.yaml", CONFIG);
    project.run("sample --to a").expect(2, &["no such trace file: traces"]);
    project.write("traces/readme.txt", "hello");
    project.run("sample --to a").expect(2, &["no trace file in traces", ".jsonl"]);
    project.write("traces/day.jsonl", "hello\n");
    project
        .run("sample --to a")
        .expect(4, &["no OTLP export could be read from traces/day.jsonl", "expected JSON with resourceSpans"]);
    project.write("traces/day.jsonl", export(1).to_string() + "\nhello\n{\"resourceSpans\": [");
    project
        .run("sample --to a")
        .expect(0, &["1 requests seen, 1 kept", "left out: 1 × line is not JSON", "left out: 1 × line is cut"]);
    project.write("eval-gate.yaml", "version: 1\nevalset: a\n");
    project.run("sample --to b").expect(2, &["there are no traces to sample; write traces:"]);
}
