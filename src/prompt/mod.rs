//! The change under test: a [`Prompt`], rendered for a case.

mod expression;
mod file;
mod render;
mod route;
mod vars;

use std::path::PathBuf;

use serde_json::{Map, Value};

pub use self::render::Unrenderable;
pub use self::route::Leg;
pub use self::vars::Vars;

/// Steps that a template or an expression may take for a case. They may be a stranger's, and must end.
const FUEL: u64 = 5_000_000;

/// A prompt file's meaning: a model, parameters, and message templates.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Where it was read from, for messages to people.
    pub path: String,
    /// The model that the file names.
    pub model: Option<String>,
    /// Parameters by their names in the chat API: `temperature`, `max_tokens`, `response_format`, …
    pub parameters: Map<String, Value>,
    /// The templates, in the order in which they are sent.
    pub messages: Vec<MessageTemplate>,
}

/// One message of a prompt, before rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate {
    /// `system`, `developer`, `user` or `assistant`.
    pub role: String,
    /// A minijinja template.
    pub content: String,
}

/// Why a prompt file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The file cannot be read.
    #[error("cannot read the prompt {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a prompt.
    #[error("{path}: {problem}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

impl Prompt {
    /// Whether the prompt only has system messages, so that the recorded conversation stays as it is.
    pub fn is_system_only(&self) -> bool {
        self.messages.iter().all(|message| is_system(&message.role))
    }
}

fn is_system(role: &str) -> bool {
    matches!(role, "system" | "developer")
}
