//! Several runners and one verdict.

use serde_json::Value;

use crate::server::Trouble;
use crate::stage::Stage;

#[test]
fn four_jobs_work_and_a_fifth_says_what_one_would_have_said() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", "");
    stage.run("eval-gate.yml", "pull_request").expect(true, &[]);
    let report =
        || -> Value { serde_json::from_slice(&std::fs::read(stage.path("uploads/report.json")).unwrap()).unwrap() };
    let alone = report();
    std::fs::remove_file(stage.path("uploads/report.json")).unwrap();

    stage.workflow("eval-gate-sharded.yml", "", "");
    let parts = ["part 1 of 4: ", "part 2 of 4: ", "part 3 of 4: ", "part 4 of 4: "];
    stage
        .run("eval-gate-sharded.yml", "pull_request")
        .expect(true, &parts)
        .expect(true, &["comment: https://github.test"]);
    assert_eq!(report(), alone);
    assert_eq!(stage.github.comments().len(), 1, "the shards say nothing, and the comment is the one that was there");
}

#[test]
fn a_part_that_is_missing_is_no_verdict() {
    let Some(stage) = Stage::set() else { return };
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/workflows/eval-gate-sharded.yml"));
    let one_less = text.unwrap().replace("shard: [1, 2, 3, 4]", "shard: [1, 2, 4]");
    std::fs::create_dir_all(stage.path("shop/.github/workflows")).unwrap();
    std::fs::write(stage.path("shop/.github/workflows/eval-gate-sharded.yml"), one_less).unwrap();
    stage.github.has_trouble("GET", "/check-runs", Trouble::Refuses(404, "", "Not Found"));
    let job = stage.run("eval-gate-sharded.yml", "pull_request");
    job.expect(false, &["the run has no verdict without all of its parts; missing: 3 of 4", "exit status 4"]);
    let [comment] = stage.github.comments().try_into().unwrap();
    assert!(comment.contains("missing: 3 of 4"), "{comment}");
}
