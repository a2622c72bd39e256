//! Where a key stands in a YAML text. Checks run on values, which know no lines; this finds the line afterwards, by
//! reading the text once more and stopping at the key.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Line and column (from 1) of the value under a key path such as `scorers.short` or `sample.strata[0]`; if there is no
/// such key, of the nearest value above it.
pub(super) fn locate(yaml: &str, key: &str) -> Option<(usize, usize)> {
    let steps: Vec<&str> = key.split(['.', '[', ']']).filter(|step| !step.is_empty()).collect();
    (0..=steps.len()).rev().find_map(|depth| locate_exactly(yaml, &steps[..depth]))
}

fn locate_exactly(yaml: &str, steps: &[&str]) -> Option<(usize, usize)> {
    let stopped = Stop(steps).deserialize(serde_yaml::Deserializer::from_str(yaml)).err()?;
    let is_here = stopped.to_string().contains(HERE);
    stopped.location().filter(|_| is_here).map(|place| (place.line(), place.column()))
}

const HERE: &str = "\u{1}here";

/// Reads down the steps that are left, and fails on purpose where there are none.
struct Stop<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Stop<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Stop<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HERE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.0.split_first() else {
            return Err(A::Error::custom(HERE));
        };
        while let Some(key) = map.next_key::<serde_yaml::Value>()? {
            if key.as_str() == Some(step) {
                return map.next_value_seed(Stop(rest));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.0.split_first() else {
            return Err(A::Error::custom(HERE));
        };
        for _ in 0..step.parse().unwrap_or(usize::MAX) {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        seq.next_element_seed(Stop(rest)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "version: 1\nsample:\n  strata: [a, b]\nscorers:\n  short: { max_words: 60 }\n";

    #[test]
    fn keys_are_found_in_block_and_flow_style() {
        for (key, expected) in [
            ("version", (1, 10)),
            ("sample.strata[1]", (3, 15)),
            ("scorers.short", (5, 10)),
            ("scorers.short.max_words", (5, 23)),
        ] {
            assert_eq!(locate(YAML, key), Some(expected), "{key}");
        }
    }

    #[test]
    fn a_missing_key_is_placed_at_what_should_hold_it() {
        assert_eq!(locate(YAML, "scorers.short.gate.max_drop"), Some((5, 10)));
    }
}
