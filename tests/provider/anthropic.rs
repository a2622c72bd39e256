//! Anthropic's Messages API.

use eval_gate::provider::{ProviderError, Request, Usage};
use serde_json::{Value, json};

use crate::server::{Answer, Server, ask, ask_about, provider, request};

fn events(events: &[Value]) -> Vec<String> {
    let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    events.iter().map(event).collect()
}

fn start() -> Value {
    let usage =
        json!({"input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 1});
    json!({"type": "message_start", "message": {"model": "c-1", "content": [], "stop_reason": null, "usage": usage}})
}

fn stop(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

fn structured() -> Request {
    let format = json!({"type": "json_schema", "json_schema": {"name": "score", "schema": {"type": "object"}}});
    let mut structured = request();
    structured.parameters.insert("response_format".into(), format);
    structured
}

fn anthropic(server: &Server, options: Value) -> eval_gate::provider::Provider {
    let mut options = options;
    options["base_url"] = json!(server.url);
    provider(&json!({"anthropic": options}))
}

#[tokio::test]
async fn a_stream_with_text_and_tools() {
    let [end, last] = stop("tool_use");
    let stream = events(&[
        start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Grü"}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "ße"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "look", "input": {}}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{\"a\""}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": ":1}"}}),
        end,
        last,
    ]);
    let server = Server::start([Answer::stream(stream)]).await;
    let completion = ask(&anthropic(&server, json!({"api_key": "sk-1"}))).await.unwrap();

    assert_eq!(completion.content.as_deref(), Some("Grüße"));
    let call = json!({"id": "t", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}});
    assert_eq!(completion.tool_calls, [call]);
    assert_eq!(completion.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(completion.model.as_deref(), Some("c-1"));
    assert_eq!(completion.usage, Some(Usage { input: 9, output: 9, cached: 4 }));
    assert!(completion.timing.ttft_ms.is_some());

    let head = server.requests.lock().unwrap()[0].1.clone();
    assert!(head.starts_with("post /v1/messages http/1.1"), "{head}");
    assert!(head.contains("x-api-key: sk-1") && head.contains("anthropic-version: 2023-06-01"), "{head}");
}

#[tokio::test]
async fn a_structured_answer_is_the_text() {
    let piece = |json: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": json}});
    let [end, last] = stop("tool_use");
    let block = json!({"type": "tool_use", "id": "t", "name": "score", "input": {}});
    let begin = json!({"type": "content_block_start", "index": 0, "content_block": block});
    let stream = Answer::stream(events(&[start(), begin, piece("{\"score\":"), piece("4}"), end, last]));

    let text = json!({"type": "text", "text": "Here it is:"});
    let block = json!({"type": "tool_use", "id": "t", "name": "score", "input": {"score": 4}});
    let whole = Answer::json(&json!({"type": "message", "content": [text, block], "stop_reason": "tool_use"}));
    for answer in [stream, whole] {
        let server = Server::start([answer]).await;
        let completion = ask_about(&anthropic(&server, json!({})), &structured()).await.unwrap();
        assert_eq!(completion.content.as_deref(), Some("{\"score\":4}"));
        assert_eq!((completion.tool_calls.len(), completion.finish_reason.as_deref()), (0, Some("stop")));
    }
}

#[tokio::test]
async fn other_ends() {
    for (reason, name) in [("end_turn", "stop"), ("max_tokens", "length"), ("refusal", "content_filter")] {
        let body = json!({"type": "message", "content": [{"type": "text", "text": "a"}], "stop_reason": reason});
        let server = Server::start([Answer::json(&body)]).await;
        let completion = ask(&anthropic(&server, json!({"stream": false}))).await.unwrap();
        assert_eq!((completion.content.as_deref(), completion.finish_reason.as_deref()), (Some("a"), Some(name)));
        assert_eq!(server.body(0).get("stream"), None);
    }
}

#[tokio::test]
async fn failures() {
    let error = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
    let refused =
        |status: &str, kind: &str, message: &str| Answer::with_status(status, "", &error(kind, message).to_string());
    for (answer, part) in [
        (refused("401 U", "authentication_error", "invalid x-api-key"), "refused the key (401): invalid x-api-key"),
        (refused("404 N", "not_found_error", "model: c"), "does not know the model or the address (404): model: c"),
        (refused("529 O", "overloaded_error", "Overloaded"), "failed 1 times, at last with: 529: Overloaded"),
        (refused("400 B", "invalid_request_error", "Your credit balance is too low"), "has no quota left (400)"),
        (Answer::stream(events(&[start(), error("overloaded_error", "Overloaded")])), "at last with: 529: Overloaded"),
        (Answer::stream(events(&[start()])), "the stream ended before the answer did"),
        (Answer::json(&json!({"choices": []})), "something other than a completion"),
    ] {
        let server = Server::start([answer]).await;
        let error: ProviderError = ask(&anthropic(&server, json!({"retries": 0}))).await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}
