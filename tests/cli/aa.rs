//! `aa`: the gate, measured on the user's own suite.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::model::{Model, Says};
use crate::support::Project;

/// A model that answers every third request badly, whatever it is asked.
fn moody() -> Model {
    let asked = AtomicUsize::new(0);
    Model::start(move |_| {
        Says::Text(if asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) { "bad" } else { "fine" }.into())
    })
}

fn measured(project: &Project) -> Value {
    serde_json::from_str(&project.read(".eval-gate/aa.json")).unwrap()
}

#[test]
fn the_baseline_against_itself_tells_noise_and_false_blocks() {
    let model = moody();
    let project = Project::shop(&model, 60);
    project.edit("baseline: recorded", "baseline: replay");
    project.commit();
    let ran = project.run("aa --trials 400").expect(
        0,
        &[
            "The baseline against itself: prompt.txt at commit ",
            "a gate blocks ",
            "the promise is at most 5 %",
            "of 60 cases change by themselves",
            "too noisy for this margin",
        ],
    );
    assert!(!ran.stderr.contains("there is no change to measure"), "{ran}");
    assert_eq!(model.take(), 120, "both arms are asked");
    let found = measured(&project);
    let share = |key: &str| found[key]["share"].as_f64().unwrap();
    assert!(share("rejected") <= 0.09 && share("blocked") <= share("rejected"), "{found}");
    assert!(found["scorers"][0]["changed"].as_u64().unwrap() > 5);
    project.run("aa --trials 400").expect(0, &[]);
    assert_eq!((model.take(), measured(&project)), (0, found), "stored answers say the same again");
}

#[test]
fn a_steady_model_has_no_noise() {
    let project = Project::shop(&Model::fine(), 24);
    let ran = project.run("aa --trials 100");
    ran.expect(
        0,
        &["The recorded requests asked again", "no gate fails", "fine: 0 % of 24 cases differ from what was recorded"],
    );
    assert_eq!(measured(&project)["blocked"]["count"], 0);
}

#[test]
fn a_provider_that_drifted_shows_against_recorded_answers() {
    let project = Project::shop(&Model::bad_on(|question| question % 2 == 0), 40);
    project
        .run("aa --trials 100")
        .expect(1, &["they differ by more than the gates allow", "Fail: fine went from 1.000 to 0.500"]);
}

#[test]
fn what_cannot_be_judged_is_not_measured() {
    let project = Project::shop(
        &Model::start(|request| {
            let is_judge = request["messages"][0]["content"].as_str().is_some_and(|text| !text.contains("old"));
            Says::Text(if is_judge { "no idea" } else { "fine" }.into())
        }),
        12,
    );
    project.edit("scorers:", "scorers:\n  kind: { judge: { rubric: helpfulness }, gate: { max_drop: 0.5 } }");
    project.run("aa").expect(4, &["kind could not score"]);
    project.run("baseline").expect(4, &["kind could not score 12 of 12 answers"]);
}

#[test]
fn the_trials_can_be_interrupted() {
    let project = Project::shop(&Model::fine(), 24);
    project.run("aa --trials 100").expect(0, &[]);
    let started = std::time::Instant::now();
    let ran = project.interrupt("aa --trials 1000000", 1, || started.elapsed().as_millis() > 700);
    ran.expect(4, &["interrupted while the suites were made up"]);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let project = Project::shop(&Model::absent(), 8);
    project.run("aa").expect(4, &["not finished"]);
    project.edit("baseline: recorded", "baseline: stored.json");
    project.run("baseline --baseline recorded --to stored.json").expect(0, &[]);
    project.run("aa").expect(2, &["a stored baseline has scores and no prompt"]);
}
