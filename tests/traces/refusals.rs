//! What is refused, and what is no model call at all.

use eval_gate::trace::Harvest;
use serde_json::json;

use super::{ASK, call, harvest, latest, logged, refused};

#[test]
fn numbered_messages_that_are_not_all_there_are_refused() {
    let gap = json!({
        "llm.request.type": "chat", "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "q",
    });
    assert_eq!(refused(vec![call(gap)]), ["input cut short by a limit"]);
    let bare = json!({"llm.request.type": "chat", "gen_ai.prompt.0.role": "user"});
    assert_eq!(refused(vec![call(bare)]), ["messages recorded without content"]);
    let mut limited = call(json!({
        "openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "q",
    }));
    limited.dropped = 3;
    assert_eq!(refused(vec![limited]), ["input cut short by a limit"]);
    let by_length = json!({
        "openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "a long question, cut h", "input.value": "{\"messages\": [{\"role\"",
    });
    assert_eq!(refused(vec![call(by_length)]), ["input cut short by a limit"]);
    let cut = latest(r#"[{"role":"user","parts":[{"type":"text","con"#);
    assert_eq!(refused(vec![call(cut)]), ["input cut short by a limit"]);
}

#[test]
fn events_without_content_are_refused() {
    let mut span = call(json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}));
    span.logs = vec![
        logged("gen_ai.system.message", json!(null)),
        logged("gen_ai.user.message", json!({})),
        logged("gen_ai.choice", json!({"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}})),
    ];
    assert_eq!(refused(vec![span.clone()]), ["messages recorded without content"]);
    let hidden = json!([{"id": "c1", "type": "function", "function": {"name": "f"}}]);
    span.logs = vec![
        logged("gen_ai.user.message", json!({"content": "q"})),
        logged("gen_ai.assistant.message", json!({"tool_calls": hidden})),
    ];
    assert_eq!(refused(vec![span]), ["messages recorded without content"]);
}

#[test]
fn what_only_the_provider_knows_is_refused() {
    let continued = json!({
        "openinference.span.kind": "LLM",
        "input.value": "{\"model\": \"m\", \"input\": \"and then?\", \"previous_response_id\": \"resp_1\"}",
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "and then?",
    });
    assert_eq!(refused(vec![call(continued)]), ["conversation kept by the provider"]);
    let mut hosted = latest(ASK);
    hosted["gen_ai.tool.definitions"] = json!("[{\"type\": \"web_search\"}]");
    assert_eq!(refused(vec![call(hosted)]), ["tool run by the provider: web_search"]);
}

#[test]
fn langfuse_inputs_that_are_no_messages_are_refused() {
    let with = |input: &str| {
        refused(vec![call(json!({"langfuse.observation.type": "generation", "langfuse.observation.input": input}))])
            .join("")
    };
    assert_eq!(with("Where is it?"), "input is not a list of messages");
    assert_eq!(with("\"Where is it?\""), "input is not a list of messages");
    assert_eq!(with("{\"args\": [\"q\"], \"kwargs\": {}}"), "input is not a list of messages");
    assert_eq!(
        with("[{\"role\": \"user\", \"content\": \"<truncated due to size exceeding limit>\"}]"),
        "messages recorded without content"
    );
    let nothing = json!({"langfuse.observation.type": "generation"});
    assert_eq!(refused(vec![call(nothing)]), ["no input recorded"]);
}

#[test]
fn embeddings_agents_and_strangers_are_no_calls() {
    let strangers = [
        json!({"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m", "gen_ai.input.messages": ASK}),
        json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.input.messages": ASK}),
        json!({"openinference.span.kind": "EMBEDDING", "input.value": "q"}),
        json!({"llm.request.type": "embedding", "gen_ai.prompt.0.content": "q"}),
        json!({"ai.operationId": "ai.generateText", "ai.prompt": "{}"}),
        json!({"gen_ai.request.model": "m", "request_data": "{\"model\": \"m\", \"input\": \"q\", \"encoding_format\": \"base64\"}"}),
        json!({"logfire.span_type": "pending_span", "gen_ai.operation.name": "chat"}),
        json!({"http.method": "POST"}),
    ];
    for recorded in strangers {
        assert_eq!(harvest(vec![call(recorded.clone())]), Harvest::default(), "{recorded}");
    }
}
