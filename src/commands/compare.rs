//! `compare`: the verdict alone, on scores made by any other harness.

use std::collections::BTreeMap;

use super::foresight::{check_gates, check_slices};
use super::judge::judge;
use super::{Error, output, read_config, repeat, tally};
use crate::cli::CompareArgs;
use crate::compare::{Row, ScoreTable, pair_scores, read_scores};
use crate::exit::ExitStatus;
use crate::report::{CaseCounts, CaseResult, Count, Ingredients, Report, ScorePair, Setup};
use crate::verdict::Circumstances;

pub(super) fn compare(args: &CompareArgs) -> Result<ExitStatus, Error> {
    let config = read_config(&args.config)?;
    check_gates(&config, &config.scorers)?;
    let (baseline, candidate) = (read_scores(&args.baseline)?, read_scores(&args.candidate)?);
    let lines = baseline.values().chain(candidate.values());
    check_slices(&config, &config.scorers, lines.flat_map(|line| line.tags.keys()))?;
    let table = pair_scores(tally::columns(&config.scorers, false), &baseline, &candidate)?;
    let seed = args.seed.unwrap_or(config.sample.seed);
    let judged = judge(&config, &table, seed, &Circumstances::default());
    let report = Report::from(Ingredients {
        name: &config.name,
        setup: setup(args, seed),
        cases: counts(&table, baseline.len(), candidate.len()),
        table: &table,
        comparisons: &judged.comparisons,
        verdict: &judged.verdict,
        rules: judged.rules,
        exit_code: judged.exit.code(),
        notes: tally::notes(&config.scorers),
        usage: Vec::new(),
        results: table.rows.iter().map(|row| result(&table, row)).collect(),
    });
    output::report(&report, &args.config.out)?;
    Ok(judged.exit)
}

fn setup(args: &CompareArgs, seed: u64) -> Setup {
    let (baseline, candidate) = (args.baseline.display(), args.candidate.display());
    Setup {
        candidate: format!("the scores in {candidate}"),
        baseline: format!("the scores in {baseline}"),
        evalset: "score files".into(),
        seed,
        repeats: 1,
        command: repeat::compare(args, seed),
        ..Setup::default()
    }
}

fn counts(table: &ScoreTable, baseline: usize, candidate: usize) -> CaseCounts {
    let union = table.rows.len();
    let compared = (baseline + candidate).saturating_sub(union);
    let missing = [
        ("missing in the candidate's scores", union - candidate),
        ("missing in the baseline's scores", union - baseline),
    ];
    let left_out = missing.into_iter().filter(|(_, count)| *count > 0);
    CaseCounts {
        seen: union,
        chosen: union,
        compared,
        left_out: left_out.map(|(what, count)| Count { what: what.into(), count }).collect(),
        ..CaseCounts::default()
    }
}

fn result(table: &ScoreTable, row: &Row) -> CaseResult {
    let pairs = table.columns.iter().zip(&row.cells).map(|(column, (baseline, candidate))| {
        let pair = ScorePair { baseline: baseline.value, candidate: candidate.value, ..ScorePair::default() };
        (column.name.clone(), pair)
    });
    CaseResult {
        case: row.case.clone(),
        tags: row.tags.clone(),
        question: String::new(),
        trace_url: None,
        baseline: None,
        candidate: None,
        scores: pairs.collect::<BTreeMap<_, _>>(),
    }
}
