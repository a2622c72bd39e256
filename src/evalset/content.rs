//! What a case says of itself: its content id, its text, its cluster.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Case, Message};

/// A redaction's pseudonym, `<EMAIL_7>`. Its number depends on what else was redacted in the same run.
static PSEUDONYM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("<([A-Z]+)_[0-9]+>").expect("the pattern is a constant that the tests compile"));

/// What is replayed, and nothing else: how production answered, or when, does not make another case of it.
#[derive(Serialize)]
struct Content<'a> {
    messages: &'a [Message],
    variables: &'a Map<String, Value>,
    documents: &'a [super::Document],
    tools: &'a [Value],
}

impl Case {
    /// `c_` and 16 hex digits of the SHA-256 over what is replayed: messages, variables, documents and tools, as JSON
    /// with sorted keys. The numbers of pseudonyms are left out of it, so that `<EMAIL_1>` and `<EMAIL_9>` are the same
    /// content: a case keeps its id when other cases are redacted before it.
    #[expect(clippy::missing_panics_doc, reason = "it cannot")]
    pub fn content_id(&self) -> String {
        let content = Content {
            messages: &self.messages,
            variables: &self.variables,
            documents: &self.documents,
            tools: &self.tools,
        };
        let value = serde_json::to_value(content).expect("maps with string keys and finite numbers are JSON");
        let mut canonical = String::new();
        write_canonical(&value, &mut canonical);
        let digest = Sha256::digest(PSEUDONYM.replace_all(&canonical, "<$1>").as_bytes());
        format!("c_{:016x}", u64::from_be_bytes(std::array::from_fn(|index| digest[index])))
    }

    /// The unit of independence: the cluster, or the case itself where it has none.
    pub fn cluster_key(&self) -> &str {
        self.cluster.as_deref().unwrap_or(&self.id)
    }

    /// How many cases of the population this one stands for, relative to the others.
    pub fn weight(&self) -> f64 {
        self.weight.unwrap_or(1.0)
    }

    /// All that the user said, message by message.
    pub fn user_text(&self) -> String {
        let of_user = self.messages.iter().filter(|message| message.role == "user");
        of_user.map(Message::text).collect::<Vec<_>>().join("\n")
    }

    /// The text of the last user message, if there is one.
    pub fn last_user_text(&self) -> Option<Cow<'_, str>> {
        self.messages.iter().rev().find(|message| message.role == "user").map(Message::text)
    }
}

impl Message {
    /// The message's text: the content itself, or its text parts joined by line breaks; empty beside tool calls.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.content {
            Value::String(text) => Cow::Borrowed(text),
            Value::Array(parts) => {
                let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
                Cow::Owned(texts.join("\n"))
            }
            _ => Cow::Borrowed(""),
        }
    }
}

/// Gives every case without an id its content id, in order. Where that is taken (the same input was recorded twice),
/// `-2`, `-3`, … follow.
pub fn assign_ids(cases: &mut [Case]) {
    let mut taken: HashSet<String> = cases.iter().filter(|case| !case.id.is_empty()).map(|c| c.id.clone()).collect();
    for case in cases.iter_mut().filter(|case| case.id.is_empty()) {
        let id = case.content_id();
        case.id = if taken.contains(&id) { free_id(&id, &taken) } else { id };
        taken.insert(case.id.clone());
    }
}

fn free_id(id: &str, taken: &HashSet<String>) -> String {
    let mut number = 2;
    loop {
        let numbered = format!("{id}-{number}");
        if !taken.contains(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

/// JSON without spaces and with sorted keys, so that equal values have equal text.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            write_list(entries, ['{', '}'], out, |(key, value), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            });
        }
        Value::Array(items) => write_list(items, ['[', ']'], out, write_canonical),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    [open, close]: [char; 2],
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(value: Value) -> Case {
        serde_json::from_value(value).unwrap()
    }

    fn ask(text: &str) -> Case {
        case(json!({"messages": [{"role": "user", "content": text}]}))
    }

    #[test]
    fn content_id_is_over_what_is_replayed_only() {
        let plain = ask("Where is my refund?");
        let same = case(json!({
            "id": "mine", "cluster": "s_1", "weight": 2.0, "metadata": {"tier": "pro"}, "output": {"content": "Here."},
            "messages": [{"content": "Where is my refund?", "role": "user"}], "trace": {"id": "aa"},
        }));
        assert_eq!(plain.content_id(), same.content_id());
        assert_eq!(plain.content_id(), "c_87f899ac5bb34567");
        assert_ne!(plain.content_id(), ask("Where is my refund").content_id());
        let document = case(json!({"messages": same.messages, "documents": [{"content": "Refunds take 5 days."}]}));
        assert_ne!(plain.content_id(), document.content_id());
    }

    #[test]
    fn content_id_does_not_hang_on_key_order_or_pseudonym_numbers() {
        let pair = |a: &str, b: &str| {
            let variables: Value = serde_json::from_str(&format!("{{{a}, {b}}}")).unwrap();
            case(json!({"messages": [], "variables": variables})).content_id()
        };
        assert_eq!(pair(r#""x": 1"#, r#""y": [2]"#), pair(r#""y": [2]"#, r#""x": 1"#));
        assert_eq!(ask("I am <EMAIL_1>").content_id(), ask("I am <EMAIL_12>").content_id());
        assert_ne!(ask("I am <EMAIL_1>").content_id(), ask("I am <PHONE_1>").content_id());
    }

    #[test]
    fn the_same_content_twice_gets_two_ids() {
        let mut cases = vec![ask("hi"), ask("hi"), ask("bye"), ask("hi")];
        let id = cases[0].content_id();
        cases[3].id = format!("{id}-2");
        assign_ids(&mut cases);
        let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        let (third, taken) = (format!("{id}-3"), format!("{id}-2"));
        assert_eq!(ids, [id.as_str(), &third, &ask("bye").content_id(), &taken]);
    }

    #[test]
    fn text_of_the_last_user_message() {
        let case = case(json!({"messages": [
            {"role": "user", "content": "first"},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": null, "tool_calls": [{}]},
        ]}));
        assert_eq!(case.last_user_text().as_deref(), Some("a\nb"));
        assert_eq!(case.messages[2].text(), "");
        assert_eq!(Case::default().last_user_text(), None);
    }

    #[test]
    fn a_case_without_cluster_stands_for_itself() {
        let mut case = ask("hi");
        case.id = "c_1".into();
        assert_eq!((case.cluster_key(), case.weight().to_string().as_str()), ("c_1", "1"));
        case.cluster = Some("s_1".into());
        assert_eq!(case.cluster_key(), "s_1");
    }
}
