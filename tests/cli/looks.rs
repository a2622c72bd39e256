//! `decision.looks`: a run stops when its verdict is known.

use serde_json::json;

use crate::model::Model;
use crate::support::Project;

fn shop(model: &Model, cases: usize, looks: u32) -> Project {
    let project = Project::shop(model, cases);
    project.add(&format!("decision: {{ looks: {looks} }}"));
    project
}

#[test]
fn a_plain_regression_is_known_after_a_quarter_of_the_calls() {
    let model = Model::bad_on(|question| question % 4 > 0);
    let project = shop(&model, 120, 4);
    let early = "The verdict was known at look 1 of 4, on 30 of 120 cases; about 90 calls were saved.";
    project.run("run").expect(1, &["Fail: fine went from 1.000 to 0.", "30 cases compared of 120", early]);
    assert_eq!(model.take(), 30, "the other batches are not asked");
    let report = project.report();
    assert_eq!(report["results"].as_array().unwrap().len(), 30);
    assert_eq!(report["cases"]["left_out"], json!([{"what": "not needed: an early look had decided", "count": 90}]));
    assert!(project.read(".eval-gate/report.md").contains("about 90 calls were saved"));
    let repeated = || {
        project.run("run").expect(1, &[early]);
        (model.take(), project.read(".eval-gate/report.json"))
    };
    let first = repeated();
    assert_eq!((first.0, repeated() == first), (0, true), "the same inputs and the same cache: the same bytes");
    project.run("run --looks 1").expect(1, &["120 cases compared of 120"]).lacks(&["look 1"]);
}

#[test]
fn a_plain_no_change_is_known_before_the_end_and_an_undecided_one_is_not() {
    let model = Model::fine();
    let project = shop(&model, 160, 4);
    project.run("run").expect(0, &["Pass: the one gated", "The verdict was known at look 2 of 4, on 80 of 160 cases"]);
    assert_eq!(model.take(), 80);
    // Nothing changed, but 80 cases cannot exclude a fall in one of a hundred: the run goes on to the end.
    project.edit("max_drop: 0.1", "max_drop: 0.01");
    project.run("run").expect(0, &["Pass", "All cases were used at look 4 of 4, on 160 of 160 cases"]);
}

#[test]
fn the_cases_of_a_session_are_looked_at_together() {
    let model = Model::bad_on(|question| question % 2 == 0);
    let project = shop(&model, 80, 2);
    let lines: String = (0..80)
        .map(|number| {
            let mut case = crate::support::case(number);
            case["cluster"] = json!(format!("s{:02}", number / 4));
            case.to_string() + "\n"
        })
        .collect();
    project.write("evalset/cases.jsonl", lines);
    project.run("run").expect(1, &["look 1 of 2, on 40 of 80 cases"]);
    let results = project.report()["results"].clone();
    let sessions =
        results.as_array().unwrap().iter().map(|r| r["case"].as_str().unwrap()[1..].parse::<usize>().unwrap() / 4);
    let sessions: std::collections::BTreeSet<usize> = sessions.collect();
    assert_eq!(sessions.len(), 10);
}

#[test]
fn looks_must_be_a_few() {
    let project = shop(&Model::fine(), 8, 0);
    project.run("run").expect(2, &["decision.looks: expected a number from 1 to 20"]);
    project.edit("looks: 0", "looks: 20");
    project.run("run").expect(0, &["Pass"]);
}
