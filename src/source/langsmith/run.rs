//! A run as `LangSmith` gives it, and the span that its own exporter would have made of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Omissions;
use super::super::mark::{About, Marks, Said};
use super::super::window::nanoseconds;
use crate::trace::{Event, Gathering, Span, Status, number};

/// Where the exporter keeps what applications say of a run.
const METADATA: &str = "langsmith.metadata.";
/// Metadata that name a conversation.
const THREADS: [&str; 3] = ["session_id", "thread_id", "conversation_id"];

/// A run, in either version of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    id: Option<String>,
    trace_id: Option<String>,
    /// The second version's: from the root down.
    parent_run_ids: Option<Vec<String>>,
    /// The first version's.
    parent_run_id: Option<String>,
    name: Option<String>,
    run_type: Option<String>,
    status: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    first_token_time: Option<String>,
    error: Option<String>,
    inputs: Value,
    outputs: Value,
    extra: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    tags: Option<Vec<String>>,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_token_details: Value,
    /// US dollars; a text in the first version.
    total_cost: Value,
    thread_id: Option<String>,
    feedback_stats: Option<BTreeMap<String, Stats>>,
}

/// All feedback of one name on a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    avg: Option<f64>,
    /// How often each word was said.
    values: Option<BTreeMap<String, Value>>,
}

impl Row {
    /// Its id and its trace's; a root's is the trace's.
    pub(super) fn ids(&self) -> Option<(&str, &str)> {
        let id = self.id.as_deref().filter(|id| !id.is_empty())?;
        let trace = self.trace_id.as_deref().filter(|trace| !trace.is_empty());
        trace.or_else(|| self.parent().is_none().then_some(id)).map(|trace| (id, trace))
    }

    fn parent(&self) -> Option<&str> {
        let last = self.parent_run_ids.as_ref().and_then(|parents| parents.last());
        self.parent_run_id.as_ref().or(last).map(String::as_str).filter(|parent| !parent.is_empty())
    }

    /// Whether it has not ended, or its end was never told.
    pub(super) fn is_pending(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("pending"))
    }

    /// When it started and ended, in nanoseconds since 1970; the start for an end that is not known.
    pub(super) fn times(&self) -> (u64, u64) {
        let start = time(self.start_time.as_deref());
        (start, time(self.end_time.as_deref()).max(start))
    }

    /// Puts its span to those of its trace. A model call that did not end has no answer, and is counted instead.
    pub(super) fn gather(self, gathering: &mut Gathering, omissions: &mut Omissions) {
        let Some((id, trace)) = self.ids().map(|(id, trace)| (id.to_owned(), trace.to_owned())) else {
            omissions.add("run without its id or its trace's", self.name.unwrap_or_default());
            return;
        };
        if self.is_pending() && self.kind() == "llm" {
            omissions.add("model call that did not end", id);
            return;
        }
        gathering.add_span(Some(trace), self.into_span(id));
    }

    fn kind(&self) -> String {
        self.run_type.as_deref().unwrap_or_default().to_ascii_lowercase()
    }

    fn into_span(mut self, id: String) -> Span {
        let said =
            self.feedback_stats.take().unwrap_or_default().into_iter().flat_map(|(key, stats)| stats.said(&id, &key));
        let marks = Marks::new(said.collect::<Vec<_>>());
        let (start_ns, _) = self.times();
        let mut span = Span {
            parent: self.parent().map(str::to_owned),
            start_ns,
            end_ns: time(self.end_time.as_deref()),
            status: self.outcome(),
            message: self.error.clone().filter(|error| !error.is_empty()),
            attributes: self.attributes().into(),
            events: first_token(self.first_token_time.as_deref()),
            name: self.name.unwrap_or_default(),
            id,
            ..Span::default()
        };
        marks.of("", &span.id).apply(&mut span);
        span
    }

    fn outcome(&self) -> Status {
        match self.status.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("error") => Status::Error,
            Some("success") => Status::Ok,
            _ if self.error.is_some() => Status::Error,
            _ => Status::Unset,
        }
    }

    fn attributes(&mut self) -> Map<String, Value> {
        let metadata = self.metadata();
        let named = metadata.into_iter().map(|(name, value)| (format!("{METADATA}{name}"), value));
        let mut attributes: Map<String, Value> = named.collect();
        // The first version says 0 where nothing was counted.
        let counted =
            |tokens: Option<u64>| json!(tokens.filter(|_| self.prompt_tokens.max(self.completion_tokens) > Some(0)));
        let own = [
            ("langsmith.span.kind", self.kind().into()),
            ("langsmith.span.tags", json!(self.tags.take().filter(|tags| !tags.is_empty()))),
            ("gen_ai.usage.input_tokens", counted(self.prompt_tokens)),
            ("gen_ai.usage.output_tokens", counted(self.completion_tokens)),
            ("gen_ai.usage.cost", json!(number(&self.total_cost))),
            ("gen_ai.prompt", self.inputs.take()),
            ("gen_ai.completion", self.outputs.take()),
        ];
        attributes.extend(
            own.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)),
        );
        attributes
    }

    /// What the application and the libraries say of it, and what is kept beside it.
    fn metadata(&mut self) -> Map<String, Value> {
        let mut extra = self.extra.take().unwrap_or_default();
        let mut metadata = match extra.shift_remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        metadata.extend(self.metadata.take().unwrap_or_default());
        // LangChain keeps the parameters of a call there.
        if let Some(parameters) = extra.shift_remove("invocation_params") {
            metadata.entry("ls_invocation_params").or_insert(parameters);
        }
        if let Some(thread) = self.thread_id.take().filter(|_| !THREADS.iter().any(|name| metadata.contains_key(*name)))
        {
            metadata.insert("thread_id".to_owned(), thread.into());
        }
        // The second version has them one step deeper.
        let details = self.prompt_token_details.take();
        let details = details.get("raw").unwrap_or(&details);
        if details.is_object() {
            metadata.entry("usage_metadata").or_insert_with(|| json!({"input_token_details": details}));
        }
        metadata
    }
}

impl Stats {
    /// The mean score; else the words.
    fn said(self, run: &str, key: &str) -> Vec<Said> {
        let said = |score, label| Said { about: About::Span(run.to_owned()), name: key.to_owned(), score, label };
        match self.avg {
            Some(score) => vec![said(Some(score), None)],
            None => self.values.unwrap_or_default().into_keys().map(|word| said(None, Some(word))).collect(),
        }
    }
}

/// A time; the first version writes UTC without saying so.
fn time(text: Option<&str>) -> u64 {
    match nanoseconds(text) {
        0 => nanoseconds(text.map(|text| format!("{text}Z")).as_deref()),
        time => time,
    }
}

fn first_token(text: Option<&str>) -> Vec<Event> {
    let event = |time_ns| Event { name: "new_token".to_owned(), time_ns, ..Event::default() };
    Some(time(text)).filter(|time| *time > 0).map(event).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        serde_json::from_value(value).unwrap()
    }

    fn gathered(value: Value) -> (Vec<crate::trace::Trace>, Vec<super::super::super::Omission>) {
        let (mut gathering, mut omissions) = (Gathering::default(), Omissions::default());
        row(value).gather(&mut gathering, &mut omissions);
        (gathering.finish().0, omissions.finish())
    }

    fn span(value: Value) -> Span {
        let (mut traces, omissions) = gathered(value);
        assert_eq!(omissions, []);
        traces.remove(0).spans.remove(0)
    }

    #[test]
    fn both_versions_make_the_same_span() {
        let second = json!({
            "id": "b", "trace_id": "a", "parent_run_ids": ["a", "p"], "name": "ChatOpenAI", "run_type": "LLM",
            "status": "SUCCESS", "start_time": "2026-11-20T10:00:00.5Z", "end_time": "2026-11-20T10:00:02Z",
            "first_token_time": "2026-11-20T10:00:01Z", "inputs": {"messages": []}, "outputs": {"x": 1},
            "extra": {"metadata": {"ls_model_name": "m"}, "invocation_params": {"temperature": 0}},
            "metadata": {"ls_model_name": "m", "tier": "gold"}, "tags": ["prod", "eu"], "thread_id": "s",
            "prompt_tokens": 9, "completion_tokens": 3, "prompt_token_details": {"raw": {"cache_read": 4}},
            "total_cost": 0.1,
            "feedback_stats": {"user_score": {"n": 2, "avg": 0.5, "values": {}}, "tone": {"n": 1, "avg": null, "values": {"rude": 1}}},
        });
        let first = json!({
            "id": "b", "trace_id": "a", "parent_run_id": "p", "parent_run_ids": ["a", "p"], "name": "ChatOpenAI",
            "run_type": "llm", "status": "success", "start_time": "2026-11-20T10:00:00.500000",
            "end_time": "2026-11-20T10:00:02", "first_token_time": "2026-11-20T10:00:01", "inputs": {"messages": []},
            "outputs": {"x": 1}, "extra": {"metadata": {"ls_model_name": "m", "tier": "gold"}, "invocation_params": {"temperature": 0}},
            "tags": ["prod", "eu"], "thread_id": "s", "prompt_tokens": 9, "completion_tokens": 3, "total_cost": "0.1",
            "prompt_token_details": {"cache_read": 4},
            "feedback_stats": {"user_score": {"n": 2, "avg": 0.5}, "tone": {"n": 1, "avg": null, "values": {"rude": 1}}},
        });
        let span = span(second);
        assert_eq!(span, self::span(first));
        assert_eq!(span.attributes.number("gen_ai.usage.cost"), Some(0.1));
        assert_eq!((span.parent.as_deref(), span.status, span.duration_ms()), (Some("p"), Status::Ok, Some(1500.0)));
        let value = |name: &str| span.attributes.get(name).cloned().unwrap_or_default();
        assert_eq!(value("langsmith.span.kind"), "llm");
        assert_eq!(value("langsmith.metadata.ls_invocation_params"), json!({"temperature": 0}));
        assert_eq!(value("langsmith.metadata.usage_metadata"), json!({"input_token_details": {"cache_read": 4}}));
        assert_eq!(value("langsmith.metadata.thread_id"), "s");
        assert_eq!((value("gen_ai.usage.input_tokens"), value("metadata")), (json!(9), json!({"tone": "rude"})));
        let events: Vec<&str> = span.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(events, ["new_token", "gen_ai.evaluation.result"]);
    }

    #[test]
    fn a_run_may_lack_everything_but_its_ids() {
        let root = span(
            json!({"id": "a", "inputs": null, "feedback_stats": null, "prompt_tokens": 0, "completion_tokens": 0}),
        );
        assert_eq!((root.id.as_str(), root.parent, root.status), ("a", None, Status::Unset));
        assert_eq!(root.attributes.get("gen_ai.usage.input_tokens"), None, "0 of both is nothing counted");
        let told = |value| gathered(value).1[0].reason.clone();
        assert_eq!(told(json!({"id": "a", "parent_run_id": "b"})), "run without its id or its trace's");
        assert_eq!(told(json!({"trace_id": "t"})), "run without its id or its trace's");
        assert_eq!(told(json!({"id": "a", "status": "PENDING", "run_type": "LLM"})), "model call that did not end");
        let failed = span(json!({"id": "a", "status": "error", "error": "boom", "end_time": "soon"}));
        assert_eq!((failed.status, failed.message.as_deref(), failed.end_ns), (Status::Error, Some("boom"), 0));
    }

    #[test]
    fn a_conversation_that_is_named_stays() {
        let span = span(json!({"id": "a", "thread_id": "t", "extra": {"metadata": {"session_id": "s"}}}));
        let session = |name: &str| span.attributes.text(&format!("{METADATA}{name}")).map(str::to_owned);
        assert_eq!((session("session_id").as_deref(), session("thread_id")), (Some("s"), None));
    }
}
