//! Which stratum a case is in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::SampleError;
use crate::evalset::Case;

/// The value that stands for a path which a case does not have.
const NONE: &str = "(none)";

/// The stratum of every case, by name. Fails on a path that no case has: that is a typing error.
pub(super) fn names(cases: &[Case], paths: &[String]) -> Result<Vec<String>, SampleError> {
    let mut found = vec![false; paths.len()];
    let names = cases.iter().map(|case| name(case, paths, &mut found)).collect();
    match found.iter().position(|found| !found) {
        Some(index) if !cases.is_empty() => {
            Err(SampleError::UnknownStratum { path: paths[index].clone(), known: known_names(cases) })
        }
        _ => Ok(names),
    }
}

fn name(case: &Case, paths: &[String], found: &mut [bool]) -> String {
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

/// The names that a filter or a stratum can use with these cases.
pub(super) fn known_names(cases: &[Case]) -> Vec<String> {
    let metadata: BTreeSet<&String> = cases.iter().flat_map(|case| case.metadata.keys()).collect();
    let fixed = ["request.model", "recorded.status", "trace.prompt_version"];
    let present = fixed.into_iter().filter(|path| cases.iter().any(|case| look_up(case, path).is_some()));
    metadata.into_iter().map(|key| format!("metadata.{key}")).chain(present.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            assert_eq!(names(&cases(), &paths).unwrap(), wanted);
        }
    }

    #[test]
    fn a_path_that_no_case_has_is_a_typing_error() {
        for path in ["metadata.intend", "intent", "metadata.deep.est", "metadata", "trace.prompt_version"] {
            let error = names(&cases(), &[path.to_owned()]).unwrap_err().to_string();
            let wanted = "metadata.deep, metadata.intent, metadata.n, metadata.user.tier, request.model";
            assert_eq!(error, format!("`sample.strata`: no case has `{path}`; there are {wanted}"));
        }
        assert!(names(&[], &["metadata.intent".to_owned()]).unwrap().is_empty());
    }
}
