//! OTLP/JSON, read leniently: every field may be missing or null, and older and sloppier names are known.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::value::{AnyValue, KeyValues, Number, or_default};

/// One document, or an array of them.
pub(super) struct Documents(pub(super) Vec<Document>);

impl<'de> Deserialize<'de> for Documents {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Vec<Document>;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("an OTLP export request, or an array of them")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut documents = Vec::new();
                while let Some(document) = list.next_element()? {
                    documents.push(document);
                }
                Ok(documents)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Document::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|document| vec![document])
            }
        }
        from.deserialize_any(Either).map(Self)
    }
}

/// An export request for traces or logs. `batches` is Tempo's name.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    #[serde(rename = "resourceSpans", alias = "resource_spans", alias = "batches")]
    pub(super) spans: Option<Vec<ResourceSpans>>,
    #[serde(rename = "resourceLogs", alias = "resource_logs")]
    pub(super) logs: Option<Vec<ResourceLogs>>,
    #[serde(rename = "resourceMetrics", alias = "resource_metrics")]
    pub(super) metrics: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResourceSpans {
    #[serde(deserialize_with = "or_default")]
    pub(super) resource: Resource,
    #[serde(
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans",
        deserialize_with = "or_default"
    )]
    pub(super) scopes: Vec<ScopeSpans>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource {
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: KeyValues,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ScopeSpans {
    #[serde(alias = "instrumentationLibrary", deserialize_with = "or_default")]
    pub(super) scope: Scope,
    #[serde(deserialize_with = "or_default")]
    pub(super) spans: Vec<Span>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Scope {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Span {
    #[serde(rename = "traceId", alias = "trace_id", deserialize_with = "or_default")]
    pub(super) trace: String,
    #[serde(rename = "spanId", alias = "span_id", deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(rename = "parentSpanId", alias = "parent_span_id", deserialize_with = "or_default")]
    pub(super) parent: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(rename = "startTimeUnixNano", alias = "start_time_unix_nano")]
    pub(super) start: Number,
    #[serde(rename = "endTimeUnixNano", alias = "end_time_unix_nano")]
    pub(super) end: Number,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: KeyValues,
    #[serde(rename = "droppedAttributesCount", alias = "dropped_attributes_count")]
    pub(super) dropped: Number,
    #[serde(deserialize_with = "or_default")]
    pub(super) events: Vec<Event>,
    #[serde(deserialize_with = "or_default")]
    pub(super) status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    #[serde(deserialize_with = "or_default")]
    pub(super) message: String,
    /// A number, or a name with or without `STATUS_CODE_`.
    #[serde(deserialize_with = "or_default")]
    pub(super) code: AnyValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano")]
    pub(super) time: Number,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: KeyValues,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResourceLogs {
    #[serde(
        rename = "scopeLogs",
        alias = "scope_logs",
        alias = "instrumentationLibraryLogs",
        deserialize_with = "or_default"
    )]
    pub(super) scopes: Vec<ScopeLogs>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ScopeLogs {
    #[serde(rename = "logRecords", alias = "log_records", alias = "logs", deserialize_with = "or_default")]
    pub(super) records: Vec<LogRecord>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LogRecord {
    #[serde(rename = "traceId", alias = "trace_id", deserialize_with = "or_default")]
    pub(super) trace: String,
    #[serde(rename = "spanId", alias = "span_id", deserialize_with = "or_default")]
    pub(super) span: String,
    #[serde(rename = "eventName", alias = "event_name", deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano")]
    pub(super) time: Number,
    #[serde(rename = "observedTimeUnixNano", alias = "observed_time_unix_nano")]
    pub(super) observed: Number,
    #[serde(deserialize_with = "or_default")]
    pub(super) body: AnyValue,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: KeyValues,
}
