//! The Vercel AI SDK: `ai.*`. Of its nested spans only `….doGenerate` and `….doStream` are model calls.

use serde_json::{Map, Value};

use super::super::chat;
use super::super::generation::{Generation, Prompt, usage};
use super::super::{Attributes, Refusal, Span};
use super::Kind;
use crate::evalset::Output;

pub(super) fn kind(span: &Span) -> Option<Kind> {
    let operation = span.attributes.text("ai.operationId")?;
    let call = [".doGenerate", ".doStream"].iter().any(|suffix| operation.ends_with(suffix));
    Some(match operation {
        "ai.toolCall" => Kind::Tool,
        _ if call => Kind::Generation,
        _ => Kind::Other,
    })
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let recorded = &span.attributes;
    let input = recorded.get("ai.prompt.messages").ok_or(Refusal::NoInput)?;
    let mut sent = chat::input(chat::recorded(input)?)?;
    if let Some(tools) = recorded.json("ai.prompt.tools") {
        sent.tools = chat::definitions(&tools)?;
    }
    let model = ["gen_ai.request.model", "ai.model.id"].iter().find_map(|key| recorded.text(key));
    sent.request.model = model.map(str::to_owned);
    sent.request.parameters = parameters(recorded);
    Ok(Generation {
        sent,
        output: output(recorded),
        usage: usage(
            recorded,
            &["ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens"],
            &["ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"],
            &["ai.usage.cachedInputTokens"],
        ),
        ttft_ms: recorded.number("ai.response.msToFirstChunk"),
        prompt: Prompt::default(),
        schema_lost: false,
    })
}

fn parameters(recorded: &Attributes) -> Map<String, Value> {
    let named = recorded.under("gen_ai.request.").map(|(name, value)| (name.to_owned(), value.clone()));
    let choice = recorded.json("ai.prompt.toolChoice").map(|choice| ("tool_choice".to_owned(), tool_choice(choice)));
    chat::parameters(&named.chain(choice).collect())
}

/// `{"type": "tool", "toolName": …}` with the name where the others have it.
fn tool_choice(mut choice: Value) -> Value {
    if let Some(name) = choice.get_mut("toolName").map(Value::take) {
        choice["name"] = name;
    }
    choice
}

fn output(recorded: &Attributes) -> Option<Output> {
    let text = recorded.text("ai.response.text").or_else(|| recorded.text("ai.response.object"));
    let calls = recorded.json("ai.response.toolCalls");
    let mut output = chat::answer(serde_json::json!({"content": text, "tool_calls": calls}))?;
    output.finish_reason = recorded.text("ai.response.finishReason").map(chat::finish_reason);
    Some(output)
}
