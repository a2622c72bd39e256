//! `recorded: thumbs`: what the trace recorded of an answer.
//!
//! * any other name: the recorded score of that name, an online evaluation's or a user's. It was given to production's own
//!   answer, so an answer asked for now has none;
//! * `ttft_ms`, `total_ms`: times, in milliseconds;
//! * `input_tokens`, `output_tokens`, `cached_tokens`: tokens;
//! * `prefix_hits`: the share of the prompt's tokens that came from the provider's cache;
//! * `cost_usd`: US dollars, by the trace's own account, else by the price table.
//!
//! Measurements are those of the answer at hand, so that a new answer has them too.

use serde::{Deserialize, Serialize};

use super::error::{Problem, ScorerError};
use super::subject::Exchange;
use super::{Direction, Score, latency};
use crate::provider::Usage;
use crate::replay::Origin;

/// What is written under `recorded`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRecorded {
    /// The score's or measurement's name.
    pub name: String,
}

impl From<String> for RawRecorded {
    fn from(name: String) -> Self {
        Self { name }
    }
}

/// Something that a trace records of an answer.
#[derive(Debug)]
pub enum Recorded {
    /// A score by this name.
    Score(String),
    /// A measurement.
    Measurement(Measurement),
}

/// What every answer can be measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measurement {
    /// Milliseconds to the first token.
    Ttft,
    /// Milliseconds to the end.
    Total,
    /// The prompt's tokens.
    Input,
    /// The answer's tokens.
    Output,
    /// The prompt's tokens that were cached.
    Cached,
    /// Their share.
    PrefixHits,
    /// US dollars.
    Cost,
}

/// The names of measurements.
const MEASUREMENTS: [(&str, Measurement); 7] = [
    ("ttft_ms", Measurement::Ttft),
    ("total_ms", Measurement::Total),
    ("input_tokens", Measurement::Input),
    ("output_tokens", Measurement::Output),
    ("cached_tokens", Measurement::Cached),
    ("prefix_hits", Measurement::PrefixHits),
    ("cost_usd", Measurement::Cost),
];

impl Recorded {
    pub(super) fn new(raw: RawRecorded) -> Result<Self, ScorerError> {
        if raw.name.trim().is_empty() {
            let names = MEASUREMENTS.map(|(name, _)| name).join(", ");
            let message = format!("write the name of a recorded score, or one of {names}");
            return Err(ScorerError::at("name", Problem::value(message)));
        }
        let known = MEASUREMENTS.iter().find(|(name, _)| *name == raw.name);
        Ok(known.map_or(Self::Score(raw.name), |(_, measurement)| Self::Measurement(*measurement)))
    }

    /// The score's name, if it is one: no new answer has it.
    pub fn score_name(&self) -> Option<&str> {
        match self {
            Self::Score(name) => Some(name),
            Self::Measurement(_) => None,
        }
    }

    /// What the answer's record says.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        match self {
            Self::Score(name) => recorded_score(name, exchange),
            Self::Measurement(measurement) => measurement
                .of(exchange)
                .filter(|value| value.is_finite() && *value >= 0.0)
                .map_or_else(|| exchange.not_measured(measurement.name()), Score::number),
        }
    }

    pub(super) fn scale(&self) -> Option<(f64, f64)> {
        matches!(self, Self::Measurement(Measurement::PrefixHits)).then_some((0.0, 1.0))
    }

    pub(super) fn direction(&self) -> Option<Direction> {
        match self {
            Self::Score(_) => None,
            Self::Measurement(Measurement::PrefixHits | Measurement::Cached) => Some(Direction::HigherIsBetter),
            Self::Measurement(_) => Some(Direction::LowerIsBetter),
        }
    }

    pub(super) fn unit(&self) -> &'static str {
        match self {
            Self::Measurement(Measurement::Ttft | Measurement::Total) => "ms",
            Self::Measurement(Measurement::Input | Measurement::Output | Measurement::Cached) => "tokens",
            Self::Measurement(Measurement::Cost) => "usd",
            Self::Score(_) | Self::Measurement(Measurement::PrefixHits) => "score",
        }
    }
}

fn recorded_score(name: &str, exchange: &Exchange<'_>) -> Score {
    if exchange.answer.origin != Origin::Recorded {
        return Score::not_applicable(format!("{name} was given to production's answer; this is another one"));
    }
    let recorded = exchange.case.recorded.as_ref();
    match recorded.and_then(|recorded| recorded.scores.get(name)).filter(|score| score.is_finite()) {
        Some(score) => Score::number(*score),
        None => Score::not_applicable(format!("the trace recorded no score {name}")),
    }
}

impl Measurement {
    fn of(self, exchange: &Exchange<'_>) -> Option<f64> {
        let completion = &exchange.answer.completion;
        let tokens = |of: fn(&Usage) -> u64| completion.usage.as_ref().map(|usage| of(usage) as f64);
        match self {
            Self::Ttft => latency::ttft(exchange),
            Self::Total => latency::total(exchange),
            Self::Input => tokens(|usage| usage.input),
            Self::Output => tokens(|usage| usage.output),
            Self::Cached => tokens(|usage| usage.cached),
            Self::PrefixHits => completion.usage.filter(|usage| usage.input > 0).map(hits),
            Self::Cost => own_cost(exchange).or(exchange.answer.cost_usd),
        }
    }

    fn name(self) -> &'static str {
        MEASUREMENTS.iter().find(|(_, measurement)| *measurement == self).map_or("", |(name, _)| *name)
    }
}

fn hits(usage: Usage) -> f64 {
    usage.cached.min(usage.input) as f64 / usage.input as f64
}

/// What the trace says that production's answer cost.
fn own_cost(exchange: &Exchange<'_>) -> Option<f64> {
    let recorded = exchange.case.recorded.as_ref().filter(|_| exchange.answer.origin == Origin::Recorded);
    recorded?.cost_usd
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::evalset::Case;
    use crate::provider::{Completion, Timing, Usage};
    use crate::replay::{Answer, Origin};
    use crate::score::testing::{answer, case, errors, says, score, scorer};
    use crate::score::{Direction, Score};

    fn scored() -> Case {
        case(json!({"recorded": {"status": "ok", "scores": {"thumbs": 1.0, "csat": 4.0}, "cost_usd": 0.5}}))
    }

    fn recorded(completion: Completion) -> Answer {
        Answer { origin: Origin::Recorded, ..answer(completion) }
    }

    #[test]
    fn a_score_is_of_productions_own_answer() {
        assert_eq!(score("recorded: thumbs", &scored(), recorded(says("a"))), Score::number(1.0));
        assert_eq!(score("recorded: { name: csat }", &scored(), recorded(says("a"))), Score::number(4.0));
        for (yaml, answer, why) in [
            ("recorded: thumbs", answer(says("a")), "this is another one"),
            ("recorded: thump", recorded(says("a")), "the trace recorded no score thump"),
        ] {
            let Score::NotApplicable(told) = score(yaml, &scored(), answer) else { panic!("{yaml}") };
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn measurements_are_of_any_answer() {
        let completion = Completion { usage: Some(Usage { input: 400, output: 11, cached: 100 }), ..says("a") };
        for (name, expected) in [
            ("ttft_ms", 200.0),
            ("total_ms", 1200.0),
            ("input_tokens", 400.0),
            ("output_tokens", 11.0),
            ("cached_tokens", 100.0),
            ("prefix_hits", 0.25),
            ("cost_usd", 0.002),
        ] {
            let told = score(&format!("recorded: {name}"), &scored(), answer(completion.clone()));
            assert_eq!(told, Score::number(expected), "{name}");
        }
        let own = score("recorded: cost_usd", &scored(), recorded(completion));
        assert_eq!(own, Score::number(0.5), "by the trace's own account");
    }

    #[test]
    fn what_was_not_measured_is_no_zero() {
        let silent = || Completion { timing: Timing::default(), usage: None, ..says("a") };
        for name in ["ttft_ms", "total_ms", "input_tokens", "prefix_hits"] {
            let yaml = format!("recorded: {name}");
            assert!(matches!(score(&yaml, &scored(), answer(silent())), Score::Unscored(_)), "{name}");
            assert!(matches!(score(&yaml, &scored(), recorded(silent())), Score::NotApplicable(_)), "{name}");
        }
    }

    #[test]
    fn a_gate_can_hold_a_measurement_and_no_score() {
        let gated = scorer("{ recorded: ttft_ms, gate: { max_rise: 10% } }");
        assert_eq!((gated.direction, gated.unit()), (Direction::LowerIsBetter, "ms"));
        assert_eq!(scorer("{ recorded: prefix_hits, gate: { max_drop: 0.1 } }").scale, Some((0.0, 1.0)));
        let told = errors("{ recorded: thumbs, gate: { max_drop: 0.1 } }");
        assert!(told[0].starts_with("scorers.it.gate: a recorded score is of production's answers alone"), "{told:?}");
        assert!(errors("{ recorded: '' }")[0].starts_with("scorers.it.recorded.name: "));
    }
}
