//! The configuration: from the file, over what was written, to what it means.
//!
//! Each room defines and checks its own section; this room only gathers them. All mistakes are told at once, each with
//! file, line, column and key.

mod check;
mod error;
mod load;
mod locate;
mod raw;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Map, Value};

pub use self::error::{ConfigError, Mistake};
pub use self::raw::{BudgetConfig, CommentWhen, DecisionConfig, GitHubConfig, Inconclusive};
use crate::prompt::{Leg, Vars};
use crate::provider::{Prices, ProviderConfig};
use crate::redact::RedactConfig;
use crate::sample::SampleConfig;
use crate::score::Scorer;
use crate::source::{PromptName, SourceConfig};

/// A checked configuration. All paths are ready to be opened.
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// The gate's name.
    pub name: String,
    /// Where the cases come from.
    pub cases: CaseSource,
    /// What is taken out of them.
    pub redact: RedactConfig,
    /// Which of them are chosen.
    pub sample: SampleConfig,
    /// The change under test.
    pub candidate: Candidate,
    /// What it is measured against.
    pub baseline: Baseline,
    /// The age from which a stored baseline warns.
    pub baseline_max_age: SignedDuration,
    /// Variables computed from the case.
    pub vars: Vars,
    /// Prices of models.
    pub prices: Prices,
    /// The scorers, in the order in which they are written.
    pub scorers: Vec<Scorer>,
    /// The rules of the verdict.
    pub decision: DecisionConfig,
    /// Where a run stops.
    pub budget: BudgetConfig,
    /// What is written on the pull request.
    pub github: GitHubConfig,
    /// The file's text, in which mistakes that only show later are found.
    text: String,
    providers: BTreeMap<String, ProviderConfig>,
    /// Environment variables that providers name and that are not set: the key's path, and the name.
    missing: BTreeMap<String, String>,
}

/// Where the cases come from.
#[derive(Debug, Clone)]
pub enum CaseSource {
    /// A frozen evalset's folder or file.
    Evalset(PathBuf),
    /// Recorded traffic.
    Traces(TracesConfig),
    /// Neither is named; only commands that need no cases go on.
    Unnamed,
}

/// Recorded traffic, and what to take of it.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// Where it is.
    pub source: SourceConfig,
    /// A minijinja expression over the case; the cases for which it does not hold are left out.
    pub filter: Option<String>,
}

/// The change under test.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// The prompt; without one the recorded messages are sent as they are.
    pub prompt: Option<PromptSource>,
    /// The model, instead of the prompt file's.
    pub model: Option<String>,
    /// The provider's name.
    pub provider: Option<String>,
    /// Parameters of the request, over those of the prompt file.
    pub parameters: Map<String, Value>,
    /// Legs instead of one model.
    pub route: Vec<RouteLeg>,
}

/// What an arm was made of at another commit.
#[derive(Debug, Clone)]
pub struct Then {
    /// The section `candidate`.
    pub candidate: Candidate,
    /// The section `providers`.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Environment variables that are named and not set: the key's path, and the name.
    missing: BTreeMap<String, String>,
}

impl Then {
    /// The environment variable that the provider called `name` needs and that is not set.
    pub fn missing_variable(&self, name: &str) -> Option<&str> {
        missing_of(&self.missing, name).map(|(_, variable)| variable)
    }
}

/// Where a prompt is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptSource {
    /// In a file.
    File(PathBuf),
    /// In a store, under a name.
    Stored(PromptName),
}

impl PromptSource {
    /// Reads what is written under `prompt` or `--prompt`; a path is relative to `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        PromptName::parse(text).map_or_else(|| Ok(Self::File(folder.join(text))), |name| name.map(Self::Stored))
    }

    /// The file, if it is in one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stored(_) => None,
        }
    }
}

/// A checked leg of a route, and the name of its provider.
#[derive(Debug, Clone)]
pub struct RouteLeg {
    /// The leg.
    pub leg: Leg,
    /// The provider's name; `default` where absent.
    pub provider: Option<String>,
}

/// What the candidate is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// Production's own answers.
    Recorded,
    /// The prompt as it stands at the base commit, run now.
    Replay,
    /// Scores made earlier by `eval-gate baseline`.
    Stored(PathBuf),
    /// A prompt that a store keeps, run now.
    Prompt(PromptName),
}

impl Baseline {
    /// Reads what is written under `baseline` or `--baseline`; a path is relative to `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        if let Some(name) = PromptName::parse(text) {
            return name.map(Self::Prompt);
        }
        match text {
            "recorded" => Ok(Self::Recorded),
            "replay" => Ok(Self::Replay),
            file if Path::new(file).extension().is_some_and(|extension| extension == "json") => {
                Ok(Self::Stored(folder.join(file)))
            }
            other => Err(format!(
                "`{other}` is no baseline: write recorded, replay, the path of a baseline.json, phoenix:NAME@TAG or langfuse:NAME@LABEL"
            )),
        }
    }
}

impl Config {
    /// The folder that paths in the configuration are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The secrets of all providers: keys, and the values of headers.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.providers.values().flat_map(ProviderConfig::secrets)
    }

    /// Whether there is a provider called `name`.
    pub fn has_provider(&self, name: &str) -> bool {
        self.providers.contains_key(name)
    }

    /// The environment variable that the provider called `name` needs and that is not set.
    pub fn missing_variable(&self, name: &str) -> Option<&str> {
        missing_of(&self.missing, name).map(|(_, variable)| variable)
    }

    /// The provider called `name`. An environment variable that it needs and that is not set is an error here, where it
    /// is used.
    pub fn provider(&self, name: &str) -> Result<&ProviderConfig, ConfigError> {
        match missing_of(&self.missing, name) {
            Some((key, variable)) => {
                let mistake = self.mistake(key, not_set(variable));
                Err(ConfigError::Invalid(vec![Mistake { missing: Some(variable.to_owned()), ..mistake }]))
            }
            None => self.known_provider(name),
        }
    }

    /// The provider called `name`, whatever it lacks.
    pub fn known_provider(&self, name: &str) -> Result<&ProviderConfig, ConfigError> {
        self.providers.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.providers.keys().map(String::as_str).collect();
            let known =
                if known.is_empty() { "none is defined".to_owned() } else { format!("there is {}", known.join(", ")) };
            let message = format!("there is no such provider; {known}");
            ConfigError::Invalid(vec![self.mistake(&format!("providers.{name}"), message)])
        })
    }

    fn mistake(&self, key: &str, message: String) -> Mistake {
        let place = locate::locate(&self.text, key);
        let file = self.path.display().to_string();
        Mistake { file, place, key: key.to_owned(), message, missing: None }
    }
}

/// The key and the name of a variable that a provider needs and that is not set.
fn missing_of<'a>(missing: &'a BTreeMap<String, String>, provider: &str) -> Option<(&'a str, &'a str)> {
    let prefix = format!("providers.{provider}.");
    let found = missing.iter().find(|(key, _)| key.starts_with(&prefix));
    found.map(|(key, variable)| (key.as_str(), variable.as_str()))
}

fn not_set(variable: &str) -> String {
    format!(
        "the environment variable {variable} is not set; set it: on GitHub a secret of that name, passed in the workflow's `env`"
    )
}
