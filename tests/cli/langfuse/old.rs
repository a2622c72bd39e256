//! Langfuse v3: what the fake answers on its routes, and what the program makes of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rows::{fulfils, invalid, limit, refuses};
use super::server::{Generation, Held, Langfuse};
use super::{cases, sample, trace_id};
use crate::store::{Asked, Says};

const DEPRECATION: &str = "GET /api/public/traces is deprecated. Use GET /api/public/v2/observations.";

pub(super) fn answer(held: &Held, path: &str, asked: &Asked, is_deprecated: bool) -> Says {
    let mut body = match path.strip_prefix("traces/") {
        Some(id) if !held.observations.iter().any(|row| row["traceId"] == json!(id)) => {
            return refuses(
                404,
                &json!({"message": "Trace not found within authorized project", "error": "LangfuseNotFoundError"}),
            );
        }
        Some(id) => whole(held, id),
        None if asked.all("fromTimestamp").is_empty() => {
            return refuses(400, &json!({"message": "fromTimestamp is required"}));
        }
        None => match list(held, asked) {
            Ok(body) => body,
            Err(problem) => return invalid(&problem),
        },
    };
    if is_deprecated {
        body["_deprecation"] =
            json!({"message": DEPRECATION, "replacement": "GET /api/public/v2/observations", "sunsetAt": "2026-11-16"});
    }
    Says::Json(body)
}

fn list(held: &Held, asked: &Asked) -> Result<Value, String> {
    let ids: BTreeSet<&str> = held.observations.iter().filter_map(|row| row["traceId"].as_str()).collect();
    let filter = asked.all("filter").first().map_or(json!([]), |text| serde_json::from_str(text).unwrap());
    let mut traces = Vec::new();
    for id in ids {
        let trace = head(held, id);
        let mut holds = true;
        for condition in filter.as_array().unwrap() {
            holds &= fulfils(&trace, condition)?;
        }
        let time = trace["timestamp"].as_str().unwrap();
        if holds && time >= asked.all("fromTimestamp")[0] && time < asked.all("toTimestamp")[0] {
            traces.push(trace);
        }
    }
    traces.sort_by_key(|trace| trace["timestamp"].to_string());
    let limit = limit(asked, 100).ok_or("limit")?;
    let page: usize = asked.all("page")[0].parse().map_err(|_| "page")?;
    let (items, pages) = (traces.len(), traces.len().div_ceil(limit));
    let data: Vec<Value> = traces.into_iter().skip((page - 1) * limit).take(limit).collect();
    Ok(json!({"data": data, "meta": {"page": page, "limit": limit, "totalItems": items, "totalPages": pages}}))
}

/// A trace without what it consists of.
fn head(held: &Held, id: &str) -> Value {
    let mut rows: Vec<&Value> = held.observations.iter().filter(|row| row["traceId"] == json!(id)).collect();
    rows.sort_by_key(|row| row["startTime"].to_string());
    let root = rows[0];
    json!({
        "id": id, "timestamp": root["startTime"], "name": root["traceName"], "input": null, "output": null,
        "sessionId": root["sessionId"], "release": root["release"], "version": root["version"], "userId": root["userId"],
        "metadata": {}, "tags": root["tags"], "public": false, "environment": root["environment"], "projectId": root["projectId"],
        "htmlPath": format!("/project/{}/traces/{id}", root["projectId"].as_str().unwrap()), "latency": 1.0, "totalCost": 0.0,
        "observations": [], "scores": [],
    })
}

fn whole(held: &Held, id: &str) -> Value {
    let mut trace = head(held, id);
    let rows = held.observations.iter().filter(|row| row["traceId"] == json!(id));
    trace["observations"] = rows.map(observation).collect();
    let of_trace = |score: &&Value| score["subject"]["traceId"] == json!(id) || score["subject"]["id"] == json!(id);
    trace["scores"] = held.scores.iter().filter(of_trace).map(score).collect();
    trace
}

/// An observation as the older API gives it: texts that are JSON as what they are, metadata as it was, and nothing that is
/// its trace's.
fn observation(row: &Value) -> Value {
    let mut row = row.clone();
    for name in ["input", "output"] {
        if let Some(parsed) = row[name].as_str().and_then(|text| serde_json::from_str(text).ok()) {
            row[name] = parsed;
        }
    }
    let map = row.as_object_mut().unwrap();
    for name in ["userId", "sessionId", "tags", "release", "traceName", "isRootObservation", "bookmarked", "public"] {
        map.shift_remove(name);
    }
    for name in [
        "modelId",
        "inputPrice",
        "outputPrice",
        "totalPrice",
        "calculatedInputCost",
        "calculatedOutputCost",
        "calculatedTotalCost",
    ] {
        map.insert(name.to_owned(), Value::Null);
    }
    row["usage"] = json!({"input": 0, "output": 0, "total": 0, "unit": "TOKENS"});
    row
}

fn score(score: &Value) -> Value {
    let mut score = score.clone();
    let subject = score.as_object_mut().unwrap().shift_remove("subject").unwrap();
    let is_observation = subject["kind"] == "observation";
    score["traceId"] = if is_observation { subject["traceId"].clone() } else { subject["id"].clone() };
    score["observationId"] = if is_observation { subject["id"].clone() } else { Value::Null };
    for name in ["authorUserId", "queueId"] {
        score[name] = Value::Null;
    }
    if score["dataType"] == "CATEGORICAL" {
        score["stringValue"] = score["value"].take();
        score["value"] = json!(0);
    }
    if score["dataType"] == "TEXT" {
        score["stringValue"] = score.as_object_mut().unwrap().shift_remove("value").unwrap();
    }
    if score["dataType"] == "BOOLEAN" {
        score["stringValue"] = json!(if score["value"] == json!(true) { "True" } else { "False" });
        score["value"] = json!(u8::from(score["value"] == json!(true)));
    }
    score
}

#[test]
fn a_server_without_the_newer_routes_is_read_by_the_older_ones() {
    let new = Langfuse::with_traces(Generation::New, 130);
    let (of_new, _) = sample(&new, "");
    let old = Langfuse::with_traces(Generation::Old { is_deprecated: false }, 130);
    let (of_old, ran) = sample(&old, "");
    ran.expect(0, &["130 requests seen, 130 kept", "from Langfuse's project shop"]).lacks(&["left out"]);
    // Each folder hides the sessions by a key of its own.
    let bare = |project: &_, url: &str| {
        let cases = cases(project).into_iter().map(|mut case| {
            assert!(case["cluster"].take().is_string());
            case.to_string().replace(url, "URL")
        });
        cases.collect::<BTreeSet<String>>()
    };
    assert_eq!(bare(&of_old, &old.url()), bare(&of_new, &new.url()));
    assert_eq!((old.count("v2/observations"), old.count("/traces"), old.count("v3/scores")), (1, 2, 0));
    for asked in old.store.asked("/traces") {
        assert_eq!(asked.all("fromTimestamp"), ["2026-11-20T00:00:00.000Z"], "some servers refuse without it");
    }
}

#[test]
fn a_limit_and_conditions_count_there_too() {
    let old = Langfuse::with_traces(Generation::Old { is_deprecated: false }, 30);
    let (project, ran) = sample(&old, ", limit: 10, environment: production, name: support");
    ran.expect(0, &["10 kept", "left out: 20 × trace beyond `limit: 10`"]);
    assert_eq!(cases(&project).len(), 10);
    assert_eq!(old.store.asked("").iter().filter(|asked| asked.path.contains("/traces/")).count(), 10);
    let (_, ran) = sample(&old, ", environment: staging");
    ran.expect(4, &["there is no trace in Langfuse's project shop"]);
    let unknown = ", filter: [{ type: string, column: nothing, operator: '=', value: x }]";
    let (_, ran) = sample(&old, unknown);
    ran.expect(4, &["HTTP 400", "Invalid filter column: nothing", "check `filter`"]);
}

#[test]
fn that_the_older_routes_end_is_said_once() {
    let old = Langfuse::with_traces(Generation::Old { is_deprecated: true }, 3);
    let (_, ran) = sample(&old, "");
    ran.expect(0, &["3 kept", "left out: 1 × ", "it says: GET /api/public/traces is deprecated."]);
}

#[test]
fn a_server_with_neither_is_explained() {
    let neither = Langfuse::with_traces(Generation::Neither, 3);
    let (_, ran) = sample(&neither, "");
    ran.expect(4, &["HTTP 404", "events_only mode", "no longer has the older routes, and not yet the newer ones"]);
}

#[test]
fn a_trace_that_goes_meanwhile_is_counted() {
    let old = Generation::Old { is_deprecated: false };
    let gone = Langfuse::erring(old, Held::traces(5), |asked| {
        asked.path.ends_with(&trace_id(2)).then(|| refuses(404, &json!({"message": "Trace not found"})))
    });
    let (_, ran) = sample(&gone, "");
    ran.expect(0, &["4 kept", "left out: 1 × trace that is listed and is not there"]);
    let broken = Langfuse::erring(old, Held::traces(5), |asked| {
        asked.path.ends_with(&trace_id(2)).then(|| Says::Refuses(500, "retry-after: 0\r\n", "no database"))
    });
    let (_, ran) = sample(&broken, "");
    ran.expect(0, &["left out: ", "× trace not read: HTTP 500: no database"]);
}
