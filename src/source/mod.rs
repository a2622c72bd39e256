//! Sources of traces.
//!
//! Every source gives a [`Batch`]: the traces, and a count of what it had to leave out. What is wrong with one line or one
//! record is an [`Omission`]; what makes a source useless is a [`SourceError`].

mod fault;
mod http;
pub mod otlp;
pub mod phoenix;
mod prompt;
mod window;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use thiserror::Error;

pub use self::prompt::{PromptName, StoredPrompt, prompt};
pub use self::window::{Moment, Window};
use crate::trace::{Loss, Trace};

/// Places that an omission shows as examples.
const EXAMPLES: usize = 5;

/// How a variable of the environment is looked up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where traces come from.
#[derive(Debug, Clone)]
pub enum SourceConfig {
    /// Files.
    Otlp(otlp::OtlpConfig),
    /// A Phoenix server.
    Phoenix(phoenix::PhoenixConfig),
}

impl SourceConfig {
    /// The same, with its files relative to `folder`, the configuration's.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Otlp(otlp) => {
                let files = otlp.files.iter().map(|file| folder.join(file)).collect();
                Self::Otlp(otlp::OtlpConfig { files })
            }
            Self::Phoenix(phoenix) => Self::Phoenix(phoenix),
        }
    }

    /// Whether the scores of a run are to be written to it.
    pub fn writes_back(&self) -> bool {
        match self {
            Self::Otlp(_) => false,
            Self::Phoenix(phoenix) => phoenix.write_back,
        }
    }
}

/// Fetches the traces of a source. Addresses and keys of stores come from the environment.
pub async fn fetch(source: &SourceConfig, lookup: Lookup<'_>) -> Result<Batch, SourceError> {
    match source {
        SourceConfig::Otlp(otlp) => otlp::read(&otlp.files),
        SourceConfig::Phoenix(phoenix) => phoenix::fetch(phoenix, lookup).await,
    }
}

/// Writes scores to the store that the traces came from, under the name `by`: what was written under it before is
/// replaced. Gives their number.
pub async fn write_back(
    source: &SourceConfig,
    remarks: &[Remark],
    by: &str,
    lookup: Lookup<'_>,
) -> Result<usize, SourceError> {
    match source {
        SourceConfig::Otlp(_) => Ok(0),
        SourceConfig::Phoenix(phoenix) => phoenix::write_back(phoenix, remarks, by, lookup).await,
    }
}

/// A score of the gate, for the store that the case came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// The span that the case came from.
    pub span: String,
    /// The score's name: the scorer's, and the arm's where it is not the recorded answer that was scored.
    pub name: String,
    /// `baseline` or `candidate`.
    pub arm: &'static str,
    /// The arm in words.
    pub of: String,
    /// The score.
    pub score: f64,
    /// Why.
    pub reason: Option<String>,
    /// Whether a model gave it.
    pub is_judged: bool,
}

/// This moment, in whole seconds and not before it, so that what has just come is within a window that ends now.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).unwrap_or(now)
}

/// The traces of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The traces, earliest first.
    pub traces: Vec<Trace>,
    /// What was read and could not be used, by reason.
    pub omissions: Vec<Omission>,
    /// Where they come from, in words.
    pub of: String,
}

/// Something that was left out, how often, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Omission {
    /// What and why, such as `line is not JSON`.
    pub reason: String,
    /// How many times.
    pub count: usize,
    /// The first few places, as `file:line` with details.
    pub examples: Vec<String>,
}

/// Counts omissions by reason, and keeps the first few places of each.
#[derive(Debug, Default)]
pub(crate) struct Omissions(BTreeMap<String, Omission>);

impl Omissions {
    pub(crate) fn add(&mut self, reason: &str, place: String) {
        let omission = self.count(reason, 1);
        if omission.examples.len() < EXAMPLES {
            omission.examples.push(place);
        }
    }

    fn count(&mut self, reason: &str, count: usize) -> &mut Omission {
        let omission = self.0.entry(reason.to_owned()).or_default();
        reason.clone_into(&mut omission.reason);
        omission.count += count;
        omission
    }

    pub(crate) fn add_loss(&mut self, loss: Loss) {
        let counts = [
            ("span read before", loss.duplicate_spans),
            ("log record read before", loss.duplicate_logs),
            ("span without trace or span id", loss.nameless_spans),
            ("log record without its span", loss.orphan_logs),
        ];
        for (reason, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            self.count(reason, count);
        }
    }

    /// The first place of all, as an explanation.
    pub(crate) fn first(&self) -> Option<String> {
        self.0.values().find_map(|omission| Some(format!("{}: {}", omission.reason, omission.examples.first()?)))
    }

    pub(crate) fn finish(self) -> Vec<Omission> {
        self.0.into_values().collect()
    }
}

/// Why a source gave no traces at all, or took no scores.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A named file or folder does not exist.
    #[error("no such trace file: {0}; check the path, which is relative to the configuration's folder")]
    Missing(PathBuf),
    /// A pattern that matches nothing.
    #[error("no trace file matches {0:?}; check the pattern, which is relative to the configuration's folder")]
    NoMatch(String),
    /// A pattern that cannot be understood.
    #[error("bad file pattern {pattern:?}: {reason}; use *, ** and ? as in a shell")]
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A folder that holds nothing to read.
    #[error("no .json, .jsonl or .ndjson file (plain or .gz) in {0}; name the folder that the Collector writes to")]
    EmptyFolder(PathBuf),
    /// The operating system refused.
    #[error("cannot read {path}: {error}; check that it is a readable file")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A file that is not JSON text.
    #[error("{path} is {what}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        what: &'static str,
    },
    /// A store's address or key that cannot be used.
    #[error("the trace store's address {url:?}: {problem}")]
    Setup {
        /// The address as written.
        url: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A window of time that holds nothing.
    #[error("`since` is not before `until`; the window between them is empty")]
    Window,
    /// A store that cannot be asked, or that refuses.
    #[error("{store} at {url}: {problem}")]
    Store {
        /// The store.
        store: &'static str,
        /// Its address.
        url: String,
        /// What went wrong, and what to do.
        problem: String,
    },
    /// A store that has nothing in the window.
    #[error("there is no trace in {of}; write an earlier `since`, or check the project and the filter")]
    Empty {
        /// Where was looked.
        of: String,
    },
    /// Files were read, and not one line of them was an OTLP export.
    #[error("no OTLP export could be read from {files}: {reason}; expected JSON with resourceSpans or resourceLogs")]
    Nothing {
        /// The file, or how many.
        files: String,
        /// The first thing that was wrong.
        reason: String,
    },
}
