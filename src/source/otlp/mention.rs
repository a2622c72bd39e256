//! Which traces a record speaks of, without parsing it.
//!
//! Every place that may name a trace counts, also a link to another trace: reading twice in the same way finds the same
//! places, so that a trace is known to be whole when as many records of it were read as were counted before.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use memchr::memmem::Finder;
use prost::Message;

use super::convert;
use super::protobuf::hex;
use super::record::Body;

/// The beginning of `"traceId"` and `"trace_id"`. Inside a JSON text its quote would be escaped.
static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"trace"));

/// A trace's key in every table here: a hash of its id in lower-case hex. It only decides what is read together; two traces
/// of one key are told apart when they are parsed.
pub(super) type Key = u64;

pub(super) fn key(id: &str) -> Key {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// The traces of a record, each once.
pub(super) fn mentions(body: &Body, found: &mut Vec<Key>) {
    found.clear();
    match body {
        Body::Json(text) => in_text(text, found),
        Body::Protobuf(bytes) => in_message(bytes, found),
    }
}

/// The traces that a part of a JSON text names, each once.
pub(super) fn in_text(text: &[u8], found: &mut Vec<Key>) {
    let mut last: &[u8] = &[];
    for at in NAME.find_iter(text) {
        if let Some(id) = value(&text[at + NAME.needle().len()..]).filter(|id| *id != last) {
            last = id;
            let id = std::str::from_utf8(id).ok().and_then(|id| convert::id(id, 16));
            note(found, id.map(|id| key(&id)));
        }
    }
}

fn note(found: &mut Vec<Key>, key: Option<Key>) {
    // Ids of one record come in runs, so looking from the end finds them at once.
    if let Some(key) = key.filter(|key| !found.iter().rev().any(|known| known == key)) {
        found.push(key);
    }
}

/// The text value of the key whose name began here.
fn value(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b"Id\"").or_else(|| rest.strip_prefix(b"_id\""))?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', rest.get(..rest.len().min(200))?)?;
    Some(&rest[..end])
}

/// Spans and log records of an export request, with nothing of them but the ids.
#[derive(Clone, PartialEq, Message)]
struct Request<T: Message + Default + Debug> {
    #[prost(message, repeated, tag = "1")]
    groups: Vec<Group<T>>,
}

#[derive(Clone, PartialEq, Message)]
struct Group<T: Message + Default + Debug> {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<Scope<T>>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope<T: Message + Default + Debug> {
    #[prost(message, repeated, tag = "2")]
    records: Vec<T>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct LogRecord {
    #[prost(bytes = "vec", tag = "9")]
    trace: Vec<u8>,
}

fn in_message(bytes: &[u8], found: &mut Vec<Key>) {
    if let Ok(request) = Request::<Span>::decode(bytes) {
        each(request, |span| note(found, key_of(&span.trace)));
    }
    if found.is_empty()
        && let Ok(request) = Request::<LogRecord>::decode(bytes)
    {
        each(request, |record| note(found, key_of(&record.trace)));
    }
}

fn each<T: Message + Default + Debug>(request: Request<T>, take: impl FnMut(T)) {
    request.groups.into_iter().flat_map(|group| group.scopes).flat_map(|scope| scope.records).for_each(take);
}

/// The trace that a span or log record is of.
pub(super) fn in_record(bytes: &[u8]) -> Option<Key> {
    let span = || key_of(&Span::decode(bytes).ok()?.trace);
    span().or_else(|| key_of(&LogRecord::decode(bytes).ok()?.trace))
}

/// The key of an id in bytes; none where they are all zero, or no id at all.
fn key_of(id: &[u8]) -> Option<Key> {
    (id.len() == 16 && id.iter().any(|byte| *byte != 0)).then(|| key(&hex(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Key> {
        let mut found = Vec::new();
        mentions(&Body::Json(text.as_bytes().to_vec()), &mut found);
        found
    }

    #[test]
    fn ids_are_found_in_every_spelling() {
        let hex = "0af7651916cd43dd8448eb211c80319c";
        for text in [
            format!("{{\"traceId\":\"{hex}\"}}"),
            format!("{{\"trace_id\" : \"{}\"}}", hex.to_uppercase()),
            "{\"traceId\":\"CvdlGRbNQ92ESOshHIAxnA==\"}".to_owned(),
            format!("[{{\"traceId\":\"{hex}\"}},{{\"traceId\":\n\"{hex}\"}}]"),
        ] {
            assert_eq!(found(&text), [key(hex)], "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_passed_over() {
        let texts = [
            "{\"traceId\":null}",
            "{\"traceId\":\"\"}",
            "{\"traceId\":\"00000000000000000000000000000000\"}",
            "{\"key\":\"traceId\",\"value\":1}",
            r#"{"text":"a \"traceId\":\"0af7651916cd43dd8448eb211c80319c\" b"}"#,
            "{\"traceId\":\"",
        ];
        assert!(texts.iter().all(|text| found(text).is_empty()));
    }
}
