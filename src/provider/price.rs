//! What tokens cost.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Usage;

/// When the built-in prices were last compared with what providers publish.
pub const PRICES_AS_OF: &str = "2025-12";

/// The prices of one model, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Prompt tokens.
    pub input: f64,
    /// Completion tokens, reasoning included.
    pub output: f64,
    /// Prompt tokens read from the provider's cache; the same as `input` where absent.
    pub cached_input: Option<f64>,
}

impl Price {
    /// The price of one call in US dollars.
    pub fn cost(&self, usage: Usage) -> f64 {
        let cached = usage.cached.min(usage.input);
        let new = (usage.input - cached) as f64 * self.input;
        let read = cached as f64 * self.cached_input.unwrap_or(self.input);
        (new + read + usage.output as f64 * self.output) / 1e6
    }
}

/// Prices by model: the user's own, then the built-in ones.
///
/// A name without its version's date stands for all of them: `gpt-4o-mini` for `gpt-4o-mini-2024-07-18`, unless the
/// dated name has its own entry. Models that differ in more than a date never stand for each other.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Prices {
    own: BTreeMap<String, Price>,
}

impl Prices {
    /// The built-in prices, with `own` before them.
    pub fn new(own: BTreeMap<String, Price>) -> Self {
        Self { own }
    }

    /// A model's prices, where they are known.
    pub fn of(&self, model: &str) -> Option<Price> {
        let own = self.own.iter().map(|(name, price)| (name.as_str(), *price));
        nearest(own, model).or_else(|| nearest(BUILT_IN.iter().map(|(name, price)| (*name, *price)), model))
    }

    /// The price of one call in US dollars, where the model's prices are known.
    pub fn cost(&self, model: &str, usage: Usage) -> Option<f64> {
        self.of(model).map(|price| price.cost(usage))
    }
}

/// The entry with the longest name that stands for `model`.
fn nearest<'a>(entries: impl Iterator<Item = (&'a str, Price)>, model: &str) -> Option<Price> {
    let standing = entries.filter(|(name, _)| model.strip_prefix(name).is_some_and(is_version));
    standing.max_by_key(|(name, _)| name.len()).map(|(_, price)| price)
}

/// Whether what follows a model's name only says which version of it: a date, a number of three digits or more, `latest`.
fn is_version(rest: &str) -> bool {
    let Some(version) = rest.strip_prefix(['-', '@', ':']) else {
        return rest.is_empty();
    };
    let digits = version.bytes().filter(u8::is_ascii_digit).count();
    version == "latest" || (digits >= 3 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// A built-in price.
const fn usd(input: f64, cached_input: f64, output: f64) -> Price {
    Price { input, output, cached_input: Some(cached_input) }
}

/// Published standard prices as of [`PRICES_AS_OF`], without batch, priority and long-context tariffs. Models whose price
/// changed under the same name are left out: no number is better than a wrong one.
const BUILT_IN: &[(&str, Price)] = &[
    ("gpt-5.1", usd(1.25, 0.125, 10.0)),
    ("gpt-5", usd(1.25, 0.125, 10.0)),
    ("gpt-5-mini", usd(0.25, 0.025, 2.0)),
    ("gpt-5-nano", usd(0.05, 0.005, 0.4)),
    ("gpt-4.1", usd(2.0, 0.5, 8.0)),
    ("gpt-4.1-mini", usd(0.4, 0.1, 1.6)),
    ("gpt-4.1-nano", usd(0.1, 0.025, 0.4)),
    ("gpt-4o", usd(2.5, 1.25, 10.0)),
    ("gpt-4o-2024-05-13", usd(5.0, 5.0, 15.0)),
    ("gpt-4o-mini", usd(0.15, 0.075, 0.6)),
    ("o3", usd(2.0, 0.5, 8.0)),
    ("o3-mini", usd(1.1, 0.55, 4.4)),
    ("o4-mini", usd(1.1, 0.275, 4.4)),
    ("claude-opus-4-5", usd(5.0, 0.5, 25.0)),
    ("claude-opus-4-1", usd(15.0, 1.5, 75.0)),
    ("claude-opus-4", usd(15.0, 1.5, 75.0)),
    ("claude-sonnet-4-5", usd(3.0, 0.3, 15.0)),
    ("claude-sonnet-4", usd(3.0, 0.3, 15.0)),
    ("claude-haiku-4-5", usd(1.0, 0.1, 5.0)),
    ("claude-3-7-sonnet", usd(3.0, 0.3, 15.0)),
    ("claude-3-5-haiku", usd(0.8, 0.08, 4.0)),
    ("claude-3-haiku", usd(0.25, 0.03, 1.25)),
    ("gemini-2.5-pro", usd(1.25, 0.125, 10.0)),
    ("gemini-2.5-flash", usd(0.3, 0.03, 2.5)),
    ("gemini-2.5-flash-lite", usd(0.1, 0.01, 0.4)),
    ("mistral-medium-2505", Price { input: 0.4, output: 2.0, cached_input: None }),
    ("mistral-large-2411", Price { input: 2.0, output: 6.0, cached_input: None }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_versions() {
        for (model, input) in [
            ("gpt-4o", Some(2.5)),
            ("gpt-4o-2024-08-06", Some(2.5)),
            ("gpt-4o-2024-05-13", Some(5.0)),
            ("gpt-4o-mini-2024-07-18", Some(0.15)),
            ("gpt-4o-audio-preview", None),
            ("gpt-4", None),
            ("gpt-5-chat-latest", None),
            ("claude-sonnet-4@20250514", Some(3.0)),
            ("claude-opus-4-20250514", Some(15.0)),
            ("claude-opus-4-5-20251101", Some(5.0)),
            ("claude-opus-4-9", None),
            ("claude-3-7-sonnet-latest", Some(3.0)),
            ("gemini-2.5-flash-001", Some(0.3)),
            ("qwen", None),
            ("", None),
        ] {
            assert_eq!(Prices::default().of(model).map(|price| price.input), input, "{model}");
        }
    }

    #[test]
    fn own_prices_come_first() {
        let own = "{ qwen: { input: 1, output: 2 }, gpt-4o: { input: 9, output: 9, cached_input: 1 } }";
        let prices: Prices = serde_yaml::from_str(own).unwrap();
        for (model, price) in [
            ("qwen", Price { input: 1.0, output: 2.0, cached_input: None }),
            ("gpt-4o-2024-05-13", Price { input: 9.0, output: 9.0, cached_input: Some(1.0) }),
            ("o3", usd(2.0, 0.5, 8.0)),
        ] {
            assert_eq!(prices.of(model), Some(price), "{model}");
        }
        assert!(serde_yaml::from_str::<Prices>("{ qwen: { input: 1, outputs: 2 } }").is_err());
    }

    #[test]
    fn costs() {
        let prices = Prices::default();
        for (input, output, cached, dollars) in [
            (1_000_000, 0, 0, 0.15),
            (0, 1_000_000, 0, 0.6),
            (1_000_000, 0, 1_000_000, 0.075),
            (1_000, 500, 400, (600.0 * 0.15 + 400.0 * 0.075 + 500.0 * 0.6) / 1e6),
            (10, 0, 20, 10.0 * 0.075 / 1e6),
        ] {
            let cost = prices.cost("gpt-4o-mini", Usage { input, output, cached }).unwrap();
            assert!((cost - dollars).abs() < 1e-12, "{cost} {dollars}");
        }
        assert_eq!(prices.cost("unknown", Usage::default()), None);
        let without = Price { input: 2.0, output: 0.0, cached_input: None };
        assert!((without.cost(Usage { input: 10, output: 0, cached: 10 }) - 20.0 / 1e6).abs() < 1e-12);
    }
}
