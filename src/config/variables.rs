//! `${NAME}` in the configuration: the environment's variables.

use std::collections::BTreeMap;

use serde_yaml::Value;

/// Variables that are not set, by the path of the key that names them. They are an error only where they are used.
pub(super) type Missing = BTreeMap<String, String>;

/// Replaces every `${NAME}` in the strings below `value`. A name that `lookup` does not know stays as it is written.
pub(super) fn expand(value: &mut Value, lookup: &dyn Fn(&str) -> Option<String>) -> Missing {
    let mut missing = Missing::new();
    walk(value, "", lookup, &mut missing);
    missing
}

fn walk(value: &mut Value, path: &str, lookup: &dyn Fn(&str) -> Option<String>, missing: &mut Missing) {
    match value {
        Value::String(text) => {
            let (expanded, unknown) = expand_text(text, lookup);
            *text = expanded;
            missing.extend(unknown.map(|name| (path.to_owned(), name)));
        }
        Value::Sequence(items) => {
            items.iter_mut().enumerate().for_each(|(i, item)| walk(item, &format!("{path}[{i}]"), lookup, missing));
        }
        Value::Mapping(map) => {
            for (key, item) in map.iter_mut() {
                let key = key.as_str().unwrap_or("?");
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                walk(item, &path, lookup, missing);
            }
        }
        _ => {}
    }
}

/// The text with its variables filled in, and the first one that is not set.
fn expand_text(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> (String, Option<String>) {
    let mut out = String::with_capacity(text.len());
    let mut unknown = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        if let Some(value) = lookup(name) {
            out.push_str(&value);
        } else {
            unknown.get_or_insert_with(|| name.to_owned());
            out.extend(["${", name, "}"]);
        }
        rest = after;
    }
    out.push_str(rest);
    (out, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_variables_are_filled_in_and_others_are_told_with_their_key() {
        let lookup = |name: &str| (name == "KEY").then(|| "k".to_owned());
        let mut value: Value =
            serde_yaml::from_str("a: { b: 'x${KEY}y', c: ['${NONE}', 1] }\nd: '$KEY ${open'").unwrap();
        let missing = expand(&mut value, &lookup);
        let expected: Value = serde_yaml::from_str("a: { b: xky, c: ['${NONE}', 1] }\nd: '$KEY ${open'").unwrap();
        assert_eq!(value, expected);
        assert_eq!(missing, Missing::from([("a.c[0]".to_owned(), "NONE".to_owned())]));
    }
}
