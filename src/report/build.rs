//! Builds a report from what the rooms below made.

use std::collections::BTreeMap;

use super::classes::classes;
use super::{
    CaseCounts, CaseResult, ComparisonRow, Count, FloorRow, Outcome, Range, RatioRow, Report, Ruling, ScorerRow, Setup,
    Test, UsageRow, VERSION, VerdictSection,
};
use crate::compare::{Arm, CONFIDENCE, Comparison, Look, Ratio, ScoreTable, Slice};
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
    /// What was made of them.
    pub judged: Judged<'a>,
    /// Calls that an early verdict saved.
    pub calls_saved: usize,
    /// What the config says of each scorer, in the table's order.
    pub notes: Vec<ScorerNote>,
    /// Calls, tokens and money.
    pub usage: Vec<UsageRow>,
    /// Every case.
    pub results: Vec<CaseResult>,
}

/// A table, judged.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// The look that decided, with the comparisons.
    pub look: &'a Look,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The rules that it followed.
    pub rules: Rules,
    /// The exit code that follows from it.
    pub exit_code: u8,
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
        let floors = made.judged.verdict.floors.iter().map(|floor| floor_row(&made, floor)).collect();
        Self {
            version: VERSION,
            eval_gate: env!("CARGO_PKG_VERSION").into(),
            name: made.name.into(),
            verdict: verdict_section(&made),
            scorers: made.notes.iter().enumerate().map(|(i, note)| scorer_row(made.table, i, note)).collect(),
            comparisons,
            floors,
            small_slices: made.judged.look.small_slices.iter().map(small).collect(),
            classes: classes(made.table, &made.judged.look.comparisons, &made.results),
            setup: made.setup,
            cases: made.cases,
            usage: made.usage,
            results: made.results,
        }
    }
}

fn small((slice, count): &(Slice, usize)) -> Count {
    Count { what: slice.to_string(), count: *count }
}

fn verdict_section(made: &Ingredients) -> VerdictSection {
    let Judged { look, verdict, rules, exit_code } = made.judged;
    VerdictSection {
        ruling: verdict.ruling.into(),
        reasons: verdict.reasons.clone(),
        exit_code,
        false_block_rate: rules.false_block_rate,
        tested: verdict.gates.len(),
        test: if made.table.is_paired { Test::Pairs } else { Test::TwoSamples },
        looks: look.number,
        looks_planned: look.planned,
        calls_saved: made.calls_saved,
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
        made.judged.verdict.gates.iter().map(|gate| (gate.comparison, gate.outcome.into())).collect();
    let rows = made.judged.look.comparisons.iter().enumerate();
    rows.map(|(index, comparison)| comparison_row(made.table, comparison, outcomes.get(&index).copied())).collect()
}

fn comparison_row(table: &ScoreTable, comparison: &Comparison, outcome: Option<Outcome>) -> ComparisonRow {
    let (measured, test) = (comparison.measured, comparison.test);
    let row = ComparisonRow {
        scorer: table.columns[comparison.column].name.clone(),
        slice: comparison.slice.as_ref().map(ToString::to_string),
        cases: comparison.pairs,
        clusters: comparison.clusters,
        baseline: measured.map(|measured| measured.baseline),
        baseline_interval: None,
        candidate: measured.map(|measured| measured.candidate),
        change: measured.map(|measured| measured.change()),
        interval: measured.and_then(|measured| measured.interval).map(Range::from),
        ratio: measured.and_then(|measured| measured.ratio).map(RatioRow::from),
        margin: test.map(|test| test.margin),
        p: test.map(|test| test.p),
        adjusted_p: test.map(|test| test.adjusted_p),
        detectable: test.and_then(|test| test.sight.detectable()),
        cases_needed: comparison.cases_needed().filter(|_| outcome == Some(Outcome::Inconclusive)),
        cases_to_pass: comparison.cases_to_pass(),
        outcome,
    };
    if comparison.pairs == 0 { alone(table, comparison, row) } else { row }
}

/// The baseline's level where it has one and the candidate has none: what production's traces recorded.
fn alone(table: &ScoreTable, comparison: &Comparison, row: ComparisonRow) -> ComparisonRow {
    let slice = comparison.slice.as_ref();
    let baseline = Arm::baseline(table, comparison.column, slice);
    if baseline.cases() == 0 || Arm::candidate(table, comparison.column, slice).cases() > 0 {
        return row;
    }
    ComparisonRow {
        cases: baseline.cases(),
        clusters: baseline.cluster_count(),
        baseline: baseline.level(table.columns[comparison.column].aggregate),
        baseline_interval: baseline.interval(CONFIDENCE).map(Range::from),
        ..row
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

impl From<Ratio> for RatioRow {
    fn from(ratio: Ratio) -> Self {
        Self { value: ratio.value, interval: ratio.interval.map(Range::from) }
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
