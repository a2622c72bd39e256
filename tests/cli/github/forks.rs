//! The pull requests of forks: without keys, with a maintainer's word, and with a trap.

use super::server::GitHub;
use super::{output, run_in_actions};
use crate::model::{Model, Says};
use crate::support::Project;

const HEAD: &str = "1111111111111111111111111111111111111111";

/// A shop whose key comes from the environment, which Actions leaves empty in a fork's job.
fn shop(model: &Model) -> Project {
    let project = Project::shop(model, 40);
    project.edit("api_key: sk-test", "api_key: \"${SHOP_KEY}\"");
    project
}

fn without_key(project: &Project, github: &GitHub, arguments: &str) -> crate::support::Ran {
    run_in_actions(project, github, arguments, "pull_request.fork", &[("SHOP_KEY", "")])
}

#[test]
fn a_missing_key_is_no_red_cross_and_no_silent_green() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    project.edit("max_drop: 0.1", "max_drop: 0.1, critical: true");
    project.add("decision: { inconclusive: fail }");
    let why = "this needs a maintainer: there is no SHOP_KEY, which the pull requests of forks do not get";
    let ran = without_key(&project, &github, "run");
    ran.expect(0, &["Inconclusive: ", why, "::warning::eval-gate needs a maintainer: no SHOP_KEY"]);
    assert_eq!((model.take(), &*output(&project, "verdict")), (0, "inconclusive"));
    assert!(project.read("summary").contains("needs a maintainer"));
    assert_eq!(project.report()["verdict"]["exit_code"], 0);
    let reasons = project.report()["verdict"]["reasons"].clone();
    assert_eq!(reasons.as_array().unwrap().len(), 1, "one reason is enough: {reasons}");
    // Where the repository's own jobs lack it, it is a mistake.
    let own = |event| run_in_actions(&project, &github, "run", event, &[("SHOP_KEY", "")]);
    own("pull_request").expect(2, &["the environment variable SHOP_KEY is not set"]);
    run_in_actions(&project, &github, "run", "pull_request", &[("GITHUB_ACTOR", "dependabot[bot]")]).expect(0, &[why]);
}

#[test]
fn a_secret_that_is_missing_elsewhere_than_in_a_provider_needs_a_maintainer_too() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = Project::shop(&model, 40);
    project.add("redact: { key: \"${SHOP_KEY}\" }");
    let why = "Inconclusive: this needs a maintainer: there is no SHOP_KEY";
    without_key(&project, &github, "run").expect(0, &[why, "::warning::eval-gate needs a maintainer"]);
    assert_eq!(output(&project, "verdict"), "inconclusive");
    assert!(project.read("summary").contains("needs a maintainer"));
    project.add("unknown: 1");
    without_key(&project, &github, "run").expect(2, &["SHOP_KEY is not set", "unknown field"]);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(2, &["SHOP_KEY is not set"]);
}

#[test]
fn what_is_stored_is_judged_without_the_key() {
    let (model, github) = (Model::bad_on(|_| true), GitHub::start());
    let project = shop(&model);
    project.run_with("run", &[("SHOP_KEY", "sk-test")]).expect(1, &["Fail"]);
    assert_eq!(model.take(), 40);
    without_key(&project, &github, "run").expect(1, &["Fail: fine went from 1.000 to 0.000"]);
    assert_eq!(model.take(), 0, "a regression that the cache shows needs no key");
}

#[test]
fn plain_checks_fail_and_judges_wait_for_the_maintainer() {
    let (model, github) = (Model::fine(), GitHub::start());
    let judged = "  helpful: { judge: { rubric: helpfulness, provider: judge, model: j }, gate: { max_drop: 0.5 } }";
    let of_judge = format!("  judge: {{ openai: {{ base_url: \"{}\", api_key: \"${{JUDGE_KEY}}\" }} }}", model.url);
    let project = Project::shop(&model, 40);
    project.edit("scorers:\n", &format!("{of_judge}\nscorers:\n{judged}\n"));
    without_key(&project, &github, "run").expect(0, &["Inconclusive: this needs a maintainer: there is no JUDGE_KEY"]);
    assert_eq!(model.take(), 40, "the candidate's key is there");
    let bad = Model::start(|_| Says::Text("bad".into()));
    project.edit(&model.url, &bad.url);
    without_key(&project, &github, "run --fresh")
        .expect(1, &["Fail: fine went from 1.000 to 0.000", "needs a maintainer"]);
}

#[test]
fn a_shard_of_a_fork_passes_its_want_on() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    for number in 1..=2 {
        without_key(&project, &github, &format!("run --shard {number}/2")).expect(0, &["part "]);
    }
    without_key(&project, &github, "merge").expect(0, &["this needs a maintainer"]);
}

#[test]
fn a_maintainer_runs_a_commit_that_is_not_checked_out() {
    let model = Model::start(|request| {
        let is_bad = crate::model::system(request).contains("nobody");
        Says::Text(if is_bad { "bad" } else { "fine" }.into())
    });
    let project = shop(&model);
    project.commit();
    project.git("checkout --quiet -b fork");
    project.write("prompt.txt", "You help nobody.");
    // What a fork may say is its candidate; all else of its configuration is not read.
    project.edit("api_key", "headers: { x: \"${SHOP_KEY}\" }, api_key");
    project.edit(&model.url, "http://127.0.0.1:9/evil");
    project.edit("{ prompt: prompt.txt }", "{ prompt: prompt.txt, model: \"${SHOP_KEY}\" }");
    project.git("commit --quiet --all --message change");
    project.git("checkout --quiet main");
    let ran = project.run_with("run --head fork", &[("SHOP_KEY", "sk-of-the-shop")]);
    ran.expect(1, &["Fail: fine went from 1.000 to 0.000"]).lacks(&["sk-of-the-shop"]);
    let asked = model.asked();
    assert_eq!(asked[0]["model"], "${SHOP_KEY}", "a stranger's text reads no variable");
    assert!(project.report()["setup"]["candidate"].as_str().unwrap().contains("prompt.txt"));
    project
        .run_with("run --head nowhere", &[("SHOP_KEY", "x")])
        .expect(2, &["there is no commit `nowhere` here; fetch it first"]);
}

#[test]
fn a_forks_checkout_with_the_repositorys_keys_is_refused() {
    let (model, github) = (Model::fine(), GitHub::start());
    let project = shop(&model);
    project.commit();
    let base = project.head();
    project.git("checkout --quiet -b fork");
    project.write("prompt.txt", "You help nobody.");
    project.git("commit --quiet --all --message change");
    let fork = project.head();
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let fixture = if event == "workflow_run" { event } else { "pull_request.fork" };
        let text = std::fs::read_to_string(format!("{}/{fixture}.json", super::EVENTS)).unwrap();
        project.write("event.json", text.replace(HEAD, &fork));
        let path = project.path("event.json").display().to_string();
        let named = [("GITHUB_EVENT_NAME", event), ("GITHUB_EVENT_PATH", &*path), ("GITHUB_SHA", &*base)];
        let run = |arguments: &str| {
            let more: Vec<_> = named.iter().copied().chain([("SHOP_KEY", "sk-of-the-shop")]).collect();
            run_in_actions(&project, &github, arguments, "pull_request", &more)
        };
        let refused = ["this job has the repository's keys", "could send the keys anywhere"];
        for command in ["run", "run --shard 1/2", "aa", "baseline", "replay c001", "run --head fork"] {
            run(command).expect(2, &refused);
        }
        if event != "issue_comment" {
            project.git("checkout --quiet main");
            run("run").expect(2, &["would judge something else", "--head"]);
            run("run --head main").expect(2, &["would judge something else"]);
            assert_eq!(model.take(), 0, "nothing was sent");
            run("run --head fork").expect(0, &["Pass"]);
            model.take();
            project.git("checkout --quiet fork");
        }
    }
}

#[test]
fn a_forks_prompt_is_measured_against_where_it_left() {
    let model = Model::start(|request| {
        let is_better = crate::model::system(request).contains("improved");
        Says::Text(if is_better { "fine" } else { "bad" }.into())
    });
    let project = shop(&model);
    project.edit("baseline: recorded", "baseline: replay");
    project.commit();
    project.git("checkout --quiet -b fork");
    project.write("README", "The fork says hello.");
    project.git("add --all");
    project.git("commit --quiet --message hello");
    project.git("checkout --quiet main");
    project.write("prompt.txt", "You help customers, improved.");
    project.git("commit --quiet --all --message better");
    project.run_with("run --head fork", &[("SHOP_KEY", "x")]).expect(0, &["Pass"]).lacks(&["went from"]);
}

#[test]
fn a_strangers_candidate_keeps_to_the_budget_and_comes_to_an_end() {
    let model = Model::fine();
    let project = shop(&model);
    project.add("budget: { usd: 0.1 }");
    project.commit();
    project.git("checkout --quiet -b fork");
    project.edit("{ prompt: prompt.txt }", "{ prompt: prompt.txt, model: unpriced }");
    project.git("commit --quiet --all --message model");
    let bomb = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    project.write("prompt.txt", bomb);
    project.git("commit --quiet --all --message bomb");
    project.git("checkout --quiet main");
    let run = |arguments: &str| project.run_with(arguments, &[("SHOP_KEY", "x")]);
    run("run --head fork~1").expect(2, &["the price of the model unpriced is not known", "`--head` names chose it"]);
    run("run --head fork").expect(2, &["none of 40 cases can be asked"]);
    assert_eq!(model.take(), 0);
}
