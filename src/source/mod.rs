//! Sources of traces.
//!
//! Every source gives a [`Batch`]: the traces, and a count of what it had to leave out. What is wrong with one line or one
//! record is an [`Omission`]; what makes a source useless is a [`SourceError`].

mod error;
mod fault;
mod http;
pub mod langfuse;
mod limit;
mod mark;
pub mod otlp;
mod page;
pub mod phoenix;
mod prompt;
mod template;
mod window;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

pub use self::error::SourceError;
pub use self::prompt::{PromptName, StoredPrompt, prompt};
pub use self::window::{Moment, Window};
use crate::trace::{Loss, Trace};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

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
    /// A Langfuse project.
    Langfuse(langfuse::LangfuseConfig),
}

impl SourceConfig {
    /// The same, with its files relative to `folder`, the configuration's.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Otlp(otlp) => {
                let piped = |file: &Path| file == Path::new(otlp::STANDARD_INPUT);
                let place = |file: PathBuf| if piped(&file) { file } else { folder.join(file) };
                let files = otlp.files.into_iter().map(place).collect();
                Self::Otlp(otlp::OtlpConfig { files })
            }
            Self::Phoenix(_) | Self::Langfuse(_) => self,
        }
    }

    /// Whether the scores of a run are to be written to it.
    pub fn writes_back(&self) -> bool {
        match self {
            Self::Otlp(_) => false,
            Self::Phoenix(phoenix) => phoenix.write_back,
            Self::Langfuse(langfuse) => langfuse.write_back,
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
        SourceConfig::Otlp(otlp) => Ok(Traffic::Files(otlp::Files::open(&otlp.files)?)),
        SourceConfig::Phoenix(phoenix) => Ok(Traffic::Fetched(phoenix::fetch(phoenix, lookup).await?)),
        SourceConfig::Langfuse(langfuse) => Ok(Traffic::Fetched(langfuse::fetch(langfuse, lookup).await?)),
    }
}

/// Recorded traffic, to be looked through once and then asked for the traces that were chosen.
#[derive(Debug)]
pub enum Traffic {
    /// Traces that were fetched.
    Fetched(Batch),
    /// Files of any size.
    Files(otlp::Files),
}

impl Traffic {
    /// Shows every trace to one of several visitors, and gives the visitors back, with what could not be read. In which
    /// order traces come, and to which visitor, is left to chance.
    pub fn survey<A: Send>(
        &self,
        make: impl Fn() -> A,
        visit: impl Fn(&mut A, &Trace) + Sync,
    ) -> Result<(Vec<A>, Vec<Omission>), SourceError> {
        match self {
            Self::Files(files) => files.survey(make, visit),
            Self::Fetched(batch) => {
                let mut visitor = make();
                batch.traces.iter().for_each(|trace| visit(&mut visitor, trace));
                Ok((vec![visitor], batch.omissions.clone()))
            }
        }
    }

    /// Where the traces come from, in words.
    pub fn of(&self) -> String {
        match self {
            Self::Files(_) => "recorded traces".to_owned(),
            Self::Fetched(batch) => batch.of.clone(),
        }
    }

    /// The traces of these ids, earliest first.
    pub fn traces(self, ids: &HashSet<String>) -> Result<Vec<Trace>, SourceError> {
        match self {
            Self::Files(files) => files.traces(ids),
            Self::Fetched(batch) => Ok(batch.traces.into_iter().filter(|trace| ids.contains(&trace.id)).collect()),
        }
    }
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
pub(crate) struct Omissions(BTreeMap<String, Counted>);

#[derive(Debug, Default)]
struct Counted {
    count: usize,
    /// Places in words, by where they are.
    places: BTreeSet<((usize, usize), String)>,
}

impl Omissions {
    pub(crate) fn add(&mut self, reason: &str, place: String) {
        let order = (0, self.0.get(reason).map_or(0, |counted| counted.count));
        self.add_at(reason, order, place);
    }

    /// Adds what is not met in order; the first places are kept all the same.
    pub(crate) fn add_at(&mut self, reason: &str, order: (usize, usize), place: String) {
        let counted = self.count(reason, 1);
        counted.places.insert((order, place));
        counted.shorten();
    }

    fn count(&mut self, reason: &str, count: usize) -> &mut Counted {
        let counted = self.0.entry(reason.to_owned()).or_default();
        counted.count += count;
        counted
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (reason, more) in other.0 {
            let counted = self.count(&reason, more.count);
            counted.places.extend(more.places);
            counted.shorten();
        }
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
        let place = |(reason, counted): (&String, &Counted)| Some(format!("{reason}: {}", counted.places.first()?.1));
        self.0.iter().find_map(place)
    }

    pub(crate) fn finish(self) -> Vec<Omission> {
        let omission = |(reason, counted): (String, Counted)| Omission {
            reason,
            count: counted.count,
            examples: counted.places.into_iter().map(|(_, place)| place).collect(),
        };
        self.0.into_iter().map(omission).collect()
    }
}

impl Counted {
    fn shorten(&mut self) {
        while self.places.len() > EXAMPLES {
            self.places.pop_last();
        }
    }
}
