//! The merge queue: what was judged on the pull request is not paid for again.

use serde_json::json;

use super::server::{GitHub, Trouble};
use super::{output, run_in_actions};
use crate::model::Model;
use crate::support::{Project, Ran};

/// The head of the pull request, which the queue's commit is not.
const PULL: &str = "1111111111111111111111111111111111111111";
const QUEUED: &str = "5555555555555555555555555555555555555555";

fn shop(model: &Model) -> Project {
    let project = Project::shop(model, 40);
    project.add("github: { check: true }");
    project.write(".gitignore", ".eval-gate\n/parts\n/output\n/summary\n/event.json\n");
    project.commit();
    project
}

fn queued(project: &Project, github: &GitHub) -> Ran {
    queued_as(project, github, "run --fresh")
}

/// Runs in the queue, and checks that the cases are asked for, `why`.
#[track_caller]
fn asks(project: &Project, github: &GitHub, model: &Model, arguments: &str, why: &str) {
    queued_as(project, github, arguments).lacks(&["judged on pull request"]);
    assert_eq!(model.take(), 40, "{why}");
    github.with(|state| state.checks.truncate(1));
}

fn queued_as(project: &Project, github: &GitHub, arguments: &str) -> Ran {
    let payload = std::fs::read_to_string(format!("{}/merge_group.json", super::EVENTS)).unwrap();
    project.write("event.json", payload.replace(PULL, QUEUED));
    project.write("output", "");
    let path = project.path("event.json").display().to_string();
    run_in_actions(project, github, arguments, "merge_group", &[("GITHUB_EVENT_PATH", &path)])
}

#[test]
fn the_verdict_on_the_same_tree_is_said_again_and_nothing_is_asked() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &["Pass"]);
    assert_eq!(model.take(), 40);
    // The queue's commit is another one, and holds the same files.
    project.git("commit --quiet --allow-empty --message merge");
    queued(&project, &github)
        .expect(0, &["Pass: ", "The same files were judged on pull request 7: https://github.test/"]);
    assert_eq!(model.take(), 0);
    let outputs = ["verdict", "cost-usd", "report-path"].map(|name| output(&project, name));
    assert_eq!(outputs, ["pass", "0.000000", ""]);
    assert!(project.read("summary").contains("judged on pull request 7"));
    let check = github.with(|state| state.checks.last().cloned().unwrap());
    assert_eq!((&check["head_sha"], &check["conclusion"]), (&json!(QUEUED), &json!("success")));
    assert_eq!(github.comments().len(), 1, "the queue comments on nothing");
}

#[test]
fn another_tree_a_newer_commit_and_a_failure_are_judged_anew() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &["Pass"]);
    model.take();
    let asks = |why: &str| asks(&project, &github, &model, "run --fresh", why);
    github.with(|state| state.head = "6".repeat(40));
    asks("the pull request has a newer commit, which has no verdict");
    github.with(|state| state.head = PULL.into());
    github.with(|state| state.checks[0]["app"] = json!({"slug": "stranger"}));
    asks("another app wrote the check run");
    github.with(|state| state.checks[0]["app"] = json!({"slug": "github-actions"}));
    github.with(|state| state.checks[0]["conclusion"] = "failure".into());
    asks("a failure may have been a judge's bad day");
    github.with(|state| state.checks[0]["conclusion"] = "success".into());
    let mut newer = github.with(|state| state.checks[0].clone());
    newer["id"] = 900.into();
    newer["conclusion"] = "failure".into();
    github.with(|state| state.checks.push(newer));
    queued(&project, &github).lacks(&["judged on pull request"]);
    assert_eq!(model.take(), 40, "the newest counts");
    github.with(|state| state.checks.truncate(1));
    project.write("prompt.txt", "You help customers kindly.");
    project.git("commit --quiet --all --message other");
    asks("other files");
    project.git("checkout --quiet HEAD~1");
    queued(&project, &github).expect(0, &["judged on pull request 7"]);
}

#[test]
fn other_arguments_and_other_workflows_are_judged_anew() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    project.write("other.yaml", project.read("eval-gate.yaml"));
    project.git("add --all");
    project.git("commit --quiet --message other");
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &["Pass"]);
    model.take();
    let asks = |arguments: &str, why: &str| asks(&project, &github, &model, arguments, why);
    asks("run --fresh --config other.yaml", "another gate of the same name");
    asks("run --fresh --model other", "another model");
    let usual = json!({"path": ".github/workflows/gate.yml", "event": "pull_request", "head_sha": PULL});
    for (field, value) in [("path", ".github/workflows/evil.yml"), ("event", "push"), ("head_sha", QUEUED)] {
        let mut run = usual.clone();
        run[field] = value.into();
        github.with(|state| state.workflow_run = Some(run));
        asks("run --fresh", field);
    }
    github.with(|state| state.workflow_run = Some(usual));
    project.write("prompt.txt", "An earlier step wrote this.");
    asks("run --fresh", "files that are not the commit's");
    project.git("checkout --quiet prompt.txt");
    queued(&project, &github).expect(0, &["judged on pull request 7"]);
    github.has_trouble("GET", "/check-runs", Trouble::Says("[]"));
    asks("run --fresh", "an answer that makes no sense");
}

#[test]
fn what_was_not_judged_in_full_is_not_said_again() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    project.edit("api_key: sk-test", "api_key: \"${SHOP_KEY}\"");
    project.git("commit --quiet --all --message key");
    let dependabot = [("GITHUB_ACTOR", "dependabot[bot]")];
    run_in_actions(&project, &github, "run", "pull_request", &dependabot).expect(0, &["needs a maintainer"]);
    let path = project.path("event.json").display().to_string();
    let payload = std::fs::read_to_string(format!("{}/merge_group.json", super::EVENTS)).unwrap();
    project.write("event.json", payload.replace(PULL, QUEUED));
    let more = |key| [("GITHUB_EVENT_PATH", &*path), ("SHOP_KEY", key), dependabot[0]];
    run_in_actions(&project, &github, "run", "merge_group", &more("sk-test-0123")).expect(0, &["Pass"]);
    assert_eq!(model.take(), 40);
    run_in_actions(&project, &github, "run", "merge_group", &more("")).expect(2, &["SHOP_KEY is not set"]);
}

#[test]
fn shards_of_the_queue_pay_nothing_either() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &["Pass"]);
    model.take();
    let run = |arguments: &str| queued_as(&project, &github, arguments);
    run("run --shard 1/2 --out parts").expect(0, &["nothing to do: pull request 7 has the verdict on the same files"]);
    run("run --shard 2/2 --out parts").expect(0, &["nothing to do"]);
    run("merge parts").expect(0, &["Pass: ", "judged on pull request 7"]);
    // If the verdict is gone meanwhile, parts without answers are no pass.
    github.with(|state| state.checks.clear());
    run("merge parts").expect(4, &["Error: "]);
    assert_eq!(model.take(), 0);
}
