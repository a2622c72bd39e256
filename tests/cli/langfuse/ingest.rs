//! What Langfuse makes of OTLP: the fake's model of its ingestion, for what the captures have.

use serde_json::{Map, Value, json};

/// Attributes that Langfuse takes input and output from, and does not keep a second time.
const TAKEN: [&str; 10] = [
    "langfuse.observation.input",
    "langfuse.observation.output",
    "input.value",
    "output.value",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
];
const TAKEN_BELOW: [&str; 4] = ["gen_ai.prompt", "gen_ai.completion", "llm.input_messages", "llm.output_messages"];

/// The observations of an export.
pub(super) fn observations(export: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    for resource in export["resourceSpans"].as_array().unwrap() {
        let process = attributes(&resource["resource"]);
        for scope in resource["scopeSpans"].as_array().unwrap() {
            let library = json!({
                "name": scope["scope"]["name"], "version": scope["scope"]["version"], "attributes": attributes(&scope["scope"]),
            });
            let spans = scope["spans"].as_array().unwrap();
            rows.extend(spans.iter().map(|span| observation(span, &process, &library)));
        }
    }
    rows
}

fn attributes(of: &Value) -> Map<String, Value> {
    let list = of["attributes"].as_array().cloned().unwrap_or_default();
    list.iter().map(|entry| (entry["key"].as_str().unwrap().to_owned(), plain(&entry["value"]))).collect()
}

fn plain(value: &Value) -> Value {
    let (kind, inside) = value.as_object().and_then(|map| map.iter().next()).unwrap();
    match kind.as_str() {
        "arrayValue" => inside["values"].as_array().map_or(json!([]), |list| list.iter().map(plain).collect()),
        "intValue" => inside.as_str().map_or(inside.clone(), |text| text.parse::<i64>().unwrap().into()),
        _ => inside.clone(),
    }
}

fn observation(span: &Value, process: &Map<String, Value>, library: &Value) -> Value {
    let recorded = attributes(span);
    let get = |name: &str| recorded.get(name).cloned().unwrap_or_default();
    let first = |names: &[&str]| names.iter().map(|name| get(name)).find(|value| !value.is_null()).unwrap_or_default();
    let is_own = library["name"] == "langfuse-sdk";
    let [input, output] = io(&recorded);
    let mut row = json!({
        "id": span["spanId"], "traceId": span["traceId"], "name": span["name"], "type": kind(&recorded), "input": input,
        "output": output, "startTime": time(&span["startTimeUnixNano"]), "endTime": time(&span["endTimeUnixNano"]),
        "level": level(&recorded, span), "environment": "default", "userId": get("user.id"), "release": get("langfuse.release"),
        "statusMessage": first(&["langfuse.observation.status_message"]), "version": get("langfuse.version"),
        "sessionId": first(&["langfuse.session.id", "session.id"]), "traceName": get("langfuse.trace.name"),
        "model": first(&["langfuse.observation.model.name", "llm.model_name", "gen_ai.request.model"]),
        "promptName": get("langfuse.observation.prompt.name"), "promptVersion": get("langfuse.observation.prompt.version"),
        "modelParameters": parsed(&first(&["langfuse.observation.model.parameters", "llm.invocation_parameters"])),
        "usageDetails": usage(&parsed(&get("langfuse.observation.usage_details"))),
        "completionStartTime": parsed(&get("langfuse.observation.completion_start_time")),
        "metadata": metadata(&recorded, process, library, is_own), "isRootObservation": span["parentSpanId"].is_null(),
    });
    if row["statusMessage"].is_null() {
        row["statusMessage"] = span["status"]["message"].clone();
    }
    for (name, value) in [("parentObservationId", &span["parentSpanId"]), ("tags", &get("langfuse.trace.tags"))] {
        if !value.is_null() && value != "" {
            row[name] = value.clone();
        }
    }
    let own = first(&["langfuse.environment", "deployment.environment.name"]);
    if let Some(environment) = own.as_str().or_else(|| process.get("deployment.environment.name")?.as_str()) {
        row["environment"] = json!(environment);
    }
    row
}

fn kind(recorded: &Map<String, Value>) -> String {
    let own = recorded.get("langfuse.observation.type").and_then(Value::as_str);
    let inference = recorded.get("openinference.span.kind").and_then(Value::as_str);
    let is_chat = recorded.get("gen_ai.operation.name").is_some_and(|name| name == "chat");
    match (own, inference) {
        (Some(own), _) => own.to_ascii_uppercase(),
        (_, Some("LLM")) => "GENERATION".to_owned(),
        (_, Some("UNKNOWN") | None) if is_chat => "GENERATION".to_owned(),
        (_, Some(kind @ ("CHAIN" | "RETRIEVER" | "TOOL" | "AGENT" | "EMBEDDING"))) => kind.to_owned(),
        _ => "SPAN".to_owned(),
    }
}

fn level(recorded: &Map<String, Value>, span: &Value) -> Value {
    let failed = span["status"]["code"] == "STATUS_CODE_ERROR" || span["status"]["code"] == 2;
    let own = recorded.get("langfuse.observation.level").cloned();
    own.unwrap_or_else(|| json!(if failed { "ERROR" } else { "DEFAULT" }))
}

/// Input and output as texts, from the first pair of places that has any.
fn io(recorded: &Map<String, Value>) -> [Value; 2] {
    for pair in [&TAKEN[0..2], &TAKEN[6..8], &TAKEN[2..4]] {
        if pair.iter().any(|name| recorded.contains_key(*name)) {
            return [pair[0], pair[1]].map(|name| recorded.get(name).map_or(Value::Null, text));
        }
    }
    for pair in [&TAKEN_BELOW[0..2], &TAKEN_BELOW[2..4]] {
        let below = |prefix: &str| {
            if let Some(whole) = recorded.get(prefix) {
                return text(whole);
            }
            let inside = recorded.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
            let map: Map<String, Value> = inside.map(|(name, value)| (name.to_owned(), value.clone())).collect();
            if map.is_empty() { Value::Null } else { text(&nested(&map)) }
        };
        if !below(pair[0]).is_null() {
            return [below(pair[0]), below(pair[1])];
        }
    }
    let last = if recorded.contains_key(TAKEN[4]) { &TAKEN[4..6] } else { &TAKEN[8..10] };
    [last[0], last[1]].map(|name| recorded.get(name).map_or(Value::Null, text))
}

/// Numbered keys as a list, dotted ones as objects.
fn nested(map: &Map<String, Value>) -> Value {
    let mut list: Vec<Value> = Vec::new();
    for (name, value) in map {
        let mut path = name.trim_start_matches('.').split('.');
        let Some(index) = path.next().and_then(|index| index.parse::<usize>().ok()) else { continue };
        list.resize(list.len().max(index + 1), json!({}));
        let mut node = &mut list[index];
        for part in path {
            if !node.is_object() {
                *node = json!({});
            }
            node = &mut node[part];
        }
        *node = value.clone();
    }
    Value::Array(list)
}

fn metadata(recorded: &Map<String, Value>, process: &Map<String, Value>, library: &Value, is_own: bool) -> Value {
    let mut all = Map::new();
    for prefix in ["langfuse.trace.metadata.", "langfuse.observation.metadata."] {
        let inside = recorded.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
        all.extend(inside.map(|(name, value)| (name.to_owned(), value.clone())));
    }
    if !is_own {
        let is_taken = |name: &str| TAKEN.contains(&name) || TAKEN_BELOW.iter().any(|prefix| name.starts_with(prefix));
        let kept = recorded.iter().filter(|(name, _)| !is_taken(name));
        all.insert("attributes".to_owned(), kept.map(|(name, value)| (name.clone(), text(value))).collect());
    }
    all.insert("resourceAttributes".to_owned(), process.clone().into());
    all.insert("scope".to_owned(), library.clone());
    all.into()
}

/// What is counted under a name of its own is taken out of the whole.
fn usage(counts: &Value) -> Value {
    let mut out = json!({});
    for (side, name, responses) in
        [("input", "prompt_tokens", "input_tokens"), ("output", "completion_tokens", "output_tokens")]
    {
        let Some(mut whole) = [name, responses, side].iter().find_map(|name| counts[*name].as_u64()) else { continue };
        let details = [format!("{name}_details"), format!("{responses}_details")];
        for (part, count) in details.iter().filter_map(|name| counts[name].as_object()).flatten() {
            let count = count.as_u64().unwrap_or_default();
            out[format!("{side}_{part}")] = json!(count);
            whole = whole.saturating_sub(count);
        }
        out[side] = json!(whole);
    }
    if let Some(total) = counts["total_tokens"].as_u64() {
        out["total"] = json!(total);
    }
    out
}

fn parsed(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

fn text(value: &Value) -> Value {
    if value.is_string() { value.clone() } else { json!(value.to_string()) }
}

/// Milliseconds are kept.
fn time(nanoseconds: &Value) -> String {
    let nanoseconds: i128 = nanoseconds.as_str().unwrap().parse().unwrap();
    let time = jiff::Timestamp::from_nanosecond(nanoseconds - nanoseconds % 1_000_000).unwrap();
    format!("{time:.3}")
}
