//! From what was worked through to the score table and the report's cases.

use std::collections::{BTreeMap, BTreeSet};

use super::work::{ScoredAttempt, Worked};
use crate::compare::{Cell, Column, Row, ScoreTable, tag_text};
use crate::evalset::Case;
use crate::replay::Outcome;
use crate::report::{CaseResult, ScorePair, ScorerNote};
use crate::score::{GateConfig, Score, Scorer};

/// The scorers as columns of a table. A gate on latency needs both arms on one machine: against recorded or stored answers
/// it is shown and not gated.
pub(super) fn columns(scorers: &[Scorer], is_timed_apart: bool) -> Vec<Column> {
    let column = |scorer: &Scorer| Column {
        name: scorer.name.clone(),
        direction: scorer.direction,
        aggregate: scorer.aggregate(),
        scale: scorer.scale,
        has_ratio: scorer.unit() != "score" || scorer.gate.as_ref().is_some_and(GateConfig::is_relative),
        gate: scorer.gate.clone().filter(|_| !(is_timed_apart && scorer.unit() == "ms")),
    };
    scorers.iter().map(column).collect()
}

/// What the report says of each scorer beside its numbers.
pub(super) fn notes(scorers: &[Scorer]) -> Vec<ScorerNote> {
    let note = |scorer: &Scorer| ScorerNote {
        description: scorer.description.clone(),
        unit: scorer.unit(),
        fingerprint: scorer.fingerprint().to_owned(),
    };
    scorers.iter().map(note).collect()
}

/// The table of a run before anything is scored.
pub(super) fn plan(columns: Vec<Column>, cases: &[Case]) -> ScoreTable {
    let rows = cases.iter().map(|case| row(case, vec![(Cell::default(), Cell::default()); columns.len()]));
    let rows = rows.collect();
    ScoreTable::new(columns, rows)
}

/// The scores of both arms; a case that was not worked through has no row.
pub(super) fn table(columns: Vec<Column>, cases: &[Case], worked: &[Option<Worked>]) -> ScoreTable {
    let rows = cases.iter().zip(worked).filter_map(|(case, worked)| Some((case, worked.as_ref()?)));
    let cells =
        |worked: &Worked| (0..columns.len()).map(|i| (cell(&worked.baseline, i), cell(&worked.candidate, i))).collect();
    let rows = rows.map(|(case, worked)| row(case, cells(worked))).collect();
    ScoreTable::new(columns, rows)
}

fn row(case: &Case, cells: Vec<(Cell, Cell)>) -> Row {
    let cluster = case.cluster_key().to_owned();
    Row { case: case.id.clone(), cluster, weight: case.weight(), tags: tags(case), cells }
}

fn tags(case: &Case) -> BTreeMap<String, String> {
    case.metadata.iter().map(|(tag, value)| (tag.clone(), tag_text(value))).collect()
}

/// One arm's score of a case by the scorer at `index`: the mean of the repeats that were scored.
fn cell(attempts: &[ScoredAttempt], index: usize) -> Cell {
    let mut cell = Cell::default();
    let mut sum = 0.0;
    let mut scored = 0_usize;
    for attempt in attempts {
        match &attempt.scores[index].score {
            Score::Value { value, .. } => {
                sum += value;
                scored += 1;
            }
            Score::Unscored(_) => cell.unscored += 1,
            Score::NotApplicable(_) => continue,
        }
        cell.attempts += 1;
    }
    cell.value = (scored > 0).then(|| sum / scored as f64);
    cell
}

/// Every case that was worked through, in the order of the evalset.
pub(super) fn results(scorers: &[Scorer], cases: &[Case], worked: &[Option<Worked>]) -> Vec<CaseResult> {
    let worked = cases.iter().zip(worked).filter_map(|(case, worked)| Some((case, worked.as_ref()?)));
    worked
        .map(|(case, worked)| CaseResult {
            case: case.id.clone(),
            tags: tags(case),
            question: case.last_user_text().unwrap_or_default().into_owned(),
            trace_url: case.trace.as_ref().and_then(|trace| trace.url.clone()),
            baseline: worked.baseline.first().and_then(shown),
            candidate: worked.candidate.first().and_then(shown),
            scores: scorers.iter().enumerate().map(|(i, scorer)| (scorer.name.clone(), pair(worked, i))).collect(),
        })
        .collect()
}

/// An answer as people read it: the text, the refusal, or the tool calls.
fn shown(attempt: &ScoredAttempt) -> Option<String> {
    let Outcome::Answered(answer) = &attempt.attempt.outcome else {
        return None;
    };
    let completion = &answer.completion;
    let text = completion.content.clone().or_else(|| completion.refusal.clone()).unwrap_or_default();
    if completion.tool_calls.is_empty() {
        return Some(text);
    }
    let calls = serde_json::to_string_pretty(&completion.tool_calls).unwrap_or_default();
    Some(if text.is_empty() { calls } else { format!("{text}\n{calls}") })
}

fn pair(worked: &Worked, index: usize) -> ScorePair {
    let reason = |attempts: &[ScoredAttempt]| {
        attempts.first().and_then(|attempt| attempt.scores[index].score.reason().map(str::to_owned))
    };
    ScorePair {
        baseline: cell(&worked.baseline, index).value,
        candidate: cell(&worked.candidate, index).value,
        baseline_reason: reason(&worked.baseline),
        candidate_reason: reason(&worked.candidate),
    }
}

/// Attempts that failed because a provider did, and cases that an arm could not be asked at all, by reason.
pub(super) fn failures(worked: &[Option<Worked>]) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let (mut failed, mut not_replayable) = (BTreeMap::new(), BTreeMap::new());
    for worked in worked.iter().flatten() {
        // A case counts once for a reason, however many attempts it has.
        let mut reasons = BTreeSet::new();
        for attempt in worked.baseline.iter().chain(&worked.candidate) {
            match &attempt.attempt.outcome {
                Outcome::Answered(_) => {}
                Outcome::Failed(why) => *failed.entry(why.clone()).or_default() += 1,
                Outcome::NotReplayable(why) => _ = reasons.insert(why),
            }
        }
        reasons.into_iter().for_each(|why| *not_replayable.entry(why.clone()).or_default() += 1);
    }
    (failed, not_replayable)
}

/// The models that answered, as they name themselves.
pub(super) fn models(worked: &[Option<Worked>]) -> Vec<String> {
    let attempts = worked.iter().flatten().flat_map(|worked| worked.baseline.iter().chain(&worked.candidate));
    let names = attempts.filter_map(|attempt| match &attempt.attempt.outcome {
        Outcome::Answered(answer) => answer.completion.model.clone(),
        Outcome::Failed(_) | Outcome::NotReplayable(_) => None,
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::work::Given;
    use super::*;
    use crate::provider::Completion;
    use crate::replay::{Answer, Arm, Attempt, Origin};

    fn value(value: f64) -> Score {
        Score::Value { value, reason: None }
    }

    fn attempt(arm: Arm, repeat: u32, outcome: Outcome, score: Score) -> ScoredAttempt {
        ScoredAttempt { attempt: Attempt { arm, repeat, outcome }, scores: vec![Given { score, call: None }] }
    }

    fn answered(completion: Completion) -> Outcome {
        let (model, origin) = ("m".to_owned(), Origin::Fresh);
        Outcome::Answered(Box::new(Answer { model, completion, cost_usd: None, origin }))
    }

    fn failed() -> Outcome {
        Outcome::Failed("503".into())
    }

    #[test]
    fn repeats_are_averaged_over_what_was_scored() {
        let unscored = || Score::Unscored("503".into());
        let not_applicable = || Score::NotApplicable("when".into());
        for (scores, expected) in [
            (vec![], (None, 0, 0)),
            (vec![value(1.0), value(0.0), value(0.5)], (Some(0.5), 3, 0)),
            (vec![value(1.0), unscored()], (Some(1.0), 2, 1)),
            (vec![unscored(), unscored()], (None, 2, 2)),
            (vec![not_applicable(), value(3.0)], (Some(3.0), 1, 0)),
            (vec![not_applicable()], (None, 0, 0)),
        ] {
            let attempts: Vec<_> = scores.into_iter().map(|s| attempt(Arm::Candidate, 0, failed(), s)).collect();
            let cell = cell(&attempts, 0);
            assert_eq!((cell.value, cell.attempts, cell.unscored), expected);
        }
    }

    #[test]
    fn attempts_fail_and_cases_are_left_out() {
        let no_variable = || Outcome::NotReplayable("no variable `x`".into());
        let tried = |arm, outcome| attempt(arm, 0, outcome, value(0.0));
        let worked = Worked {
            baseline: vec![tried(Arm::Baseline, failed()), tried(Arm::Baseline, no_variable())],
            candidate: vec![tried(Arm::Candidate, failed()), tried(Arm::Candidate, no_variable())],
        };
        let (failed, not_replayable) = failures(&[Some(worked), None]);
        assert_eq!(failed, BTreeMap::from([("503".to_owned(), 2)]));
        assert_eq!(not_replayable, BTreeMap::from([("no variable `x`".to_owned(), 1)]));
    }

    #[test]
    fn answers_are_shown_as_text_refusal_or_calls() {
        let call = json!({"function": {"name": "f"}});
        for (content, refusal, calls, expected) in [
            (Some("hi"), None, vec![], "hi"),
            (None, Some("no"), vec![], "no"),
            (None, None, vec![], ""),
            (
                Some("hi"),
                None,
                vec![call.clone()],
                "hi\n[\n  {\n    \"function\": {\n      \"name\": \"f\"\n    }\n  }\n]",
            ),
        ] {
            let completion = Completion {
                content: content.map(str::to_owned),
                refusal: refusal.map(str::to_owned),
                tool_calls: calls,
                ..Completion::default()
            };
            let attempt = attempt(Arm::Candidate, 0, answered(completion), value(1.0));
            assert_eq!(shown(&attempt).as_deref(), Some(expected));
        }
        assert_eq!(shown(&attempt(Arm::Candidate, 0, failed(), value(0.0))), None);
    }
}
