//! The comment, on a GitHub that behaves and among people who do not.

use super::server::{BOT, GitHub, HEAD};
use super::{output, run_in_actions};
use crate::model::Model;
use crate::support::Project;

const MARKER: &str = "<!-- eval-gate:v1:shop -->";

#[test]
fn a_run_says_its_verdict_everywhere_and_the_next_run_updates_it() {
    let (github, model) = (GitHub::start(), Model::fine());
    let project = Project::shop(&model, 24);
    let ran = run_in_actions(&project, &github, "run --fresh", "pull_request", &[]);
    ran.expect(0, &["::group::Plan", "::endgroup::"]).lacks(&["warning"]);
    let [comment] = github.comments().try_into().unwrap();
    let lines: Vec<&str> = comment.lines().collect();
    assert_eq!(lines[..2], [MARKER.to_owned(), format!("<!-- eval-gate:head {HEAD} pass run 4242-1 -->")]);
    assert!(lines[2].starts_with("## ✅ Pass: "), "{comment}");
    assert!(comment.contains("[the run](https://github.test/acme/widgets/actions/runs/4242/attempts/1)"));
    assert!(github.asked("POST", "comments")[0].token.ends_with("ghs_test"));
    assert!(project.read("summary").starts_with("## ✅ Pass: "));
    assert_eq!(output(&project, "verdict"), "pass");
    assert!(output(&project, "comment-url").ends_with("#issuecomment-1000"));
    assert!(project.path(&output(&project, "report-path")).exists());
    assert!(github.asked("POST", "check-runs").is_empty(), "a check run is only made where it is asked for");

    project.edit(&model.url, &Model::bad_on(|_| true).url);
    run_in_actions(&project, &github, "run --fresh", "pull_request", &[]).expect(1, &[]);
    let [comment] = github.comments().try_into().unwrap();
    assert!(comment.contains("## ❌ Fail: "), "{comment}");
    assert_eq!(github.asked("PATCH", "issues/comments/1000").len(), 1);
}

#[test]
fn nothing_is_said_outside_actions() {
    let github = GitHub::start();
    let project = Project::shop(&Model::fine(), 24);
    let outside = [("GITHUB_ACTIONS", "false")];
    run_in_actions(&project, &github, "run", "pull_request", &outside).expect(0, &[]).lacks(&["::"]);
    assert!(github.asked("", "").is_empty() && github.comments().is_empty());
    assert!(!project.path("summary").exists() && !project.path("output").exists());
}

#[test]
fn strangers_comments_are_left_alone() {
    let github = GitHub::start();
    let planted = format!("{MARKER}\nI am the gate");
    github.has_comment("mallory", &planted);
    github.has_comment(BOT, &format!("> {MARKER}\nquoted"));
    github.has_comment(BOT, "<!-- eval-gate:v1:shop2 -->\nanother gate");
    let project = Project::shop(&Model::fine(), 24);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &[]);
    let comments = github.comments();
    assert_eq!((comments.len(), &comments[0]), (4, &planted));
    assert!(comments[3].starts_with(MARKER) && github.asked("PATCH", "").is_empty());

    let as_app = [("EVAL_GATE_COMMENT_AUTHOR", "mallory")];
    run_in_actions(&project, &github, "run", "pull_request", &as_app).expect(0, &[]);
    assert!(github.comments()[0].contains("✅ Pass"), "the author can be chosen");

    let as_other = [("EVAL_GATE_COMMENT_AUTHOR", "acme-app[bot]")];
    let ran = run_in_actions(&project, &github, "run", "pull_request", &as_other);
    ran.expect(0, &["the token writes as github-actions[bot]"]);
}

#[test]
fn the_oldest_is_found_on_the_last_of_many_pages() {
    let github = GitHub::start();
    (0..201).for_each(|number| github.has_comment("dev", &format!("comment {number}")));
    github.has_comment(BOT, &format!("{MARKER}\nold"));
    github.has_comment(BOT, &format!("{MARKER}\na double"));
    let project = Project::shop(&Model::fine(), 24);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &[]);
    let comments = github.comments();
    assert!(comments.len() == 203 && comments[201].contains("✅ Pass") && comments[202].ends_with("a double"));
    assert_eq!(github.asked("GET", "issues/7/comments").len(), 3);

    // A proxy may not know what links say; the pages are found all the same.
    github.with(|state| state.links_elsewhere = true);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &[]).lacks(&["warning"]);
    assert_eq!(github.comments().len(), 203);
}

#[test]
fn a_verdict_of_an_older_commit_is_dropped() {
    let github = GitHub::start();
    github.with(|state| state.head = "9".repeat(40));
    github.has_comment(BOT, &format!("{MARKER}\nnewer"));
    let project = Project::shop(&Model::bad_on(|_| true), 24);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(1, &["newer commit"]);
    assert_eq!(github.comments(), [format!("{MARKER}\nnewer")]);
    assert_eq!(output(&project, "comment-url"), "");
}

#[test]
fn a_slow_earlier_run_does_not_undo_a_later_one() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = Project::shop(&model, 40);
    let run = |number: &str| run_in_actions(&project, &github, "run", "pull_request", &[("GITHUB_RUN_ID", number)]);
    run("4243").expect(0, &["Pass"]);
    let later = github.comments();
    run("4242").expect(0, &["the comment has a later run's verdict on this commit and stays"]);
    assert_eq!(github.comments(), later);
    run("4244").expect(0, &["comment: https://github.test"]);
    assert_ne!(github.comments(), later);
}

#[test]
fn the_config_says_when_to_comment() {
    let github = GitHub::start();
    let project = Project::shop(&Model::fine(), 24);
    project.add("github: { comment: never }");
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &[]);
    assert!(github.comments().is_empty() && project.path("summary").exists());

    project.edit("comment: never", "comment: on-change");
    let same = format!("{MARKER}\n<!-- eval-gate:head {} pass run 4242-1 -->\nsame", "5".repeat(40));
    github.has_comment(BOT, &same);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &["stays as it is"]);
    assert_eq!(github.comments(), [same.as_str()]);
    github.with(|state| state.comments[0]["body"] = same.replace(" pass ", " fail ").into());
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(0, &[]);
    assert!(github.comments()[0].contains("✅ Pass"));

    project.edit("on-change", "sometimes");
    let ran = run_in_actions(&project, &github, "run", "pull_request", &[]);
    ran.expect(2, &["github.comment", "always"]);
    assert!(project.read("output").contains("\nerror\n") && project.read("summary").contains("⚠️ Error"));
}

#[test]
fn the_merge_queue_and_a_push_without_a_pull_request_get_no_comment() {
    let github = GitHub::start();
    let project = Project::shop(&Model::fine(), 24);
    for event in ["merge_group", "push", "schedule", "workflow_dispatch"] {
        run_in_actions(&project, &github, "run", event, &[]).expect(0, &[]).lacks(&["warning"]);
    }
    assert!(github.comments().is_empty());
}
