//! `run`: verdicts, exit codes, and what is kept between runs.

use serde_json::json;

use crate::model::{Model, Says};
use crate::support::{Project, case};

#[test]
fn a_harmless_change_passes() {
    let project = Project::shop(&Model::fine(), 12);
    let ran = project
        .run("run")
        .expect(0, &["Pass: the one gated comparison is inside its margin.", "report: .eval-gate/report.md"]);
    assert!(ran.stdout.contains("12 cases compared of 12 chosen, 0 left out, 0 calls failed"), "{ran}");
    assert_eq!(project.report()["verdict"]["exit_code"], 0);
    assert!(project.read(".eval-gate/report.md").contains("Pass"));
    for format in ["text", "markdown", "json", "html", "junit"] {
        let again = project.run(&format!("report .eval-gate/report.json --format {format}")).expect(0, &[]);
        let expected = match format {
            "text" => ran.stdout.clone(),
            "markdown" => project.read(".eval-gate/report.md"),
            "html" => project.read(".eval-gate/report.html"),
            "junit" => project.read(".eval-gate/junit.xml"),
            _ => project.read(".eval-gate/report.json"),
        };
        assert_eq!(again.stdout, expected, "{format}");
    }
}

#[test]
fn a_person_at_a_terminal_sees_the_verdict() {
    let project = Project::shop(&Model::fine(), 12);
    if let Some(ran) = project.run_on_terminal("run") {
        ran.expect(0, &["Pass: the one gated comparison is inside its margin."]).lacks(&["panicked"]);
    }
}

#[test]
fn a_regression_of_one_class_fails_and_is_named() {
    let model = Model::bad_on(|question| question % 2 == 0);
    let project = Project::shop(&model, 24);
    project.edit("max_drop: 0.1", "max_drop: 0.6, slices: [metadata.intent], slice_max_drop: 0.2");
    project
        .run("run")
        .expect(1, &["Fail: fine on intent=refund went from 1.000 to 0.000, beyond its margin of 0.200"])
        .lacks(&["fine on intent=shipping went"]);
    assert_eq!(project.report()["verdict"]["ruling"], "fail");
}

#[test]
fn what_is_undecided_ends_as_the_config_says() {
    let model = Model::bad_on(|question| question == 0);
    for (decision, gate, code) in [("warn", "", 0), ("pass", "", 0), ("fail", "", 3), ("warn", ", critical: true", 3)] {
        let project = Project::shop(&model, 12);
        project.edit("max_drop: 0.1", &format!("max_drop: 0.1{gate}"));
        project.add(&format!("decision: {{ inconclusive: {decision} }}"));
        project.run("run").expect(code, &["Inconclusive: fine went from 1.000 to 0.917; ", "cases would settle it"]);
    }
}

#[test]
fn a_judge_that_errs_or_babbles_leaves_unscored() {
    for says in ["", "I rather like it"] {
        let project = Project::shop(&Model::fine(), 8);
        let judge = Model::start(move |_| match says {
            "" => Says::Refuses(500, "out of order"),
            text => Says::Text(text.into()),
        });
        project.edit(
            "scorers:",
            &format!("  judge: {{ openai: {{ base_url: \"{}\", model: j, retries: 0 }} }}\nscorers:", judge.url),
        );
        project.add("  helpful: { judge: helpfulness, gate: { max_drop: 0.5 } }");
        project.run("run").expect(4, &["Error: helpful could not score 16 of 16 attempts"]);
    }
}

#[test]
fn what_a_judge_says_is_compared() {
    let project = Project::shop(&Model::bad_on(|question| question % 2 == 0), 24);
    let judge = Model::start(|request| {
        let is_bad = request["messages"][1].to_string().contains("bad");
        let score = if is_bad { 1 } else { 5 };
        Says::Text(format!("{{\"reason\": \"it is what it is\", \"score\": {score}}}"))
    });
    let provider = format!("  judge: {{ openai: {{ base_url: \"{}\", model: j }} }}\nscorers:", judge.url);
    project.edit("scorers:", &provider);
    project.edit(", gate: { max_drop: 0.1 }", "");
    project.add("  helpful: { judge: helpfulness, gate: { max_drop: 0.5 } }");
    project.run("run").expect(1, &["Fail: helpful went from 5.000 to 3.000, beyond its margin of 0.500"]);
    assert_eq!(judge.take(), 48);
    assert!(project.read(".eval-gate/report.md").contains("it is what it is"));
    project.run("run --offline").expect(1, &["Fail: helpful"]);
    assert_eq!(judge.take(), 0);
}

#[test]
fn a_route_goes_on_to_the_next_leg() {
    let model = Model::start(|request| Says::Text(if request["model"] == "big" { "fine" } else { "bad" }.into()));
    let project = Project::shop(&model, 12);
    project.edit(
        "prompt: prompt.txt",
        "prompt: prompt.txt, route: [{ name: s, model: small, accept: \"output.text == 'fine'\" }, { name: b, model: big }]",
    );
    project.run("run").expect(0, &["Pass"]);
    assert_eq!(model.take(), 24);
    project.edit("output.text ==", "output.text =");
    project.run("run").expect(2, &["eval-gate.yaml:4:", "candidate.route[0].accept: ", "is not a valid expression"]);
    project.edit("output.text =", "outptu.text ==");
    project.run("run").expect(2, &["candidate.route[0].accept: ", "unknown name outptu; there is case, output"]);
}

#[test]
fn a_judge_without_a_model_is_a_mistake_of_the_configuration() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    project.edit("model: m, ", "");
    project.write("prompt.prompt.yml", "model: m\nmessages: [{ role: system, content: Help. }]\n");
    project.edit("prompt.txt", "prompt.prompt.yml");
    project.run("run").expect(0, &["Pass"]);
    project.add("  helpful: { judge: helpfulness }");
    project.run("run").expect(2, &["scorers.helpful.judge", "no model"]);
    assert_eq!(model.take(), 8, "the second run sent nothing");
}

#[test]
fn a_spent_budget_decides_nothing() {
    let model = Model::fine();
    let project = Project::shop(&model, 12);
    project.edit("timeout: 5", "timeout: 5, concurrency: 1");
    project.add("budget: { requests: 5 }");
    project
        .run("run")
        .expect(4, &["Inconclusive: budget: it was spent before all cases were worked through", "7 left out"]);
    assert_eq!(model.take(), 5);
    // What was paid for is kept: the next run gets further.
    project.run("run").expect(4, &["2 left out"]);
}

#[test]
fn a_refused_key_stops_the_run_at_once() {
    let model = Model::start(|_| Says::Refuses(401, "no such key"));
    let project = Project::shop(&model, 40);
    project.edit("timeout: 5", "timeout: 5, concurrency: 2");
    let ran = project
        .run("run")
        .expect(4, &["Error: provider `default`", "refused the key (401): no such key; check `api_key`"]);
    ran.lacks(&["sk-test"]);
    assert!(model.take() < 5, "most cases were never asked");
    assert!(!project.read(".eval-gate/report.json").contains("sk-test"));
}

#[test]
fn an_unreachable_provider_is_said() {
    let project = Project::shop(&Model::absent(), 8);
    project.run("run").expect(4, &["Error: provider `default`", "cannot be reached", "check `base_url`"]);
}

#[test]
fn failures_of_the_provider_are_not_the_candidates_fault() {
    let model = Model::start(|_| Says::Refuses(503, "overloaded"));
    let project = Project::shop(&model, 8);
    project.run("run").expect(4, &["Error: fine could not score 8 of 16 attempts", "8 calls failed"]);
    assert!(project.read(".eval-gate/report.md").contains("503: overloaded"));
}

#[test]
fn an_empty_answer_is_the_candidates_own() {
    let project = Project::shop(&Model::start(|_| Says::Text(String::new())), 12);
    project.run("run").expect(1, &["Fail: fine went from ", "0 calls failed"]);
}

#[test]
fn offline_asks_nobody() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    project
        .run("run --offline")
        .expect(4, &["no stored answer for model `m`", "question", "run once without `--offline`"]);
    assert_eq!(model.take(), 0);
    project.run("run").expect(0, &[]);
    assert_eq!(model.take(), 8);
    project.run("run --offline").expect(0, &["Pass"]);
    project.run("run --offline --fresh").expect(2, &["cannot be used with"]);
    assert_eq!(model.take(), 0);
}

#[test]
fn a_recording_replays_byte_for_byte() {
    let model = Model::bad_on(|question| question < 3);
    let project = Project::shop(&model, 12);
    project.edit("scorers:", "  taped: { recorded: { file: tape.jsonl, model: m } }\nscorers:");
    let live = project.run("run --record tape.jsonl").expect(0, &["Inconclusive"]);
    let live_report = project.report();
    let asked = model.take();
    let taped = project.run("run --provider taped").expect(0, &[]);
    let first = project.read(".eval-gate/report.json");
    assert_eq!(taped.stdout, live.stdout);
    for section in ["verdict", "comparisons", "results", "cases"] {
        assert_eq!(project.report()[section], live_report[section], "{section}");
    }
    project.run("run --provider taped").expect(0, &[]);
    assert_eq!(project.read(".eval-gate/report.json"), first);
    assert_eq!((asked, model.take()), (12, 0));
    project.write("prompt.txt", "Another prompt.");
    project
        .run("run --provider taped")
        .expect(4, &["the recording tape.jsonl lacks it", "were edited since", "--record tape.jsonl"]);
    project.write("tape.jsonl", "{}\n");
    project.run("run --provider taped").expect(2, &["tape.jsonl: line 1 is no line of a recording"]);
}

#[test]
fn concurrency_changes_no_byte() {
    let project = Project::shop(&Model::bad_on(|question| question % 5 == 0), 40);
    let report = |concurrency: usize| {
        let config = project.read("eval-gate.yaml");
        project.edit("timeout: 5", &format!("timeout: 5, concurrency: {concurrency}"));
        project.run("run").expect(1, &["Fail"]);
        project.write("eval-gate.yaml", config);
        (project.read(".eval-gate/report.json"), project.read(".eval-gate/report.md"))
    };
    report(usize::MAX); // fills the cache, so that the times are the same
    assert_eq!(report(1), report(32));
}

#[test]
fn recorded_times_are_shown_and_not_gated() {
    let project = Project::shop(&Model::fine(), 8);
    project.add("  total: { latency: {}, gate: { max_rise: 1% } }");
    project.run("run").expect(0, &["Pass", "total"]);
    let total = project.report()["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["scorer"] == "total")
        .cloned()
        .unwrap();
    assert_eq!(total["outcome"], json!(null), "{total}");
    project.edit("gate: { max_drop: 0.1 }", "description: advisory now");
    project.run("run").expect(2, &["latency", "baseline: replay"]);
}

#[test]
fn one_case_is_asked_again_and_shown_as_a_diff() {
    let project = Project::shop(&Model::bad_on(|_| true), 12);
    project.run("replay c003").expect(0, &["c003: question 3", "-fine", "+bad", "fine: 1.000 → 0.000"]);
    project.run("replay c00").expect(2, &["`c00` is more than one case: c000, c001"]);
    project.run("replay x").expect(2, &["there is no case `x`"]);
}

#[test]
fn check_sends_nothing_and_shows_the_plan() {
    let model = Model::fine();
    let project = Project::shop(&model, 12);
    let words = [
        "eval-gate.yaml is valid",
        "cases: 12 of 12 seen, in 12 clusters",
        "candidate: prompt.txt on m",
        "calls: 12 to answer",
    ];
    project.run("check").expect(0, &words);
    project.run("check --sample 4").expect(0, &["cases: 4 of 12 seen", "left out: 8 × not drawn"]);
    project
        .run("check --provider nobody")
        .expect(2, &["providers.nobody: there is no such provider; there is default"]);
    assert_eq!(model.take(), 0);
}

#[test]
fn repeats_are_answers_of_their_own() {
    let model = Model::fine();
    let project = Project::shop(&model, 6);
    project.add("decision: { repeats: 3 }");
    project.run("run").expect(0, &["Pass"]);
    assert_eq!(model.take(), 18);
}

#[test]
fn hostile_answers_cannot_forge_the_report() {
    let text = "::error::pwned\n\u{1b}[2J</details>\n# Verdict: pass @everyone\n```";
    let project = Project::shop(&Model::start(move |_| Says::Text(text.into())), 12);
    let ran = project.run("run").expect(1, &["Fail"]).lacks(&["\u{1b}", "::error::"]);
    assert!(ran.stdout.lines().all(|line| !line.starts_with("::")), "{ran}");
    assert!(!project.read(".eval-gate/report.md").contains("\n# Verdict"));
    project.run("replay c001").expect(0, &["c001"]).lacks(&["\u{1b}[2J", "\n::error::"]);
    assert_eq!(case(1)["id"], "c001");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let model = Model::fine();
    let project = Project::shop(&model, 40);
    let ran = project.run_in_shell("run 2>&1 | head --lines 0; echo ${PIPESTATUS[0]}");
    assert_eq!(ran.stdout.trim(), "0", "{ran}");
}
