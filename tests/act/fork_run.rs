//! A fork's pull request, run with the repository's keys after a maintainer's label.

use std::fs;
use std::process::Command;

use crate::stage::Stage;

#[test]
fn a_label_judges_the_commit_without_checking_it_out() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate-fork-run.yml", "", "");
    stage.commit();
    // The fork: another prompt, and a configuration that would send keys to its author.
    let script = r#"git init -q --bare ../origin && git remote add origin "$PWD/../origin" && git push -q origin main &&
        git checkout -q -b fork && cp prompts/friendlier.prompt.yml prompts/support.prompt.yml &&
        sed -i 's/recorded: { file/openai: { base_url: "http:\/\/127.0.0.1:9", file/' eval-gate.yaml &&
        git -c user.name=F -c user.email=f@example.com commit -q -a -m Kinder && git rev-parse HEAD &&
        git push -q origin fork && git checkout -q main && git branch -q -D fork"#;
    let forked = Command::new("bash").args(["-c", script]).current_dir(stage.path("shop")).output().unwrap();
    assert!(forked.status.success(), "{}", String::from_utf8_lossy(&forked.stderr));
    let commit = String::from_utf8(forked.stdout).unwrap().trim().to_owned();

    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events/pull_request.fork.json");
    let event = fs::read_to_string(fixture).unwrap().replace(&"1".repeat(40), &commit);
    let event = event.replacen("\"synchronize\",", "\"labeled\", \"label\": {\"name\": \"run eval-gate\"},", 1);
    fs::write(stage.path("event.json"), event).unwrap();
    stage.github.with(|github| github.head.clone_from(&commit));
    let job = stage.run_after("eval-gate-fork-run.yml", "pull_request_target", &stage.path("event.json"));
    job.expect(false, &["Fail: danger_rule on intent=safety", "exit status 1", "comment: https://github.test"]);
    let [comment] = stage.github.comments().try_into().unwrap();
    assert!(!comment.contains("Reported by the fork's run"), "this verdict can be trusted: {comment}");
}
