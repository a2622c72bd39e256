//! Metadata of an observation: what the application wrote, and what Langfuse put beside it of the process and the library.
//! The newer servers keep it as one level of dotted names and texts, the older ones as it was.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::trace::Attributes;

/// Longer values are cut by the server unless they are asked for by name.
const CUT: usize = 200;
const SPAN: &str = "attributes";
const RESOURCE: &str = "resourceAttributes";
const SCOPE: &str = "scope";

/// Metadata by whose it is.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata {
    /// The application's own.
    pub(super) own: Map<String, Value>,
    /// What another library than Langfuse's recorded, without its messages.
    pub(super) span: Map<String, Value>,
    /// The process.
    pub(super) resource: Map<String, Value>,
    /// The library's name.
    pub(super) scope: Option<String>,
}

impl Metadata {
    pub(super) fn new(value: Value) -> Self {
        let mut all = Self::default();
        let Value::Object(map) = parsed(value) else { return all };
        let mut flat = Map::new();
        for (name, value) in map {
            match name.split_once('.').map_or((name.as_str(), None), |(first, rest)| (first, Some(rest))) {
                (SPAN, rest) => put(&mut all.span, rest, value),
                (RESOURCE, rest) => put(&mut all.resource, rest, value),
                (SCOPE, Some("name")) => all.scope = value.as_str().map(str::to_owned),
                (SCOPE, None) => {
                    all.scope = parsed(value).get("name").and_then(Value::as_str).map(str::to_owned);
                }
                (SCOPE, Some(_)) => {}
                (_, Some(_)) => _ = flat.insert(name, parsed(value)),
                (_, None) => _ = all.own.insert(name, value),
            }
        }
        // What was an object before it was flattened is one again; that the name had dots of its own cannot be told.
        if let Value::Object(nested) = Attributes::from(flat).nested("") {
            nested.into_iter().for_each(|(name, value)| _ = all.own.entry(name).or_insert(value));
        }
        all
    }
}

fn put(map: &mut Map<String, Value>, name: Option<&str>, value: Value) {
    match (name, value) {
        (Some(name), value) => _ = map.insert(name.to_owned(), value),
        (None, value) => {
            if let Value::Object(inside) = parsed(value) {
                map.extend(inside);
            }
        }
    }
}

/// A text that is JSON as what it is.
pub(super) fn parsed(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

/// The names of values that may have been cut. What is known of the process and the library is never read that far.
pub(super) fn cut(entry: &Value) -> BTreeSet<String> {
    let is_cut = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() == CUT);
    let is_read = |name: &str| !name.starts_with(RESOURCE) && !name.starts_with(SCOPE);
    let metadata = entry.get("metadata").and_then(Value::as_object);
    let names = metadata.into_iter().flatten().filter(|(name, value)| is_read(name) && is_cut(value));
    names.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_generations_mean_the_same() {
        let whole = json!({
            "tier": "\"gold\"", "response_format": {"type": "json_schema", "strict": true, "required": ["a"]},
            "attributes": {"openinference.span.kind": "LLM"},
            "resourceAttributes": {"service.name": "acme", "langfuse.release": "1"},
            "scope": {"name": "langfuse-sdk", "version": "5", "attributes": {"public_key": "pk"}},
        });
        let flat = json!({
            "tier": "\"gold\"", "response_format.type": "json_schema", "response_format.strict": "true",
            "response_format.required": "[\"a\"]", "attributes.openinference.span.kind": "LLM",
            "resourceAttributes.service.name": "acme", "resourceAttributes.langfuse.release": "1",
            "scope.name": "langfuse-sdk", "scope.version": "5", "scope.attributes.public_key": "pk",
        });
        let read = Metadata::new(flat);
        assert_eq!(read, Metadata::new(whole.clone()));
        assert_eq!(read, Metadata::new(whole.to_string().into()), "as a text");
        assert_eq!(read.own["response_format"], whole["response_format"]);
        assert_eq!((read.scope.as_deref(), &read.resource["service.name"]), (Some("langfuse-sdk"), &json!("acme")));
        for odd in [json!(null), json!("text"), json!([1])] {
            assert_eq!(Metadata::new(odd), Metadata::default());
        }
    }

    #[test]
    fn what_may_have_been_cut_is_named() {
        let long = "ä".repeat(CUT);
        let entry =
            json!({"metadata": {"a": long, "b": "short", "c": format!("{long}x"), "resourceAttributes.d": long}});
        assert_eq!(cut(&entry), BTreeSet::from(["a".to_owned()]));
        assert!(cut(&json!({"id": "x"})).is_empty());
    }
}
