//! Annotations: what people, code and models said of a span or a trace, as recorded scores and labels.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::span::Row;

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

/// What is said of a span: scores, and labels without a score, by name.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) scores: BTreeMap<String, f64>,
    pub(super) labels: BTreeMap<String, Value>,
}

/// What is said of all spans.
#[derive(Debug, Default)]
pub(super) struct Marks {
    spans: BTreeMap<String, Mark>,
    traces: BTreeMap<String, Mark>,
}

impl Marks {
    /// Several people may have said something under one name: their scores are averaged. Of labels without a score the
    /// last by the alphabet stands, whatever the order in which they come.
    pub(super) fn new(annotations: Vec<Annotation>) -> Self {
        let mut said: [BTreeMap<String, Said>; 2] = Default::default();
        for Annotation { name, span_id, trace_id, result } in annotations {
            let (of, id) = match (span_id, trace_id) {
                (Some(span), _) => (0, span),
                (None, Some(trace)) => (1, trace),
                (None, None) => continue,
            };
            said[of].entry(id).or_default().add(name, result.unwrap_or_default());
        }
        let [spans, traces] = said.map(|said| said.into_iter().map(|(id, said)| (id, said.mark())).collect());
        Self { spans, traces }
    }

    /// What is said of a span and of its trace; of the span where both have the name.
    pub(super) fn of(&self, row: &Row) -> Mark {
        let mut mark = self.traces.get(&row.context.trace_id).cloned().unwrap_or_default();
        if let Some(own) = self.spans.get(&row.context.span_id) {
            mark.scores.extend(own.scores.clone());
            mark.labels.extend(own.labels.clone());
        }
        mark
    }
}

/// All that was said of one span or trace.
#[derive(Default)]
struct Said {
    scores: BTreeMap<String, Vec<f64>>,
    labels: BTreeMap<String, String>,
}

impl Said {
    fn add(&mut self, name: String, Verdict { score, label }: Verdict) {
        match (score, label.filter(|label| !label.is_empty())) {
            (Some(score), _) => self.scores.entry(name).or_default().push(score),
            (None, Some(label)) => {
                let known = self.labels.entry(name).or_default();
                *known = label.max(std::mem::take(known));
            }
            // A note, which is for people.
            (None, None) => {}
        }
    }

    fn mark(self) -> Mark {
        let mean = |mut scores: Vec<f64>| {
            scores.sort_by(f64::total_cmp);
            scores.iter().sum::<f64>() / scores.len() as f64
        };
        Mark {
            scores: self.scores.into_iter().map(|(name, scores)| (name, mean(scores))).collect(),
            labels: self.labels.into_iter().map(|(name, label)| (name, label.into())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scores_are_averaged_labels_kept_and_notes_left_to_people() {
        let annotations = json!([
            {"name": "feedback", "span_id": "a", "result": {"label": "up", "score": 1.0}, "identifier": "u1"},
            {"name": "feedback", "span_id": "a", "result": {"label": "down", "score": 0.0}, "identifier": "u2"},
            {"name": "tone", "span_id": "a", "result": {"label": "rude", "score": null}},
            {"name": "tone", "span_id": "a", "result": {"label": "kind", "score": null}, "identifier": "u2"},
            {"name": "note", "span_id": "a", "result": {"explanation": "looks wrong"}},
            {"name": "x", "span_id": "a", "result": null},
            {"name": "csat", "trace_id": "t", "result": {"score": 4}},
            {"name": "tone", "trace_id": "t", "result": {"label": "odd"}},
        ]);
        let marks = Marks::new(serde_json::from_value(annotations).unwrap());
        let row = |span: &str| -> Row {
            serde_json::from_value(json!({"context": {"trace_id": "t", "span_id": span}})).unwrap()
        };
        let mark = marks.of(&row("a"));
        assert_eq!(mark.scores, BTreeMap::from([("csat".into(), 4.0), ("feedback".into(), 0.5)]));
        assert_eq!(mark.labels, BTreeMap::from([("tone".into(), json!("rude"))]));
        assert_eq!(marks.of(&row("b")).labels, BTreeMap::from([("tone".into(), json!("odd"))]));
    }
}
