//! Renders a prompt for a case: what replaces what.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use super::{Prompt, Vars, is_system};
use crate::evalset::{Case, Message};

/// Why a prompt cannot be rendered for a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrenderable {
    /// Variables that the case does not have.
    #[error("the case has no variable {}", .0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
    Missing(BTreeSet<String>),
    /// The template failed for another reason.
    #[error("{0}")]
    Failed(String),
}

impl Prompt {
    /// The messages to send for `case`. A prompt of only system messages replaces the recorded system messages and
    /// keeps the conversation; any other is the whole request.
    pub fn render(&self, case: &Case, vars: &Vars) -> Result<Vec<Message>, Unrenderable> {
        let values = vars.of(case);
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_fuel(Some(super::FUEL));
        let mut messages = Vec::with_capacity(self.messages.len() + case.messages.len());
        for template in &self.messages {
            let content = render_one(&env, &template.content, &values)?;
            messages.push(Message { role: template.role.clone(), content: content.into(), ..Message::default() });
        }
        if self.is_system_only() {
            messages.extend(case.messages.iter().filter(|message| !is_system(&message.role)).cloned());
        }
        Ok(messages)
    }
}

fn render_one(env: &Environment, text: &str, values: &BTreeMap<String, Value>) -> Result<String, Unrenderable> {
    let failed = |error: minijinja::Error| Unrenderable::Failed(error.to_string());
    let template = env.template_from_str(text).map_err(failed)?;
    template.render(values).map_err(|error| {
        let missing: BTreeSet<String> =
            template.undeclared_variables(false).into_iter().filter(|name| !values.contains_key(name)).collect();
        if error.kind() == ErrorKind::UndefinedError && !missing.is_empty() {
            Unrenderable::Missing(missing)
        } else {
            failed(error)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        serde_json::from_str(
            r#"{"messages": [{"role": "system", "content": "old"}, {"role": "user", "content": "Where is it?"}],
                "variables": {"context": "A parcel takes 3 days."}, "documents": [{"content": "d1"}, {"content": "d2"}]}"#,
        )
        .unwrap()
    }

    fn vars(pairs: &[(&str, &str)]) -> Vars {
        Vars::new(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
    }

    fn texts(messages: &[Message]) -> Vec<(&str, &str)> {
        messages.iter().map(|m| (m.role.as_str(), m.content.as_str().unwrap())).collect()
    }

    #[test]
    fn a_system_prompt_replaces_the_recorded_one_and_keeps_the_conversation() {
        let prompt = Prompt::parse("p.txt", "Use: {{ context }}").unwrap();
        let messages = prompt.render(&case(), &vars(&[])).unwrap();
        assert_eq!(texts(&messages), [("system", "Use: A parcel takes 3 days."), ("user", "Where is it?")]);
    }

    #[test]
    fn a_prompt_with_a_user_message_is_the_whole_request() {
        let yaml = "messages: [{role: system, content: s}, {role: user, content: '{{ q }} / {{ docs }}'}]";
        let prompt = Prompt::parse("p.yml", yaml).unwrap();
        let vars = vars(&[
            ("q", "case.messages[-1].content"),
            ("docs", "case.documents | map(attribute='content') | join('\n')"),
            ("context", "'the recorded one wins'"),
        ]);
        let messages = prompt.render(&case(), &vars).unwrap();
        assert_eq!(texts(&messages), [("system", "s"), ("user", "Where is it? / d1\nd2")]);
    }

    #[test]
    fn an_undefined_variable_is_named() {
        let prompt = Prompt::parse("p.txt", "{{ contxt }} {{ context }}").unwrap();
        let error = prompt.render(&case(), &vars(&[])).unwrap_err();
        assert_eq!(error, Unrenderable::Missing(["contxt".to_owned()].into()));
        let prompt = Prompt::parse("p.txt", "{{ case.metadata.nothing.here }}").unwrap();
        assert!(matches!(prompt.render(&case(), &vars(&[])), Err(Unrenderable::Failed(_))));
    }
}
