//! Attributes, and the ways that libraries squeeze structure into them: JSON in strings, and dotted, numbered keys.

use serde_json::{Map, Value};

/// The deepest dotted key that is nested; a hostile one must not overflow the stack.
const MAX_DEPTH: usize = 16;

/// Attributes of a span, an event or a resource: a name and a JSON value each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Map<String, Value>);

impl From<Map<String, Value>> for Attributes {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl From<Attributes> for Map<String, Value> {
    fn from(attributes: Attributes) -> Self {
        attributes.0
    }
}

impl Attributes {
    /// The value as recorded; `None` also where it is `null`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// The value if it is a non-empty string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The value as text, whether it was recorded as a string, a number or a flag.
    pub fn label(&self, key: &str) -> Option<String> {
        label(self.get(key)?)
    }

    /// The value as a finite number, also from a numeric string.
    pub fn number(&self, key: &str) -> Option<f64> {
        number(self.get(key)?)
    }

    /// The value as JSON: structured values as they are, strings parsed. `None` where the text is no JSON.
    pub fn json(&self, key: &str) -> Option<Value> {
        match self.get(key)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Some(value.clone()),
        }
    }

    /// The first of several keys that has a value.
    pub fn first<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, &Value)> {
        keys.iter().find_map(|key| Some((*key, self.get(key)?)))
    }

    /// All attributes below a dotted prefix, by the rest of their name.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value)))
    }

    /// Everything below a dotted prefix as one JSON value: `a.0.b` becomes `[{"b": …}]`. Numbered keys make an array
    /// only when none is missing, else an object, so a gap cannot go unseen. `null` where there is nothing.
    pub fn nested(&self, prefix: &str) -> Value {
        let mut root = Value::Null;
        let shallow = |path: &str| path.split('.').count() <= MAX_DEPTH;
        for (path, value) in self.under(prefix).filter(|(path, _)| shallow(path)) {
            place(&mut root, path, value.clone());
        }
        arrays(root)
    }

    /// The attributes, and below them those of `others` that are not here.
    pub(crate) fn overlaid<'a>(&self, others: impl Iterator<Item = &'a Self>) -> Self {
        let mut map = self.0.clone();
        for (key, value) in others.flat_map(|other| &other.0) {
            map.entry(key.as_str()).or_insert_with(|| value.clone());
        }
        Self(map)
    }
}

/// A scalar as text.
pub(crate) fn label(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A number, also from a numeric string.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

fn place(node: &mut Value, path: &str, value: Value) {
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    let Value::Object(map) = node else { return };
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((head, rest)) => place(map.entry(head).or_insert(Value::Null), rest, value),
    }
}

fn arrays(node: Value) -> Value {
    let Value::Object(map) = node else { return node };
    let mut slots: Vec<(Option<usize>, String, Value)> =
        map.into_iter().map(|(key, value)| (key.parse().ok(), key, arrays(value))).collect();
    slots.sort_by_key(|(index, ..)| *index);
    if slots.iter().enumerate().all(|(at, (index, ..))| *index == Some(at)) {
        Value::Array(slots.into_iter().map(|(.., value)| value).collect())
    } else {
        Value::Object(slots.into_iter().map(|(_, key, value)| (key, value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attributes(value: Value) -> Attributes {
        let Value::Object(map) = value else { panic!("an object") };
        map.into()
    }

    #[test]
    fn numbered_keys_nest() {
        let given = attributes(json!({
            "m.10.role": "z", "m.0.role": "a", "m.0.calls.0.id": 1, "n": 1,
            "m.1.role": "b", "m.2.role": "", "m.3.role": "", "m.4.role": "", "m.5.role": "",
            "m.6.role": "", "m.7.role": "", "m.8.role": "", "m.9.role": "",
        }));
        let nested = given.nested("m.");
        assert_eq!(nested[0], json!({"role": "a", "calls": [{"id": 1}]}));
        assert_eq!(nested[10], json!({"role": "z"}), "10 comes after 9, not after 1");
        assert_eq!(given.nested("absent."), Value::Null);
    }

    #[test]
    fn a_gap_is_no_array() {
        assert!(attributes(json!({"m.0.role": "a", "m.2.role": "b"})).nested("m.").is_object());
        assert!(attributes(json!({"m.1.role": "b"})).nested("m.").is_object());
    }

    #[test]
    fn a_bottomless_key_is_passed_over() {
        assert_eq!(attributes(json!({format!("m.{}", "a.".repeat(100_000)): 1})).nested("m."), Value::Null);
    }

    #[test]
    fn numbers_in_any_dress() {
        let given = attributes(json!({"a": 3, "b": "4.5", "c": "NaN", "d": "", "e": null}));
        assert_eq!(given.number("a"), Some(3.0));
        assert_eq!(given.number("b"), Some(4.5));
        assert_eq!((given.number("c"), given.number("d"), given.number("e")), (None, None, None));
        assert_eq!(given.label("a").as_deref(), Some("3"));
        assert_eq!(given.text("a"), None);
    }

    #[test]
    fn json_is_read_from_text_and_from_structure() {
        let given = attributes(json!({"text": "[1, 2]", "structure": [1, 2], "cut": "[1, "}));
        assert_eq!(given.json("text"), given.json("structure"));
        assert_eq!(given.json("cut"), None);
    }
}
