//! Builds a report from what the rooms below made.

use std::collections::BTreeMap;

use super::{
    CaseCounts, CaseResult, ComparisonRow, Count, FloorRow, Outcome, Range, Report, Ruling, ScorerRow, Setup, UsageRow,
    VERSION, VerdictSection,
};
use crate::compare::{Comparison, ScoreTable, small_slices};
use crate::score::Direction;
use crate::stats::Interval;
use crate::verdict::{self, Floor, Rules, Verdict};

/// What a report is made of.
pub struct Ingredients<'a> {
    /// The gate's name.
    pub name: &'a str,
    /// What was compared with what.
    pub setup: Setup,
    /// How many cases there were.
    pub cases: CaseCounts,
    /// The scores.
    pub table: &'a ScoreTable,
    /// The comparisons.
    pub comparisons: &'a [Comparison],
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The rules that it followed.
    pub rules: Rules,
    /// The exit code that follows from it.
    pub exit_code: u8,
    /// What the config says of each scorer, in the table's order.
    pub notes: Vec<ScorerNote>,
    /// Calls, tokens and money.
    pub usage: Vec<UsageRow>,
    /// Every case.
    pub results: Vec<CaseResult>,
}

/// What is said of a scorer beside its numbers.
#[derive(Debug, Clone, Default)]
pub struct ScorerNote {
    /// What it is for.
    pub description: Option<String>,
    /// The unit of its numbers.
    pub unit: &'static str,
    /// What makes two scorers the same.
    pub fingerprint: String,
}

impl From<Ingredients<'_>> for Report {
    fn from(made: Ingredients<'_>) -> Self {
        let comparisons = comparison_rows(&made);
        let floors = made.verdict.floors.iter().map(|floor| floor_row(&made, floor)).collect();
        Self {
            version: VERSION,
            eval_gate: env!("CARGO_PKG_VERSION").into(),
            name: made.name.into(),
            verdict: verdict_section(&made),
            scorers: made.notes.iter().enumerate().map(|(i, note)| scorer_row(made.table, i, note)).collect(),
            comparisons,
            floors,
            small_slices: small_slices(made.table)
                .into_iter()
                .map(|(slice, count)| Count { what: slice.to_string(), count })
                .collect(),
            setup: made.setup,
            cases: made.cases,
            usage: made.usage,
            results: made.results,
        }
    }
}

fn verdict_section(made: &Ingredients) -> VerdictSection {
    VerdictSection {
        ruling: made.verdict.ruling.into(),
        reasons: made.verdict.reasons.clone(),
        exit_code: made.exit_code,
        false_block_rate: made.rules.false_block_rate,
        tested: made.verdict.gates.len(),
    }
}

fn scorer_row(table: &ScoreTable, column: usize, note: &ScorerNote) -> ScorerRow {
    let spec = &table.columns[column];
    let (attempts, unscored) = table.unscored(column);
    ScorerRow {
        name: spec.name.clone(),
        description: note.description.clone(),
        is_gated: spec.gate.is_some(),
        is_higher_better: spec.direction == Direction::HigherIsBetter,
        unit: note.unit.into(),
        fingerprint: note.fingerprint.clone(),
        attempts,
        unscored,
    }
}

fn comparison_rows(made: &Ingredients) -> Vec<ComparisonRow> {
    let outcomes: BTreeMap<usize, Outcome> =
        made.verdict.gates.iter().map(|gate| (gate.comparison, gate.outcome.into())).collect();
    let rows = made.comparisons.iter().enumerate();
    rows.map(|(index, comparison)| comparison_row(made.table, comparison, outcomes.get(&index).copied())).collect()
}

fn comparison_row(table: &ScoreTable, comparison: &Comparison, outcome: Option<Outcome>) -> ComparisonRow {
    let (measured, test) = (comparison.measured, comparison.test);
    ComparisonRow {
        scorer: table.columns[comparison.column].name.clone(),
        slice: comparison.slice.as_ref().map(ToString::to_string),
        cases: comparison.pairs,
        clusters: comparison.clusters,
        baseline: measured.map(|measured| measured.baseline),
        candidate: measured.map(|measured| measured.candidate),
        change: measured.map(|measured| measured.change()),
        interval: measured.and_then(|measured| measured.interval).map(Range::from),
        margin: test.map(|test| test.margin),
        p: test.map(|test| test.p),
        adjusted_p: test.map(|test| test.adjusted_p),
        detectable: test.and_then(|test| test.detectable),
        cases_needed: comparison.cases_needed().filter(|_| outcome == Some(Outcome::Inconclusive)),
        outcome,
    }
}

fn floor_row(made: &Ingredients, floor: &Floor) -> FloorRow {
    FloorRow {
        scorer: made.table.columns[floor.column].name.clone(),
        level: floor.level,
        is_minimum: floor.is_minimum,
        candidate: floor.candidate,
        interval: floor.interval.map(Range::from),
        outcome: floor.outcome.into(),
    }
}

impl From<Interval> for Range {
    fn from(interval: Interval) -> Self {
        Self { low: interval.low, high: interval.high }
    }
}

impl From<verdict::Outcome> for Outcome {
    fn from(outcome: verdict::Outcome) -> Self {
        match outcome {
            verdict::Outcome::Pass => Self::Pass,
            verdict::Outcome::Fail => Self::Fail,
            verdict::Outcome::Inconclusive => Self::Inconclusive,
            verdict::Outcome::Unjudged => Self::Unjudged,
        }
    }
}

impl From<verdict::Ruling> for Ruling {
    fn from(ruling: verdict::Ruling) -> Self {
        match ruling {
            verdict::Ruling::Pass => Self::Pass,
            verdict::Ruling::Fail => Self::Fail,
            verdict::Ruling::Inconclusive => Self::Inconclusive,
            verdict::Ruling::Error => Self::Error,
        }
    }
}
