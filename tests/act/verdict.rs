//! What a pull request gets: the comment, the outputs, the summary and the exit code.

use std::fs;

use serde_json::Value;

use crate::server::{BOT, HEAD, Trouble, pull_request};
use crate::stage::Stage;

const MARKER: &str = "<!-- eval-gate:v1:kettlewick-support -->";

/// A step after the action's that says its outputs, whatever became of it.
const LATER: &str = r#"      - if: always()
        env:
          VERDICT: ${{ steps.eval-gate.outputs.verdict }}
          REPORT: ${{ steps.eval-gate.outputs.report-path }}
          ADDRESS: ${{ steps.eval-gate.outputs.comment-url }}
        run: echo "later $VERDICT, $REPORT, $ADDRESS"
"#;

impl Stage {
    /// Makes the change that must not be merged.
    fn break_the_prompt(&self) {
        fs::copy(self.path("shop/prompts/friendlier.prompt.yml"), self.path("shop/prompts/support.prompt.yml"))
            .unwrap();
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("uploads/report.json")).unwrap()).unwrap()
    }
}

#[test]
fn a_pull_request_gets_its_verdict_and_a_new_push_changes_it() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", LATER);
    stage.github.has_comment("mallory", &format!("{MARKER}\nnot ours"));

    let job = stage.run("eval-gate.yml", "pull_request");
    let asset = &crate::release::ASSET.name;
    let address = "https://github.test/acme/widgets/pull/7#issuecomment-1001";
    let said = format!("later pass, .eval-gate/report.json, {address}");
    job.expect(true, &[&said, "comment: https://github.test"]).lacks(&["built from source"]);
    let expected = format!("/eval-gate/eval-gate/releases/download/v{}/{asset}", crate::release::VERSION);
    assert_eq!(stage.releases.asked(), [expected]);
    let outputs = ["verdict", "report-path", "comment-url", "cost-usd"].map(|name| job.output("eval-gate", name));
    assert_eq!(outputs, [Some("pass"), Some(".eval-gate/report.json"), Some(address), Some("")]);
    assert!(job.summary().starts_with("## ✅ Pass"), "{}", job.summary());
    assert_eq!(stage.report()["verdict"]["exit_code"], 0);
    let comments = stage.github.comments();
    assert!(comments[1].starts_with(MARKER) && comments[1].contains("✅ Pass"), "{}", comments[1]);
    assert_eq!(stage.github.asked("POST", "/issues/7/comments")[0].token, "Bearer ghs_test");

    stage.break_the_prompt();
    let job = stage.run("eval-gate.yml", "pull_request");
    job.expect(false, &["later fail, .eval-gate/report.json", "Fail: danger_rule on intent=safety", "exit status 1"]);
    let comments = stage.github.comments();
    assert_eq!(comments.len(), 2, "{comments:#?}");
    assert!(comments[0].ends_with("not ours") && comments[1].contains("danger_rule on intent=safety"), "{comments:#?}");
    assert!(job.summary().starts_with("## ❌ Fail"), "{}", job.summary());
    assert_eq!(stage.report()["verdict"]["exit_code"], 1);
}

#[test]
fn an_answer_that_got_lost_leaves_one_comment() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", "");
    stage.github.has_trouble("POST", "/comments", Trouble::LosesAnswer);
    stage.run("eval-gate.yml", "pull_request").expect(true, &["comment: https://github.test"]);
    assert_eq!(stage.github.comments().len(), 1);
}

#[test]
fn a_github_that_is_down_changes_no_verdict() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", LATER);
    stage.github.has_trouble("GET", "/pulls/7", Trouble::Refuses(403, "", "Resource not accessible by integration"));
    stage.run("eval-gate.yml", "pull_request").expect(true, &["warning: the comment", "later pass"]);
    assert!(stage.github.comments().is_empty());
}

#[test]
fn a_forks_run_reports_and_a_second_workflow_comments() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", LATER);
    stage.break_the_prompt();
    stage.github.has_trouble("POST", "/comments", Trouble::Refuses(403, "", "Resource not accessible by integration"));
    stage.run("eval-gate.yml", "pull_request.fork").expect(false, &["warning: the comment", "later fail"]);
    assert!(stage.github.comments().is_empty());

    stage.github.with(|github| github.pulls = vec![pull_request(22, HEAD, "stranger/widgets")]);
    stage.workflow("eval-gate-fork-comment.yml", "", "");
    stage.run("eval-gate-fork-comment.yml", "workflow_run").expect(true, &["comment: https://github.test"]);
    let [comment] = stage.github.comments().try_into().unwrap();
    assert!(
        comment.starts_with("<!-- eval-gate:v1:eval-gate -->"),
        "the key is the workflow's, not the report's: {comment}"
    );
    assert!(comment.contains("Reported by the fork's run") && comment.contains("❌ Fail"), "{comment}");
    assert_eq!(stage.github.asked("POST", "/issues/22/comments").len(), 1);
    assert_eq!(stage.github.with(|github| github.comments[0]["user"]["login"].clone()), BOT);
}
