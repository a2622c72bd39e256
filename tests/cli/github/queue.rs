//! The merge queue: what was judged on the pull request is not paid for again.

use serde_json::json;

use super::server::GitHub;
use super::{output, run_in_actions};
use crate::model::Model;
use crate::support::{Project, Ran};

/// The head of the pull request, which the queue's commit is not.
const PULL: &str = "1111111111111111111111111111111111111111";
const QUEUED: &str = "5555555555555555555555555555555555555555";

fn shop(model: &Model) -> Project {
    let project = Project::shop(model, 40);
    project.add("github: { check: true }");
    project.write(".gitignore", ".eval-gate\n/output\n/summary\n/event.json\n");
    project.commit();
    project
}

fn queued(project: &Project, github: &GitHub) -> Ran {
    queued_as(project, github, "run --fresh")
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
    let asks = |why: &str| {
        queued(&project, &github).lacks(&["judged on pull request"]);
        assert_eq!(model.take(), 40, "{why}");
        github.with(|state| state.checks.truncate(1));
    };
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
    run("merge parts").expect(4, &["interrupted"]);
    assert_eq!(model.take(), 0);
}
