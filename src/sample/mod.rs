//! The sample: a seeded, stratified choice among the cases of the recorded traffic, which says what it left out.

mod allocate;
mod cell;
mod design;
mod draw;
mod failures;
mod filter;
mod light;
mod rank;
mod redaction;
mod strata;
mod survey;
mod twin;

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::evalset::{Case, Stratum};

pub use design::Design;
pub use failures::Failures;
pub use filter::Filter;
pub use redaction::{anonymise, hash_ids, redact, redact_case};
pub use survey::{Drawn, Survey};

/// The reason in [`Sample::left_out`] of cases for which `where` does not hold.
pub const NOT_MATCHED: &str = "`where` does not hold";
/// The reason in [`Sample::left_out`] of cases that the draw passed over.
pub const NOT_DRAWN: &str = "not drawn";

/// The reason in [`Sample::left_out`] of cases that another one stands for.
pub const FOLDED: &str = "nearly the same input as a drawn case, which counts for it";

/// `sample:` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleConfig {
    /// How many cases to keep at most; all of them where absent.
    pub size: Option<usize>,
    /// The same seed draws the same cases from the same traffic.
    pub seed: u64,
    /// Paths into the case, such as `metadata.intent`: every combination of their values is a stratum.
    pub strata: Vec<String>,
    /// How many cases a rare stratum gets at least, as far as it has them and `size` allows.
    pub min_per_stratum: usize,
    /// Bad outcomes, of which more are drawn than their share.
    pub failures: Option<Failures>,
    /// Whether of the drawn requests those with nearly the same input are one case, which counts for all of them.
    pub fold_duplicates: bool,
}

impl Default for SampleConfig {
    fn default() -> Self {
        Self { size: None, seed: 1, strata: Vec::new(), min_per_stratum: 1, failures: None, fold_duplicates: false }
    }
}

/// The cases chosen, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The chosen cases, in the order in which they came. `weight` is set where a stratum's share of the sample differs
    /// from its share of the population; the mean weight is 1.
    pub cases: Vec<Case>,
    /// How many cases there were.
    pub seen: usize,
    /// How many of them `where` holds for: what the sample stands for.
    pub population: usize,
    /// How many of those were drawn; of near-duplicates among them one is kept.
    pub sampled: usize,
    /// How many cases each reason left out. Whoever made the cases may add their own reasons.
    pub left_out: BTreeMap<String, usize>,
    /// Every stratum by name; empty where the sample is not stratified.
    pub strata: Vec<Stratum>,
}

impl Sample {
    /// How many cases were chosen.
    pub fn kept(&self) -> usize {
        self.cases.len()
    }
}

/// Why no sample could be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SampleError {
    /// An expression that is none.
    #[error("`{key}` is not a valid expression: {what}\n  {expression}\n  {}", marker(*.column))]
    Syntax {
        /// Where it is written.
        key: &'static str,
        /// What is wrong.
        what: String,
        /// The expression as it was written, on one line.
        expression: String,
        /// Where in it, in characters from 0.
        column: usize,
    },
    /// An expression that fails on a case, by comparing what cannot be compared or the like.
    #[error("`{key}` fails on case {case}: {what}")]
    Evaluation {
        /// Where it is written.
        key: &'static str,
        /// The case's id, or its trace's.
        case: String,
        /// What is wrong.
        what: String,
    },
    /// `where` holds for nothing.
    #[error(
        "`where` holds for none of {seen} cases: {expression}\nnames to use: {}{}",
        .known.join(", "),
        absent(.unknown)
    )]
    NothingMatches {
        /// The expression.
        expression: String,
        /// How many cases there were.
        seen: usize,
        /// Names that some case has.
        known: Vec<String>,
        /// Names that the expression uses and no case has.
        unknown: Vec<String>,
    },
    /// A stratum path that no case has.
    #[error("`sample.strata`: no case has `{path}`; there are {}", .known.join(", "))]
    UnknownStratum {
        /// The path.
        path: String,
        /// Names that some case has.
        known: Vec<String>,
    },
}

fn marker(column: usize) -> String {
    format!("{}^", " ".repeat(column))
}

fn absent(unknown: &[String]) -> String {
    if unknown.is_empty() { String::new() } else { format!("\nno case has {}", unknown.join(", ")) }
}
