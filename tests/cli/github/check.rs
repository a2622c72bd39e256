//! The check run: opened, always completed, and beside the changed lines.

use serde_json::{Value, json};

use super::run_in_actions;
use super::server::{GitHub, HEAD, Trouble};
use crate::model::Model;
use crate::support::Project;

fn shop(model: &Model) -> Project {
    let project = Project::shop(model, 24);
    project.add("github: { check: true }");
    project
}

fn only_check(github: &GitHub) -> Value {
    github.with(|state| <[Value; 1]>::try_from(state.checks.clone()).unwrap().into_iter().next().unwrap())
}

#[test]
fn it_is_opened_on_the_head_and_completed_with_remarks_beside_the_changed_prompt() {
    let github = GitHub::start();
    let patch = "@@ -1 +1,2 @@\n-You help.\n+You help customers.\n+Kindly.";
    github.with(|state| state.files = vec![json!({"filename": "prompt.txt", "patch": patch})]);
    run_in_actions(&shop(&Model::bad_on(|_| true)), &github, "run", "pull_request", &[]).expect(1, &[]);
    let opened = &github.asked("POST", "check-runs")[0].body;
    assert_eq!([&opened["name"], &opened["head_sha"], &opened["status"]], ["shop", HEAD, "in_progress"]);
    let check = only_check(&github);
    assert_eq!([&check["status"], &check["conclusion"]], ["completed", "failure"]);
    assert!(check["output"]["title"].as_str().unwrap().starts_with("Fail: fine went from 1.000 to 0.000"));
    let annotation = &check["output"]["annotations"][0];
    assert_eq!((&annotation["start_line"], &annotation["end_line"]), (&json!(1), &json!(2)), "{check}");
    assert_eq!([&annotation["path"], &annotation["annotation_level"]], ["prompt.txt", "failure"]);
}

#[test]
fn remarks_come_fifty_a_request() {
    let github = GitHub::start();
    let hunk = |number| format!("@@ -{0} +{0},2 @@\n+new\n old", number * 9 + 1);
    let patch = (0..60).map(hunk).collect::<Vec<_>>().join("\n");
    github.with(|state| state.files = vec![json!({"filename": "prompt.txt", "patch": patch})]);
    run_in_actions(&shop(&Model::bad_on(|_| true)), &github, "run", "pull_request", &[]).expect(1, &[]);
    let sent = github.asked("PATCH", "check-runs");
    let sizes: Vec<usize> =
        sent.iter().map(|asked| asked.body["output"]["annotations"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [50, 10]);
}

#[test]
fn it_is_completed_when_the_run_cannot_be_judged_or_does_not_start() {
    for (from, to, code) in [("sk-test", "sk-test", 4), ("evalset: evalset", "evalset: nowhere", 2)] {
        let github = GitHub::start();
        let project = shop(&Model::absent());
        project.edit(from, to);
        run_in_actions(&project, &github, "run", "pull_request", &[]).expect(code, &[]);
        let check = only_check(&github);
        assert_eq!([&check["status"], &check["conclusion"]], ["completed", "failure"]);
        assert!(check["output"]["title"].as_str().unwrap().starts_with("Error: "), "{check}");
    }
}

#[test]
fn undecided_is_neutral_only_where_it_does_not_block() {
    for (rule, code, conclusion) in [("warn", 0, "neutral"), ("fail", 3, "failure")] {
        let github = GitHub::start();
        let project = shop(&Model::bad_on(|number| number % 8 == 0));
        project.add(&format!("decision: {{ inconclusive: {rule} }}"));
        run_in_actions(&project, &github, "run", "pull_request", &[]).expect(code, &["Inconclusive"]);
        assert_eq!(only_check(&github)["conclusion"], conclusion);
    }
}

#[test]
fn trouble_with_it_changes_nothing_else() {
    let github = GitHub::start();
    github.has_trouble("POST", "check-runs", Trouble::LosesAnswer);
    github.has_trouble("PATCH", "check-runs", Trouble::Refuses(422, "", "Invalid annotations"));
    run_in_actions(&shop(&Model::fine()), &github, "run", "pull_request", &[]).expect(0, &[]).lacks(&["warning"]);
    assert_eq!(only_check(&github)["conclusion"], "success");

    let github = GitHub::start();
    github.has_trouble("POST", "check-runs", Trouble::Refuses(403, "", "Resource not accessible by integration"));
    run_in_actions(&shop(&Model::fine()), &github, "run", "pull_request", &[]).expect(0, &["warning: the check run"]);
    assert_eq!(github.comments().len(), 1);
}
