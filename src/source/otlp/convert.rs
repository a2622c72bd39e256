//! From the wire to traces.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::value::KeyValues;
use super::wire::{self, Document};
use crate::trace::{Attributes, Event, Gathering, Span, Status};

/// Adds a document's spans and log records.
pub(super) fn take(document: Document, gathering: &mut Gathering) {
    for group in document.spans.into_iter().flatten() {
        let resource = Arc::new(attributes(group.resource.attributes));
        for library in group.scopes {
            let scope: Arc<str> = library.scope.name.into();
            for span in library.spans {
                gathering.add_span(id(&span.trace, 16), convert(span, &resource, &scope));
            }
        }
    }
    let groups = document.logs.into_iter().flatten();
    for record in groups.flat_map(|group| group.scopes).flat_map(|library| library.records) {
        let (trace, span) = (id(&record.trace, 16), id(&record.span, 8));
        let log = log(record);
        // An application's own log lines are about other things, and there may be millions.
        if log.name.starts_with("gen_ai.") {
            gathering.add_log(trace, span, log);
        }
    }
}

fn attributes(KeyValues(map): KeyValues) -> Attributes {
    map.into()
}

fn convert(span: wire::Span, resource: &Arc<Attributes>, scope: &Arc<str>) -> Span {
    Span {
        id: id(&span.id, 8).unwrap_or_default(),
        parent: id(&span.parent, 8),
        name: span.name,
        start_ns: span.start.0,
        end_ns: span.end.0,
        status: status(&span.status.code.0),
        message: Some(span.status.message).filter(|message| !message.is_empty()),
        attributes: attributes(span.attributes),
        dropped: span.dropped.0,
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
        events: span.events.into_iter().map(event).collect(),
        logs: Vec::new(),
    }
}

fn event(event: wire::Event) -> Event {
    Event { name: event.name, time_ns: event.time.0, body: Value::Null, attributes: attributes(event.attributes) }
}

/// Log records of the older conventions have no time of their own, only that of their observation.
fn log(record: wire::LogRecord) -> Event {
    let attributes = attributes(record.attributes);
    let name = if record.name.is_empty() { attributes.label("event.name").unwrap_or_default() } else { record.name };
    let time_ns = if record.observed.0 > 0 { record.observed.0 } else { record.time.0 };
    Event { name, time_ns, body: record.body.0, attributes }
}

fn status(code: &Value) -> Status {
    let name = code.as_str().map(|name| name.trim_start_matches("STATUS_CODE_").to_ascii_uppercase());
    match (code.as_u64(), name.as_deref()) {
        (Some(2), _) | (_, Some("ERROR" | "2")) => Status::Error,
        (Some(1), _) | (_, Some("OK" | "1")) => Status::Ok,
        _ => Status::Unset,
    }
}

/// An id in lower-case hex. OTLP/JSON writes hex; protobuf's own JSON mapping, and so some exporters, base64 of its
/// `bytes`. Ids of other makes stay as they are. All zeros means none.
pub(super) fn id(recorded: &str, bytes: usize) -> Option<String> {
    let text = recorded.trim();
    let hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let decoded = || STANDARD.decode(text).ok().filter(|decoded| decoded.len() == bytes);
    let id = match (hex && text.len() == 2 * bytes, decoded()) {
        (false, Some(decoded)) => decoded.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect(),
        _ if hex => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    };
    id.bytes().any(|byte| byte != b'0').then_some(id)
}

pub(super) fn digit(nibble: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(nibble)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_of_every_make_are_hex() {
        let hex = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(id(hex, 16).as_deref(), Some(hex));
        assert_eq!(id(&hex.to_uppercase(), 16).as_deref(), Some(hex));
        assert_eq!(id("CvdlGRbNQ92ESOshHIAxnA==", 16).as_deref(), Some(hex));
        assert_eq!(id("t61rcWkgMzE=", 8).as_deref(), Some("b7ad6b7169203331"));
        assert_eq!(id("b7ad6b7169203331", 16).as_deref(), Some("b7ad6b7169203331"), "short trace ids are ids");
        assert_eq!((id("", 8), id("0000000000000000", 8)), (None, None));
    }

    #[test]
    fn status_by_number_and_by_name() {
        for code in [json!(2), json!("STATUS_CODE_ERROR"), json!("Error"), json!("2")] {
            assert_eq!(status(&code), Status::Error, "{code}");
        }
        assert_eq!(status(&json!("STATUS_CODE_OK")), Status::Ok);
        assert_eq!(status(&json!(null)), Status::Unset);
    }
}
