//! Recorded answers, of whichever API.

use serde_json::{Map, Value};

use super::message::{Body, message};
use super::{langchain, pick, pick_text};
use crate::evalset::Output;

/// Reads an answer: plain text, a message, a whole response, or a list of choices or output items. `None` where it
/// holds neither text nor tool calls, or is not understood; an answer is only compared with, so it may be missing.
pub(in crate::trace) fn answer(value: Value) -> Option<Output> {
    match value {
        Value::String(text) => Some(Output { content: Some(text), ..Output::default() }),
        Value::Array(list) => choice(list),
        Value::Object(map) if map.contains_key("call_id") => items(vec![Value::Object(map)]),
        Value::Object(map) => object(map),
        _ => None,
    }
}

/// The first of several choices, or the parts of one answer: Responses items, and bare content blocks.
fn choice(mut list: Vec<Value>) -> Option<Output> {
    let first = list.first()?;
    let item = first.get("type").is_some() && first.get("parts").is_none() && first.get("data").is_none();
    if item && first.get("lc").is_none() && first.get("generation_info").is_none() {
        return items(list);
    }
    answer(list.swap_remove(0))
}

fn items(list: Vec<Value>) -> Option<Output> {
    if list.iter().any(|item| item.get("role").is_some() || item.get("call_id").is_some()) {
        let mut messages = Vec::new();
        for item in list {
            message(item, &mut messages).ok()?;
        }
        let mut outputs = messages.into_iter().map(|message| {
            let body = serde_json::to_value(message).unwrap_or_default();
            answer(body).unwrap_or_default()
        });
        let first = outputs.next()?;
        return some(outputs.fold(first, joined));
    }
    answer(serde_json::json!({"role": "assistant", "content": list}))
}

fn joined(mut all: Output, next: Output) -> Output {
    all.content = match (all.content, next.content) {
        (Some(head), Some(tail)) => Some(head + &tail),
        (head, tail) => head.or(tail),
    };
    all.tool_calls.extend(next.tool_calls);
    all
}

fn object(map: Map<String, Value>) -> Option<Output> {
    let Value::Object(mut map) = langchain::unwrap(Value::Object(map)) else {
        return None;
    };
    let (finish, response) = (finish(&map), map.get("object").is_some_and(|kind| kind == "response"));
    let inner = ["choices", "generations", "message", "output"]
        .iter()
        .find_map(|key| map.get_mut(*key).map(Value::take).filter(|inner| !inner.is_null()));
    let mut read = match inner {
        Some(inner) => answer(inner),
        None => said(map),
    }?;
    read.finish_reason = read.finish_reason.or(finish);
    if response && !read.tool_calls.is_empty() && read.finish_reason.as_deref() == Some("stop") {
        read.finish_reason = Some("tool_calls".to_owned());
    }
    some(read)
}

/// An assistant message, or anything that has content like one.
fn said(mut map: Map<String, Value>) -> Option<Output> {
    let body = Body::read(&mut map).ok()?;
    let texts: Vec<&str> = body.parts.iter().filter_map(|part| part["text"].as_str()).collect();
    let refusal = body.parts.iter().find_map(|part| part["refusal"].as_str());
    let plain = || pick_text(&map, &["text"]).map(str::to_owned);
    some(Output {
        content: if texts.is_empty() { plain() } else { Some(texts.concat()) },
        refusal: refusal.map(str::to_owned),
        tool_calls: body.calls,
        finish_reason: None,
    })
}

/// An answer that says something. Empty text says something only where nothing else does.
fn some(mut read: Output) -> Option<Output> {
    if read.content.as_deref() == Some("") && !read.tool_calls.is_empty() {
        read.content = None;
    }
    (read.content.is_some() || read.refusal.is_some() || !read.tool_calls.is_empty()).then_some(read)
}

fn finish(map: &Map<String, Value>) -> Option<String> {
    let info = map.get("generation_info").or_else(|| map.get("response_metadata")).and_then(Value::as_object);
    let details = map.get("incomplete_details").and_then(Value::as_object);
    let keys = ["finish_reason", "stop_reason", "finishReason", "stopReason"];
    let reason = pick_text(map, &keys)
        .or_else(|| pick_text(info?, &keys))
        .or_else(|| pick_text(details?, &["reason"]))
        .or_else(|| pick(map, &["object"]).filter(|kind| *kind == "response").and(pick_text(map, &["status"])));
    reason.map(finish_reason)
}

/// A stop reason by the chat API's names: `stop`, `length`, `tool_calls`, `content_filter`. Others stay, in lower case.
pub(in crate::trace) fn finish_reason(recorded: &str) -> String {
    let plain = recorded.rsplit('.').next().unwrap_or(recorded).to_ascii_lowercase().replace('-', "_");
    match plain.as_str() {
        "tool_call" | "tool_use" | "tool_calls" | "function_call" => "tool_calls",
        "stop" | "end_turn" | "stop_sequence" | "completed" | "eos" => "stop",
        "length" | "max_tokens" | "max_output_tokens" => "length",
        "content_filter" | "safety" | "refusal" | "content_filtered" => "content_filter",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_of_every_shape_are_one() {
        let stop = Some("stop".to_owned());
        let shapes = [
            json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}]}),
            json!([{"role": "assistant", "parts": [{"type": "text", "content": "a"}], "finish_reason": "stop"}]),
            json!({"object": "response", "status": "completed", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}]}),
            json!({"role": "assistant", "content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn"}),
            json!({"generations": [[{"text": "a", "generation_info": {"finish_reason": "stop"}, "type": "ChatGeneration", "message": {"lc": 1, "id": ["x", "AIMessage"], "kwargs": {"content": "a"}}}]]}),
            json!({"index": 0, "finish_reason": "stop", "message": {"content": "a"}}),
        ];
        for shape in shapes {
            let want = Output { content: Some("a".to_owned()), finish_reason: stop.clone(), ..Output::default() };
            assert_eq!(answer(shape.clone()), Some(want), "{shape}");
        }
        let plain = Some(Output { content: Some("a".to_owned()), ..Output::default() });
        assert_eq!(answer(json!("a")), plain);
        assert_eq!(answer(json!({"output": "a"})), plain);
        assert_eq!(answer(json!({"role": "assistant", "content": "a"})), plain);
    }

    #[test]
    fn tool_calls_and_text_of_several_items_are_joined() {
        let items = json!([
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "look"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        ]);
        let read = answer(items).expect("an answer");
        assert_eq!(read.content.as_deref(), Some("look"));
        assert_eq!(read.tool_calls[0]["function"]["name"], "f");
    }

    #[test]
    fn no_answer_is_none() {
        for nothing in
            [json!(null), json!({"output": null}), json!({"finish_reason": "stop", "message": {}}), json!([])]
        {
            assert_eq!(answer(nothing.clone()), None, "{nothing}");
        }
    }

    #[test]
    fn stop_reasons_have_one_name() {
        for (given, want) in [
            ("tool_call", "tool_calls"),
            ("tool-calls", "tool_calls"),
            ("MAX_TOKENS", "length"),
            ("FinishReason.STOP", "stop"),
            ("odd", "odd"),
        ] {
            assert_eq!(finish_reason(given), want);
        }
    }
}
