//! From what was worked through to the report.

use super::carry_out::Finished;
use super::cases::counts;
use super::judge::Bench;
use super::plan::Plan;
use super::{arms, bill, repeat, tally};
use crate::cli::RunArgs;
use crate::compare::{Cell, Row, ScoreTable};
use crate::evalset::Stratum;
use crate::report::{CaseCounts, CaseResult, Ingredients, Report, Setup, StratumRow};

/// Why a case has no answers where an early look has decided.
pub(super) const NOT_NEEDED: &str = "not needed: an early look had decided";

/// Compares, decides, and makes the report.
pub(super) fn conclude(plan: &Plan, mut finished: Finished, bench: &mut Bench, args: &RunArgs) -> Report {
    let scorers = plan.panel.scorers();
    let table = plan.table(&finished.worked);
    let decided = finished.decided.take();
    let is_decided_early = decided.is_some();
    let judged = decided.unwrap_or_else(|| bench.look(&table, &finished.circumstances));
    let worked = &finished.worked;
    let mut results = tally::results(scorers, &plan.chosen.cases, worked);
    results.iter_mut().for_each(|result| put_stored(plan, result));
    let usage = bill::usage(worked);
    Report::from(Ingredients {
        name: &plan.config.name,
        setup: setup(plan, &finished, args),
        cases: case_counts(plan, &finished, &table, is_decided_early),
        table: &table,
        judged: judged.ingredients(),
        calls_saved: if is_decided_early { bill::calls_saved(worked) } else { 0 },
        notes: tally::notes(scorers),
        usage,
        results,
    })
}

/// Fills in the scores of a stored baseline.
fn put_stored(plan: &Plan, result: &mut CaseResult) {
    let Some(case) = plan.stored.as_ref().and_then(|stored| stored.cases.get(&result.case)) else { return };
    for (name, pair) in &mut result.scores {
        pair.baseline = case.scores.get(name).copied();
    }
}

fn case_counts(plan: &Plan, finished: &Finished, table: &ScoreTable, is_decided_early: bool) -> CaseCounts {
    let (failed, not_replayable) = tally::failures(&finished.worked);
    let mut left_out = plan.chosen.left_out.clone();
    for (reason, count) in not_replayable {
        *left_out.entry(format!("not replayable: {reason}")).or_default() += count;
    }
    if let Some(stored) = &plan.stored {
        let is_missing = |row: &&Row| table.is_paired && !stored.cases.contains_key(&row.case);
        let missing = table.rows.iter().filter(is_missing).count();
        left_out.extend((missing > 0).then_some(("not in the stored baseline".to_owned(), missing)));
    }
    let untouched = finished.worked.iter().filter(|worked| worked.is_none()).count();
    if untouched > 0 {
        let why = if is_decided_early { NOT_NEEDED } else { "not worked through before the run was stopped" };
        left_out.insert(why.to_owned(), untouched);
    }
    let is_compared = |(baseline, candidate): &(Cell, Cell)| {
        candidate.value.is_some() && (baseline.value.is_some() || !table.is_paired)
    };
    CaseCounts {
        seen: plan.chosen.seen,
        population: plan.chosen.population,
        sampled: plan.chosen.sampled,
        strata: plan.chosen.strata.iter().map(stratum).collect(),
        chosen: plan.chosen.cases.len(),
        compared: table.rows.iter().filter(|row| row.cells.iter().any(is_compared)).count(),
        left_out: counts(&left_out),
        approximate: counts(&plan.chosen.approximate),
        failed: counts(&failed),
    }
}

fn stratum(stratum: &Stratum) -> StratumRow {
    let Stratum { name, population, sampled } = stratum.clone();
    StratumRow { name, population, sampled }
}

fn setup(plan: &Plan, finished: &Finished, args: &RunArgs) -> Setup {
    Setup {
        candidate: arms::describe(&plan.candidate),
        baseline: baseline(plan),
        models: tally::models(&finished.worked),
        evalset: plan.chosen.of.clone(),
        redacted: counts(&plan.chosen.redacted),
        seed: plan.terms.seed,
        repeats: plan.config.decision.repeats,
        command: repeat::run(args, plan.terms.seed),
    }
}

/// The baseline in words; of a stored one, when it was made.
fn baseline(plan: &Plan) -> String {
    let made = plan.stored.as_ref().map(|stored| format!(" ({}), made {}", stored.of, stored.made));
    plan.baseline.of.clone() + &made.unwrap_or_default()
}
