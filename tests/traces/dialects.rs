//! Versions of the well-known dialects that no capture here speaks.

use serde_json::{Value, json};

use super::{answer, call, happened, logged, only, refused, said};

#[test]
fn openllmetry_with_numbered_messages() {
    let case = only(call(json!({
        "llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.model": "m",
        "gen_ai.request.max_tokens": 64, "gen_ai.response.model": "m-2024", "llm.headers": "None", "llm.is_streaming": false,
        "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "s",
        "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "[{\"type\": \"text\", \"text\": \"q\"}]",
        "gen_ai.prompt.2.role": "assistant", "gen_ai.prompt.2.tool_calls.0.id": "c1",
        "gen_ai.prompt.2.tool_calls.0.name": "f", "gen_ai.prompt.2.tool_calls.0.arguments": "{\"a\": 1}",
        "gen_ai.prompt.3.role": "tool", "gen_ai.prompt.3.content": "18", "gen_ai.prompt.3.tool_call_id": "c1",
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "a",
        "gen_ai.completion.0.finish_reason": "stop",
        "llm.request.functions.0.name": "f", "llm.request.functions.0.description": "d",
        "llm.request.functions.0.parameters": "{\"type\": \"object\"}",
        "gen_ai.usage.prompt_tokens": 67, "gen_ai.usage.completion_tokens": 10, "gen_ai.usage.cache_read_input_tokens": 16,
        "traceloop.prompt.version": 3, "traceloop.prompt.template_variables.shop": "Acme",
        "traceloop.association.properties.session_id": "s-1", "traceloop.association.properties.tier": "gold",
    })));
    let function = r#"{"name":"f","arguments":"{\"a\": 1}"}"#;
    let want = ["system: s", "user: q", &format!("assistant: null {function}"), "tool: 18 for c1"];
    assert_eq!(said(&case), want);
    assert_eq!(answer(&case), (Some("a"), Some("stop"), 0));
    assert_eq!(case.tools[0]["function"]["parameters"], json!({"type": "object"}));
    let usage = case.recorded.and_then(|recorded| recorded.usage).expect("usage");
    assert_eq!((usage.input, usage.output, usage.cached), (67, 10, 16));
    assert_eq!(case.request.model.as_deref(), Some("m"));
    assert_eq!(case.request.parameters, *json!({"max_tokens": 64}).as_object().expect("an object"));
    assert_eq!(case.trace.and_then(|trace| trace.prompt_version).as_deref(), Some("3"));
    assert_eq!((case.variables["shop"].as_str(), case.cluster.as_deref()), (Some("Acme"), Some("s-1")));
    assert_eq!(case.metadata["tier"], "gold");
}

#[test]
fn openllmetry_events_without_ids() {
    let mut span = call(json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}));
    span.logs = vec![
        logged("gen_ai.user.message", json!({"content": "q"})),
        logged(
            "gen_ai.assistant.message",
            json!({"content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}),
        ),
        logged("gen_ai.tool.message", json!({"content": "18"})),
        logged("gen_ai.choice", json!({"index": 0, "message": {"content": "a"}, "finish_reason": "stop"})),
    ];
    let case = only(span.clone());
    assert_eq!(said(&case)[2], "tool: 18 for c1");
    assert_eq!(answer(&case), (Some("a"), Some("stop"), 0));
    let calls = json!([{"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    span.logs[3] = logged(
        "gen_ai.choice",
        json!({"message": {"content": null}, "finish_reason": "tool_calls", "tool_calls": calls}),
    );
    assert_eq!(answer(&only(span)), (None, Some("tool_calls"), 1));
}

#[test]
fn content_on_the_event_alone() {
    let mut span = call(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}));
    let mut details = happened(
        "gen_ai.client.inference.operation.details",
        json!({
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "q"}], "name": null}],
            "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "a"}], "finish_reason": "stop"}],
            "gen_ai.request.temperature": 0.2, "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4,
        }),
    );
    details.body = Value::Null;
    span.logs = vec![details];
    let case = only(span);
    assert_eq!(said(&case), ["user: q"]);
    assert_eq!(answer(&case), (Some("a"), Some("stop"), 0));
    assert_eq!(case.request.parameters["temperature"], 0.2);
    assert_eq!(case.recorded.and_then(|recorded| recorded.usage).map(|usage| usage.output), Some(4));
}

#[test]
fn openinference_keys_win_over_their_mirror() {
    let case = only(call(json!({
        "openinference.span.kind": "LLM", "llm.model_name": "m-2024",
        "llm.invocation_parameters": "{\"model\": \"m\", \"temperature\": 0.2}",
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "q",
        "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "a",
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-2024",
        "gen_ai.input.messages": "[{\"role\": \"user\", \"parts\": [{\"type\": \"text\", \"content\": \"other\"}]}]",
    })));
    assert_eq!((said(&case), case.request.model.as_deref()), (vec!["user: q".to_owned()], Some("m")));
}

#[test]
fn openinference_falls_back_on_the_raw_request() {
    let anthropic = json!({
        "openinference.span.kind": "LLM", "llm.model_name": "claude",
        "input.value": "{\"model\": \"claude\", \"max_tokens\": 9, \"system\": \"s\", \"messages\": [{\"role\": \"user\", \"content\": \"q\"}], \"tools\": [{\"name\": \"f\", \"input_schema\": {}}]}",
        "output.value": "{\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": \"a\"}, {\"type\": \"tool_use\", \"id\": \"c\", \"name\": \"f\", \"input\": {}}], \"stop_reason\": \"tool_use\"}",
    });
    let case = only(call(anthropic));
    assert_eq!(said(&case), ["system: s", "user: q"]);
    assert_eq!(answer(&case), (Some("a"), Some("tool_calls"), 1));
    assert_eq!((case.tools.len(), case.request.parameters["max_tokens"].as_u64()), (1, Some(9)));
    let hidden =
        json!({"openinference.span.kind": "LLM", "input.value": "__REDACTED__", "output.value": "__REDACTED__"});
    assert_eq!(refused(vec![call(hidden)]), ["no input recorded"]);
    let text =
        json!({"openinference.span.kind": "LLM", "input.value": "Where is it?", "input.mime_type": "text/plain"});
    assert_eq!(refused(vec![call(text)]), ["input is not a list of messages"]);
}
