//! `compare`: the verdict on score files of any other harness.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Project, Ran};

const CONFIG: &str =
    "version: 1\nscorers:\n  valid: { score: {}, gate: { max_drop: 0.1, slices: [metadata.intent] } }\n";
const UNSLICED: &str = "version: 1\nscorers:\n  valid: { score: {}, gate: { max_drop: 0.1 } }\n";

/// A project with the scores of both arms; `None` leaves a case out.
fn project(
    cases: usize,
    baseline: impl Fn(usize) -> Option<Value>,
    candidate: impl Fn(usize) -> Option<Value>,
) -> Project {
    let project = Project::new();
    project.write("eval-gate.yaml", CONFIG);
    let lines = |score: &dyn Fn(usize) -> Option<Value>| {
        (0..cases).filter_map(|case| Some((case, score(case)?))).fold(String::new(), |mut lines, (case, score)| {
            let tags = json!({"intent": (["refund", "shipping"][case % 2])});
            writeln!(lines, "{}", json!({"case": format!("c{case:03}"), "tags": tags, "scores": {"valid": score}}))
                .unwrap();
            lines
        })
    };
    project.write("a.jsonl", lines(&baseline));
    project.write("b.jsonl", lines(&candidate));
    project
}

fn compare(project: &Project) -> Ran {
    project.run("compare a.jsonl b.jsonl")
}

#[expect(clippy::unnecessary_wraps, reason = "the scores of some arms have gaps")]
fn one(_: usize) -> Option<Value> {
    Some(json!(1))
}

#[test]
fn equal_scores_pass() {
    let project = project(20, one, one);
    compare(&project).expect(0, &["Pass: all 3 gated comparisons are inside their margins", "20 cases compared of 20"]);
    let first = project.read(".eval-gate/report.json");
    compare(&project).expect(0, &[]);
    assert_eq!(project.read(".eval-gate/report.json"), first);
}

#[test]
fn a_broken_class_fails_and_is_named() {
    let project = project(40, one, |case| Some(json!(usize::from(case % 2 == 1))));
    compare(&project)
        .expect(
            1,
            &["Fail: valid", "valid on intent=refund went from 1.000 to 0.000, beyond its margin of 0.100 (95 %"],
        )
        .lacks(&["valid on intent=shipping went"]);
}

#[test]
fn few_cases_are_inconclusive() {
    let project = project(12, one, |case| Some(json!(usize::from(case != 5))));
    compare(&project).expect(0, &["Inconclusive: valid"]);
    project.add("decision: { inconclusive: fail }");
    compare(&project).expect(3, &["Inconclusive: valid"]);
}

#[test]
fn missing_cases_are_counted_and_not_paired() {
    let project = project(20, |case| (case != 3).then(|| json!(1)), |case| (case > 1).then(|| json!(1)));
    compare(&project).expect(0, &["17 cases compared of 20 chosen, 3 left out"]);
    let left_out = &project.report()["cases"]["left_out"];
    assert_eq!(left_out[0], json!({"what": "missing in the candidate's scores", "count": 2}));
    assert_eq!(left_out[1], json!({"what": "missing in the baseline's scores", "count": 1}));
}

#[test]
fn nothing_in_common_is_no_verdict() {
    let project = project(20, |case| (case < 10).then(|| json!(1)), |case| (case >= 10).then(|| json!(1)));
    compare(&project).expect(4, &["Error: valid: no case was scored in both arms"]);
}

#[test]
fn too_much_unscored_is_no_verdict() {
    let project = project(20, one, |case| Some(if case < 4 { Value::Null } else { json!(1) }));
    compare(&project).expect(4, &["Error: valid could not score 4 of 40 attempts"]);
}

#[test]
fn clusters_and_not_cases_are_independent() {
    let lines = |score: u8| {
        (0..40).fold(String::new(), |mut lines, case| {
            writeln!(
                lines,
                "{}",
                json!({"case": case.to_string(), "cluster": format!("s{}", case % 4), "scores": {"valid": score}})
            )
            .unwrap();
            lines
        })
    };
    let project = Project::new();
    project.write("eval-gate.yaml", UNSLICED);
    project.write("a.jsonl", lines(1));
    project.write("b.jsonl", lines(0));
    compare(&project).expect(
        0,
        &["Inconclusive: valid went from 1.000 to 0.000; ", "40 cases of 4 clusters, and fewer than 5 decide nothing"],
    );
}

#[test]
fn a_single_cluster_is_no_verdict() {
    let project = project(20, one, one);
    for name in ["a.jsonl", "b.jsonl"] {
        project
            .write(name, "\u{feff}".to_owned() + &project.read(name).replace("\"tags\"", "\"cluster\":\"s\",\"tags\""));
    }
    compare(&project)
        .expect(4, &["Error: valid: 20 cases were scored in both arms, but they are of 1 cluster, and fewer than 5"]);
}

#[test]
fn weights_move_the_mean() {
    let line = |case: usize, score: usize| json!({"case": case.to_string(), "weight": if case == 0 { 9.0 } else { 1.0 }, "scores": {"valid": score}});
    let project = Project::new();
    project.write("eval-gate.yaml", UNSLICED);
    project.write("a.jsonl", (0..10).map(|case| line(case, 1).to_string() + "\n").collect::<String>());
    project
        .write("b.jsonl", (0..10).map(|case| line(case, usize::from(case > 0)).to_string() + "\n").collect::<String>());
    compare(&project).expect(0, &["valid went from 1.000 to 0.500"]);
}

#[test]
fn bad_files_are_named_with_their_line() {
    for (text, expected) in [
        ("", "b.jsonl: there are no scores in it"),
        ("{\"case\": \"a\"}\n", "b.jsonl:1: missing field `scores`"),
        (
            "{\"case\": \"a\", \"scores\": {\"valid\": \"high\"}}\n",
            "b.jsonl:1: invalid type: string \"high\", expected f64",
        ),
        ("{\"case\": \"a\", \"scores\": {\"valid\": 1e999}}\n", "b.jsonl:1: number out of range"),
        ("{\"case\": \"a\", \"scores\": {\"valdi\": 1}}\n", "no case has a score `valid`"),
        ("{\"case\": \"a\", \"scores\": {}, \"weight\": -1}\n", "b.jsonl:1: a weight must be above 0"),
        (
            "{\"case\": \"a\", \"scores\": {}, \"weight\": 1e308}\n",
            "b.jsonl:1: a weight must be above 0, from a millionth",
        ),
        ("{\"case\": \"a\", \"scores\": {\"valid\": -1e300}}\n", "b.jsonl:1: the score `valid` is too large"),
    ] {
        let project = project(8, |_| None, one);
        project.write("eval-gate.yaml", UNSLICED);
        project.write("a.jsonl", "{\"case\": \"a\", \"scores\": {\"other\": 1}}\n");
        project.write("b.jsonl", text);
        compare(&project).expect(2, &[expected]);
    }
    let project = project(8, one, one);
    project.write("b.jsonl", b"{\"case\": \"\xff\"}\n");
    compare(&project).expect(2, &["b.jsonl", "UTF-8"]);
    project.run("compare a.jsonl c.jsonl").expect(2, &["cannot read the scores c.jsonl"]);
}

#[test]
fn slices_that_no_case_has_are_refused() {
    let project = project(8, one, one);
    project.edit("metadata.intent", "metadata.intnt");
    compare(&project).expect(2, &["scorers.valid.gate.slices: no case has metadata.intnt; there is metadata.intent"]);
}

#[test]
fn an_advisory_score_may_be_absent() {
    let project = project(8, one, one);
    project.add("  extra: { score: {} }");
    compare(&project).expect(0, &["Pass"]);
}

#[test]
fn a_config_that_gates_nothing_is_refused() {
    let project = project(8, one, one);
    project.write("eval-gate.yaml", "version: 1\nscorers: { valid: { score: {} } }\n");
    compare(&project).expect(2, &["no scorer has a gate, so nothing could ever fail"]);
    project.write("eval-gate.yaml", "version: 1\n");
    compare(&project).expect(2, &["there are no scorers"]);
}

/// Scores of 400 cases of three kinds of questions; the candidate breaks the rarest, 8 % of them, and mends as many of the
/// others as to leave the average where it was.
fn story(tags: bool) -> Project {
    let words = [
        (["refund", "money back", "reimburse"], ["card", "payment", "purchase", "order"]),
        (["delivery", "parcel", "shipping"], ["late", "tracking", "courier", "address"]),
        (["allergy", "peanut", "ingredients"], ["contains", "nuts", "recipe", "label"]),
    ];
    let kind = |case: usize| if case % 25 < 2 { 2 } else { case % 2 };
    let line = |case: usize, score: usize| {
        let (subject, detail) = words[kind(case)];
        let input = format!("hello, about the {} and {} {}", subject[case % 3], detail[case % 4], detail[case / 4 % 4]);
        let tags = if tags { json!({"shelf": (["a", "b", "c"][kind(case)])}) } else { json!({}) };
        json!({"case": format!("c{case:03}"), "input": input, "tags": tags, "scores": {"valid": score}}).to_string()
            + "\n"
    };
    let project = Project::new();
    project.write(
        "eval-gate.yaml",
        "version: 1\nscorers:\n  valid: { score: {}, gate: { max_drop: 0.1, slices: auto } }\n",
    );
    let baseline = |case: usize| usize::from(kind(case) == 2 || !case.is_multiple_of(10));
    let candidate = |case: usize| usize::from(kind(case) != 2);
    project.write("a.jsonl", (0..400).map(|case| line(case, baseline(case))).collect::<String>());
    project.write("b.jsonl", (0..400).map(|case| line(case, candidate(case))).collect::<String>());
    project
}

#[test]
fn a_broken_class_that_nobody_declared_is_found_by_its_words() {
    let project = story(false);
    let ran = compare(&project).expect(1, &["Fail: valid on topic="]);
    let first = ran.stdout.lines().next().unwrap();
    assert!(
        ["allergy", "peanut", "ingredients", "nuts", "contains", "recipe", "label"]
            .iter()
            .any(|word| first.contains(word)),
        "{first}"
    );
    let report = project.report();
    let overall = report["comparisons"].as_array().unwrap().iter().find(|row| row["slice"].is_null()).unwrap();
    assert_eq!(overall["outcome"], "pass", "the average did not move: {overall}");
    let class =
        report["classes"].as_array().unwrap().iter().find(|class| first.contains(class["slice"].as_str().unwrap()));
    let examples = class.unwrap()["examples"].as_array().unwrap();
    assert!(examples.len() == 3 && examples.iter().all(|example| example["is_worse"] == true), "{examples:?}");
}

fn without_inputs(lines: &str) -> String {
    let strip = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("input");
        line.to_string() + "\n"
    };
    lines.lines().map(strip).collect()
}

#[test]
fn a_broken_class_that_only_has_a_tag_is_found_by_it() {
    let project = story(true);
    for name in ["a.jsonl", "b.jsonl"] {
        project.write(name, without_inputs(&project.read(name)));
    }
    compare(&project).expect(1, &["Fail: valid on shelf=c went from 1.000 to 0.000"]);
}

#[test]
fn looks_stop_where_a_run_would_have_stopped() {
    let project = project(400, one, |case| Some(json!(usize::from(case % 2 == 1))));
    project.add("decision: { looks: 4 }");
    compare(&project).expect(1, &["Fail: valid", "The verdict was known at look 1 of 4, on 100 of 400 cases."]);
    assert_eq!(project.report()["results"].as_array().unwrap().len(), 100);
    project.run("compare a.jsonl b.jsonl --looks 1").expect(1, &["400 cases compared of 400"]).lacks(&["look 1"]);
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let project =
        project(60, |case| Some(json!(usize::from(case % 7 > 0))), |case| Some(json!(usize::from(case % 5 > 0))));
    project.add("decision: { looks: 3 }");
    compare(&project).expect(0, &[]);
    let first = project.read(".eval-gate/report.json");
    for name in ["a.jsonl", "b.jsonl"] {
        let text = project.read(name);
        let lines: Vec<&str> = text.lines().rev().collect();
        project.write(name, lines.join("\n"));
    }
    compare(&project).expect(0, &[]);
    assert_eq!(project.read(".eval-gate/report.json"), first);
}

#[test]
fn a_margin_in_per_cent_tells_the_change_in_per_cent() {
    let project = project(60, |case| Some(json!(100 + case % 9)), |case| Some(json!(130 + case % 7)));
    project.write("eval-gate.yaml", "version: 1\nscorers:\n  valid: { score: {}, gate: { max_rise: 20% } }\n");
    compare(&project)
        .expect(1, &["Fail: valid went from 104 to 133 (+28.0 %), beyond", "+28.0 % [+27.0, +29.0]", "20.0 %"]);
}

#[test]
fn a_margin_that_is_missed_by_a_hair_is_planned_for_at_once() {
    let project = project(
        400,
        |case| Some(json!(case % 10)),
        |case| Some(json!(if case == 7 { 7.000_01 } else { (case % 10) as f64 })),
    );
    project.write("eval-gate.yaml", "version: 1\nscorers:\n  valid: { score: {}, gate: { max_rise: 0 } }\n");
    compare(&project).expect(0, &["valid"]);
}

#[test]
fn what_the_files_say_of_a_case_must_agree() {
    let lines = |tail: &str| -> String {
        let line =
            |i: usize| ["{\"case\": \"c", &format!("{i:02}"), "\", \"scores\": {\"valid\": 1}", tail, "}\n"].concat();
        (0..12).map(line).collect()
    };
    let project = Project::new();
    project.write("eval-gate.yaml", CONFIG);
    project.write("a.jsonl", lines(""));
    project.write("b.jsonl", lines(", \"tags\": {\"intent\": \"refund\"}"));
    compare(&project).expect(0, &["valid on intent=refund"]);
    project.write("a.jsonl", lines(", \"tags\": {\"intent\": \"refund\"}, \"cluster\": \"s\""));
    project.write("b.jsonl", lines(", \"cluster\": \"t\""));
    compare(&project).expect(2, &["the case `c00` has another cluster in the candidate's scores"]);
    project.write("b.jsonl", lines(""));
    compare(&project).expect(4, &["12 cases were scored in both arms, but they are of 1 cluster"]);
}

#[test]
fn the_worked_example_of_the_manual_is_what_the_program_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Project::new();
    for name in ["eval-gate.yaml", "baseline.jsonl", "candidate.jsonl"] {
        project.write(name, std::fs::read(root.join("docs/verdict-example").join(name)).unwrap());
    }
    let ran = project.run("compare baseline.jsonl candidate.jsonl").expect(1, &[]);
    let manual = std::fs::read_to_string(root.join("docs/verdict.md")).unwrap();
    for line in ran.stdout.lines().take(2) {
        assert!(manual.contains(line.trim()), "the manual lacks: {line}");
    }
    for row in project.report()["comparisons"].as_array().unwrap() {
        let cells = format!("| {:.4} | {:.4} |", row["p"].as_f64().unwrap(), row["adjusted_p"].as_f64().unwrap());
        assert!(manual.contains(&cells), "the manual lacks: {cells}");
    }
}

/// The quickstart's friendlier prompt again, by its scores alone: no tag tells the classes apart, only the questions do.
#[test]
fn the_broken_class_of_the_quickstart_is_found_without_tags() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let project = Project::new();
    let (config, prompt) = (root.join("eval-gate.yaml"), root.join("prompts/friendlier.prompt.yml"));
    project
        .run(&format!("run --config {} --prompt {}", config.display(), prompt.display()))
        .expect(1, &["intent=safety"]);
    let report = project.report();
    let cases = std::fs::read_to_string(root.join("evalsets/support/cases.jsonl")).unwrap();
    let cases: Vec<Value> = cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (file, arm) in [("a.jsonl", "baseline"), ("b.jsonl", "candidate")] {
        let line = |result: &Value| {
            let case = cases.iter().find(|case| case["id"] == result["case"]).unwrap();
            let cluster = case.get("cluster").unwrap_or(&case["id"]);
            let scores = json!({"danger_rule": result["scores"]["danger_rule"][arm]});
            json!({"case": case["id"], "cluster": cluster, "input": result["question"], "scores": scores}).to_string()
                + "\n"
        };
        project.write(file, report["results"].as_array().unwrap().iter().map(line).collect::<String>());
    }
    let gate = "{ max_drop: 0.1, slices: auto, slice_max_drop: 0.3 }";
    project
        .write("eval-gate.yaml", format!("version: 1\nscorers: {{ danger_rule: {{ score: {{}}, gate: {gate} }} }}\n"));
    for seed in 1..4 {
        let ran =
            project.run(&format!("compare a.jsonl b.jsonl --seed {seed}")).expect(1, &["Fail: danger_rule on topic="]);
        let first = ran.stdout.lines().next().unwrap();
        assert!(["smoke", "smell", "spark", "burn"].iter().any(|word| first.contains(word)), "{first}");
    }
}
