//! What can be wrong with a scorer's entry in the config.

use thiserror::Error;

/// A mistake in a scorer's entry, and the key it is under.
#[derive(Debug, Error)]
#[error("{key}: {problem}")]
pub struct ScorerError {
    /// Where, such as `scorers.valid.json_schema`.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub problem: Problem,
}

impl ScorerError {
    /// A mistake under `key`.
    pub(super) fn at(key: &str, problem: Problem) -> Self {
        Self { key: key.to_owned(), problem }
    }

    /// The same mistake seen from one level up.
    pub(super) fn under(self, key: &str) -> Self {
        let key = if self.key.is_empty() { key.to_owned() } else { format!("{key}.{}", self.key) };
        Self { key, ..self }
    }
}

impl From<Problem> for ScorerError {
    fn from(problem: Problem) -> Self {
        Self { key: String::new(), problem }
    }
}

/// What is wrong with a scorer's entry.
#[derive(Debug, Error)]
pub enum Problem {
    /// No kind of scorer is named.
    #[error("no kind of scorer here: write one of {0} (those without options as `json: {{}}`)")]
    NoKind(String),
    /// Several are named.
    #[error("several kinds in one scorer ({0}): give each a name of its own")]
    ManyKinds(String),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The path as it was written.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A schema file is not JSON.
    #[error("{path} is not JSON: {source}")]
    NotJson {
        /// The path as it was written.
        path: String,
        /// The parser's message, with line and column.
        source: serde_json::Error,
    },
    /// A schema is none.
    #[error("{path} is not a usable JSON Schema: {message}")]
    Schema {
        /// The path as it was written.
        path: String,
        /// The validator's message.
        message: String,
    },
    /// A pattern does not compile.
    #[error("bad pattern: {}", last_line(.0))]
    Pattern(#[from] regex::Error),
    /// An expression does not compile.
    #[error("bad expression `{source_text}`: {message}")]
    Expression {
        /// The expression.
        source_text: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// A value that makes no sense here.
    #[error("{0}")]
    Value(String),
}

/// The crate shows the pattern with a marker below it, over several lines; the last says what is wrong.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl Problem {
    /// A value that makes no sense here.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }
}
