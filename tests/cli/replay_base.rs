//! `baseline: replay`: the prompt as it stands at the base commit, asked now.

use crate::model::{Model, Says, system};
use crate::support::Project;

/// A model that follows its prompt: it says what the prompt says.
fn obedient() -> Model {
    Model::start(|request| Says::Text(system(request).to_owned()))
}

/// A repository whose main branch has the prompt `then`, on a branch where it is `now`.
fn changed(model: &Model, then: &str, now: &str) -> Project {
    let project = Project::shop(model, 12);
    project.edit("baseline: recorded", "baseline: replay");
    project.write("prompt.txt", then);
    project.write(".gitignore", ".eval-gate\n");
    project.commit();
    project.git("checkout --quiet -b change");
    project.write("prompt.txt", now);
    project.git("commit --quiet --all --allow-empty --message change");
    project
}

#[test]
fn the_prompt_at_the_base_is_asked_as_well() {
    let model = obedient();
    let project = changed(&model, "fine", "bad");
    project.run("run").expect(1, &["Fail: fine went from 1.000 to 0.000, beyond its margin of 0.100"]);
    assert_eq!(model.take(), 24);
    let baseline = project.report()["setup"]["baseline"].as_str().unwrap().to_owned();
    assert!(baseline.contains("prompt.txt at commit "), "{baseline}");
    // Both arms the other way round, and the same in both.
    project.git("checkout --quiet -b back");
    project.write("prompt.txt", "fine");
    project.run("run --base change").expect(0, &["Pass"]);
    let equal = project.run("run --base main").expect(0, &["Pass", "there is no change to measure"]);
    assert!(equal.stdout.contains("fine    1.000     1.000"), "{equal}");
}

#[test]
fn a_change_of_the_providers_model_or_server_is_a_change() {
    let of_model = |request: &serde_json::Value| if request["model"] == "good" { "fine" } else { "bad" };
    let model = Model::start(move |request| Says::Text(of_model(request).into()));
    let project = changed(&model, "same", "same");
    project.git("checkout --quiet main");
    project.edit("model: m,", "model: good,");
    project.git("commit --quiet --all --message good");
    project.git("checkout --quiet -b cheaper");
    project.edit("model: good,", "model: cheap,");
    project.run("run").expect(1, &["Fail: fine went from 1.000 to 0.000"]).lacks(&["there is no change to measure"]);
    let setup = project.report()["setup"].clone();
    let arm = |name: &str| setup[name].as_str().unwrap().to_owned();
    assert!(arm("baseline").contains(" on good, asked now") && arm("candidate").ends_with(" on cheap"), "{setup}");
    // Another server, another name of the provider, another key: the first two answer otherwise.
    let other = Model::start(|_| Says::Text("bad".into()));
    project.git("checkout --quiet -- .");
    project.edit(&model.url, &other.url);
    project.run("run").expect(1, &["Fail: fine went from 1.000 to 0.000"]);
    project.git("checkout --quiet -- .");
    project.edit("api_key: sk-test", "api_key: sk-other, concurrency: 3");
    project.run("run").expect(0, &["there is no change to measure"]);
    // What could not be read then is no provider.
    project.edit("concurrency: 3", "colour: red");
    project.git("commit --quiet --all --message broken");
    project.edit("colour: red", "concurrency: 3");
    project.run("run --base HEAD").expect(0, &["there is no change to measure"]);
    project.edit("openai:", "anthropic:");
    project.edit("api_key: sk-other", "api_key: \"${SHOP_KEY}\"");
    project.git("commit --quiet --all --message anthropic");
    project.edit("anthropic:", "openai:");
    project.edit("api_key: \"${SHOP_KEY}\"", "api_key: sk-test");
    project.run("run --base HEAD").expect(2, &["the provider default of the base commit needs SHOP_KEY"]);
}

#[test]
fn the_branch_of_the_pull_request_is_the_base() {
    let project = changed(&obedient(), "fine", "bad");
    project.git("branch other");
    project.run_with("run", &[("GITHUB_BASE_REF", "main")]).expect(1, &["Fail"]);
    project.run_with("run", &[("GITHUB_BASE_REF", "other")]).expect(0, &["Pass"]);
    project
        .run_with("run", &[("GITHUB_BASE_REF", "gone")])
        .expect(2, &["there is none of origin/gone, gone", "fetch-depth: 0"]);
}

#[test]
fn a_pair_is_never_an_old_and_a_new_answer() {
    let model = obedient();
    let project = changed(&model, "fine", "fine, sir");
    project.run("run --baseline recorded").expect(0, &["Pass"]);
    assert_eq!(model.take(), 12, "the candidate's answers are stored now");
    project.run("run").expect(0, &["Pass"]);
    assert_eq!(model.take(), 24, "both arms are asked anew");
    project.run("run").expect(0, &["Pass"]);
    assert_eq!(model.take(), 0, "both arms are stored");
    project.run("run --fresh").expect(0, &["Pass"]);
    assert_eq!(model.take(), 24);
}

#[test]
fn a_change_of_the_configured_model_is_a_change() {
    let model = Model::start(|request| Says::Text(if request["model"] == "small" { "bad" } else { "fine" }.into()));
    let project = changed(&model, "Help.", "Help.");
    project.edit("prompt: prompt.txt", "prompt: prompt.txt, model: small");
    project.run("run").expect(1, &["Fail: fine went from "]);
}

#[test]
fn a_prompt_that_was_moved_is_read_where_it_was() {
    let project = changed(&obedient(), "fine", "fine");
    project.git("checkout --quiet main");
    project.git("checkout --quiet -b tidy");
    project.write("old/prompt.txt", "fine");
    project.edit("prompt.txt", "old/prompt.txt");
    project.git("add --all");
    project.git("commit --quiet --message deeper");
    project.git("branch --force main");
    std::fs::remove_dir_all(project.path("old")).unwrap();
    project.write("new/prompt.txt", "bad");
    project.edit("old/prompt.txt", "new/prompt.txt");
    project.run("run").expect(1, &["Fail: fine went from "]);
}

#[test]
fn a_base_configuration_that_cannot_be_read_is_no_free_pass() {
    let model = Model::start(|request| Says::Text(if request["model"] == "small" { "bad" } else { "fine" }.into()));
    let project = changed(&model, "Help.", "Help.");
    // The schema exists at the base only, so the base's scorers cannot be read now; its candidate can.
    project.write("schema.json", "{}");
    project.add("  shaped: { json_schema: schema.json }");
    project.git("add --all");
    project.git("commit --quiet --message schema");
    project.git("branch --force main");
    project.git("rm --quiet schema.json");
    project.edit("  shaped: { json_schema: schema.json }\n", "");
    project.edit("prompt: prompt.txt", "prompt: prompt.txt, model: small");
    project.run("run").expect(1, &["Fail: fine went from "]);
}

#[test]
fn what_git_does_not_have_is_said() {
    let project = Project::shop(&obedient(), 12);
    project.run("run --baseline replay").expect(2, &["`baseline: replay` needs git", "not a git repository"]);
    let project = changed(&obedient(), "fine", "fine");
    project.run("run --base v9").expect(2, &["`v9` is no commit here; name it with --base REF"]);
    project.run("run --base=--output=x").expect(2, &["`--output=x` is no commit here"]);
    assert!(!project.path("x").exists());
    project.git("rm --quiet --cached prompt.txt");
    project.git("commit --quiet --message without");
    project.run("run --base HEAD").expect(2, &["prompt.txt does not exist at the base commit", "--baseline recorded"]);
    project.write("prompts/*.txt", "fine");
    project.edit("prompt.txt", "prompts/*.txt");
    project.git("commit --quiet --all --message pattern");
    project.run("run --base HEAD").expect(2, &["prompts/*.txt does not exist at the base commit"]);
}

/// The first pull request brings the gate itself, and mostly the prompt too.
#[test]
fn a_gate_that_is_new_runs_and_cannot_pass() {
    let new = || {
        let project = Project::new();
        project.write("README.md", "A shop.");
        project.commit();
        project.git("checkout --quiet -b gate");
        let model = Model::start(|request| Says::Text(system(request).to_owned()));
        let shop = Project::shop(&model, 12);
        for file in ["eval-gate.yaml", "prompt.txt", "evalset/cases.jsonl"] {
            project.write(file, shop.read(file));
        }
        project.write("prompt.txt", "fine");
        project.edit("baseline: recorded", "baseline: replay");
        project.git("add --all");
        project.git("commit --quiet --message gate");
        (project, model)
    };
    let (project, model) = new();
    let first =
        "Inconclusive: there is nothing to measure against yet: neither eval-gate.yaml nor prompt.txt exists at the";
    let ran =
        project.run("run").expect(0, &[first, "so prompt.txt is compared with itself", "fine    1.000     1.000"]);
    ran.lacks(&["there is no change to measure"]);
    assert_eq!(model.take(), 24);
    assert!(project.read(".eval-gate/report.md").contains("prompt.txt as it stands now, for it is not at commit "));
    project.run("check").expect(0, &["eval-gate.yaml is valid", "there is nothing to measure against yet"]);
    project.run("run --looks 4").expect(0, &[first]);
    // What differs by chance alone does not fail, and nothing passes, whatever is asked for; a level is held all the same.
    project.write("other.txt", "bad");
    project.run("run --prompt other.txt").expect(0, &[first]);
    project.add("decision: { inconclusive: fail }");
    project.run("run").expect(3, &[first]);
    project.edit("max_drop: 0.1", "max_drop: 0.1, min: 0.5");
    project.run("run").expect(3, &[first]);
    project.run("run --prompt other.txt").expect(1, &["Fail: fine"]);
    // With the configuration at the base, a prompt that is not there is a mistake as before.
    let (project, _model) = new();
    project.git("checkout --quiet main");
    project.git("checkout --quiet gate -- eval-gate.yaml");
    project.git("commit --quiet --message config");
    project.git("checkout --quiet gate");
    project.run("run --base main").expect(2, &["prompt.txt does not exist at the base commit"]);
}
