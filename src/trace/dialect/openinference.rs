//! `OpenInference` (Arize): numbered `llm.*` keys, and the raw request and answer in `input.value` and `output.value`.

use serde_json::{Map, Value};

use super::super::chat::{self, Conversation};
use super::super::generation::{Generation, Prompt, first_event_ms, usage};
use super::super::{Attributes, Refusal, Span, documents};
use super::{Kind, genai};
use crate::evalset::{Document, Message, Output};

pub(super) fn kind(span: &Span) -> Option<Kind> {
    Some(match span.attributes.text("openinference.span.kind")?.to_ascii_uppercase().as_str() {
        "LLM" if span.name.ends_with("._prepare_chat_with_tools") => Kind::Other,
        "LLM" => Kind::Generation,
        "RETRIEVER" => Kind::Retriever,
        "RERANKER" => Kind::Reranker,
        "TOOL" => Kind::Tool,
        "PROMPT" => Kind::Prompt,
        _ => Kind::Other,
    })
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let recorded = &span.attributes;
    let invocation = match recorded.json("llm.invocation_parameters") {
        Some(Value::Object(invocation)) => invocation,
        _ => Map::new(),
    };
    chat::kept_by_provider(&invocation)?;
    let mut sent = conversation(span)?;
    let tools = tools(recorded, &invocation)?;
    if !tools.is_empty() {
        sent.tools = tools;
    }
    let mut parameters = chat::parameters(&invocation);
    if invocation.contains_key("created_at") {
        // The Agents SDK records the fields of the response in place of the request's.
        chat::drop_defaults(&mut parameters);
    }
    if !parameters.is_empty() {
        sent.request.parameters = parameters;
    }
    let asked = ["model", "model_name"].iter().find_map(|key| invocation.get(*key)?.as_str()).map(str::to_owned);
    sent.request.model = asked.or(sent.request.model).or_else(|| recorded.text("llm.model_name").map(str::to_owned));
    Ok(Generation {
        sent,
        output: output(recorded),
        usage: usage(
            recorded,
            &["llm.token_count.prompt"],
            &["llm.token_count.completion"],
            &["llm.token_count.prompt_details.cache_read"],
        ),
        ttft_ms: first_event_ms(span, &["First Token Stream Event"]),
        prompt: prompt(recorded),
        schema_lost: false,
    })
}

/// The numbered messages are the convention's own; the raw request stands in where they are missing, hidden, cut by the
/// SDK's limit on attributes, or of a kind that the library does not number.
fn conversation(span: &Span) -> Result<Conversation, Refusal> {
    let recorded = &span.attributes;
    let raw = recorded.get("input.value").map_or(Err(Refusal::NoInput), chat::recorded);
    if let Ok(Value::Object(request)) = &raw {
        chat::kept_by_provider(request)?;
    }
    let numbered = match recorded.nested("llm.input_messages.") {
        Value::Array(_) if span.dropped > 0 => Err(Refusal::Truncated),
        Value::Array(list) => chat::messages(list).and_then(|messages| uncut(messages, &raw, recorded)),
        Value::Null => Err(Refusal::NoInput),
        _ => Err(Refusal::Truncated),
    };
    let refusal = match numbered {
        Ok(messages) => {
            let model = raw.ok().and_then(|raw| raw.get("model")?.as_str().map(str::to_owned));
            let mut sent = Conversation { messages, ..Conversation::default() };
            sent.request.model = model;
            return Ok(sent);
        }
        Err(refusal) => refusal,
    };
    match raw.and_then(chat::input) {
        Ok(sent) => Ok(sent),
        Err(_) if refusal != Refusal::NoInput => Err(refusal),
        Err(other) => genai::conversation(span).map_err(|_| other),
    }
}

/// A limit on the length of values cuts all of them alike: where it cut the raw request, a message as long was cut too.
fn uncut(messages: Vec<Message>, raw: &Result<Value, Refusal>, recorded: &Attributes) -> Result<Vec<Message>, Refusal> {
    let limit = recorded.text("input.value").map_or(0, |text| text.chars().count());
    let as_long = |message: &Message| message.content.as_str().is_some_and(|text| text.chars().count() >= limit);
    if matches!(raw, Err(Refusal::Truncated)) && messages.iter().any(as_long) {
        return Err(Refusal::Truncated);
    }
    Ok(messages)
}

fn tools(recorded: &Attributes, invocation: &Map<String, Value>) -> Result<Vec<Value>, Refusal> {
    match recorded.nested("llm.tools.") {
        Value::Array(list) => {
            let schemas: Vec<Value> = list.into_iter().map(|mut tool| tool["tool"]["json_schema"].take()).collect();
            chat::definitions(&Value::Array(schemas))
        }
        Value::Null => invocation.get("tools").map_or(Ok(Vec::new()), chat::definitions),
        _ => Err(Refusal::Truncated),
    }
}

/// One numbered message is the answer. Several are the items of a Responses answer or alternative choices, which only
/// the raw answer tells apart.
fn output(recorded: &Attributes) -> Option<Output> {
    let raw = || recorded.json("output.value").and_then(chat::answer);
    let numbered = match recorded.nested("llm.output_messages.") {
        Value::Array(list) if list.len() == 1 => chat::answer(Value::Array(list)),
        Value::Array(list) => raw().or_else(|| chat::answer(Value::Array(list))),
        _ => raw(),
    };
    let mut output = numbered?;
    let reason = recorded.text("llm.finish_reason").map(chat::finish_reason);
    output.finish_reason = reason.or(output.finish_reason).or_else(|| raw()?.finish_reason);
    Some(output)
}

pub(super) fn documents(span: &Span) -> Vec<Document> {
    let numbered = ["reranker.output_documents.", "retrieval.documents."]
        .iter()
        .map(|prefix| span.attributes.nested(prefix))
        .find(|list| !list.is_null());
    match numbered {
        Some(Value::Array(list)) => list.into_iter().filter_map(documents::document).collect(),
        Some(Value::Object(list)) => list.into_iter().filter_map(|(_, value)| documents::document(value)).collect(),
        _ => super::returned(span, "output.value"),
    }
}

fn prompt(recorded: &Attributes) -> Prompt {
    let variables = recorded.json("llm.prompt_template.variables").and_then(|value| value.as_object().cloned());
    Prompt { version: recorded.label("llm.prompt_template.version"), variables: variables.unwrap_or_default() }
}

/// A template's span takes all of the template's variables as its input, and names only those of its first message.
pub(super) fn filled_prompt(span: &Span) -> Prompt {
    let input = span.attributes.json("input.value").and_then(|value| value.as_object().cloned());
    prompt(&span.attributes).or(Prompt { version: None, variables: input.unwrap_or_default() })
}
