//! Cases without secrets and people: what a [`Redactor`] does to texts, done to every part of a case.

use serde_json::Value;

use crate::evalset::{Case, Document, Message, Output, assign_ids};
use crate::redact::{IdKey, Redactor};

/// Makes cases fit to be written down: hashes session and user ids, redacts everything else, and gives an id to those
/// without one, by the content that is left.
pub fn anonymise(cases: &mut [Case], redactor: &mut Redactor, key: &IdKey) {
    for case in &mut *cases {
        hash_ids(case, key);
    }
    redact(cases, redactor);
    assign_ids(cases);
}

/// Redacts cases in their order. Pseudonyms that any of them brings along from an earlier run stay, and are not given to
/// new values.
pub fn redact(cases: &mut [Case], redactor: &mut Redactor) {
    for case in &*cases {
        // A case's JSON holds every text of it.
        if let Ok(value) = serde_json::to_value(case) {
            redactor.reserve_json(&value);
        }
    }
    for case in cases {
        redact_case(case, redactor);
    }
}

/// Redacts one case. Left alone are its own id and cluster, the model's name, and the ids of its trace: those are the trace
/// store's and speak of nobody.
pub fn redact_case(case: &mut Case, redactor: &mut Redactor) {
    // In the order in which a reader meets them, so that the first pseudonyms are those of the conversation.
    for message in &mut case.messages {
        redact_message(message, redactor);
    }
    redactor.map(&mut case.variables);
    for document in &mut case.documents {
        redact_document(document, redactor);
    }
    for tool in &mut case.tools {
        redactor.json(tool);
    }
    for result in &mut case.tool_results {
        redactor.replace(&mut result.name);
        redactor.json(&mut result.arguments);
        redactor.replace(&mut result.content);
    }
    redactor.map(&mut case.request.parameters);
    if let Some(output) = &mut case.output {
        redact_output(output, redactor);
    }
    redactor.map(&mut case.metadata);
    if let Some(recorded) = &mut case.recorded {
        recorded.error.iter_mut().for_each(|error| redactor.replace(error));
        let scores = std::mem::take(&mut recorded.scores);
        recorded.scores = scores.into_iter().map(|(name, score)| (redactor.text(&name).into_owned(), score)).collect();
    }
    // An application may name a version after whoever made it.
    if let Some(version) = case.trace.as_mut().and_then(|trace| trace.prompt_version.as_mut()) {
        redactor.replace(version);
    }
}

fn redact_message(message: &mut Message, redactor: &mut Redactor) {
    redactor.json(&mut message.content);
    for call in &mut message.tool_calls {
        redactor.json(call);
    }
    // The id is changed in the same way in the call that the message answers.
    for text in message.tool_call_id.iter_mut().chain(&mut message.name) {
        redactor.replace(text);
    }
}

fn redact_document(document: &mut Document, redactor: &mut Redactor) {
    for text in document.id.iter_mut().chain([&mut document.content]) {
        redactor.replace(text);
    }
    redactor.map(&mut document.metadata);
}

fn redact_output(output: &mut Output, redactor: &mut Redactor) {
    for text in output.content.iter_mut().chain(&mut output.refusal).chain(&mut output.finish_reason) {
        redactor.replace(text);
    }
    for call in &mut output.tool_calls {
        redactor.json(call);
    }
}

/// `s_` and the keyed hash of a session's id in place of the id, and the like for what names a session or a user in the
/// metadata and in the parameters of the request. What is hashed already stays.
pub fn hash_ids(case: &mut Case, key: &IdKey) {
    if let Some(cluster) = case.cluster.as_mut().filter(|cluster| !is_hashed(cluster)) {
        *cluster = format!("s_{}", key.hash(cluster));
    }
    for (name, value) in case.metadata.iter_mut().chain(&mut case.request.parameters) {
        hash_field(name, value, key);
    }
}

fn hash_field(name: &str, value: &mut Value, key: &IdKey) {
    let Some(prefix) = prefix_of(name) else { return };
    let id = match &*value {
        Value::String(id) if !id.is_empty() && !is_hashed(id) => id.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    *value = Value::from(format!("{prefix}{}", key.hash(&id)));
}

/// The prefix of the hash, if a field of that name holds a session's or a user's id. Exporters write these names in every
/// style: `session.id`, `userId`, `thread_id`.
fn prefix_of(name: &str) -> Option<&'static str> {
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let is = |ends: &[&str]| ends.iter().any(|end| bare.ends_with(end));
    match bare.as_str() {
        "user" | "safetyidentifier" => Some("u_"),
        _ if is(&["userid", "useruuid", "username", "customerid", "enduserid", "enduser"]) => Some("u_"),
        _ if is(&["sessionid", "threadid", "conversationid", "chatid"]) => Some("s_"),
        _ => None,
    }
}

/// Whether a text is what [`hash_ids`] writes.
fn is_hashed(text: &str) -> bool {
    let digits = text.strip_prefix("s_").or_else(|| text.strip_prefix("u_"));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redact::RedactConfig;

    fn redactor() -> Redactor {
        Redactor::new(&RedactConfig::default()).unwrap()
    }

    fn key() -> IdKey {
        IdKey::new(b"0123456789abcdef").unwrap()
    }

    fn case(value: Value) -> Case {
        serde_json::from_value(value).unwrap()
    }

    /// An address in every place that can hold text.
    fn full() -> Case {
        let who = "ana@example.com";
        let call = json!({"id": "call_1", "function": {"name": "send", "arguments": format!("{{\"to\":\"{who}\"}}")}});
        case(json!({
            "cluster": who, "metadata": {"note": who, "user_id": who, "session.id": 7},
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": who}], "name": who},
                {"role": "assistant", "content": null, "tool_calls": [call]},
                {"role": "tool", "content": who, "tool_call_id": who},
            ],
            "variables": {"question": {"text": who}},
            "documents": [{"id": who, "content": who, "metadata": {"author": who}}],
            "tools": [{"type": "function", "function": {"name": "send", "description": who}}],
            "tool_results": [{"name": who, "arguments": {"to": who}, "content": who}],
            "request": {"model": "small", "parameters": {"user": who, "stop": [who]}},
            "output": {"content": who, "tool_calls": [call], "refusal": who, "finish_reason": who},
            "recorded": {"status": "error", "error": who, "scores": {who: 1.0}},
            "trace": {"id": "1", "prompt_version": who},
        }))
    }

    #[test]
    fn no_part_of_a_case_is_forgotten() {
        let mut cases = [full()];
        anonymise(&mut cases, &mut redactor(), &key());
        let text = serde_json::to_string(&cases).unwrap();
        assert!(!text.contains("example"), "{text}");
        assert_eq!(text.matches("<EMAIL_1>").count(), 22, "{text}");
        assert!(!text.contains("<EMAIL_2>"), "{text}");
        assert_eq!(cases[0].id, cases[0].content_id());
    }

    #[test]
    fn ids_leave_as_keyed_hashes() {
        let mut case = full();
        hash_ids(&mut case, &key());
        let hash = key().hash("ana@example.com");
        assert_eq!(case.cluster, Some(format!("s_{hash}")));
        assert_eq!(case.metadata["user_id"], format!("u_{hash}"));
        assert_eq!(case.metadata["session.id"], format!("s_{}", key().hash("7")));
        assert_eq!(case.request.parameters["user"], format!("u_{hash}"));
        assert_eq!(case.metadata["note"], "ana@example.com");
        let once = case.clone();
        hash_ids(&mut case, &key());
        assert_eq!(case, once);
    }

    #[test]
    fn names_of_ids() {
        for (name, wanted) in [
            ("session.id", Some("s_")),
            ("langfuse.threadId", Some("s_")),
            ("user_id", Some("u_")),
            ("user", Some("u_")),
            ("user_tier", None),
            ("intent", None),
        ] {
            assert_eq!(prefix_of(name), wanted, "{name}");
        }
    }

    #[test]
    fn pseudonyms_of_an_earlier_run_are_not_given_away() {
        let ask = |text: &str| case(json!({"messages": [{"role": "user", "content": text}]}));
        let mut cases = [ask("I am ana@example.com"), ask("I am <EMAIL_1>")];
        redact(&mut cases, &mut redactor());
        assert_eq!(cases[0].messages[0].content, "I am <EMAIL_2>");
        assert_eq!(cases[1].messages[0].content, "I am <EMAIL_1>");
        let once = cases.clone();
        redact(&mut cases, &mut redactor());
        assert_eq!(cases, once);
    }

    #[test]
    fn a_case_has_the_same_id_whatever_was_redacted_before_it() {
        let ask = |text: &str| case(json!({"messages": [{"role": "user", "content": text}]}));
        let mut alone = [ask("I am ana@example.com")];
        let mut second = [ask("I am bo@example.com, hi"), ask("I am ana@example.com")];
        anonymise(&mut alone, &mut redactor(), &key());
        anonymise(&mut second, &mut redactor(), &key());
        assert_eq!(second[1].messages[0].content, "I am <EMAIL_2>");
        assert_eq!(alone[0].id, second[1].id);
    }
}
