//! From a score table to the verdict: what `run` and `compare` have in common.

use crate::compare::{Comparison, ScoreTable, compare};
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::verdict::{Circumstances, Rules, Verdict, decide};

/// A table, judged by the rules of a configuration.
pub(super) struct Judged {
    pub(super) comparisons: Vec<Comparison>,
    pub(super) rules: Rules,
    pub(super) verdict: Verdict,
    pub(super) exit: ExitStatus,
}

/// Compares and decides.
pub(super) fn judge(config: &Config, table: &ScoreTable, seed: u64, circumstances: &Circumstances) -> Judged {
    let decision = &config.decision;
    let rules = Rules { false_block_rate: decision.false_block_rate, max_unscored: decision.max_unscored };
    let comparisons = compare(table, seed);
    let verdict = decide(table, &comparisons, rules, circumstances);
    let exit = ExitStatus::of(&verdict, decision.inconclusive, circumstances.why_incomplete().is_some());
    Judged { comparisons, rules, verdict, exit }
}
