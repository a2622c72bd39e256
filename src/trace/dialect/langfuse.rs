//! Langfuse: everything under `langfuse.observation.*`, as JSON text.

use serde_json::{Map, Value, json};

use super::super::chat;
use super::super::generation::{Generation, Prompt, since_start_ms, usage};
use super::super::{Attributes, Refusal, Span};
use super::Kind;
use crate::evalset::{Output, Usage};

pub(super) fn kind(span: &Span) -> Option<Kind> {
    Some(match span.attributes.text("langfuse.observation.type")? {
        "generation" => Kind::Generation,
        "retriever" => Kind::Retriever,
        "tool" => Kind::Tool,
        _ => Kind::Other,
    })
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let recorded = &span.attributes;
    let input = recorded.get("langfuse.observation.input").ok_or(Refusal::NoInput)?;
    let mut sent = chat::input(chat::recorded(input)?)?;
    sent.request.parameters.extend(parameters(recorded));
    sent.request.model =
        sent.request.model.or_else(|| recorded.text("langfuse.observation.model.name").map(str::to_owned));
    Ok(Generation {
        sent,
        output: output(recorded),
        usage: tokens(recorded),
        ttft_ms: first_token(recorded).and_then(|time_ns| since_start_ms(span, time_ns)),
        prompt: Prompt { version: recorded.label("langfuse.observation.prompt.version"), ..Prompt::default() },
        schema_lost: false,
    })
}

/// The library fills in the API's defaults where nothing was sent, and the tier that answered for the one asked for.
fn parameters(recorded: &Attributes) -> Map<String, Value> {
    let mut sent = match recorded.json("langfuse.observation.model.parameters") {
        Some(Value::Object(map)) => chat::parameters(&map),
        _ => Map::new(),
    };
    chat::drop_defaults(&mut sent);
    if let Some(format) = recorded.json("langfuse.observation.metadata.response_format").filter(Value::is_object) {
        sent.insert("response_format".to_owned(), format);
    }
    sent
}

fn output(recorded: &Attributes) -> Option<Output> {
    let text = recorded.get("langfuse.observation.output")?;
    let mut output = chat::answer(recorded.json("langfuse.observation.output").unwrap_or_else(|| text.clone()))?;
    let reason = recorded.json("langfuse.observation.metadata.finish_reason");
    output.finish_reason = output.finish_reason.or_else(|| reason?.as_str().map(chat::finish_reason));
    Some(output)
}

/// Token counts by the names of whichever API was called.
fn tokens(recorded: &Attributes) -> Option<Usage> {
    let Value::Object(mut counts) = recorded.json("langfuse.observation.usage_details")? else {
        return None;
    };
    let details = ["prompt_tokens_details", "input_tokens_details"].iter().find_map(|key| counts.get(*key).cloned());
    if let Some(cached) = details.and_then(|details| details.get("cached_tokens").cloned()) {
        counts.insert("cached".to_owned(), cached);
    }
    usage(
        &counts.into(),
        &["prompt_tokens", "input_tokens", "input"],
        &["completion_tokens", "output_tokens", "output"],
        &["cached", "input_cached_tokens", "cache_read_input_tokens"],
    )
}

/// When the answer began: an ISO time, in JSON quotes.
fn first_token(recorded: &Attributes) -> Option<u64> {
    let quoted = recorded.text("langfuse.observation.completion_start_time")?;
    let time: jiff::Timestamp = json!(quoted.trim_matches('"')).as_str()?.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok()
}
