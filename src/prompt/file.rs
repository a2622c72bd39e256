//! Prompt files: GitHub Models' `.prompt.yml`, and plain text, Markdown or `.j2` as a system prompt.

use std::path::Path;

use minijinja::Environment;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MessageTemplate, Prompt, PromptError};

/// A `.prompt.yml` as GitHub Models defines it. Its test data and evaluators are for GitHub's own runner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PromptYaml {
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    model: Option<String>,
    #[serde(default)]
    model_parameters: Map<String, Value>,
    messages: Vec<MessageYaml>,
    response_format: Option<String>,
    json_schema: Option<Value>,
    #[serde(rename = "testData")]
    _test_data: Option<Value>,
    #[serde(rename = "evaluators")]
    _evaluators: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageYaml {
    role: String,
    content: String,
}

impl Prompt {
    /// Reads a prompt file; its kind follows from its name.
    pub fn read(path: &Path) -> Result<Self, PromptError> {
        let text = std::fs::read_to_string(path).map_err(|source| PromptError::Read { path: path.into(), source })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a prompt from its text; `path` tells its kind and names it in errors.
    pub fn parse(path: &str, text: &str) -> Result<Self, PromptError> {
        // git may check a file out with other line ends than it stores, which must not make two prompts of one.
        let text = &text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let extension = Path::new(path).extension().unwrap_or_default();
        let prompt = if extension == "yml" || extension == "yaml" {
            from_yaml(path, text)?
        } else {
            let system = MessageTemplate { role: "system".into(), content: text.trim_end().into() };
            Self { path: path.into(), model: None, parameters: Map::new(), messages: vec![system] }
        };
        prompt.checked()
    }

    /// The prompt, if it can be asked: it has a text, known roles and valid templates.
    pub fn checked(self) -> Result<Self, PromptError> {
        check(&self)?;
        Ok(self)
    }
}

fn invalid(path: &str, problem: impl Into<String>) -> PromptError {
    PromptError::Invalid { path: path.into(), problem: problem.into() }
}

fn from_yaml(path: &str, text: &str) -> Result<Prompt, PromptError> {
    let yaml: PromptYaml = serde_yaml::from_str(text).map_err(|error| invalid(path, error.to_string()))?;
    let mut parameters = yaml.model_parameters.into_iter().map(|(key, value)| (chat_name(&key), value)).collect();
    if let Some(format) = yaml.response_format {
        insert_format(path, &mut parameters, &format, yaml.json_schema)?;
    }
    let messages = yaml.messages.into_iter().map(|m| MessageTemplate { role: m.role, content: m.content }).collect();
    Ok(Prompt { path: path.into(), model: yaml.model, parameters, messages })
}

/// `maxTokens` is `max_tokens` in the chat API, and so on.
fn chat_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 2);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn insert_format(
    path: &str,
    parameters: &mut Map<String, Value>,
    format: &str,
    schema: Option<Value>,
) -> Result<(), PromptError> {
    let value = match (format, schema) {
        ("text", _) => json!({"type": "text"}),
        ("json_object", _) => json!({"type": "json_object"}),
        ("json_schema", Some(schema)) => json!({"type": "json_schema", "json_schema": read_schema(path, schema)?}),
        ("json_schema", None) => {
            return Err(invalid(path, "responseFormat is json_schema but there is no jsonSchema"));
        }
        _ => {
            return Err(invalid(path, format!("unknown responseFormat `{format}`: text, json_object or json_schema")));
        }
    };
    parameters.insert("response_format".into(), value);
    Ok(())
}

/// GitHub writes the schema as JSON text; people write it as YAML. A bare schema gets the name that the API wants.
fn read_schema(path: &str, schema: Value) -> Result<Value, PromptError> {
    let schema = match schema {
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|error| invalid(path, format!("jsonSchema is not JSON: {error}")))?
        }
        other => other,
    };
    let is_wrapped = schema.get("schema").is_some();
    Ok(if is_wrapped { schema } else { json!({"name": "answer", "strict": true, "schema": schema}) })
}

fn check(prompt: &Prompt) -> Result<(), PromptError> {
    if prompt.messages.iter().all(|message| message.content.trim().is_empty()) {
        return Err(invalid(&prompt.path, "the prompt has no text; write a message"));
    }
    for (i, message) in prompt.messages.iter().enumerate() {
        if !matches!(message.role.as_str(), "system" | "developer" | "user" | "assistant") {
            let problem = format!("messages[{i}].role is `{}`: system, developer, user or assistant", message.role);
            return Err(invalid(&prompt.path, problem));
        }
        let env = Environment::new();
        if let Err(error) = env.template_from_str(&message.content) {
            return Err(invalid(&prompt.path, format!("messages[{i}] is not a valid template: {error}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_yml_becomes_chat_parameters() {
        let text = "name: x\nmodel: openai/gpt-4o-mini\nmodelParameters: {maxTokens: 90, temperature: 0, topP: 0.5}\n\
            messages: [{role: system, content: 'Use {{ context }}.'}]\nresponseFormat: json_schema\n\
            jsonSchema: '{\"name\": \"a\", \"schema\": {\"type\": \"object\"}}'\n";
        let prompt = Prompt::parse("p.prompt.yml", text).unwrap();
        assert_eq!(prompt.model.as_deref(), Some("openai/gpt-4o-mini"));
        assert_eq!(
            Value::Object(prompt.parameters),
            json!({"max_tokens": 90, "temperature": 0, "top_p": 0.5,
                "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}})
        );
    }

    #[test]
    fn a_text_file_is_a_system_prompt() {
        let prompt = Prompt::parse("p.md", "Be brief.\n").unwrap();
        assert!(prompt.is_system_only());
        assert_eq!(prompt.messages[0].content, "Be brief.");
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_make_no_other_prompt() {
        for path in ["p.md", "p.yml"] {
            let text = "messages:\n  - role: system\n    content: |\n      Be brief.\n      Be kind.\n";
            let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
            assert_eq!(Prompt::parse(path, &windows).unwrap(), Prompt::parse(path, text).unwrap());
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_file() {
        for (text, expected) in [
            ("messages: []\n", "p.yml: the prompt has no text"),
            ("messages: [{role: robot, content: x}]\n", "p.yml: messages[0].role is `robot`"),
            ("messages: [{role: user, content: '{{ x'}]\n", "p.yml: messages[0] is not a valid template"),
            ("mesages: []\n", "p.yml: unknown field `mesages`"),
            ("messages: [{role: user, content: x}]\nresponseFormat: xml\n", "p.yml: unknown responseFormat `xml`"),
        ] {
            let error = Prompt::parse("p.yml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
