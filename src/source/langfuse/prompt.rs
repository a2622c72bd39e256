//! A prompt's version as Langfuse keeps it, brought into the terms of the chat API.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{PromptName, SourceError, StoredPrompt, template};
use super::store::Store;

/// The label that Langfuse's own client takes where none is named.
const USUAL: &str = "production";
/// What of a prompt's `config`, which may hold anything, is the chat API's.
const PARAMETERS: [&str; 14] = [
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "reasoning_effort",
    "verbosity",
    "response_format",
    "service_tier",
];

/// A version.
#[derive(Debug, Deserialize)]
struct Version {
    #[serde(rename = "version")]
    number: u64,
    #[serde(default)]
    config: Value,
    #[serde(flatten)]
    body: Body,
}

/// One text, or messages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type", content = "prompt")]
enum Body {
    Text(String),
    Chat(Vec<Entry>),
}

/// A message, or a place for several that come from elsewhere.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

/// Asks for the version that the name tells.
pub(super) async fn read(store: &Store, name: &PromptName) -> Result<StoredPrompt, SourceError> {
    let version = match &name.tag {
        Some(number) if number.chars().all(|c| c.is_ascii_digit()) => ("version", number.clone()),
        label => ("label", label.clone().unwrap_or_else(|| USUAL.to_owned())),
    };
    let asked = store.http.get(&["api", "public", "v2", "prompts", &name.name], std::slice::from_ref(&version)).await;
    let answer = match asked {
        Ok(answer) => answer,
        Err(fault) if matches!(fault.status(), Some(400 | 404)) => {
            let (kind, value) = version;
            return Err(store.error(format!("there is no prompt {name} ({kind} {value}): {fault}")));
        }
        Err(fault) => return Err(store.explain(&fault)),
    };
    convert(name, answer).map_err(|problem| store.error(format!("the prompt {name}: {problem}")))
}

fn convert(name: &PromptName, answer: Value) -> Result<StoredPrompt, String> {
    let Version { number, config, body } =
        serde_json::from_value(answer).map_err(|error| format!("of an unknown shape: {error}"))?;
    let messages = match body {
        // As any text file is.
        Body::Text(text) => vec![("system".to_owned(), text)],
        Body::Chat(entries) => messages(entries)?,
    };
    let template = |(role, text): (String, String)| Ok((role, template::to_jinja(&text, "MUSTACHE")?));
    let written: Map<String, Value> = config.as_object().cloned().unwrap_or_default();
    let model = written.get("model").and_then(Value::as_str).filter(|model| !model.is_empty());
    Ok(StoredPrompt {
        title: format!("{name} (version {number})"),
        model: model.map(str::to_owned),
        has_tools: written.get("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty()),
        messages: messages.into_iter().map(template).collect::<Result<_, String>>()?,
        parameters: written
            .into_iter()
            .filter(|(name, value)| PARAMETERS.contains(&name.as_str()) && !value.is_null())
            .collect(),
    })
}

/// The messages. A placeholder after a system prompt stands for the conversation, which a case keeps by itself.
fn messages(entries: Vec<Entry>) -> Result<Vec<(String, String)>, String> {
    let mut messages: Vec<(String, String)> = Vec::new();
    let mut placeholder = None;
    for entry in entries {
        if entry.kind.as_deref() == Some("placeholder") || entry.role.is_none() {
            let name = entry.name.unwrap_or_default();
            let is_conversation = messages.iter().all(|(role, _)| role == "system" || role == "developer");
            if !is_conversation || messages.is_empty() || placeholder.is_some() {
                return Err(misplaced(&name));
            }
            placeholder = Some(name);
            continue;
        }
        if let Some(name) = &placeholder {
            return Err(misplaced(name));
        }
        let content = entry.content.ok_or("a message has no text")?;
        messages.push((entry.role.unwrap_or_default(), content));
    }
    Ok(messages)
}

fn misplaced(name: &str) -> String {
    format!(
        "the placeholder `{name}` cannot be filled from a case: only one at the end, after system messages alone, stands for the case's conversation"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converted(answer: Value) -> Result<StoredPrompt, String> {
        convert(&PromptName::parse("langfuse:team/support@staging").unwrap().unwrap(), answer)
    }

    fn chat(prompt: &Value) -> Result<StoredPrompt, String> {
        converted(json!({"name": "team/support", "version": 3, "type": "chat", "prompt": prompt, "config": {}}))
    }

    #[test]
    fn a_version_is_model_parameters_and_messages() {
        let prompt = converted(json!({
            "name": "team/support", "version": 3, "type": "chat", "labels": ["staging"], "tags": [], "config": {
                "model": "gpt-4o-mini", "temperature": 0.2, "seed": null, "languages": ["en"], "tools": [{"type": "function"}],
            },
            "prompt": [
                {"role": "system", "content": "You help {{shop}}: {}"},
                {"type": "chatmessage", "role": "user", "content": "{{ question }}"},
            ],
        }));
        let prompt = prompt.unwrap();
        assert_eq!(prompt.title, "langfuse:team/support@staging (version 3)");
        assert_eq!((prompt.model.as_deref(), prompt.has_tools), (Some("gpt-4o-mini"), true));
        assert_eq!(Value::from(prompt.parameters), json!({"temperature": 0.2}));
        let messages = [("system", "You help {{ shop }}: {{ '{' }}}"), ("user", "{{ question }}")];
        assert_eq!(prompt.messages, messages.map(|(role, text)| (role.to_owned(), text.to_owned())));
    }

    #[test]
    fn one_text_is_a_system_prompt_and_odd_shapes_are_told() {
        let prompt =
            converted(json!({"name": "a", "version": 1, "type": "text", "prompt": "Be {{how}}.", "config": null}));
        assert_eq!(prompt.unwrap().messages, [("system".to_owned(), "Be {{ how }}.".to_owned())]);
        assert!(converted(json!({"version": 1})).unwrap_err().contains("of an unknown shape"));
        assert!(chat(&json!([{"role": "user"}])).unwrap_err().contains("no text"));
        assert!(chat(&json!([{"role": "user", "content": "{{#each x}}"}])).unwrap_err().contains("no plain variable"));
    }

    #[test]
    fn a_placeholder_is_the_conversation_or_an_error() {
        let system = json!({"role": "system", "content": "s"});
        let user = json!({"role": "user", "content": "u"});
        let place = json!({"type": "placeholder", "name": "history"});
        assert_eq!(chat(&json!([system, place])).unwrap().messages, [("system".to_owned(), "s".to_owned())]);
        for list in [json!([place]), json!([system, place, user]), json!([user, place]), json!([system, place, place])]
        {
            let told = chat(&list).unwrap_err();
            assert!(told.contains("the placeholder `history` cannot be filled"), "{list}: {told}");
        }
    }
}
