//! Recorded request bodies, of whichever API.

use serde_json::{Map, Value, json};

use super::super::Refusal;
use super::{call, is_placeholder, message, parameters, pick, pick_text};
use crate::evalset::{Message, RecordedRequest};

/// What was sent to the model.
#[derive(Debug, Default, PartialEq)]
pub(in crate::trace) struct Conversation {
    pub(in crate::trace) messages: Vec<Message>,
    pub(in crate::trace) tools: Vec<Value>,
    pub(in crate::trace) request: RecordedRequest,
}

/// A recorded attribute as JSON. Text that begins like JSON and does not end like it was cut by a limit.
pub(in crate::trace) fn recorded(value: &Value) -> Result<Value, Refusal> {
    let Value::String(text) = value else {
        return Ok(value.clone());
    };
    match serde_json::from_str(text) {
        Ok(parsed) => Ok(parsed),
        Err(_) if text == "__REDACTED__" || text.trim().is_empty() => Err(Refusal::NoInput),
        Err(_) if text.trim_start().starts_with(['[', '{']) => Err(Refusal::Truncated),
        Err(_) => Err(Refusal::NotMessages),
    }
}

/// Reads a list of messages, a single message, or the body of a request.
pub(in crate::trace) fn input(value: Value) -> Result<Conversation, Refusal> {
    match value {
        Value::Null => Err(Refusal::NoInput),
        Value::Array(list) if list.is_empty() => Err(Refusal::NoInput),
        Value::Array(list) => {
            Ok(Conversation { messages: message::messages(batch(list)?)?, ..Conversation::default() })
        }
        Value::Object(map) if map.is_empty() => Err(Refusal::NoInput),
        Value::Object(map) if map.contains_key("role") => input(Value::Array(vec![Value::Object(map)])),
        Value::Object(map) => body(map),
        _ => Err(Refusal::NotMessages),
    }
}

/// `LangChain` records a batch of conversations; a call has one.
fn batch(mut list: Vec<Value>) -> Result<Vec<Value>, Refusal> {
    match list.as_mut_slice() {
        [Value::Array(only)] => Ok(std::mem::take(only)),
        [Value::Array(_), ..] => Err(Refusal::NotMessages),
        _ => Ok(list),
    }
}

fn body(mut map: Map<String, Value>) -> Result<Conversation, Refusal> {
    map.retain(|_, value| !is_placeholder(value));
    kept_by_provider(&map)?;
    let sent = turns(&mut map)?;
    let system = pick(&map, &["system", "instructions", "system_instruction", "systemInstruction"]);
    let messages = with_system(system, message::messages(sent)?)?;
    let tools = pick(&map, &["tools", "functions"]).map_or(Ok(Vec::new()), call::definitions)?;
    let model = pick_text(&map, &["model", "modelId", "model_id"]).map(str::to_owned);
    let parameters = parameters(&map);
    Ok(Conversation { messages, tools, request: RecordedRequest { model, parameters } })
}

/// Puts system instructions that were recorded apart at the head of the conversation.
pub(in crate::trace) fn with_system(
    system: Option<&Value>,
    mut messages: Vec<Message>,
) -> Result<Vec<Message>, Refusal> {
    let mut head = Vec::new();
    if let Some(system) = system.filter(|system| !matches!(system, Value::Array(list) if list.is_empty())) {
        message::message(json!({"role": "system", "content": system}), &mut head)?;
    }
    if !messages.starts_with(&head) {
        messages.splice(0..0, head);
    }
    Ok(messages)
}

/// The list of turns in the body of a chat, Responses or Gemini request.
fn turns(map: &mut Map<String, Value>) -> Result<Vec<Value>, Refusal> {
    match ["messages", "contents"].iter().find_map(|key| map.remove(*key)) {
        Some(Value::Array(list)) => return batch(list),
        Some(_) => return Err(Refusal::NotMessages),
        None => {}
    }
    let embedding = map.contains_key("encoding_format") || map.contains_key("dimensions");
    let request = !embedding && (map.contains_key("model") || map.contains_key("instructions"));
    match map.remove("input").filter(|_| request) {
        Some(Value::Array(list)) => Ok(list),
        Some(Value::String(text)) => Ok(vec![json!({"role": "user", "content": text})]),
        _ => Err(Refusal::NotMessages),
    }
}

/// The Responses API can continue from, or fill in, what only the provider has.
pub(in crate::trace) fn kept_by_provider(map: &Map<String, Value>) -> Result<(), Refusal> {
    let state = pick(map, &["previous_response_id", "conversation"]).is_some();
    let prompt = map.get("prompt").is_some_and(|prompt| prompt.get("id").is_some());
    if state || prompt { Err(Refusal::KeptByProvider) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(value: Value) -> Result<Vec<String>, Refusal> {
        Ok(input(value)?.messages.into_iter().map(|message| message.role).collect())
    }

    #[test]
    fn conversations_of_every_shape_are_read() {
        let ask = json!({"role": "user", "content": "q"});
        let shapes = [
            json!([ask]),
            ask.clone(),
            json!({"messages": [ask], "model": "m"}),
            json!({"input": "q", "model": "m"}),
            json!({"input": [ask], "model": "m"}),
            json!({"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}], "model": "m"}),
            json!({"contents": [{"role": "user", "parts": [{"text": "q"}]}]}),
            json!({"messages": [[{"lc": 1, "id": ["langchain", "HumanMessage"], "kwargs": {"content": "q"}}]]}),
            json!([{"type": "human", "data": {"content": "q"}}]),
            json!([{"role": "user", "parts": [{"type": "text", "content": "q"}]}]),
            json!([{"role": "user", "content": [{"text": "q"}]}]),
            json!([{"message": ask}]),
        ];
        let want = Message { role: "user".to_owned(), content: "q".into(), ..Message::default() };
        for shape in shapes {
            assert_eq!(input(shape.clone()).map(|read| read.messages), Ok(vec![want.clone()]), "{shape}");
        }
    }

    #[test]
    fn what_is_no_conversation_is_refused() {
        let cases = [
            (json!(null), Refusal::NoInput),
            (json!([]), Refusal::NoInput),
            (json!("plain text"), Refusal::NotMessages),
            (json!({"question": "q"}), Refusal::NotMessages),
            (json!({"input": "q"}), Refusal::NotMessages),
            (json!({"prompts": ["Human: q"]}), Refusal::NotMessages),
            (json!({"input": "q", "model": "m", "encoding_format": "base64"}), Refusal::NotMessages),
            (json!({"args": [[{"role": "user", "content": "q"}]], "kwargs": {}}), Refusal::NotMessages),
            (json!([{"role": "user"}]), Refusal::NoContent),
            (json!([{"role": "user", "content": null}]), Refusal::NoContent),
            (json!([{"role": "user", "parts": []}]), Refusal::NoContent),
            (json!([{"role": "user", "content": "__REDACTED__"}]), Refusal::NoContent),
            (json!([{"role": "wizard", "content": "q"}]), Refusal::UnknownRole("wizard".to_owned())),
            (json!({"model": "m", "input": "q", "previous_response_id": "resp_1"}), Refusal::KeptByProvider),
            (
                json!({"model": "m", "input": [{"type": "web_search_call"}]}),
                Refusal::HostedTool("web_search_call".to_owned()),
            ),
        ];
        for (given, want) in cases {
            assert_eq!(input(given.clone()).map(|read| read.messages), Err(want), "{given}");
        }
    }

    #[test]
    fn instructions_come_first_and_once() {
        assert_eq!(
            roles(json!({"model": "m", "input": "q", "instructions": "i"})),
            Ok(vec!["system".into(), "user".into()])
        );
        let twice = json!({"model": "m", "system": "i", "messages": [{"role": "system", "content": "i"}, {"role": "user", "content": "q"}]});
        assert_eq!(roles(twice), Ok(vec!["system".into(), "user".into()]));
    }

    #[test]
    fn roles_of_agents_that_tell_calls_as_text() {
        let told = |role: &str| json!({"role": role, "content": "t"});
        let read = roles(json!([told("user"), told("tool-call"), told("tool-response")]));
        assert_eq!(read, Ok(vec!["user".into(), "assistant".into(), "user".into()]));
    }

    #[test]
    fn what_was_not_given_is_not_sent() {
        let omitted = "<openai.Omit object at 0x7f00>";
        let sent =
            json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "tools": omitted, "stop": omitted});
        let read = input(sent).expect("a conversation");
        assert!(read.tools.is_empty() && read.request.parameters.is_empty());
    }

    #[test]
    fn cut_json_is_told_from_plain_text() {
        assert_eq!(recorded(&json!("[{\"role\": \"user\", \"conte")), Err(Refusal::Truncated));
        assert_eq!(recorded(&json!("Where is it?")), Err(Refusal::NotMessages));
        assert_eq!(recorded(&json!("__REDACTED__")), Err(Refusal::NoInput));
        assert_eq!(recorded(&json!("[1]")), Ok(json!([1])));
    }
}
