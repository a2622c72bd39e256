//! A span as Phoenix gives it: flat dotted attributes, in which it has opened and moved a few.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::window::nanoseconds;
use crate::trace::{Attributes, Event, Span, Status};

/// The attribute that says of what kind a span is; Phoenix keeps it apart.
const KIND: &str = "openinference.span.kind";
/// Attributes that were recorded as one JSON object, and that Phoenix opens into many.
const OPENED: [&str; 3] = ["metadata", "llm.prompt_template.variables", "langsmith.metadata.usage_metadata"];

/// A span.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) context: Ids,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    span_kind: Option<String>,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default)]
    end_time: Option<String>,
    #[serde(default)]
    status_code: Option<String>,
    #[serde(default)]
    status_message: Option<String>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
    #[serde(default)]
    events: Option<Vec<Moment>>,
}

/// What a span is called by.
#[derive(Debug, Deserialize)]
pub(super) struct Ids {
    pub(super) trace_id: String,
    pub(super) span_id: String,
}

/// A span's event.
#[derive(Debug, Deserialize)]
struct Moment {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
}

impl Row {
    /// The span as its library recorded it.
    pub(super) fn into_span(self) -> Span {
        let mut attributes = self.attributes.unwrap_or_default();
        OPENED.iter().for_each(|name| close(&mut attributes, name));
        if let Some(kind) = self.span_kind.filter(|kind| is_own(kind, &attributes)) {
            attributes.entry(KIND).or_insert(kind.into());
        }
        Span {
            id: self.context.span_id,
            parent: self.parent_id.filter(|parent| !parent.is_empty()),
            name: self.name.unwrap_or_default(),
            start_ns: nanoseconds(self.start_time.as_deref()),
            end_ns: nanoseconds(self.end_time.as_deref()),
            status: status(self.status_code.as_deref()),
            message: self.status_message.filter(|message| !message.is_empty()),
            attributes: attributes.into(),
            events: self.events.unwrap_or_default().into_iter().map(event).collect(),
            scope: Arc::from(""),
            ..Span::default()
        }
    }
}

/// Whether the library itself named the kind. Phoenix names one for what was recorded by OpenTelemetry's conventions too,
/// and translates some of it, with losses: such a span is read by its own attributes.
fn is_own(kind: &str, attributes: &Map<String, Value>) -> bool {
    let is_translated =
        attributes.keys().any(|key| key.starts_with("gen_ai.")) && !attributes.contains_key("input.value");
    kind != "UNKNOWN" && !is_translated
}

/// Puts an opened attribute together again.
fn close(attributes: &mut Map<String, Value>, name: &str) {
    let prefix = format!("{name}.");
    let is_inside = |key: &str| key.starts_with(&prefix);
    if attributes.contains_key(name) || !attributes.keys().any(|key| is_inside(key)) {
        return;
    }
    let (inside, rest): (Map<_, _>, Map<_, _>) =
        std::mem::take(attributes).into_iter().partition(|(key, _)| is_inside(key));
    *attributes = rest;
    attributes.insert(name.to_owned(), Attributes::from(inside).nested(&prefix));
}

fn event(moment: Moment) -> Event {
    Event {
        name: moment.name.unwrap_or_default(),
        time_ns: nanoseconds(moment.timestamp.as_deref()),
        body: Value::Null,
        attributes: moment.attributes.unwrap_or_default().into(),
    }
}

fn status(code: Option<&str>) -> Status {
    match code {
        Some("ERROR") => Status::Error,
        Some("OK") => Status::Ok,
        _ => Status::Unset,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn span(value: Value) -> Span {
        serde_json::from_value::<Row>(value).unwrap().into_span()
    }

    #[test]
    fn a_span_is_as_its_library_recorded_it() {
        let row = json!({
            "id": "U3BhbjoxOA==", "name": "Chat", "context": {"trace_id": "t", "span_id": "s"}, "span_kind": "LLM",
            "parent_id": null, "start_time": "2026-11-23T12:30:07.813033+00:00",
            "end_time": "2026-11-23T12:30:07.959776+00:00", "status_code": "ERROR", "status_message": "",
            "attributes": {
                "input.value": "{}", "metadata.tier": "gold", "metadata.a.b": [1],
                "llm.prompt_template.variables.shop": "ACME", "llm.prompt_template.version": "v3",
            },
            "events": [{"name": "exception", "timestamp": "2026-11-23T12:30:07.9+00:00", "attributes": {"exception.message": "x"}}],
        });
        let span = span(row);
        let metadata = json!({"tier": "gold", "a": {"b": [1]}});
        assert_eq!(span.attributes.get("metadata"), Some(&metadata));
        assert_eq!(span.attributes.get("llm.prompt_template.variables"), Some(&json!({"shop": "ACME"})));
        assert_eq!(
            (span.attributes.text(KIND), span.status, span.parent.as_deref()),
            (Some("LLM"), Status::Error, None)
        );
        assert_eq!((span.start_ns, span.message.as_deref()), (1_795_437_007_813_033_000, None));
        assert_eq!(span.events[0].attributes.text("exception.message"), Some("x"));
    }

    #[test]
    fn what_phoenix_translated_is_read_by_its_own_names() {
        for (kind, attributes, own) in [
            ("LLM", json!({"llm.model_name": "m", "input.value": "{}"}), true),
            ("LLM", json!({"llm.model_name": "m", "input.value": "{}", "gen_ai.request.model": "m"}), true),
            ("LLM", json!({"llm.model_name": "m", "gen_ai.request.model": "m"}), false),
            ("UNKNOWN", json!({"langfuse.observation.type": "generation"}), false),
            ("CHAIN", json!({}), true),
        ] {
            let row =
                json!({"context": {"trace_id": "t", "span_id": "s"}, "span_kind": kind, "attributes": attributes});
            let kept = span(row).attributes.text(KIND).is_some();
            assert_eq!(kept, own, "{kind} {attributes}");
        }
    }

    #[test]
    fn a_span_may_lack_everything_but_its_ids() {
        let nulls = json!({"context": {"trace_id": "t", "span_id": "s"}, "events": null, "attributes": null, "end_time": "soon"});
        let span = span(nulls);
        assert_eq!((span.id.as_str(), span.start_ns, span.end_ns), ("s", 0, 0));
        assert!(serde_json::from_value::<Row>(json!({"context": {"trace_id": "t"}})).is_err());
    }
}
