//! `LangSmith` over OTLP: whole requests and answers as JSON in `gen_ai.prompt` and `gen_ai.completion`.

use serde_json::{Map, Value};

use super::super::chat::{self, Conversation};
use super::super::generation::{Generation, Prompt, first_event_ms, usage};
use super::super::{Attributes, Refusal, Span};
use super::Kind;
use crate::evalset::{Output, Usage};

pub(super) fn kind(span: &Span) -> Option<Kind> {
    Some(match span.attributes.text("langsmith.span.kind")? {
        "llm" => Kind::Generation,
        "retriever" => Kind::Retriever,
        "tool" => Kind::Tool,
        "prompt" => Kind::Prompt,
        _ => Kind::Other,
    })
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let recorded = &span.attributes;
    let input = recorded.get("gen_ai.prompt").ok_or(Refusal::NoInput)?;
    let mut sent = chat::input(chat::recorded(input)?)?;
    from_metadata(&mut sent, recorded)?;
    Ok(Generation {
        sent,
        output: output(recorded),
        usage: tokens(recorded),
        ttft_ms: first_event_ms(span, &["new_token"]),
        prompt: Prompt { version: recorded.label("langsmith.metadata.lc_hub_commit_hash"), ..Prompt::default() },
        schema_lost: false,
    })
}

/// A `LangChain` dump has the messages alone; model, tools and parameters are in the metadata.
fn from_metadata(sent: &mut Conversation, recorded: &Attributes) -> Result<(), Refusal> {
    let mut invocation = match recorded.json("langsmith.metadata.ls_invocation_params") {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    for name in ["temperature", "max_tokens"] {
        let value = recorded.get(&format!("langsmith.metadata.ls_{name}"));
        invocation.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    if sent.request.model.is_none() {
        let models = ["gen_ai.request.model", "langsmith.metadata.ls_model_name", "gen_ai.response.model"];
        sent.request.model = models.iter().find_map(|key| recorded.text(key)).map(str::to_owned);
        if sent.request.parameters.is_empty() {
            sent.request.parameters = chat::parameters(&invocation);
        }
    }
    if let Some(tools) = invocation.get("tools").filter(|_| sent.tools.is_empty()) {
        sent.tools = chat::definitions(tools)?;
    }
    Ok(())
}

fn output(recorded: &Attributes) -> Option<Output> {
    let mut output = chat::answer(recorded.json("gen_ai.completion")?)?;
    let reasons = recorded.json("gen_ai.response.finish_reasons");
    let reason = reasons.as_ref().and_then(|reasons| reasons.get(0)?.as_str());
    output.finish_reason = output.finish_reason.or_else(|| reason.map(chat::finish_reason));
    Some(output)
}

/// Counts are attributes; their details are there only as Python's `repr`, and as JSON in the metadata.
fn tokens(recorded: &Attributes) -> Option<Usage> {
    let mut counted = usage(recorded, &["gen_ai.usage.input_tokens"], &["gen_ai.usage.output_tokens"], &[])?;
    let details = recorded.json("langsmith.metadata.usage_metadata");
    let cached = details.as_ref().and_then(|details| details.get("input_token_details")?.get("cache_read")?.as_u64());
    counted.cached = cached.unwrap_or(0);
    Some(counted)
}

/// A template's span has the template's variables as its input.
pub(super) fn filled_prompt(span: &Span) -> Prompt {
    let variables = span.attributes.json("gen_ai.prompt").and_then(|value| value.as_object().cloned());
    Prompt {
        version: span.attributes.label("langsmith.metadata.lc_hub_commit_hash"),
        variables: variables.unwrap_or_default(),
    }
}
