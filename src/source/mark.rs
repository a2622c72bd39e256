//! What people, code and models said of a span or a trace in its store, as recorded scores and labels.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::trace::{Event, Span};

/// Something that was said once.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) about: About,
    /// Of which quality it speaks.
    pub(super) name: String,
    pub(super) score: Option<f64>,
    /// A verdict in words.
    pub(super) label: Option<String>,
}

/// What it is said of, by its id.
#[derive(Debug)]
pub(super) enum About {
    Span(String),
    Trace(String),
}

/// What is said of a span: scores, and labels without a score, by name.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) scores: BTreeMap<String, f64>,
    pub(super) labels: BTreeMap<String, Value>,
}

/// How the names end of what the gate itself wrote of other answers than production's.
const OF_OTHER_ANSWERS: [&str; 2] = [".candidate", ".baseline"];

/// What is said of all spans.
#[derive(Debug, Default)]
pub(super) struct Marks {
    spans: BTreeMap<String, Mark>,
    traces: BTreeMap<String, Mark>,
}

impl Marks {
    /// Several people may have said something under one name: their scores are averaged. Of labels without a score the
    /// last by the alphabet stands, whatever the order in which they come.
    pub(super) fn new(all: impl IntoIterator<Item = Said>) -> Self {
        let mut heard: [BTreeMap<String, Heard>; 2] = Default::default();
        let is_of_production = |said: &Said| !OF_OTHER_ANSWERS.iter().any(|end| said.name.ends_with(end));
        for said in all.into_iter().filter(is_of_production) {
            let (of, id) = match said.about {
                About::Span(id) => (0, id),
                About::Trace(id) => (1, id),
            };
            heard[of].entry(id).or_default().add(said.name, said.score, said.label);
        }
        let [spans, traces] = heard.map(|heard| heard.into_iter().map(|(id, heard)| (id, heard.mark())).collect());
        Self { spans, traces }
    }

    /// What is said of a span and of its trace; of the span where both have the name.
    pub(super) fn of(&self, trace: &str, span: &str) -> Mark {
        let mut mark = self.traces.get(trace).cloned().unwrap_or_default();
        if let Some(own) = self.spans.get(span) {
            mark.scores.extend(own.scores.clone());
            mark.labels.extend(own.labels.clone());
        }
        mark
    }
}

impl Mark {
    /// Writes it to the span: scores as OpenTelemetry's evaluation events, labels as metadata.
    pub(super) fn apply(&self, span: &mut Span) {
        let time_ns = span.end_ns;
        span.events.extend(self.scores.iter().map(|(name, score)| evaluation(name, *score, time_ns)));
        if self.labels.is_empty() {
            return;
        }
        let mut attributes = Map::from(std::mem::take(&mut span.attributes));
        let metadata = attributes.entry("metadata").or_insert_with(|| Map::new().into());
        // Some libraries write it as JSON in a text.
        if let Some(parsed @ Value::Object(_)) = metadata.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            *metadata = parsed;
        }
        if let Value::Object(metadata) = metadata {
            for (name, value) in &self.labels {
                metadata.entry(name).or_insert_with(|| value.clone());
            }
        }
        span.attributes = attributes.into();
    }
}

/// A score as OpenTelemetry's conventions write it.
fn evaluation(name: &str, score: f64, time_ns: u64) -> Event {
    let attributes =
        [("gen_ai.evaluation.name", Value::from(name)), ("gen_ai.evaluation.score.value", Value::from(score))];
    let attributes: Map<_, _> = attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Event { name: "gen_ai.evaluation.result".to_owned(), time_ns, body: Value::Null, attributes: attributes.into() }
}

/// All that was said of one span or trace.
#[derive(Default)]
struct Heard {
    scores: BTreeMap<String, Vec<f64>>,
    labels: BTreeMap<String, String>,
}

impl Heard {
    fn add(&mut self, name: String, score: Option<f64>, label: Option<String>) {
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
        let of_a = |name: &str, score, label: Option<&str>| Said {
            about: About::Span("a".into()),
            name: name.into(),
            score,
            label: label.map(str::to_owned),
        };
        let of_trace = |said: Said| Said { about: About::Trace("t".into()), ..said };
        let marks = Marks::new([
            of_a("feedback", Some(1.0), Some("up")),
            of_a("feedback", Some(0.0), Some("down")),
            of_a("tone", None, Some("rude")),
            of_a("tone", None, Some("kind")),
            of_a("note", None, None),
            of_a("short.candidate", Some(0.0), None),
            of_trace(of_a("csat", Some(4.0), None)),
            of_trace(of_a("tone", None, Some("odd"))),
        ]);
        let mark = marks.of("t", "a");
        assert_eq!(mark.scores, BTreeMap::from([("csat".into(), 4.0), ("feedback".into(), 0.5)]));
        assert_eq!(mark.labels, BTreeMap::from([("tone".into(), json!("rude"))]));
        assert_eq!(marks.of("t", "b").labels, BTreeMap::from([("tone".into(), json!("odd"))]));
    }

    #[test]
    fn a_mark_does_not_replace_what_was_recorded() {
        let mark = Mark {
            scores: BTreeMap::from([("faithful".into(), 0.5)]),
            labels: BTreeMap::from([("tone".into(), "kind".into()), ("tier".into(), "other".into())]),
        };
        let recorded = Map::from_iter([("metadata".to_owned(), json!("{\"tier\": \"gold\"}"))]);
        let mut span = Span { attributes: recorded.into(), ..Span::default() };
        mark.apply(&mut span);
        assert_eq!(span.attributes.get("metadata"), Some(&json!({"tier": "gold", "tone": "kind"})));
        assert_eq!(span.events[0].attributes.number("gen_ai.evaluation.score.value"), Some(0.5));
    }
}
