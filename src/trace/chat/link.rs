//! Tying tool results to their calls.

use serde_json::{Value, json};

use super::super::Refusal;
use crate::evalset::Message;

/// A call that waits for its result.
struct Pending {
    id: String,
    name: String,
}

/// Gives every call an id, and every tool message the id of its call. Some libraries record no ids; a result is then
/// tied to the one call that it can belong to, and refused where there is more than one.
pub(super) fn link(messages: &mut [Message]) -> Result<(), Refusal> {
    let mut pending: Vec<Pending> = Vec::new();
    let mut calls = 0;
    for message in messages {
        for call in &mut message.tool_calls {
            calls += 1;
            pending.push(identified(call, calls));
        }
        if message.role == "tool" {
            let id = match message.tool_call_id.take() {
                Some(id) => id,
                None => only_match(&pending, message.name.as_deref())?,
            };
            pending.retain(|call| call.id != id);
            message.tool_call_id = Some(id);
        }
    }
    Ok(())
}

/// The call's id, made from its place in the conversation where none was recorded.
fn identified(call: &mut Value, place: usize) -> Pending {
    let id = call["id"].as_str().map_or_else(|| format!("call_{place}"), str::to_owned);
    if call["id"].is_null() {
        *call = json!({"id": id, "type": call["type"], "function": call["function"]});
    }
    Pending { id, name: call["function"]["name"].as_str().unwrap_or_default().to_owned() }
}

fn only_match(pending: &[Pending], name: Option<&str>) -> Result<String, Refusal> {
    let mut fitting = pending.iter().filter(|call| name.is_none_or(|name| call.name == name));
    match (fitting.next(), fitting.next()) {
        (Some(call), None) => Ok(call.id.clone()),
        _ => Err(Refusal::UnlinkedToolResult),
    }
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::*;

    #[test]
    fn tool_results_find_their_calls() {
        let call = |name: &str| json!({"function": {"name": name, "arguments": "{}"}});
        let result = json!({"role": "tool", "content": "18"});
        let one = request::input(json!([{"role": "assistant", "tool_calls": [call("f")]}, result]));
        let messages = one.expect("one call, one result").messages;
        assert_eq!(messages[0].tool_calls[0]["id"], "call_1");
        assert_eq!(messages[1].tool_call_id.as_deref(), Some("call_1"));
        let two = request::input(json!([{"role": "assistant", "tool_calls": [call("f"), call("g")]}, result]));
        assert_eq!(two, Err(Refusal::UnlinkedToolResult));
        let anthropic = json!([
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "18"}, {"type": "text", "text": "go on"}]},
        ]);
        let packed = request::input(anthropic).expect("a result inside a user message").messages;
        let roles: Vec<&str> = packed.iter().map(|message| message.role.as_str()).collect();
        assert_eq!(roles, ["assistant", "tool", "user"]);
    }
}
