//! What a list of the fake gives: conditions, pages with cursors, and groups of fields.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::store::{Asked, Says};

/// What each group of an observation's fields has.
const GROUPS: [(&str, &[&str]); 10] = [
    ("core", &["id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type"]),
    (
        "basic",
        &[
            "name",
            "level",
            "statusMessage",
            "version",
            "environment",
            "bookmarked",
            "public",
            "userId",
            "sessionId",
            "isRootObservation",
        ],
    ),
    ("time", &["completionStartTime", "createdAt", "updatedAt"]),
    ("io", &["input", "output"]),
    ("metadata", &["metadata"]),
    ("model", &["model", "internalModelId", "modelParameters"]),
    ("usage", &["usageDetails", "costDetails", "totalCost", "usagePricingTierName"]),
    ("prompt", &["promptId", "promptName", "promptVersion"]),
    ("metrics", &["latency", "timeToFirstToken"]),
    ("trace_context", &["tags", "release", "traceName"]),
];

/// Refuses a query as the server does.
pub(super) fn invalid(problem: &str) -> Says {
    refuses(400, &json!({"message": "Invalid request data", "error": [{"message": problem}]}))
}

pub(super) fn refuses(status: u16, body: &Value) -> Says {
    Says::Refuses(status, "content-type: application/json\r\n", body.to_string().leak())
}

/// The page of the observations that the query asks for.
pub(super) fn observations(all: &[Value], asked: &Asked) -> Says {
    let mut found = match filtered(all, asked) {
        Ok(found) => found,
        Err(problem) => return invalid(&problem),
    };
    let key =
        |row: &Value| ["startTime", "traceId", "id"].map(|name| row[name].as_str().unwrap_or_default().to_owned());
    found.sort_by_key(|row| std::cmp::Reverse(key(row)));
    if let Some(cursor) = asked.all("cursor").first() {
        let Some(cursor) = decoded(cursor) else { return invalid("cursor") };
        let last = ["lastStartTimeTo", "lastTraceId", "lastId"].map(|name| cursor[name].as_str().unwrap().to_owned());
        found.retain(|row| key(row) < last);
    }
    let Some(limit) = limit(asked, 1000) else { return invalid("limit: Number must be less than or equal to 1000") };
    let mut meta = json!({});
    if found.len() > limit {
        found.truncate(limit);
        let [time, trace, id] = key(found.last().unwrap());
        let cursor = json!({"lastStartTimeTo": time, "lastTraceId": trace, "lastId": id});
        meta["cursor"] = json!(BASE64_STANDARD.encode(cursor.to_string()));
    }
    let data: Vec<Value> = found.into_iter().map(|row| shown(row, asked)).collect();
    Says::Json(json!({"data": data, "meta": meta}))
}

fn decoded(cursor: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_STANDARD.decode(cursor).ok()?).ok()
}

pub(super) fn limit(asked: &Asked, most: usize) -> Option<usize> {
    let limit = asked.all("limit").first().map_or(Some(50), |limit| limit.parse().ok());
    limit.filter(|limit| (1..=most).contains(limit))
}

fn filtered<'a>(all: &'a [Value], asked: &Asked) -> Result<Vec<&'a Value>, String> {
    let filter = asked.all("filter").first().map_or(Ok(json!([])), |text| serde_json::from_str(text));
    let Ok(Value::Array(conditions)) = filter else { return Err("filter".to_owned()) };
    let mut found: Vec<&Value> = Vec::new();
    for row in all {
        let mut holds = true;
        for (name, column) in
            [("traceId", "traceId"), ("environment", "environment"), ("type", "type"), ("name", "name")]
        {
            let wanted = asked.all(name);
            holds &= wanted.is_empty() || wanted.contains(&row[column].as_str().unwrap_or_default());
        }
        for (name, is_from) in [("fromStartTime", true), ("toStartTime", false)] {
            let start = row["startTime"].as_str().unwrap();
            holds &= asked.all(name).first().is_none_or(|bound| (start >= *bound) == is_from);
        }
        for condition in &conditions {
            holds &= fulfils(row, condition)?;
        }
        if holds {
            found.push(row);
        }
    }
    Ok(found)
}

/// Whether a condition holds, of the few kinds that the tests need.
pub(super) fn fulfils(row: &Value, condition: &Value) -> Result<bool, String> {
    let part = |name: &str| condition[name].as_str().unwrap_or_default();
    let known = GROUPS.iter().any(|(_, fields)| fields.contains(&part("column"))) || part("column") == "timestamp";
    if !known {
        return Err(format!("Invalid filter column: {}", part("column")));
    }
    let (own, value) = (&row[part("column")], &condition["value"]);
    Ok(match (part("type"), part("operator")) {
        ("datetime", ">=") => own.as_str() >= value.as_str(),
        ("datetime", "<") => own.as_str() < value.as_str(),
        ("string", "=") => own == value,
        ("number", ">") => own.as_f64() > value.as_f64(),
        ("stringOptions", "any of") => value.as_array().unwrap().contains(own),
        ("arrayOptions", "any of") => {
            value.as_array().unwrap().iter().any(|tag| own.as_array().is_some_and(|own| own.contains(tag)))
        }
        other => return Err(format!("Invalid filter: {other:?}")),
    })
}

/// An observation with the groups that are asked for.
fn shown(row: &Value, asked: &Asked) -> Value {
    let groups = asked.all("fields").first().map_or("core,basic", |fields| *fields);
    let mut out = Map::new();
    for (group, fields) in GROUPS {
        if group == "core" || groups.split(',').any(|asked| asked == group) {
            out.extend(fields.iter().map(|name| ((*name).to_owned(), row[*name].clone())));
        }
    }
    // These are there whatever is asked for.
    out.extend(["modelId", "inputPrice", "outputPrice", "totalPrice"].map(|name| (name.to_owned(), Value::Null)));
    if let Some(metadata) = out.get_mut("metadata") {
        let whole: Vec<&str> = asked.all("expandMetadata").iter().flat_map(|names| names.split(',')).collect();
        *metadata = flat(row, &whole);
    }
    Value::Object(out)
}

/// Metadata as one level of dotted names and texts; long ones are cut unless they are named.
fn flat(row: &Value, whole: &[&str]) -> Value {
    fn spread(prefix: &str, value: &Value, out: &mut Map<String, Value>) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    spread(&name, value, out);
                }
            }
            Value::String(_) | Value::Null => _ = out.insert(prefix.to_owned(), value.clone()),
            other => _ = out.insert(prefix.to_owned(), other.to_string().into()),
        }
    }
    let mut out = Map::new();
    spread("", &row["metadata"], &mut out);
    for (name, value) in &mut out {
        if let Some(text) = value.as_str().filter(|_| !whole.contains(&name.as_str())) {
            *value = text.chars().take(200).collect::<String>().into();
        }
    }
    Value::Object(out)
}

/// The page of the scores that the query asks for.
pub(super) fn scores(all: &[Value], asked: &Asked) -> Says {
    let fields: Vec<&str> = asked.all("fields").iter().flat_map(|fields| fields.split(',')).collect();
    if let Some(unknown) = fields.iter().find(|field| !["details", "subject", "annotation"].contains(field)) {
        return invalid(&format!("fields: unknown group {unknown}"));
    }
    let Some(limit) = limit(asked, 100) else { return invalid("limit: must be at most 100") };
    let is_asked = |name: &str, value: &str| {
        asked.all(name).first().is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
    };
    let trace = |score: &Value| {
        let subject = &score["subject"];
        subject[if subject["kind"] == "observation" { "traceId" } else { "id" }].as_str().unwrap_or_default().to_owned()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found: Vec<&Value> = all
        .iter()
        .filter(|score| is_asked("traceId", &trace(score)))
        .filter(|score| is_asked("id", &text(&score["id"])) && is_asked("name", &text(&score["name"])))
        .collect();
    let start: usize = match asked.all("cursor").first() {
        None => 0,
        Some(cursor) => {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap();
            String::from_utf8(bytes).unwrap().parse().unwrap()
        }
    };
    found.drain(..start.min(found.len()));
    let mut meta = json!({"limit": limit});
    if found.len() > limit {
        found.truncate(limit);
        meta["cursor"] = json!(BASE64_URL_SAFE_NO_PAD.encode((start + limit).to_string()));
    }
    let shown = |score: &&Value| {
        let mut score = (*score).clone();
        let map = score.as_object_mut().unwrap();
        for (group, names) in [("subject", &["subject"][..]), ("details", &["comment", "configId", "metadata"])] {
            if !fields.contains(&group) {
                names.iter().for_each(|name| _ = map.shift_remove(*name));
            }
        }
        score
    };
    Says::Json(json!({"data": found.iter().map(shown).collect::<Vec<_>>(), "meta": meta}))
}
