//! One line of `cases.jsonl`: what must hold of it before it may be replayed.

use serde_json::Value;

use super::{Case, Message, WEIGHTS};

/// The roles of the chat API.
const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

/// Reads a line, or says what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Case, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("byte {} is not UTF-8: save the file as UTF-8", error.valid_up_to() + 1))?;
    let case = deserialize(text)?;
    check(&case)?;
    Ok(case)
}

fn deserialize(text: &str) -> Result<Case, String> {
    if text.starts_with('[') {
        // Serde would take an array's items for the fields of the case.
        return Err("an array: a case is a JSON object with `messages`".into());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let case: Case = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let what = without_line(&error);
        match (error.classify(), path.as_str()) {
            (serde_json::error::Category::Data, ".") => format!("{what}: a case is a JSON object with `messages`"),
            (serde_json::error::Category::Data, path) => format!("`{path}`: {what}"),
            _ => format!("not JSON: {what}: a case is one JSON object on one line"),
        }
    })?;
    reader.end().map_err(|error| format!("text after the case: {}: write one case a line", without_line(&error)))?;
    Ok(case)
}

/// `serde_json` counts lines within the text that it was given, which here is always one.
fn without_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ").replace(" at line 0 column 0", "")
}

fn check(case: &Case) -> Result<(), String> {
    if case.messages.is_empty() {
        return Err("`messages` is empty: a case needs at least one message to send".into());
    }
    for (index, message) in case.messages.iter().enumerate() {
        check_message(message).map_err(|what| format!("`messages[{index}]`: {what}"))?;
    }
    match case.weight {
        Some(weight) if !WEIGHTS.contains(&weight) => {
            Err(format!("`weight` is {weight}: it must be a number above 0, from a millionth to a million"))
        }
        _ => Ok(()),
    }
}

fn check_message(message: &Message) -> Result<(), String> {
    if !ROLES.contains(&message.role.as_str()) {
        return Err(format!("role `{}` is unknown: use one of {}", message.role, ROLES.join(", ")));
    }
    match &message.content {
        Value::String(_) => Ok(()),
        Value::Array(parts) if parts.iter().all(Value::is_object) => Ok(()),
        Value::Null if message.role == "assistant" => Ok(()),
        Value::Null => Err(format!("a {} message needs `content`", message.role)),
        _ => Err("`content` must be text or an array of content parts".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_lines() {
        for line in [
            r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"weight":0.5}"#,
            r#"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","content":"x","tool_call_id":"1"}]} "#,
        ] {
            parse(line.as_bytes()).unwrap();
        }
    }

    #[test]
    fn bad_lines_say_what_to_do() {
        for (line, wanted) in [
            (&b"hello"[..], "not JSON: expected value at column 1: a case is one JSON object on one line"),
            (br#"{"messages": [{"role": "user""#, "not JSON: EOF while parsing"),
            (b"[1]", "a case is a JSON object with `messages`"),
            (b"{}", "missing field `messages`"),
            (br#"{"messages": []}"#, "`messages` is empty"),
            (br#"{"messages": "hi"}"#, "`messages`: invalid type: string \"hi\", expected a sequence"),
            (br#"{"messages": [{"content": "hi"}]}"#, "`messages[0]`: missing field `role`"),
            (br#"{"messages": [{"role": "User", "content": "hi"}]}"#, "role `User` is unknown: use one of system"),
            (br#"{"messages": [{"role": "user"}]}"#, "`messages[0]`: a user message needs `content`"),
            (br#"{"messages": [{"role": "user", "content": 5}]}"#, "must be text or an array"),
            (br#"{"mesages": []}"#, "unknown field `mesages`, expected one of"),
            (br#"{"messages":[{"role":"user","content":"a"}],"documents":[{"text":"x"}]}"#, "unknown field `text`"),
            (br#"{"messages":[{"role":"user","content":"a"}],"weight":0}"#, "`weight` is 0"),
            (br#"{"messages":[{"role":"user","content":"a"}]} {}"#, "write one case a line"),
            (b"{\"messages\":[{\"role\":\"user\",\"content\":\"a\xff\"}]}", "byte 41 is not UTF-8"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(wanted), "{error}\nlacks {wanted}");
        }
    }
}
