//! Prompts that the real Phoenix keeps, as candidate and as baseline.

use serde_json::{Value, json};

use crate::model::{Model, Says, system};
use crate::server::{KEY, Phoenix};
use crate::support::{Project, Ran};

fn version(system: &str, format: &str) -> Value {
    json!({
        "description": "by a test", "model_provider": "OPENAI", "model_name": "kept-model",
        "template": {"type": "chat", "messages": [{"role": "system", "content": system}]},
        "template_type": "CHAT", "template_format": format,
        "invocation_parameters": {"type": "openai", "openai": {"temperature": 0.5, "max_tokens": 64}},
    })
}

/// Stores a version and tags it.
fn keep(phoenix: &Phoenix, path: &str, body: &Value, tag: &str) {
    let kept = phoenix.post(path, body);
    let id = kept["data"]["id"].as_str().unwrap();
    phoenix.post(&format!("/v1/prompt_versions/{id}/tags"), &json!({"name": tag}));
}

#[test]
fn a_staged_prompt_is_measured_against_the_one_in_production() {
    let Some(phoenix) = Phoenix::get() else { return };
    let first = json!({"prompt": {"name": "support"}, "version": version("Help customers of {{ shop }}, {as} \"{{shop}}\".", "MUSTACHE")});
    keep(phoenix, "/v1/prompts", &first, "production");
    let next = json!({"version": version("Be short at {shop}, in {{braces}}.", "F_STRING")});
    keep(phoenix, "/v1/prompts/support/versions", &next, "staging");

    let model =
        Model::start(|request| Says::Text(if system(request).starts_with("Help") { "fine" } else { "bad" }.into()));
    let project = Project::shop(&model, 20);
    project.edit("prompt: prompt.txt", "prompt: \"phoenix:support@staging\"");
    project.edit("baseline: recorded", "baseline: \"phoenix:support@production\"");
    project.edit("model: m, ", "");
    project.add("vars: { shop: \"'ACME'\" }");
    let run = |arguments: &str| -> Ran {
        project.run_with(arguments, &[("PHOENIX_ENDPOINT", &phoenix.url), ("PHOENIX_API_KEY", KEY)])
    };
    run("run").expect(1, &["Fail"]);
    let report = project.report();
    let (candidate, baseline) =
        (report["setup"]["candidate"].as_str().unwrap(), report["setup"]["baseline"].as_str().unwrap());
    assert!(
        candidate.starts_with("phoenix:support@staging (version ") && candidate.ends_with(" on kept-model"),
        "{candidate}"
    );
    assert!(
        baseline.starts_with("phoenix:support@production (version ") && baseline.ends_with("), asked now"),
        "{baseline}"
    );
    let asked = model.asked();
    assert_eq!(asked.len(), 40);
    for request in &asked {
        let known = ["Help customers of ACME, {as} \"ACME\".", "Be short at ACME, in {braces}."];
        assert!(known.contains(&system(request)), "{request}");
        assert_eq!((&request["temperature"], &request["max_tokens"]), (&json!(0.5), &json!(64)));
    }
    run("run --prompt phoenix:support").expect(1, &["Fail"]);
    run("run --prompt phoenix:support@production").expect(0, &["Pass"]);
    run("run --prompt phoenix:support@nowhere").expect(4, &["there is no prompt phoenix:support@nowhere", "HTTP 404"]);
    run("run --prompt phoenix:@x").expect(2, &["--prompt: `phoenix:@x` names no prompt"]);
    project.edit("phoenix:support@staging", "phoenix:");
    run("run").expect(2, &["candidate.prompt: `phoenix:` names no prompt; write phoenix:NAME"]);
}
