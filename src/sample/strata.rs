//! Which stratum a case is in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::evalset::Case;

/// The value that stands for a path which a case does not have.
const NONE: &str = "(none)";

/// The stratum of a case. Notes which of the paths it has: a path that no case has is a typing error.
pub(super) fn name(case: &Case, paths: &[String], found: &mut [bool]) -> String {
    let labels = paths.iter().zip(found).map(|(path, found)| {
        let value = look_up(case, path);
        *found |= value.is_some();
        format!("{}={}", path.strip_prefix("metadata.").unwrap_or(path), value.as_deref().unwrap_or(NONE))
    });
    labels.collect::<Vec<_>>().join(", ")
}

/// The value at a path, as text. Only what tells requests apart can make strata: metadata, and what was asked of whom.
fn look_up(case: &Case, path: &str) -> Option<String> {
    match path.split_once('.')? {
        ("metadata", rest) => descend(&case.metadata, rest).map(label),
        ("request", "model") => case.request.model.clone(),
        ("recorded", "status") => case.recorded.as_ref().map(|recorded| recorded.status.clone()),
        ("trace", "prompt_version") => case.trace.as_ref()?.prompt_version.clone(),
        _ => None,
    }
}

/// Keys may hold dots themselves (`user.tier`), so the whole rest of a path is tried as one key first.
fn descend<'a>(map: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = map.get(path) {
        return Some(value);
    }
    let (key, rest) = path.split_once('.')?;
    descend(map.get(key)?.as_object()?, rest)
}

fn label(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Paths that are no metadata.
const FIXED: [&str; 3] = ["request.model", "recorded.status", "trace.prompt_version"];

/// More names than these are a program's, and nobody reads on.
const MAX_NAMES: usize = 200;

/// The names that a filter or a stratum can use with the cases seen.
#[derive(Debug, Default)]
pub(super) struct Names {
    metadata: BTreeSet<String>,
    fixed: BTreeSet<&'static str>,
}

impl Names {
    pub(super) fn add(&mut self, case: &Case) {
        for key in case.metadata.keys() {
            if !self.metadata.contains(key) && self.metadata.len() < MAX_NAMES {
                self.metadata.insert(key.clone());
            }
        }
        self.fixed.extend(FIXED.into_iter().filter(|path| look_up(case, path).is_some()));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.metadata.extend(other.metadata);
        self.fixed.extend(other.fixed);
    }

    pub(super) fn list(&self) -> Vec<String> {
        let metadata = self.metadata.iter().take(MAX_NAMES).map(|key| format!("metadata.{key}"));
        let fixed = FIXED.into_iter().filter(|path| self.fixed.contains(path)).map(str::to_owned);
        metadata.chain(fixed).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Design, Sample, SampleConfig};
    use super::*;

    fn cases() -> Vec<Case> {
        let values = [
            json!({"messages": [], "metadata": {"intent": "refund", "user.tier": "pro", "n": 3, "deep": {"er": true}}}),
            json!({"messages": [], "metadata": {"intent": "order"}, "request": {"model": "small"}}),
        ];
        values.map(|value| serde_json::from_value(value).unwrap()).to_vec()
    }

    #[test]
    fn names_of_strata() {
        for (paths, wanted) in [
            (&["metadata.intent"][..], ["intent=refund", "intent=order"]),
            (
                &["metadata.intent", "metadata.user.tier"],
                ["intent=refund, user.tier=pro", "intent=order, user.tier=(none)"],
            ),
            (&["metadata.n", "metadata.deep.er"], ["n=3, deep.er=true", "n=(none), deep.er=(none)"]),
            (&["request.model"], ["request.model=(none)", "request.model=small"]),
        ] {
            let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
            let mut found = vec![false; paths.len()];
            let names: Vec<String> = cases().iter().map(|case| name(case, &paths, &mut found)).collect();
            assert_eq!(names, wanted);
            assert!(found.iter().all(|found| *found));
        }
    }

    #[test]
    fn a_path_that_no_case_has_is_a_typing_error() {
        let draw = |cases, path: &str| {
            let config = SampleConfig { strata: vec![path.to_owned()], ..SampleConfig::default() };
            Sample::draw(cases, &Design::new(config, None)?)
        };
        for path in ["metadata.intend", "intent", "metadata.deep.est", "metadata", "trace.prompt_version"] {
            let error = draw(cases(), path).unwrap_err().to_string();
            let wanted = "metadata.deep, metadata.intent, metadata.n, metadata.user.tier, request.model";
            assert_eq!(error, format!("`sample.strata`: no case has `{path}`; there are {wanted}"));
        }
        assert!(draw(Vec::new(), "metadata.intent").unwrap().cases.is_empty());
    }
}
