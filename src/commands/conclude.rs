//! From what was worked through to the report.

use super::carry_out::Finished;
use super::cases::counts;
use super::judge::judge;
use super::plan::Plan;
use super::{arms, bill, repeat, tally};
use crate::cli::RunArgs;
use crate::compare::{Cell, ScoreTable, StoredBaseline};
use crate::report::{CaseCounts, CaseResult, Ingredients, Report, Setup};

/// Compares, decides, and makes the report.
pub(super) fn conclude(plan: &Plan, finished: &Finished, args: &RunArgs) -> Report {
    let scorers = plan.panel.scorers();
    let worked = &finished.worked;
    let columns = tally::columns(scorers, plan.is_timed_apart());
    let mut table = tally::table(columns, &plan.chosen.cases, worked);
    let mut results = tally::results(scorers, &plan.chosen.cases, worked);
    if let Some(stored) = &plan.stored {
        put_stored(stored, &mut table, &mut results);
    }
    let judged = judge(&plan.config, &table, plan.seed, &finished.circumstances);
    Report::from(Ingredients {
        name: &plan.config.name,
        setup: setup(plan, finished, args),
        cases: case_counts(plan, finished, &table),
        table: &table,
        comparisons: &judged.comparisons,
        verdict: &judged.verdict,
        rules: judged.rules,
        exit_code: judged.exit.code(),
        notes: tally::notes(scorers),
        usage: bill::usage(worked, &plan.config.prices),
        results,
    })
}

/// Fills in the scores of a stored baseline, case by case.
fn put_stored(stored: &StoredBaseline, table: &mut ScoreTable, results: &mut [CaseResult]) {
    let score = |case: &str, scorer: &str| stored.cases.get(case).and_then(|scores| scores.get(scorer)).copied();
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    for row in &mut table.rows {
        for (name, (baseline, _)) in names.iter().zip(&mut row.cells) {
            *baseline = score(&row.case, name).map_or_else(Cell::default, Cell::of);
        }
    }
    for result in results {
        for (name, pair) in &mut result.scores {
            pair.baseline = score(&result.case, name);
        }
    }
}

fn case_counts(plan: &Plan, finished: &Finished, table: &ScoreTable) -> CaseCounts {
    let (failed, not_replayable) = tally::failures(&finished.worked);
    let mut left_out = plan.chosen.left_out.clone();
    for (reason, count) in not_replayable {
        *left_out.entry(format!("not replayable: {reason}")).or_default() += count;
    }
    if let Some(stored) = &plan.stored {
        let missing = table.rows.iter().filter(|row| !stored.cases.contains_key(&row.case)).count();
        left_out.extend((missing > 0).then_some(("not in the stored baseline".to_owned(), missing)));
    }
    let untouched = finished.worked.iter().filter(|worked| worked.is_none()).count();
    if untouched > 0 {
        left_out.insert("not worked through before the run was stopped".to_owned(), untouched);
    }
    let has_both = |cells: &(Cell, Cell)| cells.0.value.is_some() && cells.1.value.is_some();
    CaseCounts {
        seen: plan.chosen.seen,
        chosen: plan.chosen.cases.len(),
        compared: table.rows.iter().filter(|row| row.cells.iter().any(has_both)).count(),
        left_out: counts(&left_out),
        approximate: counts(&plan.chosen.approximate),
        failed: counts(&failed),
    }
}

fn setup(plan: &Plan, finished: &Finished, args: &RunArgs) -> Setup {
    Setup {
        candidate: arms::describe(&plan.candidate),
        baseline: plan.baseline.of.clone(),
        models: tally::models(&finished.worked),
        evalset: plan.chosen.of.clone(),
        redacted: counts(&plan.chosen.redacted),
        seed: plan.seed,
        repeats: plan.config.decision.repeats,
        command: repeat::run(args, plan.seed),
    }
}
