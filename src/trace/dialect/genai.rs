//! The OpenTelemetry conventions for generative AI, in all their versions: `gen_ai.input.messages` on the span or on an
//! event, one event for each message (see `events`), and what vendors put beside them.

use serde_json::{Map, Value, json};

use super::super::chat::{self, Conversation};
use super::super::generation::{Generation, Prompt, first_event_ms, usage};
use super::super::{Attributes, Refusal, Span, attributes};
use super::{Kind, events, openllmetry};
use crate::evalset::{Output, RecordedRequest};

/// The event that repeats a call's attributes, and may be the only one that has its content.
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// Name, arguments and answer of a tool's span.
pub(super) const TOOL: [&[&str]; 3] = [
    &["gen_ai.tool.name"],
    &["gen_ai.tool.call.arguments", "tool_arguments"],
    &["gen_ai.tool.call.result", "tool_response"],
];

/// Attributes that hold a whole request as JSON.
const REQUESTS: [&str; 2] = ["request_data", "gen_ai.prompt"];

pub(super) fn kind(span: &Span) -> Option<Kind> {
    match span.attributes.text("gen_ai.operation.name") {
        Some("chat" | "text_completion" | "generate_content" | "completion") => Some(Kind::Generation),
        Some("execute_tool") => Some(Kind::Tool),
        Some("retrieval") => Some(Kind::Retriever),
        Some("embeddings" | "invoke_agent" | "create_agent" | "invoke_workflow" | "chain") => Some(Kind::Other),
        _ => (has_model(span) && has_messages(span)).then_some(Kind::Generation),
    }
}

fn has_model(span: &Span) -> bool {
    span.attributes.first(&["gen_ai.request.model", "gen_ai.response.model"]).is_some()
}

fn has_messages(span: &Span) -> bool {
    let message = |name: &str| name.starts_with("gen_ai.") && name.ends_with(".message");
    let request = span.attributes.json("request_data").is_some_and(|request| request.get("messages").is_some());
    request
        || span.attributes.first(&["gen_ai.input.messages", "gen_ai.prompt", "events"]).is_some()
        || span.moments().any(|event| message(&event.name) || event.name == DETAILS)
}

pub(super) fn generation(span: &Span) -> Result<Generation, Refusal> {
    let recorded = with_details(span);
    let mut sent = conversation(span)?;
    if let Some(tools) = offered(&recorded)? {
        sent.tools = tools;
    }
    let schema = recorded.json("gen_ai.request.structured_output_schema");
    let wants_json = recorded.text("gen_ai.output.type") == Some("json")
        || recorded.text("gen_ai.openai.request.response_format") == Some("json_schema");
    sent.request = request(&recorded, sent.request, schema.as_ref());
    let schema_lost = wants_json && !sent.request.parameters.contains_key("response_format");
    Ok(Generation {
        sent,
        output: output(span, &recorded),
        usage: usage(
            &recorded,
            &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
            &["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
            &["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"],
        ),
        ttft_ms: ttft_ms(span, &recorded),
        prompt: prompt(&recorded),
        schema_lost,
    })
}

/// The tools offered. Pydantic AI has them among the parameters of its request, beside those that run at the provider.
fn offered(recorded: &Attributes) -> Result<Option<Vec<Value>>, Refusal> {
    if let Some(tools) = recorded.json("gen_ai.tool.definitions") {
        return chat::definitions(&tools).map(Some);
    }
    let Some(parameters) = recorded.json("model_request_parameters") else {
        return Ok(None);
    };
    let hosted = ["builtin_tools", "native_tools"].iter().find_map(|key| parameters.get(*key)?.get(0));
    if let Some(tool) = hosted {
        return Err(Refusal::HostedTool(tool["kind"].as_str().unwrap_or("unnamed").to_owned()));
    }
    let kinds = ["function_tools", "output_tools"].iter().filter_map(|key| parameters.get(*key));
    let read: Result<Vec<Vec<Value>>, Refusal> = kinds.map(chat::definitions).collect();
    read.map(|read| Some(read.concat()))
}

/// The span's attributes, and those that only its details event has.
fn with_details(span: &Span) -> Attributes {
    span.attributes.overlaid(span.moments().filter(|event| event.name == DETAILS).map(|event| &event.attributes))
}

/// The messages, from the first place that has any.
pub(super) fn conversation(span: &Span) -> Result<Conversation, Refusal> {
    let recorded = with_details(span);
    if let Some(input) = recorded.get("gen_ai.input.messages") {
        let sent = chat::input(chat::recorded(input)?)?;
        let system = recorded.get("gen_ai.system_instructions").map(chat::recorded).transpose()?;
        let messages = chat::with_system(system.as_ref(), sent.messages)?;
        return Ok(Conversation { messages, ..sent });
    }
    for read in [openllmetry::conversation, events::conversation] {
        match read(span) {
            Err(Refusal::NoInput) => {}
            read => return read,
        }
    }
    match recorded.first(&REQUESTS) {
        Some((_, request)) => chat::input(chat::recorded(request)?),
        None => Err(Refusal::NoInput),
    }
}

fn output(span: &Span, recorded: &Attributes) -> Option<Output> {
    let attributes = ["gen_ai.output.messages", "response_data", "gen_ai.completion"];
    let mut output = attributes
        .iter()
        .find_map(|key| chat::answer(recorded.json(key)?))
        .or_else(|| openllmetry::output(&span.attributes))
        .or_else(|| events::output(span))?;
    let reasons = recorded.json("gen_ai.response.finish_reasons");
    let reason = reasons.as_ref().and_then(|reasons| reasons.get(0)?.as_str()).map(chat::finish_reason);
    output.finish_reason = reason.or(output.finish_reason);
    let silent = output.tool_calls.is_empty() && output.content.as_deref() == Some("");
    let lost = silent && output.finish_reason.as_deref() == Some("tool_calls");
    (!lost).then_some(output)
}

fn request(recorded: &Attributes, read: RecordedRequest, schema: Option<&Value>) -> RecordedRequest {
    let mut named: Map<String, Value> =
        recorded.under("gen_ai.request.").map(|(name, value)| (name.to_owned(), value.clone())).collect();
    if let Some(count) = named.remove("choice.count").filter(|count| attributes::number(count) != Some(1.0)) {
        named.insert("n".to_owned(), count);
    }
    let mut parameters = read.parameters;
    parameters.extend(chat::parameters(&named));
    if let Some(schema) = schema {
        parameters.insert("response_format".to_owned(), chat::response_format(schema));
    }
    let model = ["gen_ai.request.model", "gen_ai.response.model"].iter().find_map(|key| recorded.text(key));
    RecordedRequest { model: model.map(str::to_owned).or(read.model), parameters }
}

fn ttft_ms(span: &Span, recorded: &Attributes) -> Option<f64> {
    let seconds = recorded.number("gen_ai.response.time_to_first_chunk");
    seconds
        .map(|seconds| seconds * 1e3)
        .or_else(|| first_event_ms(span, &["gen_ai.content.completion.chunk", "llm.content.completion.chunk"]))
}

fn prompt(recorded: &Attributes) -> Prompt {
    let own = recorded.under("gen_ai.prompt.variable.");
    let traceloop = recorded.under("traceloop.prompt.template_variables.");
    Prompt {
        version: recorded.label("gen_ai.prompt.version").or_else(|| recorded.label("traceloop.prompt.version")),
        variables: own.chain(traceloop).map(|(name, value)| (name.to_owned(), json!(value))).collect(),
    }
}
