//! A Langfuse on this machine, with what was put into it. It is one of the two generations, and may be told to err.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::{BASIC, observations, old, rows};
use crate::store::{Asked, Says, Store};

pub(super) const PROJECT: &str = "cm0project";
/// When everything was made that does not say when.
const THEN: &str = "2026-11-20T12:00:00.000Z";

/// Which API it has.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Generation {
    /// That of today.
    New,
    /// Langfuse v3's; its days may be counted.
    Old { is_deprecated: bool },
    /// Neither the old routes nor v2/observations.
    Neither,
}

/// What it holds.
#[derive(Clone, Default)]
pub(super) struct Held {
    pub(super) observations: Vec<Value>,
    pub(super) scores: Vec<Value>,
    pub(super) prompts: Vec<Value>,
}

/// A Langfuse for as long as the test runs.
pub(super) struct Langfuse {
    pub(super) store: Store,
    held: Arc<Mutex<Held>>,
}

impl Langfuse {
    pub(super) fn start(generation: Generation, held: Held) -> Self {
        Self::erring(generation, held, |_| None)
    }

    /// The same, where `err` may answer first.
    pub(super) fn erring(
        generation: Generation,
        held: Held,
        err: impl Fn(&Asked) -> Option<Says> + Send + 'static,
    ) -> Self {
        let held = Arc::new(Mutex::new(held));
        let within = Arc::clone(&held);
        let store = Store::start(move |asked| match err(asked) {
            Some(says) => says,
            None => answer(generation, &mut within.lock().unwrap(), asked),
        });
        Self { store, held }
    }

    /// One with so many traces, each of which has a score.
    pub(super) fn with_traces(generation: Generation, traces: usize) -> Self {
        Self::start(generation, Held::traces(traces))
    }

    pub(super) fn url(&self) -> String {
        self.store.url.clone()
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// How often a route was asked for.
    pub(super) fn count(&self, end: &str) -> usize {
        self.store.asked(end).len()
    }
}

impl Held {
    /// So many traces with a score each.
    pub(super) fn traces(traces: usize) -> Self {
        let mut held = Self::default();
        for number in 0..traces {
            let [root, call] = observations(number);
            held.put_score(&json!({
                "id": format!("score-{number}"), "name": "thumbs", "value": 1, "dataType": "NUMERIC",
                "traceId": call["traceId"], "observationId": call["id"],
            }));
            held.put(&root);
            held.put(&call);
        }
        held
    }

    /// Adds an observation, with what it does not say as the server fills it in.
    pub(super) fn put(&mut self, row: &Value) {
        let is_root = row["parentObservationId"].is_null();
        let mut whole = json!({
            "projectId": PROJECT, "parentObservationId": null, "endTime": null, "level": "DEFAULT", "statusMessage": null,
            "version": null, "environment": "default", "bookmarked": false, "public": false, "userId": null,
            "sessionId": null, "isRootObservation": is_root, "completionStartTime": null, "createdAt": THEN,
            "updatedAt": THEN, "input": null, "output": null, "metadata": {}, "model": null, "internalModelId": null,
            "modelParameters": {}, "usageDetails": {}, "costDetails": {}, "totalCost": null, "usagePricingTierName": null,
            "promptId": null, "promptName": null, "promptVersion": null, "latency": null, "timeToFirstToken": null,
            "tags": [], "release": null, "traceName": null,
        });
        whole.as_object_mut().unwrap().extend(row.as_object().unwrap().clone());
        self.observations.push(whole);
    }

    /// Takes a score as it is sent; one of the same id goes.
    pub(super) fn put_score(&mut self, sent: &Value) -> String {
        let id = sent["id"].as_str().map_or_else(|| format!("made-{}", self.scores.len()), str::to_owned);
        let kind = sent["dataType"].as_str().unwrap_or("NUMERIC");
        let value = if kind == "BOOLEAN" { json!(sent["value"] == 1) } else { sent["value"].clone() };
        let subject = if sent["observationId"].is_null() {
            json!({"kind": "trace", "id": sent["traceId"]})
        } else {
            json!({"kind": "observation", "id": sent["observationId"], "traceId": sent["traceId"]})
        };
        self.scores.retain(|score| score["id"] != json!(id));
        self.scores.push(json!({
            "id": id, "projectId": PROJECT, "name": sent["name"], "value": value, "dataType": kind, "source": "API",
            "timestamp": THEN, "environment": sent["environment"].as_str().unwrap_or("default"), "createdAt": THEN,
            "updatedAt": THEN, "comment": sent["comment"], "configId": null, "metadata": sent["metadata"], "subject": subject,
        }));
        id
    }
}

fn answer(generation: Generation, held: &mut Held, asked: &Asked) -> Says {
    let Some(path) = asked.path.strip_prefix("/api/public/") else { return missing() };
    if path == "health" {
        return Says::Json(json!({"version": "4.16.0", "status": "OK"}));
    }
    if asked.authorization != format!("Basic {BASIC}") {
        return rows::refuses(
            401,
            &json!({"message": "Invalid credentials. Confirm that you've configured the correct host."}),
        );
    }
    let is_new = generation == Generation::New;
    match path.split('/').collect::<Vec<_>>()[..] {
        ["projects"] => {
            let organization = json!({"id": "cm0org", "name": "acme"});
            Says::Json(json!({"data": [{"id": PROJECT, "name": "shop", "organization": organization, "metadata": {}}]}))
        }
        ["v2", "observations"] if is_new => rows::observations(&held.observations, asked),
        ["v3", "scores"] if is_new => rows::scores(&held.scores, asked),
        ["scores"] => write(held, &asked.body),
        ["v2", "prompts", name] => prompt(&held.prompts, name, asked),
        ["traces"] | ["traces", _] => match generation {
            Generation::Old { is_deprecated } => old::answer(held, path, asked, is_deprecated),
            _ => rows::refuses(
                404,
                &json!({"message": "This endpoint is not available on deployments running in Langfuse v4 events_only mode"}),
            ),
        },
        _ => missing(),
    }
}

/// What the web framework says of a route that there is not.
fn missing() -> Says {
    Says::Refuses(
        404,
        "content-type: text/html; charset=utf-8\r\n",
        "<!DOCTYPE html><title>404: This page could not be found</title>",
    )
}

fn write(held: &mut Held, sent: &Value) -> Says {
    let is_number =
        sent["value"].is_number() && matches!(sent["dataType"].as_str(), None | Some("NUMERIC" | "BOOLEAN"));
    if !sent["name"].is_string() || !is_number || !sent["traceId"].is_string() {
        return rows::invalid("score");
    }
    let id = held.put_score(sent);
    Says::Json(json!({"id": id}))
}

fn prompt(prompts: &[Value], name: &str, asked: &Asked) -> Says {
    let name = name.replace("%2F", "/");
    let number = asked.all("version").first().map(|number| number.parse::<u64>().unwrap());
    let label = asked.all("label").first().map_or("production", |label| *label);
    let is_meant = |prompt: &&Value| match number {
        Some(number) => prompt["version"] == number,
        None => prompt["labels"].as_array().unwrap().contains(&json!(label)),
    };
    if let Some(prompt) = prompts.iter().filter(|prompt| prompt["name"] == json!(name)).find(is_meant) {
        return Says::Json(prompt.clone());
    }
    let which = number.map_or_else(|| format!("label '{label}'"), |number| format!("version {number}"));
    let message = format!("Prompt not found: '{name}' with {which}");
    rows::refuses(404, &json!({"message": message, "error": "LangfuseNotFoundError"}))
}
