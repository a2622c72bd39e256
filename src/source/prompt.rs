//! Prompts that a store keeps, by name and tag.

use std::fmt;

use serde_json::{Map, Value};

use super::{Lookup, SourceConfig, SourceError, langfuse, phoenix};

/// The name of a prompt in a store, written `phoenix:NAME@TAG` or `langfuse:NAME@LABEL`; without a tag the version that the
/// store gives by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptName {
    keeper: Keeper,
    /// The prompt's name.
    pub name: String,
    /// The tag or the number of the version that is meant.
    pub tag: Option<String>,
}

/// A store that keeps prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Phoenix,
    Langfuse,
}

impl Keeper {
    const ALL: [Self; 2] = [Self::Phoenix, Self::Langfuse];

    /// What stands before a prompt's name, and what a version is told by.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Phoenix => ("phoenix", "TAG"),
            Self::Langfuse => ("langfuse", "LABEL"),
        }
    }
}

/// A version of a prompt, in the terms of the chat API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredPrompt {
    /// What it is called in reports: its name and the version.
    pub title: String,
    /// The model that it names.
    pub model: Option<String>,
    /// Parameters by their names in the chat API.
    pub parameters: Map<String, Value>,
    /// Roles and minijinja templates, in the order in which they are sent.
    pub messages: Vec<(String, String)>,
    /// Whether it has tools of its own. They are not read: a case keeps those that it was recorded with.
    pub has_tools: bool,
}

impl PromptName {
    /// Reads what is written in place of a file; `None` where it names no store.
    pub fn parse(text: &str) -> Option<Result<Self, String>> {
        let of = |keeper: Keeper| Some((keeper, text.strip_prefix(keeper.words().0)?.strip_prefix(':')?));
        let (keeper, rest) = Keeper::ALL.into_iter().find_map(of)?;
        let (name, tag) = rest.split_once('@').map_or((rest, None), |(name, tag)| (name, Some(tag)));
        if name.is_empty() || tag == Some("") {
            let (store, version) = keeper.words();
            return Some(Err(format!("`{text}` names no prompt; write {store}:NAME or {store}:NAME@{version}")));
        }
        Some(Ok(Self { keeper, name: name.to_owned(), tag: tag.map(str::to_owned) }))
    }
}

impl fmt::Display for PromptName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keeper, name, tag } = self;
        write!(f, "{}:{name}", keeper.words().0)?;
        tag.as_ref().map_or(Ok(()), |tag| write!(f, "@{tag}"))
    }
}

/// Reads a prompt from its store: the one that the traces come from, where they come from one of its kind.
pub async fn prompt(
    name: &PromptName,
    traces: Option<&SourceConfig>,
    lookup: Lookup<'_>,
) -> Result<StoredPrompt, SourceError> {
    match (name.keeper, traces) {
        (Keeper::Phoenix, Some(SourceConfig::Phoenix(config))) => phoenix::prompt(config, name, lookup).await,
        (Keeper::Phoenix, _) => phoenix::prompt(&phoenix::PhoenixConfig::default(), name, lookup).await,
        (Keeper::Langfuse, Some(SourceConfig::Langfuse(config))) => langfuse::prompt(config, name, lookup).await,
        (Keeper::Langfuse, _) => langfuse::prompt(&langfuse::LangfuseConfig::default(), name, lookup).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_files() {
        for text in ["phoenix:support", "phoenix:support@production", "langfuse:a/support", "langfuse:support@3"] {
            assert_eq!(PromptName::parse(text).unwrap().unwrap().to_string(), text);
        }
        for file in ["prompts/support.md", "phoenix.md", "C:\\prompts\\a.md"] {
            assert_eq!(PromptName::parse(file), None);
        }
        for (wrong, advice) in [
            ("phoenix:", "phoenix:NAME or phoenix:NAME@TAG"),
            ("phoenix:@production", "phoenix:NAME or phoenix:NAME@TAG"),
            ("langfuse:support@", "langfuse:NAME or langfuse:NAME@LABEL"),
        ] {
            let told = PromptName::parse(wrong).unwrap().unwrap_err();
            assert!(told.ends_with(&format!("names no prompt; write {advice}")), "{told}");
        }
    }
}
