//! `cost: {}`: what the answer cost, in US dollars, by the price table.

use super::Score;
use super::subject::Exchange;
use crate::replay::Origin;

/// The price of an answer.
#[derive(Debug)]
pub struct Cost;

impl Cost {
    /// US dollars.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let answer = exchange.answer;
        match answer.cost_usd {
            Some(cost) if cost.is_finite() => Score::number(cost),
            _ if answer.completion.usage.is_none() => exchange.not_measured("token usage, and so no cost"),
            _ if answer.origin == Origin::Recorded => {
                Score::not_applicable(format!("no price is known for the recorded model {}", answer.model))
            }
            _ => Score::unscored(format!("no price is known for {}; add it to the config's `prices`", answer.model)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::replay::{Answer, Origin};
    use crate::score::Score;
    use crate::score::testing::{answer, case, says, score};

    #[test]
    fn the_cost_is_the_price_or_nothing() {
        let priced = answer(says("Hello."));
        let unpriced = Answer { cost_usd: None, ..priced.clone() };
        let recorded = Answer { origin: Origin::Recorded, ..unpriced.clone() };
        let score = |answer| score("cost: {}", &case(json!({})), answer);
        assert_eq!(score(priced).value(), Some(0.002));
        assert!(matches!(score(unpriced), Score::Unscored(why) if why.contains("no price is known for m")));
        assert!(matches!(score(recorded), Score::NotApplicable(_)));
    }
}
