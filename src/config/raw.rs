//! The sections of the configuration as they are written.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::source::langfuse::LangfuseConfig;
use crate::source::langsmith::LangSmithConfig;
use crate::source::otlp::OtlpConfig;
use crate::source::phoenix::PhoenixConfig;

/// `traces:`, exactly one source.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTraces {
    /// OTLP files.
    pub otlp: Option<OtlpConfig>,
    /// A Phoenix server.
    pub phoenix: Option<PhoenixConfig>,
    /// A Langfuse project.
    pub langfuse: Option<LangfuseConfig>,
    /// `LangSmith`.
    pub langsmith: Option<LangSmithConfig>,
    /// A minijinja expression over the case; the cases for which it does not hold are left out.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// `candidate:`, the change under test.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CandidateConfig {
    /// The prompt's file, or its name in a store; without one the recorded messages are sent as they are.
    pub prompt: Option<String>,
    /// The model, instead of the prompt file's.
    pub model: Option<String>,
    /// The provider's name in `providers`; `default` where absent.
    pub provider: Option<String>,
    /// Parameters of the request, over those of the prompt file.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Legs instead of one model.
    #[serde(default)]
    pub route: Vec<LegConfig>,
}

/// A leg of a route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LegConfig {
    /// The leg's name, for messages.
    pub name: String,
    /// The model.
    pub model: Option<String>,
    /// The provider's name in `providers`.
    pub provider: Option<String>,
    /// An expression over the case; the leg is passed over where it does not hold.
    pub when: Option<String>,
    /// An expression over the answer; where it does not hold, the next leg answers.
    pub accept: Option<String>,
}

/// `decision:`, the rules of the verdict.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionConfig {
    /// The promised chance that a change that changes nothing is blocked.
    pub false_block_rate: f64,
    /// What an inconclusive verdict does.
    pub inconclusive: Inconclusive,
    /// The share of a scorer's attempts that may be left unscored.
    pub max_unscored: f64,
    /// Attempts of each arm at each case.
    pub repeats: u32,
    /// Looks at the scores, each after as many cases more; the run stops at the first that knows the verdict.
    pub looks: u32,
}

impl Default for DecisionConfig {
    fn default() -> Self {
        Self { false_block_rate: 0.05, inconclusive: Inconclusive::Warn, max_unscored: 0.05, repeats: 1, looks: 1 }
    }
}

/// What an inconclusive verdict does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inconclusive {
    /// It is said, and does not block.
    Warn,
    /// It blocks.
    Fail,
    /// It does not block.
    Pass,
}

/// `github:`, what is written on the pull request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GitHubConfig {
    /// When the comment is written.
    pub comment: CommentWhen,
    /// Whether there is a check run too.
    pub check: bool,
}

/// When the comment is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommentWhen {
    /// After each run.
    #[default]
    Always,
    /// Where the verdict is another than the comment gives.
    OnChange,
    /// Never.
    Never,
}

/// `budget:`, where a run stops.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// US dollars.
    pub usd: Option<f64>,
    /// Requests to providers; answers from the cache are free.
    pub requests: Option<u64>,
}
