//! OTLP as protobuf: the fields that are read, and the way to the same documents that JSON gives.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message;
use serde_json::{Map, Value};

use super::document::Reason;
use super::value::{AnyValue, KeyValues, Number};
use super::wire;

/// An export request for traces, and everything that is wire-compatible with it.
#[derive(Clone, PartialEq, Message)]
struct Traces {
    #[prost(message, repeated, tag = "1")]
    groups: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(uint32, tag = "10")]
    dropped: u32,
    #[prost(message, repeated, tag = "11")]
    events: Vec<Event>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(fixed64, tag = "1")]
    time: u64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "3")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Logs {
    #[prost(message, repeated, tag = "1")]
    groups: Vec<ResourceLogs>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceLogs {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeLogs>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeLogs {
    #[prost(message, repeated, tag = "2")]
    records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct LogRecord {
    #[prost(fixed64, tag = "1")]
    time: u64,
    #[prost(message, optional, tag = "5")]
    body: Option<Any>,
    #[prost(message, repeated, tag = "6")]
    attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    span: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    observed: u64,
    #[prost(string, tag = "12")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(int64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Fraction(f64),
    #[prost(message, tag = "5")]
    List(List),
    #[prost(message, tag = "6")]
    Object(Resource),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Any>,
}

/// The document in an export request. Nothing in the bytes says of which signal it is, but what is a log record is no span:
/// its first field is a number where a span's is an id.
pub(super) fn parse(bytes: &[u8]) -> Result<wire::Document, Reason> {
    let traces = match Traces::decode(bytes) {
        Ok(traces) if traces.groups.iter().flat_map(|group| &group.scopes).all(has_ids) => {
            return Ok(wire::Document {
                spans: Some(traces.groups.into_iter().map(spans).collect()),
                ..wire::Document::default()
            });
        }
        other => other.map_err(|error| error.to_string()),
    };
    match Logs::decode(bytes) {
        Ok(logs) => Ok(wire::Document {
            logs: Some(logs.groups.into_iter().map(records).collect()),
            ..wire::Document::default()
        }),
        Err(error) => {
            let detail = traces.err().unwrap_or_else(|| error.to_string());
            Err(("message is no export of traces or logs".to_owned(), detail))
        }
    }
}

/// Another signal's records have other things where a span has its ids.
fn has_ids(scope: &ScopeSpans) -> bool {
    scope.spans.iter().all(|span| matches!(span.trace.len(), 0 | 16) && matches!(span.id.len(), 0 | 8))
}

fn spans(group: ResourceSpans) -> wire::ResourceSpans {
    let scopes = group.scopes.into_iter().map(|scope| wire::ScopeSpans {
        scope: wire::Scope { name: scope.scope.unwrap_or_default().name },
        spans: scope.spans.into_iter().map(span).collect(),
    });
    wire::ResourceSpans {
        resource: wire::Resource { attributes: attributes(group.resource.unwrap_or_default().attributes) },
        scopes: scopes.collect(),
    }
}

fn span(span: Span) -> wire::Span {
    let event = |event: Event| wire::Event {
        name: event.name,
        time: Number(event.time),
        attributes: attributes(event.attributes),
    };
    let status = span.status.unwrap_or_default();
    wire::Span {
        trace: hex(&span.trace),
        id: hex(&span.id),
        parent: hex(&span.parent),
        name: span.name,
        start: Number(span.start),
        end: Number(span.end),
        attributes: attributes(span.attributes),
        dropped: Number(span.dropped.into()),
        events: span.events.into_iter().map(event).collect(),
        status: wire::Status { message: status.message, code: AnyValue(status.code.into()) },
    }
}

fn records(group: ResourceLogs) -> wire::ResourceLogs {
    let record = |record: LogRecord| wire::LogRecord {
        trace: hex(&record.trace),
        span: hex(&record.span),
        name: record.name,
        time: Number(record.time),
        observed: Number(record.observed),
        body: AnyValue(record.body.map_or(Value::Null, value)),
        attributes: attributes(record.attributes),
    };
    let scope = |scope: ScopeLogs| wire::ScopeLogs { records: scope.records.into_iter().map(record).collect() };
    wire::ResourceLogs { scopes: group.scopes.into_iter().map(scope).collect() }
}

fn attributes(list: Vec<KeyValue>) -> KeyValues {
    KeyValues(object(list))
}

fn object(list: Vec<KeyValue>) -> Map<String, Value> {
    list.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, value))).collect()
}

fn value(any: Any) -> Value {
    match any.kind {
        None => Value::Null,
        Some(Kind::Text(text)) => text.into(),
        Some(Kind::Flag(flag)) => flag.into(),
        Some(Kind::Whole(number)) => number.into(),
        Some(Kind::Fraction(number)) if number.is_finite() => number.into(),
        Some(Kind::Fraction(number)) => number.to_string().into(),
        Some(Kind::List(list)) => list.values.into_iter().map(value).collect(),
        Some(Kind::Object(map)) => Value::Object(object(map.attributes)),
        // As in JSON: what is text is read as text, anything else stays encoded.
        Some(Kind::Bytes(bytes)) => {
            String::from_utf8(bytes).unwrap_or_else(|other| BASE64_STANDARD.encode(other.as_bytes())).into()
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(super::convert::digit).collect()
}
