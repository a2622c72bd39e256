//! `run --shard` and `merge`: several machines, one verdict.

use std::fs;

use serde_json::{Value, json};

use crate::model::{Model, Says};
use crate::support::{Project, case};

/// A shop whose sessions have two cases each, and whose refunds are answered wrongly now.
fn shop(model: &Model) -> Project {
    let project = Project::shop(model, 0);
    let lines: String = (0..80)
        .map(|number| {
            let mut case = case(number);
            case["cluster"] = json!(format!("s{:02}", number / 2));
            case.to_string() + "\n"
        })
        .collect();
    project.write("evalset/cases.jsonl", lines);
    project.edit("gate: { max_drop: 0.1 }", "gate: { max_drop: 0.1, slices: [metadata.intent, auto] }");
    project.add("  length: { max_words: 3, gate: { max_drop: 0.2 } }");
    project.add("budget: { requests: 400 }");
    project
}

fn run_shards(project: &Project, of: u32, options: &str) {
    for number in 1..=of {
        project
            .run(&format!("run --shard {number}/{of} --out parts {options}"))
            .expect(0, &["`eval-gate merge` gives the verdict"]);
    }
}

fn change(project: &Project, part: &str, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(&project.read(part)).unwrap();
    change(&mut value);
    project.write(part, value.to_string());
}

#[test]
fn the_merged_report_is_that_of_one_machine_byte_for_byte() {
    let model = Model::bad_on(|question| question % 2 == 0);
    let project = shop(&model);
    project.run("run --sample 60").expect(1, &["Fail: fine went from 1.000 to 0.5"]);
    let whole = project.run("run --sample 60").expect(1, &["fine on intent=refund"]);
    let files = ["report.json", "report.md", "report.html", "junit.xml"].map(|file| format!(".eval-gate/{file}"));
    let of_whole = files.clone().map(|file| project.read(&file));
    for of in [1, 3, 8] {
        for number in 1..=of {
            project.run(&format!("run --shard {number}/{of} --sample 60")).expect(0, &["part "]);
        }
        files.iter().for_each(|file| fs::remove_file(project.path(file)).unwrap());
        let merged = project.run("merge").expect(1, &[]);
        assert_eq!(merged.stdout, whole.stdout);
        for (file, expected) in files.iter().zip(&of_whole) {
            assert!(project.read(file) == *expected, "{file} of {of}");
        }
        (1..=of).for_each(|n| fs::remove_file(project.path(&format!(".eval-gate/part-{n}-of-{of}.json"))).unwrap());
    }
}

#[test]
fn every_case_is_asked_by_one_machine() {
    let model = Model::fine();
    let project = shop(&model);
    run_shards(&project, 5, "--sample 60");
    let mut asked: Vec<String> =
        model.asked().iter().map(|request| request["messages"][1]["content"].to_string()).collect();
    asked.sort();
    asked.dedup();
    assert_eq!((asked.len(), model.take()), (60, 60));
    project.run("merge parts").expect(0, &["Pass", "60 cases compared of 60"]);
    assert_eq!(model.take(), 0, "merging asks nobody");
}

#[test]
fn parts_that_are_missing_doubled_or_foreign_are_refused() {
    let model = Model::fine();
    let project = shop(&model);
    run_shards(&project, 3, "");
    let (first, second) = (project.read("parts/part-1-of-3.json"), project.read("parts/part-2-of-3.json"));

    fs::remove_file(project.path("parts/part-2-of-3.json")).unwrap();
    project.run("merge parts").expect(4, &["error: the run has no verdict without all of its parts; missing: 2 of 3"]);
    assert!(!project.path(".eval-gate/report.json").exists(), "there is no verdict on a part");

    project.write("parts/part-x.json", &first);
    project.run("merge parts").expect(2, &["part 1 of 3 is there twice: parts/part-1-of-3.json and parts/part-x.json"]);
    fs::remove_file(project.path("parts/part-x.json")).unwrap();

    let refused = |words: &[&str]| project.run("merge parts").expect(2, words);
    project.write("parts/part-2-of-3.json", &second);
    for (name, words) in [
        ("commit", "its commit is another than that of"),
        ("configuration", "its configuration is another"),
        ("prompt, model or route", "its prompt, model or route is another"),
        ("set of cases", "its set of cases is another"),
    ] {
        change(&project, "parts/part-2-of-3.json", |part| part["identity"][name] = "0".into());
        refused(&["parts/part-2-of-3.json", words]);
        project.write("parts/part-2-of-3.json", &second);
    }
    project.write("prompt.txt", "You help nobody.");
    refused(&["its prompt, model or route is another than that of the configuration here"]);
    project.write("prompt.txt", "You help customers.");
    change(&project, "parts/part-2-of-3.json", |part| {
        let worked = part["worked"].as_object_mut().unwrap();
        let (_, of_case) = worked.iter().next().map(|(id, of_case)| (id.clone(), of_case.clone())).unwrap();
        worked.insert("c999".into(), of_case);
    });
    refused(&["its set of cases is another"]);

    project.write("parts/part-2-of-3.json", "{\"version\": 1}");
    refused(&["parts/part-2-of-3.json: is no part that `eval-gate run --shard` wrote"]);
    project.run("merge nowhere").expect(4, &["missing: all"]);
    project.write("empty/readme.txt", "");
    project.run("merge empty").expect(4, &["missing: all"]);
}

#[test]
fn other_options_of_a_shard_are_seen() {
    let model = Model::fine();
    let project = shop(&model);
    project.run("run --shard 1/2 --out parts --sample 60").expect(0, &[]);
    project.run("run --shard 2/2 --out parts --sample 61").expect(0, &[]);
    project.run("merge parts").expect(2, &["part-2-of-2.json: its set of cases is another"]);
    project.run("run --shard 1/3 --out parts --sample 60").expect(0, &[]);
    project.run("merge parts").expect(2, &["its number of shards is another"]);
}

#[test]
fn a_shard_is_judged_with_the_others_and_never_alone() {
    let model = Model::bad_on(|_| true);
    let project = shop(&model);
    project.add("decision: { looks: 4 }");
    run_shards(&project, 2, "");
    project.run("merge parts").expect(1, &["Fail", "80 cases compared of 80"]).lacks(&["look 1"]);
    project.run("run --shard 3/2").expect(2, &["expected a share such as 3/8"]);
    project.run("run --shard 1/2 --looks 2").expect(2, &["cannot be used with"]);
}

#[test]
fn the_budget_is_shared_and_a_spent_one_is_said_at_the_end() {
    let model = Model::fine();
    let project = shop(&model);
    project.edit("requests: 400", "requests: 20");
    run_shards(&project, 2, "");
    assert!((20..60).contains(&model.take()), "twice ten, and what was under way");
    project.run("merge parts").expect(4, &["Inconclusive: budget: it was spent before all cases were worked through"]);
}

#[test]
fn a_share_has_the_part_of_the_budget_that_its_cases_have() {
    let model = Model::fine();
    let project = shop(&model);
    project.edit("requests: 400", "requests: 80");
    project.edit("retries: 0", "retries: 0, concurrency: 1");
    run_shards(&project, 7, "");
    project.run("merge parts").expect(0, &["Pass"]);
    project.edit("requests: 80", "requests: 6");
    project.run("run --shard 1/7").expect(2, &["budget.requests is less than one for each of 7 shards"]);
}

#[test]
fn cases_that_nobody_worked_through_and_parts_that_were_edited_are_no_pass() {
    let model = Model::fine();
    let project = shop(&model);
    run_shards(&project, 2, "");
    let part = project.read("parts/part-1-of-2.json");
    let first = |part: &mut Value| part["worked"].as_object_mut().unwrap().values_mut().next().unwrap().clone();
    change(&project, "parts/part-1-of-2.json", |part| {
        let id = part["worked"].as_object().unwrap().keys().next().unwrap().clone();
        part["worked"].as_object_mut().unwrap().remove(&id);
    });
    project.run("merge parts").expect(4, &["interrupted"]);
    for (field, value) in [("scores", json!([])), ("arm", json!("nobody"))] {
        project.write("parts/part-1-of-2.json", &part);
        change(&project, "parts/part-1-of-2.json", |part| {
            let mut worked = first(part);
            let attempt = &mut worked["candidate"][0];
            *if field == "scores" { &mut attempt["scores"] } else { &mut attempt["attempt"]["arm"] } = value;
            *part["worked"].as_object_mut().unwrap().values_mut().next().unwrap() = worked;
        });
        project.run("merge parts").expect(2, &["part"]);
    }
    change(&project, "parts/part-2-of-2.json", |part| part["shard"] = "1/4000000000".into());
    project.run("merge parts").expect(2, &["expected a share such as 3/8"]);
}

#[test]
fn traces_whose_sessions_each_machine_would_name_otherwise_are_refused_at_once() {
    let model = Model::fine();
    let project = shop(&model);
    project.edit(", slices: [metadata.intent, auto]", "");
    project.edit("evalset: evalset", "traces: { otlp: { files: [traces.json] } }");
    project.write("traces.json", include_str!("../fixtures/captures/openinference-openai/annotations.traces.json"));
    project.run("run --shard 1/2").expect(2, &["each machine would hash sessions with a key of its own"]);
    assert_eq!(model.take(), 0);
}

#[test]
fn a_provider_that_refuses_ends_the_shard_and_the_whole() {
    let model = Model::start(|_| Says::Refuses(401, "no such key"));
    let project = shop(&model);
    project.run("run --shard 1/1 --out parts").expect(4, &["not finished:", "refused the key"]);
    project.run("merge parts").expect(4, &["Error:", "refused the key"]);
}
