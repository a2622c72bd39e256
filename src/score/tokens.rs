//! `tokens: { of: output }`: how many tokens the answer used, as the provider counts them.
//!
//! `input` includes cached tokens, `output` includes reasoning, `total` (the default) is both.

use serde::{Deserialize, Serialize};

use super::Score;
use super::subject::Exchange;

/// What is written under `tokens`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTokens {
    /// Which tokens.
    #[serde(default)]
    pub of: Side,
}

/// Which tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Those of the prompt.
    Input,
    /// Those of the answer.
    Output,
    /// Both.
    #[default]
    Total,
}

/// The tokens an answer used.
#[derive(Debug)]
pub struct Tokens(Side);

impl Tokens {
    pub(super) fn new(raw: &RawTokens) -> Self {
        Self(raw.of)
    }

    /// The number of tokens.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let Some(usage) = exchange.answer.completion.usage else {
            return exchange.not_measured("token usage");
        };
        Score::number(match self.0 {
            Side::Input => usage.input as f64,
            Side::Output => usage.output as f64,
            Side::Total => usage.input as f64 + usage.output as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::score::Score;
    use crate::score::testing::{answer, assert_numbers, case, says, score};

    #[test]
    fn tokens_are_counted_by_the_provider() {
        assert_numbers("tokens: { of: input }", &[("Hello.", 400.0)]);
        assert_numbers("tokens: { of: output }", &[("Hello.", 11.0)]);
        assert_numbers("tokens: {}", &[("Hello.", 411.0)]);
    }

    #[test]
    fn without_usage_there_is_no_number() {
        let mut completion = says("Hello.");
        completion.usage = None;
        let score = score("tokens: {}", &case(json!({})), answer(completion));
        assert_eq!(score, Score::Unscored("the provider gave no token usage".to_owned()));
    }
}
