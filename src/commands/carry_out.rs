//! Carries a plan out: replay and scores, under the budget, until it is done, decided or stopped.

use std::io::IsTerminal;

use super::judge::{Bench, Judged};
use super::output;
use super::plan::Plan;
use super::work::{Worked, stop_on_ctrl_c, work};
use crate::cli::Shard;
use crate::config::BudgetConfig;
use crate::evalset::Case;
use crate::progress::{Bar, Lines, Progress};
use crate::replay::{Asked, Budget, Cancel};
use crate::verdict::Circumstances;

/// A plan carried out, as far as it went.
pub(super) struct Finished {
    /// What became of each case, in their order; `None` where a stop came first.
    pub(super) worked: Vec<Option<Worked>>,
    pub(super) circumstances: Circumstances,
    /// The verdict of an early look after which the rest was not needed.
    pub(super) decided: Option<Judged>,
}

/// Works through all of the plan's cases, with this candidate or with the baseline alone.
pub(super) async fn carry_out(plan: &Plan, candidate: Option<Asked>) -> Finished {
    let all = (0..plan.chosen.cases.len()).collect();
    in_batches(plan, candidate, vec![all], plan.config.budget, |_, _| None).await
}

/// Works through the plan's cases batch by batch, until `bench` knows the verdict.
pub(super) async fn carry_out_by_looks(plan: &Plan, bench: &mut Bench<'_>) -> Finished {
    let mut batches = vec![Vec::new(); bench.looks()];
    for (index, case) in plan.chosen.cases.iter().enumerate() {
        batches[bench.batch(case.cluster_key())].push(index);
    }
    let look = |worked: &[Option<Worked>], circumstances: &Circumstances| {
        let judged = bench.look(&plan.table(worked), circumstances);
        judged.is_decided().then_some(judged)
    };
    in_batches(plan, Some(plan.candidate.clone()), batches, plan.config.budget, look).await
}

/// Works through one share of the plan's cases, with its part of the budget.
pub(super) async fn carry_out_share(plan: &Plan, shard: Shard) -> Finished {
    let cases = plan.chosen.cases.iter().enumerate();
    let indices: Vec<usize> =
        cases.filter(|(_, case)| shard.holds(case.cluster_key())).map(|(index, _)| index).collect();
    let budget = share_of_budget(plan, shard, indices.len());
    in_batches(plan, Some(plan.candidate.clone()), vec![indices], budget, |_, _| None).await
}

/// The part of the budget that goes with a share's cases. All shares together have all of it, to the last request.
fn share_of_budget(plan: &Plan, shard: Shard, size: usize) -> BudgetConfig {
    let (all, whole) = (plan.chosen.cases.len().max(1) as u64, plan.config.budget);
    let is_before = |case: &&Case| Shard::place(case.cluster_key(), shard.of) < shard.index();
    let before = plan.chosen.cases.iter().filter(is_before).count() as u64;
    let up_to = |cases: u64, requests: u64| requests * cases / all;
    let requests = whole.requests.map(|requests| up_to(before + size as u64, requests) - up_to(before, requests));
    BudgetConfig { usd: whole.usd.map(|usd| usd * size as f64 / all as f64), requests }
}

/// Works through batches of cases, given by their indices. `look` is asked after each batch but the last.
async fn in_batches(
    plan: &Plan,
    candidate: Option<Asked>,
    batches: Vec<Vec<usize>>,
    limits: BudgetConfig,
    mut look: impl FnMut(&[Option<Worked>], &Circumstances) -> Option<Judged>,
) -> Finished {
    let cancel = Cancel::default();
    let budget = Budget::new(limits.usd, limits.requests, cancel.clone());
    let replay = plan.replay(candidate, &budget);
    let progress = progress();
    let limit = plan.providers.concurrency();
    let cases = &plan.chosen.cases;
    let mut worked: Vec<Option<Worked>> = cases.iter().map(|_| None).collect();
    let mut decided = None;
    let last = batches.len().saturating_sub(1);
    let working = async {
        progress.start(batches.iter().map(Vec::len).sum());
        for (number, batch) in batches.iter().enumerate() {
            let of_batch: Vec<&Case> = batch.iter().map(|index| &cases[*index]).collect();
            let results = work(&of_batch, &replay, &plan.panel, limit, &cancel, progress.as_ref()).await;
            batch.iter().zip(results).for_each(|(index, result)| worked[*index] = result);
            let is_early = number < last && !cancel.is_stopped();
            decided = if is_early { look(&worked, &circumstances(plan, &budget, false)) } else { None };
            if decided.is_some() {
                break;
            }
        }
        progress.finish();
    };
    tokio::select! {
        () = working => {}
        never = stop_on_ctrl_c(cancel.clone(), output::note) => match never {},
    };
    let is_incomplete = decided.is_none() && batches.iter().flatten().any(|index| worked[*index].is_none());
    let circumstances = circumstances(plan, &budget, is_incomplete);
    Finished { worked, circumstances, decided }
}

fn circumstances(plan: &Plan, budget: &Budget, is_incomplete: bool) -> Circumstances {
    let is_budget_spent = is_incomplete && budget.is_spent();
    let fatal = budget.fatal();
    let is_interrupted = is_incomplete && !is_budget_spent && fatal.is_none();
    let without_base = plan.baseline.without_base.clone();
    Circumstances { is_budget_spent, is_interrupted, fatal, missing_key: budget.missing_key(), without_base }
}

/// A bar where a person looks, plain lines elsewhere.
fn progress() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines::default()) }
}
