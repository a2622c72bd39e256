//! From a score table to the verdict, look by look: what `run` and `compare` have in common.

use crate::compare::{Family, Look, ScoreTable, Terms};
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::report;
use crate::verdict::{Circumstances, Rules, Ruling, Verdict, decide};

/// Judges a suite as its scores come in.
pub(super) struct Bench<'a> {
    config: &'a Config,
    rules: Rules,
    family: Family,
    looks: usize,
}

/// A table, judged by the rules of a configuration.
pub(super) struct Judged {
    pub(super) look: Look,
    pub(super) rules: Rules,
    pub(super) verdict: Verdict,
    pub(super) exit: ExitStatus,
}

impl<'a> Bench<'a> {
    /// A bench for the cases of `plan`, whose scores are not looked at.
    pub(super) fn new(config: &'a Config, plan: &ScoreTable, terms: Terms) -> Self {
        let decision = &config.decision;
        let rules = Rules { false_block_rate: decision.false_block_rate, max_unscored: decision.max_unscored };
        // More looks than clusters would be looks at nothing.
        let looks = terms.looks.clamp(1, plan.clusters_of(None).len().max(1));
        let family = Family::new(plan, Terms { looks, ..terms });
        Self { config, rules, family, looks }
    }

    /// Looks that are planned.
    pub(super) fn looks(&self) -> usize {
        self.looks
    }

    /// Which look sees a cluster first, from 0.
    pub(super) fn batch(&self, cluster: &str) -> usize {
        self.family.order().batch(cluster, self.looks)
    }

    /// Judges what there is.
    pub(super) fn look(&mut self, table: &ScoreTable, circumstances: &Circumstances) -> Judged {
        let look = self.family.look(table);
        let verdict = decide(table, &look, self.rules, circumstances);
        let exit = ExitStatus::of(&verdict, self.config.decision.inconclusive, circumstances);
        Judged { look, rules: self.rules, verdict, exit }
    }

    /// Looks at a whole table batch by batch, until the verdict is known. Gives the part that was looked at as well.
    pub(super) fn look_on(&mut self, table: &ScoreTable) -> (ScoreTable, Judged) {
        let mut taken = 1;
        loop {
            let seen = table.up_to(self.family.order(), taken, self.looks);
            let judged = self.look(&seen, &Circumstances::default());
            if judged.is_decided() || taken == self.looks {
                return (seen, judged);
            }
            taken += 1;
        }
    }
}

impl Judged {
    /// What the report is made of.
    pub(super) fn ingredients(&self) -> report::Judged<'_> {
        report::Judged { look: &self.look, verdict: &self.verdict, rules: self.rules, exit_code: self.exit.code() }
    }

    /// Whether more cases could not change the verdict: a gate has failed, or all have passed.
    pub(super) fn is_decided(&self) -> bool {
        matches!(self.verdict.ruling, Ruling::Fail | Ruling::Pass)
    }
}

/// What a configuration promises. `looks` and `seed` of the command line come before it.
pub(super) fn terms(config: &Config, looks: Option<u32>, seed: Option<u64>) -> Terms {
    let looks = looks.unwrap_or(config.decision.looks);
    Terms {
        false_block_rate: config.decision.false_block_rate,
        looks: usize::try_from(looks).unwrap_or(usize::MAX),
        seed: seed.unwrap_or(config.sample.seed),
    }
}
