//! The law: from comparisons to one [`Verdict`].
//!
//! A gate *fails* when its adjusted p-value is at most the promised false-block rate and the estimate is worse than the
//! margin. It *passes* when the one-sided 95 % bound is inside the margin. Anything else is *inconclusive*. A scorer that
//! left too much unscored cannot be judged at all, and nothing that was not judged can pass.

mod floor;
mod gate;
mod number;
mod sentence;

use serde::{Deserialize, Serialize};

use crate::compare::{Look, ScoreTable};

pub use self::floor::Floor;
pub use self::gate::{Gate, Outcome};
pub use self::number::{number, p_value, signed};

/// The rules of a run, from the config's `decision`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The promised chance that a change that changes nothing is blocked by any gate.
    pub false_block_rate: f64,
    /// The share of a scorer's attempts that may be left unscored.
    pub max_unscored: f64,
}

/// What happened to a run before its scores were compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Set when the budget was spent before all cases were worked through.
    pub is_budget_spent: bool,
    /// Set when the run was stopped by hand.
    pub is_interrupted: bool,
    /// The failure for which the run was stopped, as all further calls would have failed in the same way.
    pub fatal: Option<String>,
    /// The environment variable without which a model could not be asked, where a run goes on without its keys: on the
    /// pull request of a fork. Such a run never passes; a maintainer has to run it.
    pub missing_key: Option<String>,
    /// Why nothing could be measured: the base commit has no prompt and no configuration, so the prompt met itself.
    pub without_base: Option<String>,
}

impl Circumstances {
    /// Why the run is not whole, if it is not.
    pub fn why_incomplete(&self) -> Option<String> {
        match self {
            Self { fatal: Some(why), .. } => Some(why.clone()),
            Self { is_budget_spent: true, .. } => {
                Some("budget: it was spent before all cases were worked through".to_owned())
            }
            Self { is_interrupted: true, .. } => {
                Some("the run was interrupted before all cases were worked through".to_owned())
            }
            Self { .. } => None,
        }
    }
}

/// What is said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// The verdict of a run, with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What is said of the change.
    pub ruling: Ruling,
    /// Why, a plain sentence each, the weightiest first.
    pub reasons: Vec<String>,
    /// Every gated comparison.
    pub gates: Vec<Gate>,
    /// Every level that is held.
    pub floors: Vec<Floor>,
    /// Whether a gate marked `critical` is undecided.
    pub is_critical: bool,
}

/// Applies the law to what a look has shown.
pub fn decide(table: &ScoreTable, look: &Look, rules: Rules, circumstances: &Circumstances) -> Verdict {
    let comparisons = look.comparisons.as_slice();
    let gates = gate::judge_all(table, comparisons, rules);
    let floors = floor::judge_all(table, look, rules);
    let is_critical = is_critical(table, &gates, &floors);
    let outcomes = gates.iter().map(|gate| gate.outcome).chain(floors.iter().map(|floor| floor.outcome));
    let is_unmeasured = circumstances.without_base.is_some();
    let has_too_few = table.rows.is_empty() || gates.is_empty() && floors.is_empty();
    let is_keyless = circumstances.missing_key.is_some();
    let ruling = match outcomes.max().unwrap_or(Outcome::Pass) {
        _ if has_too_few || circumstances.fatal.is_some() => Ruling::Error,
        // A run that was cut short by its budget chose its cases by their cost: it never fails.
        Outcome::Fail if circumstances.is_budget_spent => Ruling::Inconclusive,
        // What met itself differs by chance alone. A level is held all the same.
        Outcome::Fail if is_unmeasured && !floor::fails(&floors) => Ruling::Inconclusive,
        Outcome::Fail => Ruling::Fail,
        Outcome::Unjudged if !is_keyless => Ruling::Error,
        Outcome::Pass if circumstances.why_incomplete().is_none() && !is_keyless && !is_unmeasured => Ruling::Pass,
        Outcome::Pass | Outcome::Inconclusive | Outcome::Unjudged => Ruling::Inconclusive,
    };
    let reasons = sentence::reasons(table, comparisons, &gates, &floors, circumstances);
    Verdict { ruling, reasons, gates, floors, is_critical }
}

fn is_critical(table: &ScoreTable, gates: &[Gate], floors: &[Floor]) -> bool {
    let of_gates = gates.iter().map(|gate| (gate.column, gate.outcome));
    let of_floors = floors.iter().map(|floor| (floor.column, floor.outcome));
    of_gates.chain(of_floors).any(|(column, outcome)| {
        outcome == Outcome::Inconclusive && table.columns[column].gate.as_ref().is_some_and(|gate| gate.critical)
    })
}

#[cfg(test)]
mod tests;
