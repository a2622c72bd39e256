//! What people read of a report, in words: shared by the formats, escaped by each of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::changes::{Change, diff};
use super::escape::shorten;
use super::row::{RowView, Unit, outcome_in_words};
use super::{ClassRow, ComparisonRow, Example, Outcome, Report, Ruling, Test};
use crate::verdict::number;

/// Slices shown beside those that fail or are undecided.
const SHOWN_SLICES: usize = 5;
/// Characters of a question or of a score's reason.
const SHOWN_TEXT: usize = 300;

/// The verdict in one plain sentence.
pub fn headline(report: &Report) -> String {
    let ruling = match report.verdict.ruling {
        Ruling::Pass => "Pass",
        Ruling::Fail => "Fail",
        Ruling::Inconclusive => "Inconclusive",
        Ruling::Error => "Error",
    };
    let reason = report.verdict.reasons.first().map_or("no reason was given", String::as_str);
    format!("{ruling}: {reason}.")
}

pub(super) fn emoji(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Pass => "✅",
        Ruling::Fail => "❌",
        Ruling::Inconclusive => "❔",
        Ruling::Error => "⚠️",
    }
}

/// Slices worth a line: all that fail or are undecided, and the ones that fell most.
pub(super) fn notable_slices(report: &Report) -> Vec<&ComparisonRow> {
    let mut slices: Vec<&ComparisonRow> = report.comparisons.iter().filter(|row| row.slice.is_some()).collect();
    slices.sort_by(|a, b| by_trouble(a, b));
    let troubled = slices.iter().filter(|row| is_troubled(row)).count();
    slices.truncate(troubled.max(SHOWN_SLICES));
    slices
}

/// The order of what people should look at: failures, what is undecided, then what fell most.
pub(super) fn by_trouble(a: &ComparisonRow, b: &ComparisonRow) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| a.p.unwrap_or(1.0).total_cmp(&b.p.unwrap_or(1.0)))
}

/// Whether a gate fails, is undecided or could not be judged.
pub(super) fn is_troubled(row: &ComparisonRow) -> bool {
    rank(row) < 3
}

fn rank(row: &ComparisonRow) -> u8 {
    match row.outcome {
        Some(Outcome::Fail) => 0,
        Some(Outcome::Unjudged) => 1,
        Some(Outcome::Inconclusive) => 2,
        Some(Outcome::Pass) | None => 3,
    }
}

/// What the looks came to; nothing where there was one.
pub(super) fn looks(report: &Report) -> Option<String> {
    let verdict = &report.verdict;
    let (cases, chosen) = (report.cases.compared, report.cases.chosen);
    let saved = match verdict.calls_saved {
        0 => String::new(),
        calls => format!("; about {calls} calls were saved"),
    };
    let told = match verdict.ruling {
        _ if verdict.looks_planned < 2 => return None,
        _ if verdict.looks == verdict.looks_planned => "All cases were used",
        Ruling::Pass | Ruling::Fail => "The verdict was known",
        // A run that was cut short: the reasons say why.
        Ruling::Inconclusive | Ruling::Error => return None,
    };
    Some(format!("{told} at look {} of {}, on {cases} of {chosen} cases{saved}", verdict.looks, verdict.looks_planned))
}

/// Which share of the population was drawn; nothing where all of it was.
pub(super) fn sample(report: &Report) -> Option<String> {
    let (sampled, population) = (report.cases.sampled, report.cases.population);
    let share = number(100.0 * sampled as f64 / population as f64);
    (population > sampled)
        .then(|| format!("The cases stand for {population} requests, of which {sampled} were drawn, {share} %"))
}

/// How the arms were compared, where that is not by pairs.
pub(super) fn weaker_test(report: &Report) -> Option<&'static str> {
    (report.verdict.test == Test::TwoSamples).then_some(
        "The stored baseline is of other cases, so the arms were compared as two samples. That is the weaker test: \
         it sees less than pairs would, and its promise rests on t distributions",
    )
}

/// A class with its examples.
#[derive(Debug, Serialize)]
pub(super) struct ClassView {
    slice: String,
    size: String,
    examples: Vec<String>,
}

/// Examples of the classes that are shown.
pub(super) fn examples(report: &Report, shown: &[RowView]) -> Vec<ClassView> {
    let is_shown = |class: &&ClassRow| shown.iter().any(|row| row.slice == class.slice);
    let example = |example: &Example| {
        let worse = if example.is_worse { " (worse now)" } else { "" };
        let question = if example.question.is_empty() { String::new() } else { format!(": {}", example.question) };
        format!("{}{worse}{question}", example.case)
    };
    let view = |class: &ClassRow| ClassView {
        slice: class.slice.clone(),
        size: format!("{} cases, {:.1} % of all", class.cases, 100.0 * class.share),
        examples: class.examples.iter().map(example).collect(),
    };
    report.classes.iter().filter(is_shown).map(view).collect()
}

/// A changed case as people read it.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    case: String,
    tags: String,
    question: String,
    scores: Vec<ScoreView>,
    diff: String,
}

#[derive(Debug, Serialize)]
struct ScoreView {
    scorer: String,
    change: String,
    reason: String,
}

/// Tags that tell cases of a run apart; what all of them share says nothing of one.
pub(super) fn telling_tags(report: &Report) -> BTreeSet<&str> {
    let mut values: BTreeMap<&str, BTreeSet<Option<&String>>> = BTreeMap::new();
    let names: BTreeSet<&String> = report.results.iter().flat_map(|result| result.tags.keys()).collect();
    for result in &report.results {
        names.iter().for_each(|name| {
            values.entry(name).or_default().insert(result.tags.get(*name));
        });
    }
    values.into_iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| name).collect()
}

impl ChangeView {
    pub(super) fn new(change: &Change, telling: &BTreeSet<&str>) -> Self {
        let result = change.result;
        let tags = result.tags.iter().filter(|(tag, _)| telling.contains(tag.as_str()));
        let tags: Vec<String> = tags.map(|(tag, value)| format!("{tag}={value}")).collect();
        let scores = change.scores.iter().map(|(scorer, pair)| {
            let level = |value: Option<f64>| value.map_or_else(|| "–".into(), number);
            ScoreView {
                scorer: scorer.name.clone(),
                change: format!("{} → {}", level(pair.baseline), level(pair.candidate)),
                reason: shorten(pair.candidate_reason.as_deref().unwrap_or_default(), SHOWN_TEXT),
            }
        });
        Self {
            case: result.case.clone(),
            tags: tags.join(", "),
            question: shorten(&result.question, SHOWN_TEXT),
            scores: scores.collect(),
            diff: diff(result),
        }
    }
}

/// A level that the candidate must hold, as a line of a table.
#[derive(Debug, Serialize)]
pub(super) struct FloorView {
    pub(super) scorer: String,
    pub(super) limit: String,
    pub(super) candidate: String,
    outcome: &'static str,
}

pub(super) fn floors(report: &Report) -> Vec<FloorView> {
    let rows = report.floors.iter().map(|floor| {
        let unit = Unit::of(report, &floor.scorer);
        let side = if floor.is_minimum { "at least" } else { "at most" };
        let interval =
            floor.interval.map(|range| format!(" [{}, {}]", unit.number(range.low), unit.number(range.high)));
        let candidate = floor.candidate.map_or_else(|| "–".to_owned(), |level| unit.number(level));
        FloorView {
            scorer: floor.scorer.clone() + unit.label,
            limit: format!("{side} {}", unit.number(floor.level)),
            candidate: candidate + &interval.unwrap_or_default(),
            outcome: outcome_in_words(Some(floor.outcome)),
        }
    });
    rows.collect()
}

/// A line of the table of calls and money.
#[derive(Debug, Serialize)]
pub(super) struct UsageView {
    purpose: String,
    calls: usize,
    cached: usize,
    tokens: String,
    cost: String,
    seconds: String,
}

pub(super) fn usage(report: &Report) -> Vec<UsageView> {
    let rows = report.usage.iter().map(|row| UsageView {
        purpose: row.purpose.clone(),
        calls: row.calls,
        cached: row.cached,
        tokens: format!("{} in, {} out", row.input_tokens, row.output_tokens),
        cost: row.cost_usd.map_or_else(|| "unknown".into(), |usd| format!("{usd:.4}")),
        seconds: format!("{:.1}", row.seconds),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::row::testing::{report, row};
    use super::*;

    #[test]
    fn trouble_is_never_cut_and_the_rest_is() {
        use Outcome::{Fail, Inconclusive, Pass};
        let mut rows = vec![row(None, 0.0, Some(Fail)), row(Some("k=ok"), 0.9, Some(Pass))];
        rows.extend((0..4).map(|i| row(Some(&format!("k=u{i}")), 0.5, Some(Inconclusive))));
        rows.extend((0..3).map(|i| row(Some(&format!("k=f{i}")), 0.3 - f64::from(i) / 10.0, Some(Fail))));
        let names = |report: &Report| -> Vec<String> {
            notable_slices(report).iter().filter_map(|row| row.slice.clone()).collect()
        };
        assert_eq!(names(&report(rows.clone())), ["k=f2", "k=f1", "k=f0", "k=u0", "k=u1", "k=u2", "k=u3"]);
        rows.truncate(3);
        rows.extend((0..9).map(|i| row(Some(&format!("k=p{i}")), f64::from(i) / 10.0, None)));
        assert_eq!(names(&report(rows)), ["k=u0", "k=p0", "k=p1", "k=p2", "k=p3"]);
    }

    #[test]
    fn looks_are_told_where_there_were_several() {
        let mut report = report(vec![]);
        (report.cases.compared, report.cases.chosen) = (50, 200);
        let mut told = |taken, planned, saved| {
            (report.verdict.looks, report.verdict.looks_planned, report.verdict.calls_saved) = (taken, planned, saved);
            looks(&report)
        };
        assert_eq!(told(1, 1, 0), None);
        let early = "The verdict was known at look 1 of 4, on 50 of 200 cases; about 300 calls were saved";
        assert_eq!(told(1, 4, 300).as_deref(), Some(early));
        assert_eq!(told(4, 4, 0).as_deref(), Some("All cases were used at look 4 of 4, on 50 of 200 cases"));
    }
}
