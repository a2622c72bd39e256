//! Langfuse as a source: the program against a fake of our own, which holds observations, scores and prompts as Langfuse does.
//! `spec.rs` has the fake judged by the vendor's specification, and `sdk.rs` by the vendor's own client.

mod captures;
mod faults;
mod ingest;
mod official;
mod old;
mod prompts;
mod read;
mod rows;
mod server;
mod spec;

use serde_json::{Value, json};

use crate::model::Model;
use crate::support::{Project, Ran};
use server::Langfuse;

const KEYS: [(&str, &str); 2] =
    [("LANGFUSE_PUBLIC_KEY", "pk-lf-0123456789"), ("LANGFUSE_SECRET_KEY", "sk-lf-very-secret")];
/// What the header has of them.
const BASIC: &str = "cGstbGYtMDEyMzQ1Njc4OTpzay1sZi12ZXJ5LXNlY3JldA==";

fn trace_id(number: usize) -> String {
    format!("{:032x}", number + 1)
}

/// The observations of a trace: a model call and what encloses it.
fn observations(number: usize) -> [Value; 2] {
    let (root, inner) = (format!("{:016x}", 2 * number + 1), format!("{:016x}", 2 * number + 2));
    let second = number % 3600;
    let start = format!("2026-11-20T10:{:02}:{:02}.000Z", second / 60, second % 60);
    let both = json!({
        "traceId": trace_id(number), "startTime": start, "endTime": start.replace(".000Z", ".750Z"),
        "environment": "production", "sessionId": format!("session-{number}"), "traceName": "support",
        "metadata": {"intent": (["refund", "shipping"][number % 2]), "resourceAttributes": {"service.name": "acme"}},
    });
    let own = |more: Value| {
        let mut row = both.clone();
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let question = json!([{"role": "user", "content": format!("question {number}")}]).to_string();
    [
        own(json!({"id": root, "type": "SPAN", "name": "support"})),
        own(json!({
            "id": inner, "parentObservationId": root, "type": "GENERATION", "name": "answer", "model": "m",
            "input": question, "output": json!({"role": "assistant", "content": "fine"}).to_string(),
            "modelParameters": {"temperature": 0.2}, "usageDetails": {"input": 3, "output": 2, "total": 5},
        })),
    ]
}

/// A project that reads a Langfuse, with `more` beside the address.
fn project(url: &str, more: &str) -> Project {
    let project = Project::new();
    let window = "since: 2026-11-20, until: 2026-11-21";
    project.write(
        "eval-gate.yaml",
        format!("version: 1\nname: shop\ntraces:\n  langfuse: {{ base_url: \"{url}\", {window}{more} }}\n"),
    );
    project
}

/// The same with a model and a scorer.
fn runnable(url: &str, more: &str, model: &Model) -> Project {
    let project = project(url, more);
    project.add(&format!("providers:\n  default: {{ openai: {{ base_url: \"{}\", retries: 0 }} }}", model.url));
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.1 } }");
    project
}

/// Runs a command with the keys, which must not be shown in any form.
#[track_caller]
fn with_keys(project: &Project, arguments: &str) -> Ran {
    let ran = project.run_with(arguments, &KEYS);
    for key in [KEYS[0].1, KEYS[1].1, BASIC] {
        assert!(!format!("{ran}").contains(key), "{ran}");
    }
    ran
}

#[track_caller]
fn sample(store: &Langfuse, more: &str) -> (Project, Ran) {
    let project = project(&store.url(), more);
    let ran = with_keys(&project, "sample --to a");
    (project, ran)
}

fn cases(project: &Project) -> Vec<Value> {
    project.read("a/cases.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
