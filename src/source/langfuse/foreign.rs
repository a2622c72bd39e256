//! What other libraries than Langfuse's recorded: Langfuse took the messages out of their attributes, and kept the rest. With
//! the messages back in their place, the library's own dialect reads more of it than Langfuse's.

use serde_json::{Map, Value, json};

use super::metadata::parsed;

/// Puts input and output back where the library had them; `false` where Langfuse's own reading is as good.
pub(super) fn restore(attributes: &mut Map<String, Value>, input: Option<&Value>, output: Option<&Value>) -> bool {
    let Some(names) = places(attributes, input) else { return false };
    for (name, value) in names.into_iter().zip([input, output]) {
        if let Some(value) = value {
            attributes.entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(request) = instructed(attributes) {
        attributes.insert("input.value".to_owned(), request);
    }
    true
}

fn places(attributes: &Map<String, Value>, input: Option<&Value>) -> Option<[&'static str; 2]> {
    if attributes.contains_key("openinference.span.kind") {
        return Some(["input.value", "output.value"]);
    }
    if attributes.contains_key("traceloop.span.kind") {
        return Some(["traceloop.entity.input", "traceloop.entity.output"]);
    }
    match attributes.get("gen_ai.operation.name")?.as_str()? {
        "execute_tool" => Some(["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"]),
        // Messages of other shapes are put together by Langfuse, from attributes of other names.
        "chat" | "text_completion" | "generate_content" if !input.is_some_and(has_parts) => None,
        _ => Some(["gen_ai.input.messages", "gen_ai.output.messages"]),
    }
}

/// A request to the Responses API: `OpenInference` records its list of messages as the input, and the instructions only among the
/// messages that Langfuse takes out, and in the answer.
fn instructed(attributes: &Map<String, Value>) -> Option<Value> {
    let parsed = |name: &str| attributes.get(name).cloned().map(parsed);
    let answer = parsed("output.value")?;
    let instructions = answer.get("instructions")?.as_str()?;
    let input = parsed("input.value").filter(Value::is_array)?;
    Some(json!({"input": input, "instructions": instructions}))
}

/// Whether messages have the shape of the OpenTelemetry conventions.
fn has_parts(input: &Value) -> bool {
    match input {
        Value::String(text) => text.contains("\"parts\""),
        Value::Array(messages) => messages.iter().any(|message| message.get("parts").is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_back_to_where_their_library_has_them() {
        let restored = |attributes: Value, input: &str| {
            let mut attributes = attributes.as_object().unwrap().clone();
            let is_restored = restore(&mut attributes, Some(&input.into()), None);
            is_restored.then_some(Value::Object(attributes))
        };
        let parts = r#"[{"role": "user", "parts": [{"type": "text", "content": "q"}]}]"#;
        let chat = json!({"gen_ai.operation.name": "chat"});
        assert_eq!(restored(chat.clone(), parts).unwrap()["gen_ai.input.messages"], parts);
        assert_eq!(restored(chat, r#"[{"role": "user", "content": "q"}]"#), None);
        assert_eq!(restored(json!({"openinference.span.kind": "LLM"}), "{}").unwrap()["input.value"], "{}");
        assert_eq!(restored(json!({}), parts), None);
        let mut answered = json!({"openinference.span.kind": "LLM"}).as_object().unwrap().clone();
        let answer = json!({"instructions": "Be brief."}).to_string();
        assert!(restore(&mut answered, Some(&json!("[]")), Some(&json!(answer))));
        assert_eq!(answered["input.value"], json!({"input": [], "instructions": "Be brief."}));
        let tool = restored(json!({"gen_ai.operation.name": "execute_tool"}), "{}").unwrap();
        assert_eq!(tool["gen_ai.tool.call.arguments"], "{}");
    }
}
