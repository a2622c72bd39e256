//! Values for the tests of this room.

use std::path::Path;

use serde_json::{Value, json};

use super::{RawScorer, Score, Scorer, Scoring, Subject};
use crate::evalset::Case;
use crate::provider::{Completion, Timing, Usage};
use crate::replay::{Answer, Arm, Attempt, Origin, Outcome};

/// A folder with schemas, beside the tests.
pub(super) const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/score");

/// What is written under `scorers.it`.
pub(super) fn raw(yaml: &str) -> RawScorer {
    serde_yaml::from_str(yaml).expect("a scorer's entry")
}

/// The scorer `it`.
pub(super) fn scorer(yaml: &str) -> Scorer {
    Scorer::new("it", raw(yaml), Path::new(FIXTURES)).expect("a valid entry")
}

/// The messages of an entry that is not valid.
pub(super) fn errors(yaml: &str) -> Vec<String> {
    let errors = Scorer::new("it", raw(yaml), Path::new(FIXTURES)).expect_err("an invalid entry");
    errors.iter().map(ToString::to_string).collect()
}

/// A case, from its JSON; `messages` may be left out.
pub(super) fn case(mut json: Value) -> Case {
    let fields = json.as_object_mut().expect("a case is an object");
    fields.entry("messages").or_insert_with(|| json!([{"role": "user", "content": "Where is my refund?"}]));
    serde_json::from_value(json).expect("a case")
}

/// A completion that says `text` and stops.
pub(super) fn says(text: &str) -> Completion {
    Completion {
        content: Some(text.to_owned()),
        finish_reason: Some("stop".to_owned()),
        usage: Some(Usage { input: 400, output: 11, cached: 0 }),
        timing: Timing { ttft_ms: Some(200.0), total_ms: 1200.0 },
        ..Completion::default()
    }
}

/// A completion that calls a tool with these arguments.
pub(super) fn calls(name: &str, arguments: &Value) -> Completion {
    Completion {
        tool_calls: vec![json!({"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}})],
        finish_reason: Some("tool_calls".to_owned()),
        ..Completion::default()
    }
}

/// A fresh answer.
pub(super) fn answer(completion: Completion) -> Answer {
    Answer { model: "m".to_owned(), completion, cost_usd: Some(0.002), origin: Origin::Fresh }
}

/// The candidate's first attempt.
pub(super) fn attempt(outcome: Outcome) -> Attempt {
    Attempt { arm: Arm::Candidate, repeat: 0, outcome }
}

/// The score of an answer to a case.
pub(super) fn score(yaml: &str, case: &Case, answer: Answer) -> Score {
    let attempt = attempt(Outcome::Answered(Box::new(answer)));
    match scorer(yaml).score(&Subject::new(case, &attempt)) {
        Scoring::Done(score) => score,
        Scoring::Ask(_) => panic!("{yaml} asks a judge"),
    }
}

/// The score of a text as the answer to a case of no interest.
pub(super) fn score_text(yaml: &str, text: &str) -> Score {
    score(yaml, &case(json!({})), answer(says(text)))
}

/// The number for a text as the answer, which there has to be.
#[track_caller]
pub(super) fn number(yaml: &str, text: &str) -> f64 {
    let score = score_text(yaml, text);
    score.value().unwrap_or_else(|| panic!("{yaml} on {text:?} gives {score:?}"))
}

/// Checks a table of texts and numbers for one scorer.
#[track_caller]
pub(super) fn assert_numbers(yaml: &str, table: &[(&str, f64)]) {
    for (text, expected) in table {
        let got = number(yaml, text);
        assert!((got - expected).abs() < 1e-9, "{yaml} on {text:?} gives {got}, not {expected}");
    }
}
