//! `LangSmith` as a source: a fake of it that remembers, the vendor's specification and SDK as its judges, and what goes
//! wrong.

mod faults;
mod official;
mod runs;
mod server;
mod whole;
mod write_back;

use serde_json::{Value, json};

use crate::support::{Project, Ran};
use server::{Held, KEY, LangSmith, project, uuid};

const KEYS: (&str, &str) = ("LANGSMITH_API_KEY", KEY);

/// A run as the server keeps it.
fn run(trace: usize, number: usize, parent: &Value, kind: &str) -> Value {
    json!({
        "id": uuid(0xa, number), "trace_id": uuid(0xa, trace), "parent_run_id": parent, "name": "answer", "run_type": kind,
        "status": "success", "start_time": "2026-11-20T10:00:00.000001Z", "end_time": "2026-11-20T10:00:01Z",
        "session_id": uuid(0xb0, 1), "app_path": "/o/p/r", "dotted_order": format!("20261120T100000000001Z{number}"),
        "inputs": {}, "outputs": {}, "extra": {"metadata": {}}, "tags": null, "error": null,
    })
}

/// The runs of a trace: a chain, and the model call in it as the SDK's wrapper of `OpenAI`'s client writes it.
fn runs_of(number: usize) -> [Value; 2] {
    let (root, inner) = (2 * number + 1, 2 * number + 2);
    let mut chain = run(root, root, &Value::Null, "chain");
    chain["tags"] = json!(["prod"]);
    let mut call = run(root, inner, &chain["id"], "llm");
    call["inputs"] = json!({"model": "m", "messages": [{"role": "user", "content": format!("question {number}")}]});
    let message = json!({"role": "assistant", "content": "fine"});
    call["outputs"] = json!({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]});
    let intent = ["refund", "shipping"][number % 2];
    call["extra"] = json!({"metadata": {"intent": intent, "session_id": format!("session-{number}")}});
    call["prompt_tokens"] = json!(10 + number);
    call["completion_tokens"] = json!(2);
    call["total_cost"] = json!(0.00021);
    call["first_token_time"] = json!("2026-11-20T10:00:00.250001Z");
    call["prompt_token_details"] = json!({"cache_read": 4});
    [chain, call]
}

fn feedback(number: usize, run: &Value, key: &str, said: &Value) -> Value {
    let mut feedback = json!({
        "id": uuid(0xf, number), "key": key, "run_id": run["id"], "trace_id": run["trace_id"], "session_id": run["session_id"],
        "created_at": "2026-11-20T11:00:00Z", "modified_at": "2026-11-20T11:00:00Z", "feedback_source": {"type": "api"},
    });
    feedback.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    feedback
}

/// A project `shop` with so many traces. Two people gave their thumbs to the first one's root, and one a word to its call.
fn shop(traces: usize) -> Held {
    let runs: Vec<Value> = (0..traces).flat_map(runs_of).collect();
    let feedback = runs.first().map_or_else(Vec::new, |root| {
        vec![
            feedback(1, root, "user_score", &json!({"score": 1})),
            feedback(2, root, "user_score", &json!({"score": 0})),
            feedback(3, &runs[1], "tone", &json!({"value": "rude"})),
        ]
    });
    Held { projects: vec![project("shop", 1), project("other", 2)], runs, feedback, page: Some(60), ..Held::default() }
}

fn configured(langsmith: &LangSmith) -> Project {
    let project = Project::new();
    let window = "since: 2026-11-20, until: 2026-11-21";
    let url = &langsmith.store.url;
    project.write(
        "eval-gate.yaml",
        format!("version: 1\ntraces:\n  langsmith: {{ project: shop, base_url: \"{url}/api/v1\", {window} }}\n"),
    );
    project
}

fn sample(langsmith: &LangSmith) -> (Project, Ran) {
    let project = configured(langsmith);
    let ran = project.run_with("sample --to a", &[KEYS]);
    assert!(!format!("{ran}").contains(KEY), "{ran}");
    (project, ran)
}

fn cases(project: &Project) -> Vec<Value> {
    project.read("a/cases.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
