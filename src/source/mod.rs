//! Sources of traces.
//!
//! Every source gives a [`Batch`]: the traces, and a count of what it had to leave out. What is wrong with one line or one
//! record is an [`Omission`]; what makes a source useless is a [`SourceError`].

mod error;
mod fault;
mod http;
pub mod langfuse;
pub mod langsmith;
mod limit;
mod mark;
mod omission;
pub mod otlp;
mod page;
pub mod phoenix;
mod prompt;
mod template;
mod traffic;
mod window;

use std::path::{Path, PathBuf};

pub use self::error::SourceError;
pub use self::omission::Omission;
pub(crate) use self::omission::Omissions;
pub use self::prompt::{PromptName, StoredPrompt, prompt};
pub use self::traffic::{Batch, Traffic};
pub use self::window::{Moment, Window};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// How a variable of the environment is looked up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where traces come from.
#[derive(Debug, Clone)]
pub enum SourceConfig {
    /// Files.
    Otlp(otlp::OtlpConfig),
    /// A Phoenix server.
    Phoenix(phoenix::PhoenixConfig),
    /// A Langfuse project.
    Langfuse(langfuse::LangfuseConfig),
    /// `LangSmith`.
    LangSmith(langsmith::LangSmithConfig),
}

impl SourceConfig {
    /// The same, with its files relative to `folder`, the configuration's.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Otlp(otlp) => {
                let piped = |file: &Path| file == Path::new(otlp::STANDARD_INPUT);
                let place = |file: PathBuf| if piped(&file) { file } else { folder.join(file) };
                let files = otlp.files.iter().cloned().map(place).collect();
                Self::Otlp(otlp::OtlpConfig { files, ..otlp })
            }
            store => store,
        }
    }

    /// Whether the scores of a run are to be written to it.
    pub fn writes_back(&self) -> bool {
        match self {
            Self::Otlp(_) => false,
            Self::Phoenix(phoenix) => phoenix.write_back,
            Self::Langfuse(langfuse) => langfuse.write_back,
            Self::LangSmith(langsmith) => langsmith.write_back,
        }
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
        SourceConfig::Langfuse(langfuse) => langfuse::write_back(langfuse, remarks, by, lookup).await,
        SourceConfig::LangSmith(langsmith) => langsmith::write_back(langsmith, remarks, by, lookup).await,
    }
}

/// A score of the gate, for the store that the case came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// The trace that the case came from.
    pub trace: String,
    /// The span in it.
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

/// Opens a source. Addresses and keys of stores come from the environment, by `lookup`.
pub async fn open(source: &SourceConfig, lookup: Lookup<'_>) -> Result<Traffic, SourceError> {
    match source {
        SourceConfig::Otlp(otlp) => {
            let window = otlp.window(now())?;
            Ok(Traffic::Files { files: otlp::Files::open(&otlp.files)?, window })
        }
        SourceConfig::Phoenix(phoenix) => Ok(Traffic::Fetched(phoenix::fetch(phoenix, lookup).await?)),
        SourceConfig::Langfuse(langfuse) => Ok(Traffic::Fetched(langfuse::fetch(langfuse, lookup).await?)),
        SourceConfig::LangSmith(langsmith) => Ok(Traffic::Fetched(langsmith::fetch(langsmith, lookup).await?)),
    }
}
