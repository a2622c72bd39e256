//! What a scorer's change may be, as the user writes it under `gate`. The law that applies it is elsewhere.

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::Direction;
use super::error::{Problem, ScorerError};
use super::kind::Kind;
use super::margin::Margin;

/// What is written in place of a tag for classes that nobody declared.
const AUTO: &str = "auto";

/// What is written under a scorer's `gate`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateConfig {
    /// How far the candidate may fall below the baseline; for scorers where higher is better.
    pub max_drop: Option<Margin>,
    /// How far the candidate may rise above the baseline; for scorers where lower is better.
    pub max_rise: Option<Margin>,
    /// The lowest level of the candidate, in the scorer's unit.
    pub min: Option<f64>,
    /// The highest level of the candidate, in the scorer's unit.
    pub max: Option<f64>,
    /// Whether an inconclusive result blocks, whatever `decision.inconclusive` says.
    #[serde(default)]
    pub critical: bool,
    /// The tags whose classes are gated too, written `metadata.intent`; `auto` stands for all that can be found.
    #[serde(default, deserialize_with = "one_or_many")]
    pub slices: Vec<String>,
    /// `max_drop` for each class; the same as overall if there is none.
    pub slice_max_drop: Option<Margin>,
    /// `max_rise` for each class; the same as overall if there is none.
    pub slice_max_rise: Option<Margin>,
}

impl GateConfig {
    /// The tags whose classes are gated, without the `metadata.` that the config writes.
    pub fn slice_tags(&self) -> impl Iterator<Item = &str> {
        let named = self.slices.iter().filter(|slice| *slice != AUTO);
        named.map(|slice| slice.strip_prefix("metadata.").unwrap_or(slice))
    }

    /// Whether classes that nobody declared are to be found and gated too.
    pub fn finds_slices(&self) -> bool {
        self.slices.iter().any(|slice| slice == AUTO)
    }

    /// How far a change for the worse may go, overall or in a class; `None` where the gate does not say.
    pub fn margin(&self, direction: Direction, is_slice: bool) -> Option<Margin> {
        let (overall, of_slices) = match direction {
            Direction::HigherIsBetter => (self.max_drop, self.slice_max_drop),
            Direction::LowerIsBetter => (self.max_rise, self.slice_max_rise),
        };
        if is_slice { of_slices.or(overall) } else { overall }
    }

    /// Whether a margin is written in per cent of the baseline's level.
    pub fn is_relative(&self) -> bool {
        let margins = [self.max_drop, self.max_rise, self.slice_max_drop, self.slice_max_rise];
        margins.into_iter().any(|margin| matches!(margin, Some(Margin::Relative(_))))
    }

    /// Which way is better, as far as the gate says: only generic scorers have to ask.
    pub(super) fn implied_direction(&self) -> Direction {
        let drops = self.max_drop.is_some() || self.slice_max_drop.is_some();
        let rises = self.max_rise.is_some() || self.slice_max_rise.is_some();
        match (drops, rises) {
            (false, true) => Direction::LowerIsBetter,
            (false, false) if self.max.is_some() && self.min.is_none() => Direction::LowerIsBetter,
            _ => Direction::HigherIsBetter,
        }
    }

    /// What is wrong with it for a scorer of this kind; each key is relative to `gate`.
    pub(super) fn check(&self, kind: &Kind) -> Vec<ScorerError> {
        if matches!(kind, Kind::Recorded(recorded) if recorded.score_name().is_some()) {
            let message = "a recorded score is of production's answers alone, so that nothing can be held against it: \
                           leave the gate out";
            return vec![Problem::value(message).into()];
        }
        let mut errors = Vec::new();
        errors.extend(self.wrong_direction(kind));
        errors.extend(self.bad_slices());
        errors.extend(self.bad_level(kind));
        if *self == (Self { critical: self.critical, slices: self.slices.clone(), ..Self::default() }) {
            let message = "holds nothing: write max_drop or max_rise, or a level under min or max";
            errors.push(Problem::value(message).into());
        }
        errors
    }

    fn wrong_direction(&self, kind: &Kind) -> Vec<ScorerError> {
        let drops = [("max_drop", self.max_drop), ("slice_max_drop", self.slice_max_drop)];
        let rises = [("max_rise", self.max_rise), ("slice_max_rise", self.slice_max_rise)];
        let (wrong, why) = match kind.fixed_direction() {
            Some(Direction::HigherIsBetter) => (rises, "higher is better here: use"),
            Some(Direction::LowerIsBetter) => (drops, "lower is better here: use"),
            None if drops.iter().any(|(_, margin)| margin.is_some()) => (rises, "the gate also has a drop: keep only"),
            None => return Vec::new(),
        };
        let errors = wrong.into_iter().filter(|(_, margin)| margin.is_some()).map(|(key, _)| {
            let other = if key.ends_with("rise") { key.replace("rise", "drop") } else { key.replace("drop", "rise") };
            ScorerError::at(key, Problem::value(format!("{why} {other}")))
        });
        errors.collect()
    }

    fn bad_slices(&self) -> Vec<ScorerError> {
        let mut errors: Vec<_> = self
            .slices
            .iter()
            .filter(|slice| *slice != AUTO && slice.strip_prefix("metadata.").is_none_or(str::is_empty))
            .map(|slice| {
                ScorerError::at("slices", Problem::value(format!("`{slice}` is no tag: write metadata.NAME, or auto")))
            })
            .collect();
        for (key, margin) in [("slice_max_drop", self.slice_max_drop), ("slice_max_rise", self.slice_max_rise)] {
            if margin.is_some() && self.slices.is_empty() {
                errors.push(ScorerError::at(key, Problem::value("there are no slices: write slices: [metadata.NAME]")));
            }
        }
        errors
    }

    fn bad_level(&self, kind: &Kind) -> Vec<ScorerError> {
        let (low, high) = kind.scale().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let levels = [("min", self.min), ("max", self.max)].into_iter();
        let mut errors: Vec<_> = levels
            .filter_map(|(key, level)| level.filter(|level| !(low..=high).contains(level)).map(|level| (key, level)))
            .map(|(key, level)| {
                ScorerError::at(key, Problem::value(format!("{level} is not between {low} and {high}")))
            })
            .collect();
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            errors.push(ScorerError::at("min", Problem::value(format!("{min} is above max, {max}"))));
        }
        errors
    }
}

/// A list, or its only entry.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of tags such as [metadata.intent], or auto")
        }

        fn visit_str<E: de::Error>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut many: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = many.next_element()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use crate::score::Direction;
    use crate::score::testing::{errors, scorer};

    #[test]
    fn a_gate_that_makes_no_sense_is_an_error() {
        let table = [
            ("cost: {}, gate: { max_drop: 10% }", "scorers.it.gate.max_drop: lower is better here: use max_rise"),
            ("json: {}, gate: { max_rise: 0.1 }", "scorers.it.gate.max_rise: higher is better here: use max_drop"),
            (
                "score: {}, gate: { max_drop: 0.1, max_rise: 0.1 }",
                "scorers.it.gate.max_rise: the gate also has a drop: keep only max_drop",
            ),
            (
                "json: {}, gate: {}",
                "scorers.it.gate: holds nothing: write max_drop or max_rise, or a level under min or max",
            ),
            (
                "json: {}, gate: { critical: true, slices: [metadata.intent] }",
                "scorers.it.gate: holds nothing: write max_drop or max_rise, or a level under min or max",
            ),
            (
                "json: {}, gate: { max_drop: 0, slices: [intent] }",
                "scorers.it.gate.slices: `intent` is no tag: write metadata.NAME, or auto",
            ),
            (
                "json: {}, gate: { max_drop: 0, slice_max_drop: 0.1 }",
                "scorers.it.gate.slice_max_drop: there are no slices: write slices: [metadata.NAME]",
            ),
            ("json: {}, gate: { min: 95 }", "scorers.it.gate.min: 95 is not between 0 and 1"),
            ("json: {}, gate: { min: .nan }", "scorers.it.gate.min: NaN is not between 0 and 1"),
            ("tokens: {}, gate: { min: 9, max: 8 }", "scorers.it.gate.min: 9 is above max, 8"),
        ];
        for (yaml, expected) in table {
            assert_eq!(errors(&format!("{{ {yaml} }}")), [expected], "{yaml}");
        }
    }

    #[test]
    fn a_generic_scorer_takes_its_direction_from_its_gate() {
        let table = [
            ("score: {}", Direction::HigherIsBetter),
            ("score: {}, gate: { max_drop: 0.1 }", Direction::HigherIsBetter),
            ("score: {}, gate: { max_rise: 10% }", Direction::LowerIsBetter),
            ("score: {}, gate: { max: 5 }", Direction::LowerIsBetter),
            ("score: {}, gate: { min: 5 }", Direction::HigherIsBetter),
            ("expression: output.words, gate: { max_rise: 10% }", Direction::LowerIsBetter),
            ("latency: {}", Direction::LowerIsBetter),
            ("json: {}, gate: { max_drop: 1% }", Direction::HigherIsBetter),
        ];
        for (yaml, expected) in table {
            assert_eq!(scorer(&format!("{{ {yaml} }}")).direction, expected, "{yaml}");
        }
    }

    #[test]
    fn slices_are_named_by_their_tag() {
        let gate = scorer("{ json: {}, gate: { max_drop: 0, slices: [metadata.intent, metadata.a.b] } }").gate;
        assert_eq!(gate.expect("a gate").slice_tags().collect::<Vec<_>>(), ["intent", "a.b"]);
        for (slices, tags, finds) in
            [("auto", &[][..], true), ("[metadata.a, auto]", &["a"], true), ("metadata.a", &["a"], false)]
        {
            let gate =
                scorer(&format!("{{ json: {{}}, gate: {{ max_drop: 0, slices: {slices} }} }}")).gate.expect("a gate");
            assert_eq!((gate.slice_tags().collect::<Vec<_>>().as_slice(), gate.finds_slices()), (tags, finds));
        }
    }
}
