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
    project
        .run("run --baseline stored.json")
        .expect(2, &["stored.json: made by other scorers", "fine was ", " and is ", "; make it anew"]);
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
fn scores_of_other_cases_are_a_second_sample() {
    for (bad, code, verdict) in [(0, 0, "Inconclusive: fine went"), (1, 1, "Fail: fine went from 1.000 to 0.500")] {
        let project = Project::shop(&Model::bad_on(move |question| question % 2 < bad), 40);
        project.run("baseline --to stored.json").expect(0, &[]);
        project.write("evalset/cases.jsonl", project.read("evalset/cases.jsonl").replace("\"c0", "\"d0"));
        project.add("decision: { looks: 4 }");
        project
            .run("run --baseline stored.json")
            .expect(code, &[verdict, "two samples", "the weaker test", "40 cases compared"]);
        let verdict = &project.report()["verdict"];
        assert_eq!((&verdict["test"], &verdict["looks_planned"]), (&"two_samples".into(), &1.into()));
    }
}

#[test]
fn a_baseline_says_what_it_is_and_warns_when_it_is_old() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("baseline --to stored.json").expect(0, &[]);
    let stored: serde_json::Value = serde_json::from_str(&project.read("stored.json")).unwrap();
    assert_eq!((&stored["summary"]["fine"]["cases"], &stored["summary"]["fine"]["mean"]), (&8.into(), &1.0.into()));
    project.run("run --baseline stored.json").expect(0, &[]).lacks(&["days old"]);
    let made = stored["made"].as_str().unwrap();
    project.write("stored.json", project.read("stored.json").replace(made, "2020-01-01T00:00:00Z"));
    project.run("run --baseline stored.json").expect(0, &["warning: stored.json is ", " days old: ", "make it anew"]);
    assert!(project.report()["setup"]["baseline"].as_str().unwrap().contains("made 2020-01-01T00:00:00Z"));
    project.add("baseline_max_age: 36500d");
    project.run("run --baseline stored.json").expect(0, &[]).lacks(&["days old"]);
    project.edit("baseline_max_age: 36500d", "baseline_max_age: soon");
    project.run("run").expect(2, &["baseline_max_age: `soon` is no duration; write one such as 7d"]);
}

#[test]
fn a_judge_of_another_model_is_another_scorer() {
    let project =
        Project::shop(&Model::start(|_| crate::model::Says::Text("{\"reason\": \"ok\", \"score\": 5}".into())), 8);
    project.edit("scorers:", "scorers:\n  kind: { judge: { rubric: helpfulness, model: j1 } }");
    project.run("baseline --to stored.json").expect(0, &[]);
    project.edit("model: j1", "model: j2");
    project.run("run --baseline stored.json").expect(2, &["kind was ", " by j1 and is ", " by j2; make it anew"]);
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

#[test]
fn what_a_hand_put_into_a_baseline_is_checked() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("baseline --to stored.json").expect(0, &[]);
    let stored = project.read("stored.json");
    for (from, to, expected) in [
        ("\"scores\": {", "\"weight\": -1, \"scores\": {", "cases.c000.weight: a weight must be above 0"),
        ("\"fine\": 1.0\n", "\"fine\": 1e300\n", "cases.c000.scores.fine: the score is too large"),
    ] {
        assert!(stored.contains(from), "{stored}");
        project.write("stored.json", stored.replace(from, to));
        project.run("run --baseline stored.json").expect(2, &[expected]);
    }
}
