//! A record of several traces as one record for each of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost::Message;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::mention::{self, Key};
use super::record::Body;

/// The key of what names no trace.
pub(super) const NAMELESS: Key = 0;

/// The parts of a record by trace; `None` where it is not understood as a whole.
pub(super) fn split(body: &Body) -> Option<BTreeMap<Key, Body>> {
    match body {
        Body::Json(text) => json(text),
        Body::Protobuf(bytes) => message(bytes),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shallow<'a> {
    #[serde(borrow, rename = "resourceSpans", alias = "resource_spans", alias = "batches")]
    spans: Option<Vec<Group<'a>>>,
    #[serde(borrow, rename = "resourceLogs", alias = "resource_logs")]
    logs: Option<Vec<Group<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(
        borrow,
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans",
        alias = "scopeLogs",
        alias = "scope_logs",
        alias = "instrumentationLibraryLogs"
    )]
    scopes: Option<Vec<Scope<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scope<'a> {
    #[serde(borrow, alias = "instrumentationLibrary")]
    scope: Option<&'a RawValue>,
    #[serde(borrow, rename = "spans", alias = "logRecords", alias = "log_records", alias = "logs")]
    records: Option<Vec<&'a RawValue>>,
}

/// The names under which a signal is written.
const SPANS: [&str; 3] = ["resourceSpans", "scopeSpans", "spans"];
const LOGS: [&str; 3] = ["resourceLogs", "scopeLogs", "logRecords"];

fn json(text: &[u8]) -> Option<BTreeMap<Key, Body>> {
    let text = std::str::from_utf8(text).ok()?;
    let documents: Vec<Shallow> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        vec![serde_json::from_str(text).ok()?]
    };
    let mut parts: BTreeMap<Key, String> = BTreeMap::new();
    for document in &documents {
        add(document.spans.iter().flatten(), SPANS, &mut parts);
        add(document.logs.iter().flatten(), LOGS, &mut parts);
    }
    Some(parts.into_iter().map(|(key, text)| (key, Body::Json(format!("[{text}]").into_bytes()))).collect())
}

/// Adds a signal's records, a document for each scope and trace.
fn add<'a>(groups: impl Iterator<Item = &'a Group<'a>>, names: [&str; 3], parts: &mut BTreeMap<Key, String>) {
    for group in groups {
        for scope in group.scopes.iter().flatten() {
            let mut by_trace: BTreeMap<Key, Vec<&str>> = BTreeMap::new();
            for record in scope.records.iter().flatten() {
                by_trace.entry(trace(record.get())).or_default().push(record.get());
            }
            for (key, records) in by_trace {
                let part = parts.entry(key).or_default();
                let separator = if part.is_empty() { "" } else { "," };
                let [outer, inner, list] = names;
                let [resource, scope] = [group.resource, scope.scope].map(|raw| raw.map_or("null", RawValue::get));
                let records = records.join(",");
                // Writing to a string cannot fail.
                let _ = write!(
                    part,
                    "{separator}{{\"{outer}\":[{{\"resource\":{resource},\"{inner}\":[{{\"scope\":{scope},\"{list}\":[{records}]}}]}}]}}"
                );
            }
        }
    }
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, rename = "traceId", alias = "trace_id")]
    trace: Cow<'a, str>,
}

/// The trace that a span or log record is of. Where it names several, only its own field counts.
fn trace(record: &str) -> Key {
    let mut found = Vec::new();
    mention::in_text(record.as_bytes(), &mut found);
    match found.as_slice() {
        [] => NAMELESS,
        [only] => *only,
        _ => serde_json::from_str::<Named>(record)
            .ok()
            .and_then(|named| super::convert::id(&named.trace, 16))
            .map_or(NAMELESS, |id| mention::key(&id)),
    }
}

/// An export request whose spans or log records are left as they are.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    groups: Vec<Bundle>,
}

#[derive(Clone, PartialEq, Message)]
struct Bundle {
    #[prost(bytes = "vec", optional, tag = "1")]
    resource: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<Library>,
}

#[derive(Clone, PartialEq, Message)]
struct Library {
    #[prost(bytes = "vec", optional, tag = "1")]
    scope: Option<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    records: Vec<Vec<u8>>,
}

fn message(bytes: &[u8]) -> Option<BTreeMap<Key, Body>> {
    let mut parts: BTreeMap<Key, Request> = BTreeMap::new();
    for group in Request::decode(bytes).ok()?.groups {
        for library in group.scopes {
            let mut by_trace: BTreeMap<Key, Vec<Vec<u8>>> = BTreeMap::new();
            for record in library.records {
                by_trace.entry(mention::in_record(&record).unwrap_or(NAMELESS)).or_default().push(record);
            }
            for (key, records) in by_trace {
                let scopes = vec![Library { scope: library.scope.clone(), records }];
                parts.entry(key).or_default().groups.push(Bundle { resource: group.resource.clone(), scopes });
            }
        }
    }
    let body = |(key, request): (Key, Request)| (key, Body::Protobuf(request.encode_to_vec()));
    Some(parts.into_iter().map(body).collect())
}
