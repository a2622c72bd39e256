//! What well-meant answers come to.

use crate::server::{Answer, DONE, Server, ask, ask_once, delta, finish, message, said};
use eval_gate::provider::Usage;
use serde_json::{Value, json};

#[tokio::test]
async fn a_stream_is_put_together_and_timed() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}});
    let usage = format!("data: {usage}\n\n");
    let role = delta(&json!({"role": "assistant", "content": ""}));
    let pieces = [role, said("Grüße "), said("🙂"), finish("stop"), usage, DONE.to_owned()];
    let server = Server::start([Answer::stream(pieces).after(2, 60).after(3, 60)]).await;
    let completion =
        ask(&server.provider(json!({"api_key": "sk-1", "parameters": {"seed": 7, "temperature": 1}}))).await.unwrap();

    assert_eq!(completion.content.as_deref(), Some("Grüße 🙂"));
    assert_eq!(completion.finish_reason.as_deref(), Some("stop"));
    assert_eq!(completion.model.as_deref(), Some("m-1"));
    assert_eq!(completion.usage, Some(Usage { input: 9, output: 2, cached: 4 }));
    let (ttft, total) = (completion.timing.ttft_ms.unwrap(), completion.timing.total_ms);
    assert!((55.0..115.0).contains(&ttft) && total >= 115.0, "{ttft} {total}");

    let sent = json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "temperature": 0.2, "seed": 7,
        "stream": true, "stream_options": {"include_usage": true}});
    assert_eq!(server.body(0), sent);
    let head = server.requests.lock().unwrap()[0].1.clone();
    assert!(
        head.starts_with("post /v1/chat/completions http/1.1") && head.contains("authorization: bearer sk-1"),
        "{head}"
    );
}

#[tokio::test]
async fn pieces_may_end_inside_a_character() {
    let stream = format!("{}{}{DONE}", said("Grüße 🙂"), finish("stop")).replace('\n', "\r\n");
    let pieces = stream.as_bytes().chunks(1).map(<[u8]>::to_vec);
    let completion = ask_once(Answer::stream(pieces)).await.unwrap();
    assert_eq!(completion.content.as_deref(), Some("Grüße 🙂"));
}

#[tokio::test]
async fn tool_calls_are_put_together() {
    let piece = |index: Value, id: Value, name: Value, arguments: &str| {
        delta(&json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}))
    };
    let usual = [
        piece(json!(0), json!("c0"), json!("look"), ""),
        piece(json!(0), Value::Null, Value::Null, "{\"a\":"),
        piece(json!(1), json!("c1"), json!("find"), "{}"),
        piece(json!(0), Value::Null, Value::Null, "1}"),
    ];
    let same_index = [
        piece(json!(0), json!("c0"), json!("look"), "{\"a\":"),
        piece(json!(0), json!("c0"), json!("look"), "1}"),
        piece(json!(0), json!("c1"), json!("find"), "{}"),
    ];
    let no_index = [
        piece(Value::Null, json!("c0"), json!("look"), "{\"a\":1}"),
        piece(Value::Null, json!("c1"), json!("find"), "{"),
        piece(Value::Null, json!(""), json!(""), "}"),
    ];
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    for stream in [&usual[..], &same_index, &no_index] {
        let completion = ask_once(Answer::stream([stream.concat(), finish("tool_calls")])).await.unwrap();
        assert_eq!(completion.tool_calls, [call("c0", "look", "{\"a\":1}"), call("c1", "find", "{}")]);
        assert!(completion.content.is_none() && completion.timing.ttft_ms.is_some());
    }
}

#[tokio::test]
async fn refusals_and_reasoning() {
    let stream = [
        delta(&json!({"reasoning_content": "hm", "content": null})),
        delta(&json!({"refusal": "I can"})),
        delta(&json!({"refusal": "not"})),
        finish("stop"),
    ];
    let completion = ask_once(Answer::stream(stream)).await.unwrap();
    assert_eq!((completion.content, completion.refusal.as_deref()), (None, Some("I cannot")));
}

#[tokio::test]
async fn answers_that_are_not_streamed() {
    let mut body = message("a");
    body["choices"][0]["message"]["tool_calls"] = json!([
        {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    body["usage"] = json!({"prompt_tokens": 5, "completion_tokens": 1, "prompt_cache_hit_tokens": 3});
    let server = Server::start([Answer::json(&body)]).await;
    let completion = ask(&server.provider(json!({"stream": false}))).await.unwrap();
    assert_eq!((completion.content.as_deref(), completion.tool_calls.len()), (Some("a"), 2));
    assert_eq!(completion.usage, Some(Usage { input: 5, output: 1, cached: 3 }));
    assert!(completion.timing.ttft_ms.is_none() && completion.timing.total_ms > 0.0);
    assert_eq!(server.body(0).get("stream"), None);
}

#[tokio::test]
async fn a_server_that_refuses_to_stream_is_asked_without_once() {
    let refuse =
        |message: &str| Answer::with_status("400 Bad Request", "", &json!({"error": {"message": message}}).to_string());
    let answers =
        [refuse("Unknown field: stream_options"), refuse("streaming is not supported"), Answer::json(&message("a"))];
    let server = Server::start(answers).await;
    let provider = server.provider(json!({"retries": 0}));
    for _ in 0..2 {
        assert_eq!(ask(&provider).await.unwrap().content.as_deref(), Some("a"));
    }
    assert_eq!(server.count(), 4, "the second call knows");
    let sent: Vec<_> =
        (0..4).map(|n| (server.body(n)["stream"] == true, server.body(n)["stream_options"].is_object())).collect();
    assert_eq!(sent, [(true, true), (true, false), (false, false), (false, false)]);
}

#[tokio::test]
async fn a_blocked_prompt_is_an_answer() {
    let body = json!({"error": {"message": "The prompt was filtered", "code": "content_filter", "status": 400}});
    let completion = ask_once(Answer::with_status("400 B", "", &body.to_string())).await.unwrap();
    assert_eq!(completion.finish_reason.as_deref(), Some("content_filter"));
    assert_eq!(completion.refusal.as_deref(), Some("The prompt was filtered"));
}
