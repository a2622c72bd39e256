//! `compare`: the verdict alone, on scores made by any other harness.

use std::collections::BTreeMap;

use super::conclude::NOT_NEEDED;
use super::foresight::{check_gates, check_slices};
use super::judge::{Bench, terms};
use super::topics::{Input, TOPIC, finds_slices, topics};
use super::{Error, output, read_config, repeat, tally};
use crate::cli::CompareArgs;
use crate::compare::{Row, ScoreLine, ScoreTable, Terms, pair_scores, read_scores};
use crate::exit::ExitStatus;
use crate::report::{CaseCounts, CaseResult, Count, Ingredients, Report, ScorePair, Setup};

pub(super) fn compare(args: &CompareArgs) -> Result<ExitStatus, Error> {
    let config = read_config(&args.config)?;
    check_gates(&config, &config.scorers)?;
    let mut scores = Scores { baseline: read_scores(&args.baseline)?, candidate: read_scores(&args.candidate)? };
    let terms = terms(&config, args.looks, args.seed);
    if finds_slices(&config.scorers) {
        scores.name_topics(terms.seed);
    }
    check_slices(&config, &config.scorers, scores.lines().flat_map(|line| line.tags.keys()))?;
    let table = pair_scores(tally::columns(&config.scorers, false), &scores.baseline, &scores.candidate)?;
    let (seen, judged) = Bench::new(&config, &table, terms).look_on(&table);
    let report = Report::from(Ingredients {
        name: &config.name,
        setup: setup(args, terms),
        cases: scores.counts(&table, &seen),
        table: &seen,
        judged: judged.ingredients(),
        calls_saved: 0,
        notes: tally::notes(&config.scorers),
        usage: Vec::new(),
        results: seen.rows.iter().map(|row| scores.result(&seen, row)).collect(),
    });
    output::report(&report, &args.config.out)?;
    Ok(judged.exit)
}

fn setup(args: &CompareArgs, terms: Terms) -> Setup {
    let (baseline, candidate) = (args.baseline.display(), args.candidate.display());
    Setup {
        candidate: format!("the scores in {candidate}"),
        baseline: format!("the scores in {baseline}"),
        evalset: "score files".into(),
        seed: terms.seed,
        repeats: 1,
        command: repeat::compare(args, terms.seed),
        ..Setup::default()
    }
}

/// Both files, by case.
struct Scores {
    baseline: BTreeMap<String, ScoreLine>,
    candidate: BTreeMap<String, ScoreLine>,
}

impl Scores {
    fn lines(&self) -> impl Iterator<Item = &ScoreLine> {
        self.baseline.values().chain(self.candidate.values())
    }

    /// Adds to each case's tags the class that its input falls into.
    fn name_topics(&mut self, seed: u64) {
        let both: BTreeMap<&String, &ScoreLine> = self.candidate.iter().chain(&self.baseline).collect();
        let inputs = both.values().map(|line| Input {
            text: line.input.clone().unwrap_or_default(),
            cluster: line.cluster.clone().unwrap_or_else(|| line.case.clone()),
        });
        let is_taken = self.lines().any(|line| line.tags.contains_key(TOPIC));
        let topics: Vec<_> = topics(&inputs.collect::<Vec<_>>(), is_taken, seed);
        let named: BTreeMap<String, _> = both.into_keys().cloned().zip(topics).collect();
        for line in self.baseline.values_mut().chain(self.candidate.values_mut()) {
            line.tags.extend(named.get(&line.case).cloned().flatten());
        }
    }

    fn counts(&self, table: &ScoreTable, seen: &ScoreTable) -> CaseCounts {
        let union = table.rows.len();
        let is_in_both = |row: &&Row| self.baseline.contains_key(&row.case) && self.candidate.contains_key(&row.case);
        let left_out = [
            ("missing in the candidate's scores", union - self.candidate.len()),
            ("missing in the baseline's scores", union - self.baseline.len()),
            (NOT_NEEDED, union - seen.rows.len()),
        ];
        let left_out = left_out.into_iter().filter(|(_, count)| *count > 0);
        CaseCounts {
            seen: union,
            population: union,
            sampled: union,
            strata: Vec::new(),
            chosen: union,
            compared: seen.rows.iter().filter(is_in_both).count(),
            left_out: left_out.map(|(what, count)| Count { what: what.into(), count }).collect(),
            ..CaseCounts::default()
        }
    }

    fn result(&self, table: &ScoreTable, row: &Row) -> CaseResult {
        let pairs = table.columns.iter().zip(&row.cells).map(|(column, (baseline, candidate))| {
            let pair = ScorePair { baseline: baseline.value, candidate: candidate.value, ..ScorePair::default() };
            (column.name.clone(), pair)
        });
        let line = self.baseline.get(&row.case).or_else(|| self.candidate.get(&row.case));
        CaseResult {
            case: row.case.clone(),
            tags: row.tags.clone(),
            question: line.and_then(|line| line.input.clone()).unwrap_or_default(),
            trace_url: None,
            baseline: None,
            candidate: None,
            scores: pairs.collect(),
        }
    }
}
