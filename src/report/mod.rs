//! The report: the one model of a finished run, of which every format is a rendering.
//!
//! These types are what `report.json` holds, version 1; their JSON Schema is in `schemas/report.v1.json`. Nothing in them
//! depends on the clock, on concurrency or on the order of answers: the same inputs give the same bytes.

mod build;
mod changes;
mod classes;
pub mod escape;
mod fit;
mod html;
mod junit;
mod markdown;
mod row;
mod scorer;
mod terminal;
mod view;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::build::{Ingredients, Judged, ScorerNote};
pub use self::classes::{ClassRow, Example};
pub use self::html::html;
pub use self::junit::junit;
pub use self::markdown::{brief, error, markdown};
pub use self::scorer::{ComparisonRow, FloorRow, Outcome, Range, RatioRow, ScorerRow};
pub use self::terminal::terminal;
pub use self::view::headline;

/// The version of the report's format.
pub const VERSION: u32 = 1;

/// A finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of this format: 1.
    pub version: u32,
    /// The version of eval-gate that wrote it.
    pub eval_gate: String,
    /// The gate's name, from the config.
    pub name: String,
    /// The verdict and its reasons.
    pub verdict: VerdictSection,
    /// What was compared with what.
    pub setup: Setup,
    /// How many cases there were, and what became of them.
    pub cases: CaseCounts,
    /// The scorers, in the config's order.
    pub scorers: Vec<ScorerRow>,
    /// Every comparison, gated or advisory: over all cases first, then by slice.
    pub comparisons: Vec<ComparisonRow>,
    /// Levels that the candidate must hold.
    pub floors: Vec<FloorRow>,
    /// Slices of too few clusters to be gated, with their number of cases.
    pub small_slices: Vec<Count>,
    /// The classes of cases that are compared, with examples.
    pub classes: Vec<ClassRow>,
    /// Calls, tokens and money, by what they were for.
    pub usage: Vec<UsageRow>,
    /// Every case that was worked through.
    pub results: Vec<CaseResult>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictSection {
    /// What is said of the change.
    pub ruling: Ruling,
    /// Why, a sentence each, the weightiest first.
    pub reasons: Vec<String>,
    /// The exit code that follows from the ruling and the config.
    pub exit_code: u8,
    /// The promised chance that a change that changes nothing is blocked by any gate.
    pub false_block_rate: f64,
    /// How many comparisons share that promise.
    pub tested: usize,
    /// How the arms were compared.
    pub test: Test,
    /// Looks that were taken at the scores.
    pub looks: usize,
    /// Looks that were planned.
    pub looks_planned: usize,
    /// Calls, judgements included, that an early verdict saved.
    pub calls_saved: usize,
}

/// How the arms were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Both arms answered the same cases: sign flips by cluster.
    Pairs,
    /// The arms answered different cases: two samples, the weaker test.
    TwoSamples,
}

/// What is said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// No gate fails and all are decided.
    Pass,
    /// At least one gate fails.
    Fail,
    /// No gate fails, but at least one is undecided.
    Inconclusive,
    /// The run could not be judged.
    Error,
}

/// What was compared with what, and how to do it again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The candidate in words: its prompt, its model.
    pub candidate: String,
    /// The baseline in words: production's recorded answers, the prompt at a commit, a stored file.
    pub baseline: String,
    /// The models that answered, as they name themselves.
    pub models: Vec<String>,
    /// Where the cases came from.
    pub evalset: String,
    /// What redaction replaced in them, by rule.
    pub redacted: Vec<Count>,
    /// The seed of sampling and of the sign flips.
    pub seed: u64,
    /// Attempts of each arm at each case.
    pub repeats: u32,
    /// The command that repeats this run.
    pub command: String,
}

/// How many cases there were, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseCounts {
    /// Requests found in the source.
    pub seen: usize,
    /// Those of them that could be replayed and for which `where` held: what the cases stand for.
    #[serde(default)]
    pub population: usize,
    /// Those of them that were drawn.
    #[serde(default)]
    pub sampled: usize,
    /// Cases made of these; near-duplicates are one, if they are folded.
    pub chosen: usize,
    /// The strata of the sample; empty where there is but one.
    #[serde(default)]
    pub strata: Vec<StratumRow>,
    /// Cases that both arms answered.
    pub compared: usize,
    /// Requests or cases that could not be replayed or were left out, by reason.
    pub left_out: Vec<Count>,
    /// Cases whose replay is less than what was sent, by what is missing.
    pub approximate: Vec<Count>,
    /// Attempts that failed because a provider did, by message.
    pub failed: Vec<Count>,
}

/// A part of the population that was sampled by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StratumRow {
    /// `intent=refund`, or several joined by a comma; with `failures`, the outcome first.
    pub name: String,
    /// Requests of the population in it.
    pub population: usize,
    /// Those of them that were drawn.
    pub sampled: usize,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What.
    pub what: String,
    /// How often.
    pub count: usize,
}

/// Calls, tokens and money of one purpose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageRow {
    /// `candidate`, `baseline` or `judge`.
    pub purpose: String,
    /// Calls whose answers were used, cached ones included.
    pub calls: usize,
    /// Those of them that came from the cache or a recording.
    pub cached: usize,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Completion tokens.
    pub output_tokens: u64,
    /// US dollars, where the prices of all models are known.
    pub cost_usd: Option<f64>,
    /// Sum of the calls' durations in seconds; calls overlap, so a run is shorter.
    pub seconds: f64,
}

/// One case: what was asked, what both arms answered, and the scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// The case's id.
    pub case: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The last user message.
    pub question: String,
    /// A link to the trace.
    pub trace_url: Option<String>,
    /// The baseline's answer; the first of several repeats.
    pub baseline: Option<String>,
    /// The candidate's answer; the first of several repeats.
    pub candidate: Option<String>,
    /// The scores, by scorer.
    pub scores: BTreeMap<String, ScorePair>,
}

/// Both arms' scores of one case by one scorer, averaged over repeats.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScorePair {
    /// The baseline's score; `null` where it has none.
    pub baseline: Option<f64>,
    /// The candidate's score; `null` where it has none.
    pub candidate: Option<f64>,
    /// Why the baseline got its score, or none.
    pub baseline_reason: Option<String>,
    /// Why the candidate got its score, or none.
    pub candidate_reason: Option<String>,
}

impl Report {
    /// The report as JSON, indented, with a line break at the end. It may be printed into a log, so it has no commands for the
    /// runner: what those begin with stands only in strings, where an escape means the same.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a report has string keys only");
        let mut text = text.replace("##[", "##\\u005b");
        text.push('\n');
        text
    }
}
