//! `comment`: a finished report, put on a pull request by a later workflow that trusts nothing in it.

use super::server::{BOT, GitHub, HEAD, pull_request};
use super::{output, run_in_actions};
use crate::hostile::{corpus, report};
use crate::page::Page;
use crate::support::Project;

const REPORT: &str = include_str!("../../fixtures/report.json");

fn project() -> Project {
    let project = Project::new();
    project.write("report.json", REPORT);
    project
}

#[test]
fn the_pull_request_of_a_forks_run_comes_from_the_api() {
    let github = GitHub::start();
    github.with(|state| {
        state.pulls = vec![
            pull_request(20, &"8".repeat(40), "stranger/widgets"),
            pull_request(21, HEAD, "other/widgets"),
            pull_request(22, HEAD, "stranger/widgets"),
        ];
    });
    let project = project();
    let ran = run_in_actions(&project, &github, "comment report.json --key shop", "workflow_run", &[]);
    ran.expect(0, &["#issuecomment-"]);
    let asked = github.asked("GET", "pulls?");
    assert!(asked[0].path.contains("state=open&head=stranger:fix%2Fthe%20prompt"), "{asked:?}");
    assert_eq!(github.asked("POST", "issues/22/comments").len(), 1);
    let [comment] = github.comments().try_into().unwrap();
    let lines: Vec<&str> = comment.lines().collect();
    assert_eq!(
        lines[..2],
        ["<!-- eval-gate:v1:shop -->".to_owned(), format!("<!-- eval-gate:head {HEAD} fail fork 4242-1 -->")]
    );
    assert!(comment.contains("Reported by the fork's run"), "{comment}");
    assert!(output(&project, "comment-url").contains("#issuecomment-"));
}

#[test]
fn a_report_of_hostile_texts_is_a_comment_like_any_other() {
    let (github, project, corpus) = (GitHub::start(), Project::new(), corpus());
    for start in (0..corpus.len()).step_by(60) {
        project.write("report.json", report(&corpus, start));
        run_in_actions(&project, &github, "comment report.json --key shop", "pull_request", &[]).expect(0, &[]);
        let [comment] = github.comments().try_into().unwrap();
        let page = Page::read(&comment);
        page.check(1);
        page.check_frame();
        assert!(page.is_headed("❌ Fail: ") && page.skeleton().contains(&"    link".to_owned()), "{comment}");
    }
}

#[test]
fn no_match_or_several_are_no_pull_request() {
    for count in [0, 2] {
        let github = GitHub::start();
        github.with(|state| state.pulls = (0..count).map(|n| pull_request(n, HEAD, "stranger/widgets")).collect());
        let ran = run_in_actions(&project(), &github, "comment report.json", "workflow_run", &[]);
        ran.expect(4, &["which pull request?", "--pr N"]);
        assert!(github.asked("POST", "").is_empty());
    }
}

#[test]
fn a_forks_report_does_not_replace_a_trusted_verdict_on_the_same_commit() {
    let github = GitHub::start();
    github.with(|state| state.pulls = vec![pull_request(22, HEAD, "stranger/widgets")]);
    let trusted = format!("<!-- eval-gate:v1:shop -->\n<!-- eval-gate:head {HEAD} fail run -->\ntrusted");
    github.has_comment(BOT, &trusted);
    let ran = run_in_actions(&project(), &github, "comment report.json --key shop", "workflow_run", &[]);
    ran.expect(0, &["trusted run's verdict"]);
    assert_eq!(github.comments(), [trusted]);
}

#[test]
fn it_works_outside_of_actions_and_keeps_to_the_named_commit() {
    let github = GitHub::start();
    let variables = [("GITHUB_API_URL", &*github.url), ("GITHUB_REPOSITORY", "acme/widgets"), ("GITHUB_TOKEN", "x")];
    let project = project();
    project.run_with("comment report.json --pr 7", &variables).expect(0, &["#issuecomment-1000"]);
    assert!(github.comments()[0].contains(&format!("head {HEAD} fail run")));
    let older = "7".repeat(40);
    project.run_with(&format!("comment report.json --pr 7 --head {older}"), &variables).expect(0, &["newer commit"]);
    project.run_with("comment report.json --pr 7 --head abc", &variables).expect(2, &["full id"]);
    assert_eq!(github.asked("PATCH", "").len(), 0);
    project.run_with("comment report.json --pr 7", &variables[..2]).expect(2, &["GITHUB_TOKEN is not set"]);
    project.run_with("comment report.json", &variables[..1]).expect(2, &["GITHUB_REPOSITORY is not set"]);
}

#[test]
fn what_is_no_report_is_refused_before_anything_is_asked() {
    let github = GitHub::start();
    let project = project();
    project.write("unknown.json", REPORT.replacen("\"version\"", "\"extra\": 1, \"version\"", 1));
    project.write("long.json", vec![b' '; 20 * 1024 * 1024 + 1]);
    for (file, words) in
        [("unknown.json", "unknown field `extra`"), ("long.json", "is longer than"), ("none.json", "cannot be read")]
    {
        let ran = run_in_actions(&project, &github, &format!("comment {file}"), "pull_request", &[]);
        ran.expect(2, &[words]);
    }
    assert!(github.asked("GET", "").is_empty());
}
