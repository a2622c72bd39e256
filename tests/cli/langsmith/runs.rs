//! Runs as the fake keeps them, and as the two versions of the API show them.

use serde_json::{Map, Value, json};

/// The fields that are asked for; all where none are named.
pub(super) type Select = Option<Vec<Value>>;

/// Which runs are wanted.
pub(super) struct Query<'a> {
    pub(super) projects: &'a Value,
    pub(super) since: &'a str,
    pub(super) until: Option<&'a str>,
    pub(super) trace: Option<&'a str>,
    pub(super) is_root: bool,
    pub(super) filter: Option<&'a str>,
    pub(super) trace_filter: Option<&'a str>,
}

impl Query<'_> {
    /// The runs, latest first.
    pub(super) fn run<'r>(&self, all: &'r [Value]) -> Vec<&'r Value> {
        let is_root = |run: &Value| run["parent_run_id"].is_null();
        let root = |run: &Value| all.iter().find(|root| root["id"] == run["trace_id"]);
        let mut found: Vec<&Value> = all
            .iter()
            .filter(|run| self.projects.as_array().is_some_and(|projects| projects.contains(&run["session_id"])))
            .filter(|run| self.is_within(run["start_time"].as_str().unwrap()))
            .filter(|run| self.trace.is_none_or(|trace| run["trace_id"] == trace))
            .filter(|run| !self.is_root || is_root(run))
            .filter(|run| self.filter.is_none_or(|filter| fulfils(run, filter)))
            .filter(|run| self.trace_filter.is_none_or(|filter| root(run).is_some_and(|root| fulfils(root, filter))))
            .collect();
        found.sort_by(|a, b| b["start_time"].as_str().cmp(&a["start_time"].as_str()));
        found
    }

    fn is_within(&self, start: &str) -> bool {
        let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap_or_default();
        time(self.since) <= time(start) && self.until.is_none_or(|until| time(start) <= time(until))
    }
}

/// As much of the language as the tests speak.
fn fulfils(run: &Value, filter: &str) -> bool {
    let inside = |name: &str| filter.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some((first, second)) = inside("and").and_then(|both| both.rsplit_once(", lt(")) {
        return fulfils(run, first) && fulfils(run, &format!("lt({second}"));
    }
    if let Some(name) = inside("eq").and_then(|words| words.strip_prefix("name, ")) {
        return run["name"] == name.trim_matches('"');
    }
    let before = inside("lt").and_then(|words| words.strip_prefix("start_time, ")).expect("a filter of the tests");
    run["start_time"].as_str().unwrap() < before.trim_matches('"')
}

/// Ids from the root down to the parent.
fn parents(run: &Value, all: &[Value]) -> Vec<Value> {
    let mut parents = Vec::new();
    let mut at = run;
    while let Some(parent) = all.iter().find(|parent| parent["id"] == at["parent_run_id"]) {
        if parents.contains(&parent["id"]) {
            break;
        }
        parents.insert(0, parent["id"].clone());
        at = parent;
    }
    // One that was never sent has only its name.
    if parents.is_empty() && run["parent_run_id"].is_string() { vec![run["parent_run_id"].clone()] } else { parents }
}

/// How often each name was said of it, and what.
fn statistics(run: &Value, feedback: &[Value]) -> Value {
    let mut stats = Map::new();
    for said in feedback.iter().filter(|said| said["run_id"] == run["id"]) {
        let key = said["key"].as_str().unwrap();
        let of_key: Vec<&Value> =
            feedback.iter().filter(|other| other["run_id"] == run["id"] && other["key"] == key).collect();
        let scores: Vec<f64> = of_key.iter().filter_map(|said| said["score"].as_f64()).collect();
        let mut values = Map::new();
        for word in of_key.iter().filter_map(|said| said["value"].as_str()) {
            values.insert(word.to_owned(), json!(1));
        }
        let mut entry = json!({"n": of_key.len(), "values": values, "errors": 0});
        if !scores.is_empty() {
            entry["avg"] = json!(scores.iter().sum::<f64>() / scores.len() as f64);
        }
        stats.insert(key.to_owned(), entry);
    }
    stats.into()
}

/// As the second version shows it: only what is selected, and nothing where it has nothing.
pub(super) fn second(run: &Value, all: &[Value], feedback: &[Value], fields: &[Value]) -> Value {
    let mut shown = Map::new();
    for field in fields.iter().filter_map(Value::as_str) {
        let name = field.to_ascii_lowercase();
        let value = match field {
            "STATUS" | "RUN_TYPE" => json!(run[&name].as_str().map(str::to_uppercase)),
            "METADATA" => run["extra"]["metadata"].clone(),
            "PARENT_RUN_IDS" => parents(run, all).into(),
            "FEEDBACK_STATS" => statistics(run, feedback),
            "PROMPT_TOKEN_DETAILS" if run[&name].is_object() => json!({"raw": run[&name]}),
            _ => run[&name].clone(),
        };
        if !value.is_null() {
            shown.insert(name, value);
        }
    }
    shown.into()
}

/// As the first version shows it: what it always has, what is selected, and times without their zone.
pub(super) fn first(run: &Value, all: &[Value], feedback: &[Value], select: &Select) -> Value {
    let always = ["id", "name", "run_type", "status", "trace_id", "dotted_order", "session_id", "app_path"];
    let is_selected = |name: &str| select.as_ref().is_none_or(|names| names.iter().any(|known| known == name));
    let mut shown = Map::new();
    for (name, value) in run.as_object().unwrap() {
        if always.contains(&name.as_str()) || is_selected(name) {
            shown.insert(name.clone(), value.clone());
        }
    }
    shown.insert("parent_run_ids".to_owned(), parents(run, all).into());
    let cost = run["total_cost"].as_f64().map(|cost| cost.to_string());
    shown.insert("total_cost".to_owned(), json!(cost));
    if is_selected("feedback_stats") {
        shown.insert("feedback_stats".to_owned(), statistics(run, feedback));
    }
    shown.into()
}

/// What is sent of a run once more, over what is known of it.
pub(super) fn fold(runs: &mut Vec<Value>, sent: &Value, project: &Value) {
    let at = runs.iter().position(|run| run["id"] == sent["id"]).unwrap_or_else(|| {
        runs.push(json!({"parent_run_id": null, "app_path": "/o/p/r", "session_id": project, "tags": null}));
        runs.len() - 1
    });
    let run = &mut runs[at];
    for (name, value) in sent.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()) {
        run[name] = value.clone();
    }
    let status = [("error", "error"), ("end_time", "success")].into_iter().find(|(name, _)| !run[*name].is_null());
    run["status"] = json!(status.map_or("pending", |(_, status)| status));
    // The SDK sends how many tokens there were beside the answer or in the metadata; the server counts by that.
    let places = [run["outputs"]["usage_metadata"].clone(), run["extra"]["metadata"]["usage_metadata"].clone()];
    if let Some(usage) = places.iter().find(|usage| usage.is_object()) {
        run["prompt_tokens"] = usage["input_tokens"].clone();
        run["completion_tokens"] = usage["output_tokens"].clone();
        let details = usage["input_token_details"].as_object().cloned().unwrap_or_default();
        run["prompt_token_details"] = details.into_iter().filter(|(_, count)| count.is_u64()).collect();
    }
}
