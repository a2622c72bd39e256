//! Bad outcomes, of which a sample may take more than their share.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::evalset::Case;

/// Where its expression is written.
pub(super) const WHEN: &str = "sample.failures.when";
/// A recorded score below this is a low one: the middle of scores from 0 to 1, and above a thumb down, which is 0 or −1.
const LOW: f64 = 0.5;

/// `sample.failures`: a share of the sample, or `{ share, when }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// The share of the sample that bad outcomes get, as far as there are so many; never less than they have in the
    /// population.
    pub share: f64,
    /// Which outcomes are bad: an expression over the case, as in `where`. Where absent, the call failed or one of its
    /// recorded scores is below 0.5.
    pub when: Option<String>,
}

/// Whether production's answer went badly, as far as the trace says.
pub(super) fn is_failure(case: &Case) -> bool {
    let Some(recorded) = &case.recorded else { return false };
    recorded.status == "error" || recorded.scores.values().any(|score| *score < LOW)
}

impl<'de> Deserialize<'de> for Failures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShareOrMap)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    share: f64,
    when: Option<String>,
}

struct ShareOrMap;

impl<'de> Visitor<'de> for ShareOrMap {
    type Value = Failures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as 0.3, or { share: 0.3, when: EXPRESSION }")
    }

    fn visit_f64<E: de::Error>(self, share: f64) -> Result<Failures, E> {
        Ok(Failures { share, when: None })
    }

    fn visit_u64<E: de::Error>(self, share: u64) -> Result<Failures, E> {
        self.visit_f64(share as f64)
    }

    fn visit_i64<E: de::Error>(self, share: i64) -> Result<Failures, E> {
        self.visit_f64(share as f64)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Failures, A::Error> {
        let Written { share, when } = Written::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Failures { share, when })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_share_alone_or_with_what_counts() {
        let read = |yaml: &str| serde_yaml::from_str::<Failures>(yaml);
        for (yaml, share, when) in [
            ("0.3", 0.3, None),
            ("1", 1.0, None),
            ("{ share: 0.5, when: recorded.scores.csat <= 2 }", 0.5, Some("recorded.scores.csat <= 2")),
        ] {
            assert_eq!(read(yaml).unwrap(), Failures { share, when: when.map(str::to_owned) }, "{yaml}");
        }
        for wrong in ["a lot", "{ when: x }", "{ share: 0.3, whne: x }"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn errors_low_scores_and_thumbs_down_are_failures() {
        for (recorded, expected) in [
            (json!({"status": "ok"}), false),
            (json!({"status": "error"}), true),
            (json!({"status": "ok", "scores": {"faithful": 0.9, "thumbs": 1.0}}), false),
            (json!({"status": "ok", "scores": {"faithful": 0.9, "thumbs": 0.0}}), true),
            (json!({"status": "ok", "scores": {"thumbs": -1.0}}), true),
            (json!({"status": "ok", "scores": {"csat": 4.0}}), false),
            (json!(null), false),
        ] {
            let case: Case = serde_json::from_value(json!({"messages": [], "recorded": recorded})).unwrap();
            assert_eq!(is_failure(&case), expected, "{recorded}");
        }
    }
}
