//! `latency: { of: ttft, quantile: 0.99 }`: how long the answer took, in milliseconds.
//!
//! * `ttft`: to the first token;
//! * `total`: to the end of the answer (the default);
//! * `tpot`: for each token after the first, `(total - ttft) / (output tokens - 1)`.
//!
//! The score is the attempt's own time; the mean, or the quantile if one is named, is taken over an arm's attempts when
//! they are compared. A time that the trace did not record makes a recorded answer not applicable; one that was not
//! measured on a fresh answer makes it unscored.

use serde::{Deserialize, Serialize};

use super::error::{Problem, ScorerError};
use super::subject::Exchange;
use super::{Aggregate, Score};

/// What is written under `latency`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLatency {
    /// Which time.
    #[serde(default)]
    pub of: Time,
    /// The quantile to compare, between 0 and 1; the mean if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
}

/// Which time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Time {
    /// To the first token.
    Ttft,
    /// Per token after the first.
    Tpot,
    /// To the end.
    #[default]
    Total,
}

/// The time an answer took.
#[derive(Debug)]
pub struct Latency {
    of: Time,
    aggregate: Aggregate,
}

impl Latency {
    pub(super) fn new(raw: &RawLatency) -> Result<Self, ScorerError> {
        let aggregate = match raw.quantile {
            None => Aggregate::Mean,
            Some(order) if order > 0.0 && order < 1.0 => Aggregate::Quantile(order),
            Some(order) => {
                let problem = Problem::value(format!("{order} is not between 0 and 1; the 99th percentile is 0.99"));
                return Err(ScorerError::at("quantile", problem));
            }
        };
        Ok(Self { of: raw.of, aggregate })
    }

    /// Milliseconds.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let milliseconds = match self.of {
            Time::Ttft => ttft(exchange),
            Time::Total => total(exchange),
            Time::Tpot => tpot(exchange),
        };
        match (milliseconds, self.of) {
            (Some(milliseconds), _) => Score::number(milliseconds),
            (None, Time::Ttft) => exchange.not_measured("time to the first token"),
            (None, Time::Total) => exchange.not_measured("total time"),
            (None, Time::Tpot) => exchange.not_measured("time per token (it needs both times and two output tokens)"),
        }
    }

    pub(super) fn aggregate(&self) -> Aggregate {
        self.aggregate
    }
}

/// Milliseconds to the first token, where they were measured.
pub(super) fn ttft(exchange: &Exchange<'_>) -> Option<f64> {
    exchange.answer.completion.timing.ttft_ms.filter(|time| time.is_finite() && *time >= 0.0)
}

/// Milliseconds to the end. Zero stands for a time that was not measured: no answer takes no time.
pub(super) fn total(exchange: &Exchange<'_>) -> Option<f64> {
    let total = exchange.answer.completion.timing.total_ms;
    (total.is_finite() && total > 0.0).then_some(total)
}

fn tpot(exchange: &Exchange<'_>) -> Option<f64> {
    let after_first = exchange.answer.completion.usage?.output.checked_sub(1).filter(|tokens| *tokens > 0)?;
    let streaming = total(exchange)? - ttft(exchange)?;
    (streaming >= 0.0).then(|| streaming / after_first as f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::provider::{Completion, Timing};
    use crate::replay::Origin;
    use crate::score::testing::{answer, assert_numbers, case, errors, says, score, scorer};
    use crate::score::{Aggregate, Score};

    #[test]
    fn times_are_in_milliseconds() {
        let table = [
            ("latency: {}", 1200.0),
            ("latency: { of: total }", 1200.0),
            ("latency: { of: ttft }", 200.0),
            ("latency: { of: tpot }", 100.0),
        ];
        for (yaml, expected) in table {
            assert_numbers(yaml, &[("Hello.", expected)]);
        }
    }

    #[test]
    fn what_was_not_measured_is_no_zero() {
        let silent = || Completion { timing: Timing::default(), usage: None, ..says("Hello.") };
        for yaml in ["latency: { of: total }", "latency: { of: ttft }", "latency: { of: tpot }"] {
            let fresh = answer(silent());
            assert!(matches!(score(yaml, &case(json!({})), fresh.clone()), Score::Unscored(_)), "{yaml}");
            let recorded = crate::replay::Answer { origin: Origin::Recorded, ..fresh };
            assert!(matches!(score(yaml, &case(json!({})), recorded), Score::NotApplicable(_)), "{yaml}");
        }
    }

    #[test]
    fn one_token_has_no_time_between_tokens() {
        let mut completion = says("Hello.");
        completion.usage = completion.usage.map(|usage| crate::provider::Usage { output: 1, ..usage });
        let score = score("latency: { of: tpot }", &case(json!({})), answer(completion));
        assert!(matches!(score, Score::Unscored(_)), "{score:?}");
    }

    #[test]
    fn the_aggregate_is_the_mean_or_a_quantile() {
        assert_eq!(scorer("latency: {}").aggregate(), Aggregate::Mean);
        assert_eq!(scorer("latency: { quantile: 0.99 }").aggregate(), Aggregate::Quantile(0.99));
        for quantile in ["99", "0", "1", "-0.5", ".nan"] {
            let messages = errors(&format!("latency: {{ quantile: {quantile} }}"));
            assert!(messages[0].starts_with("scorers.it.latency.quantile: "), "{messages:?}");
        }
    }
}
