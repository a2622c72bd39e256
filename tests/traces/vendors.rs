//! Libraries that put the conventions' messages in places of their own.

use eval_gate::trace::Event;
use serde_json::json;

use super::{ASK, answer, call, happened, only, said};

#[test]
fn vendors_put_messages_into_span_events() {
    let attributes = json!({"gen_ai.operation.name": "chat", "gen_ai.system": "x", "gen_ai.request.model": "m"});
    let with = |events: Vec<Event>| {
        let mut span = call(attributes.clone());
        span.events = events;
        let case = only(span);
        (said(&case), case.output.and_then(|output| output.content))
    };
    let want = (vec!["system: s".to_owned(), "user: q".to_owned()], Some("a".to_owned()));
    let azure = vec![
        happened(
            "gen_ai.system.message",
            json!({"gen_ai.event.content": "{\"role\": \"system\", \"content\": \"s\"}"}),
        ),
        happened("gen_ai.user.message", json!({"gen_ai.event.content": "{\"role\": \"user\", \"content\": \"q\"}"})),
        happened(
            "gen_ai.choice",
            json!({"gen_ai.event.content": "{\"message\": {\"content\": \"a\"}, \"finish_reason\": \"stop\", \"index\": 0}"}),
        ),
    ];
    assert_eq!(with(azure), want);
    let strands = vec![
        happened("gen_ai.system.message", json!({"content": "[{\"text\": \"s\"}]"})),
        happened("gen_ai.user.message", json!({"content": "[{\"text\": \"q\"}]"})),
        happened("gen_ai.choice", json!({"finish_reason": "end_turn", "message": "[{\"text\": \"a\"}]"})),
    ];
    assert_eq!(with(strands), want);
    let older = vec![
        happened(
            "gen_ai.content.prompt",
            json!({"gen_ai.prompt": "[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"q\"}]"}),
        ),
        happened(
            "gen_ai.content.completion",
            json!({"gen_ai.completion": "[{\"role\": \"assistant\", \"content\": \"a\"}]"}),
        ),
    ];
    assert_eq!(with(older), want);
}

#[test]
fn vendors_put_messages_into_other_attributes() {
    let pydantic = json!({
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "events": "[{\"content\": \"s\", \"role\": \"system\", \"event.name\": \"gen_ai.system.message\"}, {\"content\": \"q\", \"role\": \"user\", \"event.name\": \"gen_ai.user.message\"}, {\"index\": 0, \"message\": {\"role\": \"assistant\", \"content\": \"a\"}, \"event.name\": \"gen_ai.choice\"}]",
    });
    let pydantic_2 = json!({
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "gen_ai.system_instructions": "[{\"type\": \"text\", \"content\": \"s\"}]",
        "gen_ai.input.messages": ASK,
        "gen_ai.output.messages": "[{\"role\": \"assistant\", \"parts\": [{\"type\": \"text\", \"content\": \"a\"}]}]",
    });
    let logfire = json!({
        "gen_ai.request.model": "m", "gen_ai.system": "openai",
        "request_data": "{\"model\": \"m\", \"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"q\"}]}",
        "response_data": "{\"message\": {\"role\": \"assistant\", \"content\": \"a\"}}",
    });
    let vercel = json!({
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m", "gen_ai.request.temperature": 0.2,
        "ai.prompt.messages": "[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"q\"}]}]",
        "ai.prompt.tools": ["{\"type\": \"function\", \"name\": \"f\", \"inputSchema\": {}}"],
        "ai.response.text": "a", "ai.response.finishReason": "stop",
    });
    for attributes in [pydantic, pydantic_2, logfire, vercel] {
        let case = only(call(attributes.clone()));
        assert_eq!(said(&case), ["system: s", "user: q"], "{attributes}");
        assert_eq!(case.output.and_then(|output| output.content).as_deref(), Some("a"), "{attributes}");
        assert_eq!(case.request.model.as_deref(), Some("m"), "{attributes}");
    }
}

#[test]
fn vercel_tool_calls_and_results() {
    let case = only(call(json!({
        "ai.operationId": "ai.streamText.doStream", "ai.model.id": "m", "ai.response.msToFirstChunk": 120.5,
        "ai.prompt.messages": "[{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": [{\"type\": \"tool-call\", \"toolCallId\": \"c1\", \"toolName\": \"f\", \"input\": {\"a\": 1}}]}, {\"role\": \"tool\", \"content\": [{\"type\": \"tool-result\", \"toolCallId\": \"c1\", \"toolName\": \"f\", \"output\": {\"type\": \"text\", \"value\": \"18\"}}]}]",
        "ai.response.toolCalls": "[{\"toolCallId\": \"c2\", \"toolName\": \"f\", \"input\": \"{}\"}]",
        "ai.response.finishReason": "tool-calls", "ai.usage.promptTokens": 3, "ai.usage.completionTokens": 4,
    })));
    assert_eq!(said(&case)[1..], [r#"assistant: null {"name":"f","arguments":"{\"a\":1}"}"#, "tool: 18 for c1"]);
    assert_eq!(answer(&case), (None, Some("tool_calls"), 1));
    assert_eq!(case.tool_results[0].content, "18");
    assert_eq!(case.recorded.and_then(|recorded| recorded.ttft_ms), Some(120.5));
}

#[test]
fn langsmith_with_a_langchain_dump() {
    let case = only(call(json!({
        "langsmith.span.kind": "llm", "gen_ai.operation.name": "chat", "langsmith.metadata.ls_model_name": "m",
        "langsmith.metadata.ls_temperature": 0.2, "langsmith.metadata.ls_invocation_params": "{\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]}",
        "gen_ai.prompt": "{\"messages\": [[{\"lc\": 1, \"type\": \"constructor\", \"id\": [\"langchain\", \"schema\", \"messages\", \"HumanMessage\"], \"kwargs\": {\"content\": \"q\", \"type\": \"human\"}}]]}",
        "gen_ai.completion": "{\"generations\": [[{\"text\": \"a\", \"generation_info\": {\"finish_reason\": \"stop\"}, \"message\": {\"lc\": 1, \"id\": [\"AIMessage\"], \"kwargs\": {\"content\": \"a\", \"type\": \"ai\"}}}]]}",
    })));
    assert_eq!((said(&case), answer(&case)), (vec!["user: q".to_owned()], (Some("a"), Some("stop"), 0)));
    assert_eq!((case.request.model.as_deref(), case.tools.len()), (Some("m"), 1));
    assert_eq!(case.request.parameters["temperature"], 0.2);
}
