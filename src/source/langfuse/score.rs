//! Scores, as either API gives them.

use serde::Deserialize;
use serde_json::Value;

use super::super::Omissions;
use super::super::mark::{About, Said};
use super::super::page::{self, Pages};
use super::observations::TRACES_AT_ONCE;
use super::store::{Store, advised, is_absent};

/// The most that a page may hold.
const PAGE: usize = 100;

/// A score of a trace or of an observation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Score {
    name: String,
    #[serde(default)]
    data_type: Option<String>,
    #[serde(default)]
    value: Value,
    /// The older API's text beside a number.
    #[serde(default)]
    string_value: Option<String>,
    /// What the newer API says that it is of.
    #[serde(default)]
    subject: Option<Subject>,
    /// What the older one says.
    #[serde(default)]
    trace_id: Option<String>,
    #[serde(default)]
    observation_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Subject {
    kind: String,
    id: String,
}

impl Score {
    /// What it says of what; nothing where it is of neither a trace nor an observation.
    pub(super) fn said(self) -> Option<Said> {
        let about = match (self.subject, self.observation_id, self.trace_id) {
            (Some(subject), ..) => match subject.kind.as_str() {
                "observation" => About::Span(subject.id),
                "trace" => About::Trace(subject.id),
                _ => return None,
            },
            (None, Some(observation), _) => About::Span(observation),
            (None, None, trace) => About::Trace(trace?),
        };
        let text = self.string_value.or_else(|| self.value.as_str().map(str::to_owned));
        let number = self.value.as_f64().or_else(|| self.value.as_bool().map(|yes| f64::from(u8::from(yes))));
        let (score, label) = match self.data_type.as_deref() {
            Some("NUMERIC" | "BOOLEAN") | None => (number, None),
            // The older API gives every category a number, which is 0 where none was chosen.
            Some("CATEGORICAL") => (None, text),
            // Free texts and corrections are for people.
            Some(_) => (None, None),
        };
        Some(Said { about, name: self.name, score, label })
    }
}

/// What is said of these traces and of their observations. They are asked for by the traces' ids: scores may be given long
/// after the window, and a window would bring those of all other traces too.
pub(super) async fn read(store: &Store, traces: &[String], omissions: &mut Omissions) -> Vec<Said> {
    let mut said = Vec::new();
    for some in traces.chunks(TRACES_AT_ONCE) {
        let query = [("traceId", some.join(",")), ("fields", "subject".to_owned()), ("limit", PAGE.to_string())];
        let Pages { entries, fault } = store.pages(&["api", "public", "v3", "scores"], &query).await;
        let scores: Vec<Score> = page::read(entries, "score of an unknown shape", omissions);
        said.extend(scores.into_iter().filter_map(Score::said));
        if let Some(fault) = fault {
            let why = if is_absent(&fault) { "the server has no v3/scores".to_owned() } else { advised(&fault) };
            omissions.add(&format!("some scores not read: {why}"), store.name.clone());
            break;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_generations_are_numbers_labels_or_notes() {
        let told = |value: Value| {
            let Said { about, score, label, .. } = serde_json::from_value::<Score>(value).unwrap().said()?;
            let about = match about {
                About::Span(id) => format!("span {id}"),
                About::Trace(id) => format!("trace {id}"),
            };
            Some((about, score, label))
        };
        let (of_s, of_t) = ("span s".to_owned(), "trace t".to_owned());
        let subject = json!({"kind": "observation", "id": "s", "traceId": "t"});
        for (score, expected) in [
            (json!({"dataType": "NUMERIC", "value": 0.5, "subject": subject}), Some((of_s.clone(), Some(0.5), None))),
            (
                json!({"dataType": "BOOLEAN", "value": true, "subject": {"kind": "trace", "id": "t"}}),
                Some((of_t.clone(), Some(1.0), None)),
            ),
            (
                json!({"dataType": "CATEGORICAL", "value": "rude", "subject": subject}),
                Some((of_s.clone(), None, Some("rude".into()))),
            ),
            (json!({"dataType": "TEXT", "value": "a note", "subject": subject}), Some((of_s.clone(), None, None))),
            (json!({"dataType": "NUMERIC", "value": 1, "subject": {"kind": "session", "id": "x"}}), None),
            (
                json!({"dataType": "NUMERIC", "value": 2, "traceId": "t", "observationId": "s"}),
                Some((of_s, Some(2.0), None)),
            ),
            (
                json!({"dataType": "CATEGORICAL", "value": 0, "stringValue": "kind", "traceId": "t"}),
                Some((of_t.clone(), None, Some("kind".into()))),
            ),
            (
                json!({"dataType": "BOOLEAN", "value": 0, "stringValue": "False", "traceId": "t"}),
                Some((of_t, Some(0.0), None)),
            ),
        ] {
            let mut score = score;
            score["name"] = json!("n");
            assert_eq!(told(score.clone()), expected, "{score}");
        }
        assert!(serde_json::from_value::<Score>(json!({"value": 1})).is_err());
    }
}
