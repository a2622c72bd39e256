//! Whatever can end a command.

use std::path::PathBuf;

use crate::compare::{ScoreFileError, StoredError};
use crate::config::ConfigError;
use crate::evalset::EvalsetError;
use crate::git::GitError;
use crate::github::GitHubError;
use crate::prompt::PromptError;
use crate::provider::ProviderError;
use crate::redact::RedactError;
use crate::sample::SampleError;
use crate::source::SourceError;

/// Why a command ended without a verdict. The texts are those of the rooms: what happened, where, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A prompt file.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// An evalset.
    #[error(transparent)]
    Evalset(#[from] EvalsetError),
    /// A rule of redaction.
    #[error(transparent)]
    Redact(#[from] RedactError),
    /// A source of traces.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The choice of cases.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A provider, before anything was sent.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The base commit.
    #[error(transparent)]
    Base(#[from] GitError),
    /// GitHub, where that is all the command is for.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// A score file.
    #[error(transparent)]
    Scores(#[from] ScoreFileError),
    /// A stored baseline.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// A report.json.
    #[error("{}: {problem}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A combination of options and configuration that means nothing.
    #[error("{0}")]
    Usage(String),
    /// Nothing is left to work with.
    #[error("no case is left: see above what was left out and why")]
    NoCases,
    /// A run that has to be whole was not finished.
    #[error("not finished: {0}; nothing was written")]
    Incomplete(String),
    /// A share of a run was written down, but is not whole.
    #[error("not finished: {0}; the part says so, and so will the report")]
    Unfinished(String),
    /// Parts of a run are not there.
    #[error(
        "the run has no verdict without all of its parts; missing: {0}; see why those jobs wrote none, and run them again"
    )]
    MissingParts(String),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The environment variable that is not set, if nothing else is wrong.
    pub(super) fn missing_variable(&self) -> Option<&str> {
        if let Self::Config(error) = self { error.missing_variable() } else { None }
    }
}
