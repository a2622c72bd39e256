//! A prompt's version as Phoenix keeps it, brought into the terms of the chat API.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{PromptName, SourceError, StoredPrompt, template};
use super::store::Store;

/// A version.
#[derive(Debug, Deserialize)]
struct Version {
    id: String,
    #[serde(default)]
    model_name: Option<String>,
    template: Template,
    #[serde(default)]
    template_format: String,
    #[serde(default)]
    invocation_parameters: Map<String, Value>,
    #[serde(default)]
    tools: Option<Value>,
    #[serde(default)]
    response_format: Option<Value>,
}

/// Messages, or one text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type")]
enum Template {
    Chat { messages: Vec<Message> },
    String { template: String },
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    content: Value,
}

/// Asks for the version with a tag, or for the latest.
pub(super) async fn read(store: &Store, name: &PromptName) -> Result<StoredPrompt, SourceError> {
    let mut path = vec!["v1", "prompts", &name.name];
    match &name.tag {
        Some(tag) => path.extend(["tags", tag]),
        None => path.push("latest"),
    }
    let mut answer = match store.http.get(&path, &[]).await {
        Ok(answer) => answer,
        Err(fault) if matches!(fault.status(), Some(400 | 404 | 422)) => {
            return Err(store.error(format!("there is no prompt {name}: {fault}")));
        }
        Err(fault) => return Err(store.explain(&fault).await),
    };
    let version = answer.get_mut("data").map(Value::take).unwrap_or_default();
    convert(name, version).map_err(|problem| store.error(format!("the prompt {name}: {problem}")))
}

fn convert(name: &PromptName, version: Value) -> Result<StoredPrompt, String> {
    let version: Version = serde_json::from_value(version).map_err(|error| format!("of an unknown shape: {error}"))?;
    let written = match version.template {
        Template::Chat { messages } => messages,
        // Phoenix sends it as what the user says.
        Template::String { template } => vec![Message { role: "user".to_owned(), content: template.into() }],
    };
    let messages = written.iter().map(|message| convert_message(message, &version.template_format));
    let mut parameters = parameters(&version.invocation_parameters);
    parameters.extend(
        version.response_format.filter(|format| !format.is_null()).map(|format| ("response_format".to_owned(), format)),
    );
    Ok(StoredPrompt {
        title: format!("{name} (version {})", version.id),
        model: version.model_name.filter(|model| !model.is_empty()),
        parameters,
        messages: messages.collect::<Result<_, String>>()?,
        has_tools: version
            .tools
            .is_some_and(|tools| tools.get("tools").is_some_and(|list| list != &Value::Array(vec![]))),
    })
}

fn convert_message(message: &Message, format: &str) -> Result<(String, String), String> {
    let role = match message.role.as_str() {
        "ai" | "model" => "assistant",
        role => role,
    };
    let text = match &message.content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            texts.ok_or("a message holds tool calls or results, which cannot be asked anew")?.join("\n")
        }
        _ => return Err("a message has no text".to_owned()),
    };
    Ok((role.to_owned(), template::to_jinja(&text, format)?))
}

/// The parameters stand below the provider's name.
fn parameters(written: &Map<String, Value>) -> Map<String, Value> {
    let provider = written.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut parameters = match written.get(provider) {
        Some(Value::Object(parameters)) => parameters.clone(),
        _ => Map::new(),
    };
    if let Some(Value::Object(extra)) = parameters.shift_remove("extra_body") {
        parameters.extend(extra);
    }
    parameters.retain(|_, value| !value.is_null());
    parameters
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converted(version: Value) -> Result<StoredPrompt, String> {
        convert(&PromptName::parse("phoenix:support@production").unwrap().unwrap(), version)
    }

    #[test]
    fn a_version_is_model_parameters_and_messages() {
        let version = json!({
            "id": "UHJvbXB0VmVyc2lvbjox", "description": "v", "model_provider": "OPENAI", "model_name": "gpt-4o-mini",
            "template": {"type": "chat", "messages": [
                {"role": "system", "content": "You are a support agent for {{shop}}."},
                {"role": "user", "content": [{"type": "text", "text": "{{question}}"}, {"type": "text", "text": "Please."}]},
                {"role": "ai", "content": "{}"},
            ]},
            "template_type": "CHAT", "template_format": "MUSTACHE",
            "invocation_parameters": {"type": "openai", "openai": {"temperature": 0.2, "seed": null, "extra_body": {"top_k": 5}}},
            "tools": {"type": "tools", "tools": [{"type": "function"}]},
            "response_format": {"type": "json_schema", "json_schema": {"name": "a"}},
        });
        let prompt = converted(version).unwrap();
        assert_eq!(prompt.title, "phoenix:support@production (version UHJvbXB0VmVyc2lvbjox)");
        assert_eq!((prompt.model.as_deref(), prompt.has_tools), (Some("gpt-4o-mini"), true));
        let format = json!({"type": "json_schema", "json_schema": {"name": "a"}});
        assert_eq!(Value::from(prompt.parameters), json!({"temperature": 0.2, "top_k": 5, "response_format": format}));
        let messages = [
            ("system", "You are a support agent for {{ shop }}."),
            ("user", "{{ question }}\nPlease."),
            ("assistant", "{{ '{' }}}"),
        ];
        assert_eq!(prompt.messages, messages.map(|(role, text)| (role.to_owned(), text.to_owned())));
    }

    #[test]
    fn one_text_is_what_the_user_says_and_odd_shapes_are_told() {
        let of = |template: Value| converted(json!({"id": "1", "template": template, "template_format": "NONE"}));
        let prompt = of(json!({"type": "string", "template": "Be brief."})).unwrap();
        assert_eq!(prompt.messages, [("user".to_owned(), "Be brief.".to_owned())]);
        assert_eq!((prompt.model, prompt.has_tools), (None, false));
        let call = json!({"type": "chat", "messages": [{"role": "ai", "content": [{"type": "tool_call"}]}]});
        assert!(of(call).unwrap_err().contains("tool calls or results"));
        assert!(converted(json!({"id": "1"})).unwrap_err().contains("missing field `template`"));
    }
}
