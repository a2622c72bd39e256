//! The rows of the report's tables: scorers, comparisons, floors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScorerRow {
    /// Its name in the config.
    pub name: String,
    /// What the config says it is for.
    pub description: Option<String>,
    /// Whether it has a gate; else it is advisory.
    pub is_gated: bool,
    /// Whether more is better.
    pub is_higher_better: bool,
    /// The unit of its numbers: `score`, `ms`, `tokens`, `usd`.
    pub unit: String,
    /// What makes two scorers the same: kind, options, rubric, schema.
    pub fingerprint: String,
    /// Attempts that it had something to say of, both arms together.
    pub attempts: usize,
    /// Those of them that it could not score.
    pub unscored: usize,
}

/// Baseline against candidate on one scorer, over all cases or one slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonRow {
    /// The scorer's name.
    pub scorer: String,
    /// The slice, `intent=refund`; `null` over all cases.
    pub slice: Option<String>,
    /// Cases scored in both arms; where only one has scores, in that one.
    pub cases: usize,
    /// Clusters (sessions, else users, else cases) among them.
    pub clusters: usize,
    /// The baseline's level in the scorer's unit.
    pub baseline: Option<f64>,
    /// The 95 % interval of the baseline's level, where only the baseline has one: of what production's traces recorded.
    #[serde(default)]
    pub baseline_interval: Option<Range>,
    /// The candidate's level in the scorer's unit.
    pub candidate: Option<f64>,
    /// Candidate minus baseline.
    pub change: Option<f64>,
    /// The 95 % interval of the change.
    pub interval: Option<Range>,
    /// The candidate's level over the baseline's, of costs, tokens and times.
    pub ratio: Option<RatioRow>,
    /// The margin in the scorer's unit.
    pub margin: Option<f64>,
    /// The sign-flip p-value, alternative worse.
    pub p: Option<f64>,
    /// The same, adjusted for all gated comparisons of the run and for all looks.
    pub adjusted_p: Option<f64>,
    /// The smallest change for the worse that would be blocked with 80 % power.
    pub detectable: Option<f64>,
    /// Cases with which an undecided comparison would be decided, if what was measured held.
    pub cases_needed: Option<u64>,
    /// Cases with which a change that changes nothing would pass with 80 % power.
    pub cases_to_pass: Option<u64>,
    /// What it comes to; `null` for an advisory scorer.
    pub outcome: Option<Outcome>,
}

/// One level over another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatioRow {
    /// 1 where both are the same.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Range>,
}

/// A level that the candidate must hold. Floors are outside the promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorRow {
    /// The scorer's name.
    pub scorer: String,
    /// The level in the scorer's unit.
    pub level: f64,
    /// Whether the level is a minimum; else it is a maximum.
    pub is_minimum: bool,
    /// The candidate's level.
    pub candidate: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Range>,
    /// What it comes to.
    pub outcome: Outcome,
}

/// What a gate comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Inside the margin, with 95 % confidence.
    Pass,
    /// Worse than the margin, and not by chance.
    Fail,
    /// Neither.
    Inconclusive,
    /// Too much was left unscored, or there was nothing to compare.
    Unjudged,
}

/// A range, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}
