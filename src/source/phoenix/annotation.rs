//! Annotations, in spans' and in traces' lists.

use serde::Deserialize;

use super::super::mark::{About, Said};

/// An annotation, of a span or of a whole trace.
#[derive(Debug, Deserialize)]
pub(super) struct Annotation {
    name: String,
    #[serde(default)]
    span_id: Option<String>,
    #[serde(default)]
    trace_id: Option<String>,
    #[serde(default)]
    result: Option<Verdict>,
}

/// What it says.
#[derive(Debug, Default, Deserialize)]
struct Verdict {
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    label: Option<String>,
}

impl Annotation {
    /// What it says of what; nothing where it is of neither a span nor a trace.
    pub(super) fn said(self) -> Option<Said> {
        let about = match (self.span_id, self.trace_id) {
            (Some(span), _) => About::Span(span),
            (None, trace) => About::Trace(trace?),
        };
        let Verdict { score, label } = self.result.unwrap_or_default();
        Some(Said { about, name: self.name, score, label })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_annotation_is_of_its_span_or_else_of_its_trace() {
        let said = |value: Value| serde_json::from_value::<Annotation>(value).unwrap().said();
        let up =
            json!({"name": "feedback", "span_id": "a", "result": {"label": "up", "score": 1.0}, "identifier": "u1"});
        let up = said(up).unwrap();
        assert!(matches!(up.about, About::Span(id) if id == "a"));
        assert_eq!((up.score, up.label.as_deref()), (Some(1.0), Some("up")));
        let of_trace = said(json!({"name": "csat", "trace_id": "t", "result": null})).unwrap();
        assert!(matches!(of_trace.about, About::Trace(id) if id == "t"));
        assert!(said(json!({"name": "x"})).is_none());
    }
}
