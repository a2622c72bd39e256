//! Prompts that Langfuse keeps, as candidate and as baseline.

use serde_json::{Value, json};

use super::server::{Generation, Held, Langfuse};
use super::{project, runnable, with_keys};
use crate::model::Model;

pub(super) fn kept() -> Held {
    let mut held = Held::traces(20);
    let prompt = |version: u64, labels: &[&str], kind: &str, prompt: Value| {
        json!({
            "name": "team/support", "version": version, "type": kind, "prompt": prompt, "labels": labels, "tags": [],
            "config": {"model": "m", "temperature": 0.1}, "commitMessage": null, "resolutionGraph": null,
        })
    };
    held.prompts = vec![
        prompt(1, &[], "chat", json!([{"type": "placeholder", "name": "history"}])),
        prompt(2, &["production"], "text", json!("Help the customer.")),
        prompt(
            3,
            &["staging", "latest"],
            "chat",
            json!([{"role": "system", "content": "Help {{who}}."}, {"type": "placeholder", "name": "history"}]),
        ),
    ];
    held
}

#[test]
fn candidate_and_baseline_are_versions_by_label_or_number() {
    let model = Model::fine();
    let store = Langfuse::start(Generation::New, kept());
    let project = runnable(&store.url(), "", &model);
    project.add("candidate: { prompt: \"langfuse:team/support@staging\" }\nbaseline: \"langfuse:team/support\"\nvars: { who: \"'customers'\" }");
    let said = ["langfuse:team/support@staging (version 3)", "langfuse:team/support (version 2), asked now"];
    with_keys(&project, "run").expect(0, &["Pass"]);
    let report = project.read(".eval-gate/report.json");
    said.iter().for_each(|words| assert!(report.contains(words), "{words}"));
    let asked = model.asked();
    let systems: Vec<&str> = asked.iter().map(|request| request["messages"][0]["content"].as_str().unwrap()).collect();
    assert!(systems.contains(&"Help customers.") && systems.contains(&"Help the customer."), "{systems:?}");
    assert!(
        asked.iter().all(|request| request["temperature"] == 0.1 && request["messages"].as_array().unwrap().len() == 2)
    );
    let queries: Vec<_> = store.store.asked("team%2Fsupport").into_iter().map(|asked| asked.query).collect();
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert!(
        queries.contains(&pair("label", "staging")) && queries.contains(&pair("label", "production")),
        "{queries:?}"
    );
}

#[test]
fn a_prompt_that_is_not_there_or_cannot_be_filled_is_told() {
    let model = Model::fine();
    let store = Langfuse::start(Generation::New, kept());
    for (prompt, code, words) in [
        (
            "langfuse:team/support@nowhere",
            4,
            &["there is no prompt langfuse:team/support@nowhere (label nowhere)", "HTTP 404"][..],
        ),
        ("langfuse:team/support@7", 4, &["(version 7)", "Prompt not found: 'team/support' with version 7"]),
        ("langfuse:team/support@1", 4, &["the placeholder `history` cannot be filled from a case"]),
        ("langfuse:@1", 2, &["names no prompt; write langfuse:NAME or langfuse:NAME@LABEL"]),
    ] {
        let project = runnable(&store.url(), "", &model);
        project.add(&format!("candidate: {{ prompt: \"{prompt}\" }}"));
        with_keys(&project, "run").expect(code, words);
    }
    let project = project(&store.url(), "");
    project.add("baseline: \"langfus:x\"");
    with_keys(&project, "check").expect(2, &["phoenix:NAME@TAG or langfuse:NAME@LABEL"]);
}
