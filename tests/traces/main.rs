//! From spans to cases. Attributes are written as the libraries write them: structure as JSON text.

mod dialects;
mod refusals;
mod surroundings;
mod vendors;

use eval_gate::evalset::Case;
use eval_gate::trace::{self, Attributes, Event, Harvest, Span, Trace};
use serde_json::{Map, Value, json};

pub(crate) fn attributes(value: Value) -> Attributes {
    let Value::Object(map) = value else {
        return Map::new().into();
    };
    map.into()
}

/// A span from one millisecond to another.
pub(crate) fn span(id: &str, parent: &str, from: u64, to: u64, recorded: Value) -> Span {
    Span {
        id: id.to_owned(),
        parent: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
        name: id.to_owned(),
        start_ns: from * 1_000_000,
        end_ns: to * 1_000_000,
        attributes: attributes(recorded),
        ..Span::default()
    }
}

pub(crate) fn call(recorded: Value) -> Span {
    span("call", "", 1000, 2000, recorded)
}

/// An event as a log record: the body.
pub(crate) fn logged(name: &str, body: Value) -> Event {
    Event { name: name.to_owned(), body, ..Event::default() }
}

/// An event inside a span: attributes.
pub(crate) fn happened(name: &str, recorded: Value) -> Event {
    Event { name: name.to_owned(), attributes: attributes(recorded), ..Event::default() }
}

pub(crate) fn harvest(spans: Vec<Span>) -> Harvest {
    trace::cases(&[Trace { id: "t".to_owned(), url: None, spans }])
}

pub(crate) fn only(span: Span) -> Case {
    let harvest = harvest(vec![span]);
    assert_eq!(harvest.skipped, []);
    let [found] = &harvest.found[..] else { panic!("one case: {harvest:?}") };
    found.case.clone()
}

pub(crate) fn refused(spans: Vec<Span>) -> Vec<String> {
    let harvest = harvest(spans);
    assert_eq!(harvest.found, []);
    harvest.skipped.iter().map(|skipped| skipped.reason.to_string()).collect()
}

/// Messages as `role: text`, with calls and the calls they answer.
pub(crate) fn said(case: &Case) -> Vec<String> {
    let one = |message: &eval_gate::evalset::Message| {
        let text = message.content.as_str().map_or_else(|| message.content.to_string(), str::to_owned);
        let calls = message.tool_calls.iter().map(|call| format!(" {}", call["function"]));
        let calls = calls.collect::<Vec<_>>().concat();
        let answers = message.tool_call_id.as_ref().map(|id| format!(" for {id}")).unwrap_or_default();
        format!("{}: {text}{calls}{answers}", message.role)
    };
    case.messages.iter().map(one).collect()
}

pub(crate) fn answer(case: &Case) -> (Option<&str>, Option<&str>, usize) {
    let output = case.output.as_ref().expect("an answer");
    (output.content.as_deref(), output.finish_reason.as_deref(), output.tool_calls.len())
}

pub(crate) const ASK: &str = r#"[{"role":"user","parts":[{"type":"text","content":"q"}]}]"#;

pub(crate) fn latest(input: &str) -> Value {
    json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": input})
}

pub(crate) fn openinference(kind: &str) -> Value {
    json!({"openinference.span.kind": kind})
}

pub(crate) fn llm(texts: &[&str]) -> Value {
    let mut recorded = openinference("LLM");
    for (at, text) in texts.iter().enumerate() {
        recorded[format!("llm.input_messages.{at}.message.role")] = json!("user");
        recorded[format!("llm.input_messages.{at}.message.content")] = json!(text);
    }
    recorded
}
