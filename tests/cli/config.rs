//! The configuration's mistakes: all of them at once, each with file, line, column and key, and what to write instead.

use crate::model::{Model, Says};
use crate::support::Project;

/// A project whose config is the shop's with one line more.
fn project() -> Project {
    Project::shop(&Model::absent(), 8)
}

#[track_caller]
fn expect_mistake(line: &str, expected: &str) {
    let project = project();
    project.add(line);
    let ran = project.run("check").expect(2, &["error: eval-gate.yaml:10:", expected]);
    ran.lacks(&["error: error", "error:  "]);
}

#[test]
fn typing_errors_are_found_in_every_section() {
    for (line, expected) in [
        ("evalest: x", "eval-gate.yaml:10:10: evalest: unknown field `evalest`, expected one of `version`"),
        ("evalest: x", "did you mean `evalset`?"),
        ("sample: { sise: 3 }", "eval-gate.yaml:10:17: sample.sise: unknown field `sise`, expected one of `size`"),
        (
            "sample: { seed: one }",
            "eval-gate.yaml:10:17: sample.seed: invalid type: string \"one\", expected a whole number from 0",
        ),
        ("redact: { rules: [emial] }", "eval-gate.yaml:10:19: redact.rules[0]: unknown variant `emial`"),
        ("redact: { rules: [emial] }", "did you mean `email`?"),
        ("redact: { patterns: [\"(x\"] }", "eval-gate.yaml:10:22: redact.patterns[0]: "),
        ("vars: { a: \"case.\" }", "eval-gate.yaml:10:12: vars.a: `case.` is not a valid expression"),
        ("vars: { a: \"caes.id\" }", "vars.a: `caes.id` uses the unknown name caes; there is case"),
        (
            "decision: { looks: 1, inconclusive: wran }",
            "decision.inconclusive: unknown variant `wran`, expected one of `warn`, `fail`, `pass`; did you mean `warn`?",
        ),
        (
            "decision: { false_block_rate: 5 }",
            "eval-gate.yaml:10:31: decision.false_block_rate: expected a share between 0 and 0.5",
        ),
        ("decision: { repeats: 0 }", "decision.repeats: expected a number from 1 to 100"),
        (
            "budget: { usd: 2, request: 3 }",
            "budget.request: unknown field `request`, expected `usd` or `requests`; did you mean `requests`?",
        ),
        ("budget: { usd: -2 }", "eval-gate.yaml:10:16: budget.usd: expected an amount above 0"),
        ("budget: { requests: 0 }", "budget.requests: expected a number above 0"),
        ("redact: email", "eval-gate.yaml:10:9: redact: invalid type: string \"email\", expected a mapping"),
        ("prices: { m: { inptu: 1 } }", "eval-gate.yaml:10:23: prices.m.inptu: unknown field `inptu`"),
        ("prices: { m: { input: -1, output: 1 } }", "eval-gate.yaml:10:14: prices.m: a price is 0 or more"),
        ("traces: { otlp: { files: [x] } }", "eval-gate.yaml:10:9: traces: there is an evalset as well"),
    ] {
        expect_mistake(line, expected);
    }
}

#[test]
fn typing_errors_are_found_in_scorers() {
    for (line, expected) in [
        ("  a: { max_wrods: 3 }", "eval-gate.yaml:10:19: scorers.a.max_wrods: unknown field `max_wrods`"),
        ("  a: { max_wrods: 3 }", "did you mean `max_words`?"),
        ("  a: { contains: fine, gate: { max_dorp: 0.1 } }", "scorers.a.gate.max_dorp: unknown field `max_dorp`"),
        (
            "  a: { contains: fine, gate: { max_rise: 0.1 } }",
            "scorers.a.gate.max_rise: higher is better here: use max_drop",
        ),
        ("  a: { contains: fine, gate: { max_drop: lots } }", "eval-gate.yaml:10:42: scorers.a.gate.max_drop: "),
        (
            "  a: { judge: { rubric: faithfulnes } }",
            "scorers.a.judge.rubric: `faithfulnes` is neither a built-in rubric (faithfulness",
        ),
        (
            "  a: { expression: \"output.txt ==\" }",
            "eval-gate.yaml:10:20: scorers.a.expression: bad expression `output.txt ==`",
        ),
        ("  a: { expression: \"outptu.text\" }", "unknown name outptu; there are case, output"),
        ("  a: { regex: \"(open\" }", "eval-gate.yaml:10:15: scorers.a.regex: bad pattern: unclosed group"),
        ("  a: { json_schema: none.json }", "eval-gate.yaml:10:21: scorers.a.json_schema: cannot read none.json"),
        (
            "  a: { gate: { max_drop: 0.1 } }",
            "eval-gate.yaml:10:6: scorers.a: no kind of scorer here: write one of json",
        ),
        ("  a: { json: {}, max_words: 3 }", "scorers.a: several kinds in one scorer (json, max_words)"),
        ("  a: { latency: { of: tfft } }", "scorers.a.latency.of: unknown variant `tfft`"),
    ] {
        expect_mistake(line, expected);
    }
}

#[test]
fn typing_errors_in_what_is_there() {
    for (from, to, expected) in [
        ("version: 1\n", "", "eval-gate.yaml:1:1: the key `version` is missing; write version: 1"),
        ("version: 1", "version: 2", "eval-gate.yaml:1:10: version: this eval-gate reads version 1, not 2"),
        ("prompt: prompt.txt", "promt: prompt.txt", "eval-gate.yaml:4:21: candidate.promt: unknown field `promt`"),
        ("prompt: prompt.txt", "provider: big", "providers.big: there is no such provider; there is default"),
        (
            "baseline: recorded",
            "baseline: record",
            "eval-gate.yaml:5:11: baseline: `record` is no baseline: write recorded, replay",
        ),
        ("openai:", "opneai:", "eval-gate.yaml:7:22: providers.default.opneai: unknown field `opneai`"),
        ("retries: 0", "retrys: 0", "providers.default.openai.retrys: unknown field `retrys`"),
        ("timeout: 5", "timeout: soon", "providers.default.openai.timeout: a timeout is a time above zero"),
        (
            "timeout: 5",
            "concurrency: 0",
            "providers.default.openai.concurrency: invalid value: integer `0`, expected a whole number above 0",
        ),
        ("http://", "htp://", "`base_url` as `https://host/v1`"),
    ] {
        let project = project();
        project.edit(from, to);
        project.run("check").expect(2, &[expected]);
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let project = project();
    project.edit("version: 1", "version: 7");
    project.edit("max_drop: 0.1", "max_rise: 0.1");
    project.add("smaple: {}\nbudget: { usd: much }");
    let ran = project.run("check").expect(2, &[]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let places: Vec<&str> = lines.iter().map(|line| line.split(':').nth(2).unwrap()).collect();
    assert_eq!(places, ["1", "9", "10", "11"], "{ran}");
}

#[test]
fn what_is_no_yaml_is_told_with_its_place() {
    for (text, expected) in [
        ("", "this is no configuration"),
        ("hello", "this is no configuration"),
        ("version: 1\n  sample: [\n", "eval-gate.yaml:2:"),
        ("version: 1\nversion: 1\n", "duplicate"),
        ("a: &a [*a]\n", "not valid YAML"),
    ] {
        let project = Project::new();
        project.write("eval-gate.yaml", text);
        project.run("check").expect(2, &["error: eval-gate.yaml", expected]).lacks(&["eval-gate init"]);
    }
    let project = Project::new();
    project.write("eval-gate.yaml", b"version: \xff\n");
    project.run("check").expect(2, &["eval-gate.yaml", "UTF-8"]);
}

#[test]
fn an_environment_variable_is_missed_only_where_it_is_used() {
    let project = project();
    project.edit("sk-test", "\"${SHOP_KEY}\"");
    let place = "eval-gate.yaml:7:";
    project
        .run("check")
        .expect(2, &[place, "providers.default.openai.api_key: the environment variable SHOP_KEY is not set"]);
    project.run_with("check", &[("SHOP_KEY", "sk-1")]).expect(0, &["is valid"]).lacks(&["sk-1"]);
    project.edit("scorers:", "  spare: { openai: { api_key: \"${SPARE_KEY}\" } }\nscorers:");
    project.run_with("check", &[("SHOP_KEY", "sk-1")]).expect(0, &["is valid"]);
    project.run_with("check --provider spare", &[("SHOP_KEY", "sk-1")]).expect(2, &["SPARE_KEY is not set"]);
    project.edit("name: shop", "name: \"${SHOP_NAME}\"");
    project
        .run_with("check", &[("SHOP_KEY", "sk-1")])
        .expect(2, &["eval-gate.yaml:2:7: name: the environment variable SHOP_NAME is not set"]);
}

#[test]
fn a_config_that_could_never_fail_is_refused() {
    let project = project();
    project.edit("gate: { max_drop: 0.1 }", "description: only shown");
    project.run("run").expect(2, &["no scorer has a gate, so nothing could ever fail", "gate: { max_drop: 0.05 }"]);
    project.edit("  fine: { contains: fine, description: only shown }", "  {}");
    project.run("run").expect(2, &["there are no scorers; write scorers:"]);
    project.edit("evalset: evalset\n", "");
    project.edit("  {}", "  fine: { contains: fine, gate: { max_drop: 0.1 } }");
    project.run("run").expect(2, &["there are no cases: write evalset: FOLDER or traces:"]);
}

#[test]
fn an_empty_section_says_nothing() {
    let project = project();
    project.add("redact:\nsample:\nbudget:\nprices:\nvars:\ntraces:\ndecision: # later");
    project.run("check").expect(0, &["is valid"]);
    project.add("1: x");
    project.run("check").expect(2, &["a key of the first level is not text"]);
}

#[test]
fn slices_that_no_case_has_are_refused() {
    let project = project();
    project.edit("max_drop: 0.1", "max_drop: 0.1, slices: [metadata.intent, metadata.teir]");
    project.run("check").expect(2, &["scorers.fine.gate.slices: no case has metadata.teir; there is metadata.intent"]);
}

#[test]
fn money_needs_prices() {
    let project = project();
    project.add("  cost: { cost: {} }\nbudget: { usd: 1 }");
    let words = ["is valid", "warning: budget.usd does not count every call: the price of the model m is not known"];
    project.run("check").expect(0, &words);
    project.edit("cost: {}", "cost: {}, gate: { max_rise: 10% }");
    project
        .run("check")
        .expect(2, &["scorers.cost gates the cost, but the price of the model m is not known; write it under prices:"]);
    project.add("prices: { m: { input: 1, output: 2 } }");
    project.run("check").expect(0, &["is valid"]).lacks(&["warning"]);
}

#[test]
fn paths_are_relative_to_the_config() {
    let project = project();
    for name in ["eval-gate.yaml", "prompt.txt", "evalset/cases.jsonl"] {
        project.write(&format!("gates/{name}"), project.read(name));
        std::fs::remove_file(project.path(name)).unwrap();
    }
    project
        .run("check --config gates/eval-gate.yaml")
        .expect(0, &["gates/eval-gate.yaml is valid", "gates/prompt.txt on m"]);
    project.run_with("check", &[("EVAL_GATE_CONFIG", "gates/eval-gate.yaml")]).expect(0, &["is valid"]);
    project.run("check -c gates").expect(2, &["cannot read the configuration gates"]);
}

#[test]
fn check_says_what_a_run_could_see() {
    let judge = Model::start(|_| Says::Text("{\"reason\": \"fine\", \"score\": 4}".into()));
    let project = Project::shop(&judge, 60);
    project.edit("max_drop: 0.1", "max_drop: 0.01, slices: [metadata.intent]");
    project.add("  kind: { judge: { rubric: helpfulness }, gate: { max_drop: 0.5 } }");
    project.run("check").expect(
        0,
        &[
            "looks: one, at all cases",
            "gate: fine, 60 cases in 60 clusters, margin 0.010: a change for the worse of 0.1",
            "gate: fine on intent=refund, 30 cases",
            "gate: kind: what it could see is not known before there are scores",
        ],
    );
    project.run("baseline").expect(0, &[]);
    project
        .run("check --baseline evalset/baseline.json --looks 4")
        .expect(0, &["looks: 4; the run stops", "gate: kind, 60 cases in 60 clusters, margin 0.500"]);
}
