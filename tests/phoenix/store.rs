//! From the store to the verdict and back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Model, Says};
use crate::server::{KEY, Phoenix};
use crate::support::{Project, Ran};

const CASES: usize = 24;

/// A project of the server that the SDK has filled, and a folder with a gate on it.
fn shop(phoenix: &Phoenix, name: &str, traces: usize) -> (Project, Model) {
    let model = Model::start(|request| {
        let is_asked_anew = request["messages"][0]["content"] != "old";
        Says::Text(if is_asked_anew { "fine, and at length" } else { "fine" }.into())
    });
    phoenix.script("ask.py", &[name, &traces.to_string(), &model.url]);
    phoenix.wait_for(name, traces);
    let project = Project::new();
    project.write("prompt.txt", "You help customers.");
    project.write("eval-gate.yaml", CONFIG.replace("NAME", name).replace("URL", &model.url));
    (project, model)
}

fn run(project: &Project, phoenix: &Phoenix, arguments: &str, key: &str) -> Ran {
    project.run_with(arguments, &[("PHOENIX_COLLECTOR_ENDPOINT", &phoenix.url), ("PHOENIX_API_KEY", key)])
}

fn cases(project: &Project, folder: &str) -> Vec<Value> {
    project.read(&format!("{folder}/cases.jsonl")).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The gate's annotations, by name.
fn written(phoenix: &Phoenix, name: &str) -> BTreeMap<String, usize> {
    let list = phoenix.get_json(&format!("/v1/projects/{name}/span_annotations?identifier=eval-gate:shop&limit=1000"));
    let mut counts = BTreeMap::new();
    for annotation in list["data"].as_array().unwrap() {
        *counts.entry(annotation["name"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_run_reads_the_store_and_writes_its_scores_to_it_once() {
    let Some(phoenix) = Phoenix::get() else { return };
    let (project, _model) = shop(phoenix, "loop", CASES);
    for _ in 0..2 {
        run(&project, phoenix, "run", KEY).expect(
            1,
            &["Fail", "24 cases compared of 24 chosen, 0 left out", "96 scores written back as eval-gate:shop"],
        );
        let names = ["fine", "fine.candidate", "short", "short.candidate"];
        assert_eq!(written(phoenix, "loop"), names.map(|name| (name.to_owned(), CASES)).into());
    }
    run(&project, phoenix, "check", KEY)
        .expect(0, &["cases: 24 of 24 seen, in 24 clusters, from Phoenix's project loop, "]);
    run(&project, phoenix, "sample --to a", KEY).expect(0, &["24 kept"]);
    for case in cases(&project, "a") {
        // What the gate wrote of the candidate is no score of production's answer.
        assert_eq!(case["recorded"]["scores"], json!({"fine": 1.0, "short": 1.0}), "{case}");
        assert_eq!(
            (&case["output"]["content"], &case["request"]["parameters"]),
            (&json!("fine"), &json!({"temperature": 0.2}))
        );
        assert_eq!(case["recorded"]["usage"], json!({"input": 10, "output": 5, "cached": 0}));
        let link = case["trace"]["url"].as_str().unwrap().strip_prefix(&phoenix.url).unwrap();
        assert!(phoenix.curl(link, &[]).is_some(), "{link}");
    }
    let report = project.report();
    assert!(report["setup"]["evalset"].as_str().unwrap().starts_with("Phoenix's project loop, 20"), "{report}");
    assert!(report["results"][0]["tags"]["intent"].is_string(), "{report}");
}

#[test]
fn what_people_said_is_recorded_and_can_be_asked_for() {
    let Some(phoenix) = Phoenix::get() else { return };
    let (project, _model) = shop(phoenix, "said", 4);
    run(&project, phoenix, "sample --to a", KEY).expect(0, &["4 kept"]);
    let before = cases(&project, "a");
    let span = |case: &Value| case["trace"]["span"].clone();
    let thumb = |case: &Value, by: &str, score: f64| json!({"span_id": span(case), "name": "thumbs", "annotator_kind": "HUMAN", "identifier": by, "result": {"score": score}});
    let tone =
        json!({"span_id": span(&before[0]), "name": "tone", "annotator_kind": "HUMAN", "result": {"label": "rude"}});
    let spans = [thumb(&before[0], "ana", 1.0), thumb(&before[0], "bo", 0.0), thumb(&before[1], "ana", 1.0), tone];
    phoenix.post("/v1/span_annotations?sync=true", &json!({"data": spans}));
    let stars = json!({"trace_id": before[2]["trace"]["id"], "name": "stars", "annotator_kind": "HUMAN", "result": {"score": 4}});
    phoenix.post("/v1/trace_annotations?sync=true", &json!({"data": [stars]}));
    run(&project, phoenix, "sample --to b", KEY).expect(0, &["4 kept"]);
    let after = cases(&project, "b");
    let scores: Vec<&Value> = after.iter().map(|case| &case["recorded"]["scores"]).collect();
    assert_eq!(scores, [&json!({"thumbs": 0.5}), &json!({"thumbs": 1.0}), &json!({"stars": 4.0}), &Value::Null]);
    assert_eq!(after[0]["metadata"]["tone"], "rude");
    let ids = |cases: &[Value]| cases.iter().map(|case| case["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&before), ids(&after), "what is said of a case makes no other case of it");
    project.edit("traces:", "traces:\n  where: \"recorded.scores.thumbs == 0.5 and metadata.tone == 'rude'\"");
    run(&project, phoenix, "sample --to c", KEY).expect(0, &["1 kept", "left out: 3 × `where` does not hold"]);
}

#[test]
fn many_pages_are_read_whole_and_a_limit_chooses_among_all() {
    let Some(phoenix) = Phoenix::get() else { return };
    let (project, model) = shop(phoenix, "many", 1000);
    let until = format!("since: 1d, until: \"{}\"", jiff::Timestamp::now());
    project.edit("since: 1d", &until);
    run(&project, phoenix, "sample --to before --sample 50", KEY).expect(0, &["1000 requests seen, 50 kept"]);
    phoenix.script("ask.py", &["many", "30", &model.url]);
    project.edit(&until, "since: 1d");
    let count = || run(&project, phoenix, "sample --to a --replace", KEY);
    let start = std::time::Instant::now();
    while !count().stderr.contains("1030 requests seen, 1030 kept") {
        assert!(start.elapsed().as_secs() < 180, "{}", count());
    }
    project.edit("since: 1d", &until);
    run(&project, phoenix, "sample --to after --sample 50", KEY).expect(0, &["1000 requests seen, 50 kept"]);
    for (before, after) in cases(&project, "before").iter().zip(cases(&project, "after")) {
        assert_eq!(before, &after, "what arrives later changes nothing");
    }
    project.edit(&until, "since: 1d");
    project.edit("project: many", "project: many, limit: 100, filter: 'llm_span_count == 1 and error_count == 0'");
    run(&project, phoenix, "sample --to b", KEY).expect(0, &["100 kept", "left out: 930 × trace beyond `limit: 100`"]);
    let all = cases(&project, "a");
    let place = |case: &Value| all.iter().position(|other| other["trace"]["id"] == case["trace"]["id"]).unwrap();
    let early = cases(&project, "b").iter().filter(|case| place(case) < 515).count();
    assert!((20..80).contains(&early), "{early} of 100 are of the earlier half");
    project.edit("error_count == 0", "error_count > 0");
    run(&project, phoenix, "sample --to c", KEY).expect(4, &["there is no trace in Phoenix's project many"]);
    project.edit("error_count > 0", "nonsense(");
    run(&project, phoenix, "sample --to c", KEY).expect(4, &["HTTP 400", "check `filter`"]);
}

#[test]
fn a_real_refusal_says_what_to_do() {
    let Some(phoenix) = Phoenix::get() else { return };
    let project = Project::new();
    project.write("eval-gate.yaml", CONFIG.replace("NAME", "nowhere").replace("URL", &phoenix.url));
    run(&project, phoenix, "run", "px-a-wrong-key")
        .expect(4, &["HTTP 401", "PHOENIX_API_KEY is no key of this server"]);
    run(&project, phoenix, "run", "").expect(4, &["HTTP 401", "set PHOENIX_API_KEY to a key of this server"]);
    run(&project, phoenix, "run", KEY).expect(4, &["HTTP 404", "nowhere not found; the projects are ", "default"]);
    project.edit("project: nowhere", "project: no/where");
    run(&project, phoenix, "run", KEY).expect(4, &["there is no project `no/where`; the projects are "]);
}

const CONFIG: &str = r#"version: 1
name: shop
traces:
  phoenix: { project: NAME, since: 1d, write_back: true }
candidate: { prompt: prompt.txt }
baseline: recorded
providers:
  default: { openai: { base_url: "URL", model: m, api_key: sk-test, retries: 0, timeout: 5 } }
scorers:
  fine: { contains: fine, gate: { max_drop: 0.1 } }
  short: { max_words: 2, gate: { max_drop: 0.1 } }
"#;
