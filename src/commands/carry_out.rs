//! Carries a plan out: replay and scores, under the budget, until it is done or stopped.

use std::io::IsTerminal;

use super::output;
use super::plan::Plan;
use super::work::{Worked, stop_on_ctrl_c, work};
use crate::progress::{Bar, Lines, Progress};
use crate::replay::{Asked, Budget, Cancel, Replay};
use crate::verdict::Circumstances;

/// A plan carried out, as far as it went.
pub(super) struct Finished {
    /// What became of each case, in their order; `None` where a stop came first.
    pub(super) worked: Vec<Option<Worked>>,
    pub(super) circumstances: Circumstances,
}

/// Works through the plan's cases, with this candidate or with the baseline alone.
pub(super) async fn carry_out(plan: &Plan, candidate: Option<Asked>) -> Finished {
    let cancel = Cancel::default();
    let budget = Budget::new(plan.config.budget.usd, plan.config.budget.requests, cancel.clone());
    let replay = Replay {
        baseline: plan.baseline.arm.clone(),
        candidate,
        vars: &plan.config.vars,
        prices: &plan.config.prices,
        budget: &budget,
        repeats: plan.config.decision.repeats,
    };
    let progress = progress();
    let limit = plan.providers.concurrency();
    let working = work(&plan.chosen.cases, &replay, &plan.panel, limit, &cancel, progress.as_ref());
    let worked = tokio::select! {
        worked = working => worked,
        never = stop_on_ctrl_c(cancel.clone(), output::note) => match never {},
    };
    let is_incomplete = worked.iter().any(Option::is_none);
    let is_budget_spent = is_incomplete && budget.is_spent();
    let fatal = budget.fatal();
    let is_interrupted = is_incomplete && !is_budget_spent && fatal.is_none();
    Finished { worked, circumstances: Circumstances { is_budget_spent, is_interrupted, fatal } }
}

/// A bar where a person looks, plain lines elsewhere.
fn progress() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines::default()) }
}
