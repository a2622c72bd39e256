//! `baseline`: scores that are stored once and compared with later.

use crate::model::Model;
use crate::support::Project;

#[test]
fn a_stored_baseline_is_compared_with() {
    let model = Model::bad_on(|question| question % 2 == 0);
    let project = Project::shop(&model, 24);
    project.run("baseline").expect(0, &["stored the scores of 24 cases in evalset/baseline.json"]);
    assert_eq!(model.take(), 0, "production's answers are scored without asking the candidate");
    project.edit("baseline: recorded", "baseline: evalset/baseline.json");
    project.run("run").expect(1, &["Fail: fine went from 1.000 to 0.500, beyond its margin of 0.100"]);
    assert_eq!(model.take(), 24);
    project.run("baseline").expect(2, &["a stored baseline cannot be made of a stored baseline"]);
}

#[test]
fn other_scorers_are_refused() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("baseline --to stored.json").expect(0, &["in stored.json"]);
    project.run("run --baseline stored.json").expect(0, &["Pass"]);
    project.edit("contains: fine", "contains: fin");
    project.run("run --baseline stored.json").expect(2, &["stored.json: made by other scorers", "fine; make it anew"]);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("run --baseline none.json").expect(2, &["cannot read the baseline none.json", "eval-gate baseline"]);
    project.write("odd.json", "{\"version\": 1}");
    project.run("run --baseline odd.json").expect(2, &["odd.json: not a stored baseline: missing field"]);
    project
        .run("run --baseline yesterday")
        .expect(2, &["--baseline: `yesterday` is no baseline: write recorded, replay"]);
    project.write("odd.json", "{\"version\": 9, \"eval_gate\": \"9\", \"of\": \"x\", \"scorers\": {}, \"cases\": {}}");
    project.run("run --baseline odd.json").expect(2, &["reads version 1, not 9"]);
}

#[test]
fn scores_of_other_cases_decide_nothing() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("baseline --to stored.json").expect(0, &[]);
    project.write("evalset/cases.jsonl", project.read("evalset/cases.jsonl").replace("\"c0", "\"d0"));
    project.run("run --baseline stored.json").expect(4, &["Error: fine: no case was scored in both arms"]);
}

#[test]
fn cases_that_a_stored_baseline_lacks_are_counted() {
    let project = Project::shop(&Model::fine(), 12);
    project.run("baseline --to stored.json --sample 9").expect(0, &["the scores of 9 cases"]);
    project.run("run --baseline stored.json").expect(0, &["9 cases compared of 12 chosen, 3 left out"]);
    assert_eq!(project.report()["cases"]["left_out"][0]["what"], "not in the stored baseline");
}

#[test]
fn a_baseline_of_failures_is_not_stored() {
    let project = Project::shop(&Model::fine(), 8);
    project.write(
        "evalset/cases.jsonl",
        project.read("evalset/cases.jsonl").replace("\"output\":{\"content\":\"fine\"},", ""),
    );
    project.run("baseline").expect(4, &["there is no recorded answer"]);
    assert!(!project.path("evalset/baseline.json").exists());
}
