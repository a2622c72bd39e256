//! JSON: values that hold texts, and texts that hold JSON.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Redactor;

/// Numbers with fewer digits are never looked at.
const SHORTEST_NUMBER: usize = 7;

impl Redactor {
    /// Redacts every string in a value, names of fields included. The name that a string is kept under counts as said
    /// beside it. A whole number that is found (a card's, say) becomes a string.
    pub fn json(&mut self, value: &mut Value) {
        self.json_under("", value);
    }

    /// Redacts every value of a map.
    pub fn map(&mut self, map: &mut Map<String, Value>) {
        for (key, mut value) in std::mem::take(map) {
            self.json_under(&key, &mut value);
            map.insert(unused(map, self.text(&key)), value);
        }
    }

    fn json_under(&mut self, key: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.text_under(key, text) {
                    *text = redacted;
                }
            }
            Value::Number(number) if number.is_u64() => {
                let digits = number.to_string();
                if digits.len() >= SHORTEST_NUMBER
                    && let Cow::Owned(redacted) = self.text_under(key, &digits)
                {
                    *value = Value::String(redacted);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json_under(key, item)),
            Value::Object(map) => self.map(map),
            _ => {}
        }
    }

    /// [`Redactor::reserve`] for every string in a value.
    pub fn reserve_json(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.reserve(text),
            Value::Array(items) => items.iter().for_each(|item| self.reserve_json(item)),
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                self.reserve(key);
                self.reserve_json(value);
            }),
            _ => {}
        }
    }
}

/// Two names may have become one, where they were two spellings of an address.
fn unused(map: &Map<String, Value>, name: Cow<'_, str>) -> String {
    let mut name = name.into_owned();
    while map.contains_key(&name) {
        name.push('_');
    }
    name
}

/// Puts pseudonyms in place of ranges of the text, which are in order. Where the text is JSON and a range is not within
/// one of its strings (a number, then), the pseudonym is put in quotes.
pub(super) fn replace(text: &str, replacements: Vec<(Range<usize>, String)>) -> String {
    let is_json = text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok();
    let mut quotes = Quotes { text: text.as_bytes(), at: 0, inside: !is_json };
    let mut redacted = String::with_capacity(text.len());
    let mut at = 0;
    for (range, pseudonym) in replacements {
        redacted.push_str(&text[at..range.start]);
        if is_json && !quotes.inside_at(range.start) {
            redacted.extend(["\"", &pseudonym, "\""]);
        } else {
            redacted.push_str(&pseudonym);
        }
        at = range.end;
    }
    redacted.push_str(&text[at..]);
    redacted
}

/// Follows the strings of a JSON text.
struct Quotes<'t> {
    text: &'t [u8],
    at: usize,
    inside: bool,
}

impl Quotes<'_> {
    /// Whether an offset is within a string. Offsets must not go back.
    fn inside_at(&mut self, offset: usize) -> bool {
        while self.at < offset {
            match self.text[self.at] {
                b'\\' => self.at += 1,
                b'"' => self.inside = !self.inside,
                _ => {}
            }
            self.at += 1;
        }
        self.inside
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::redact::tests::redactor;

    #[test]
    fn values_and_names_are_redacted() {
        let mut value = json!({
            "note": "ana@example.com", "list": ["202-555-0143", 5, null, true], "ana@example.com": 1, "ANA@example.com": 2,
            "deep": {"contact": {"phone": "2025550143", "order": "2025550143"}}, "phones": [2_025_550_143_u64],
            "card": 4_111_111_111_111_111_u64, "count": 1_234_567_890, "password": "correct horse", "max_tokens": 4096,
        });
        redactor().json(&mut value);
        assert_eq!(
            value,
            json!({
                "note": "<EMAIL_1>", "list": ["<PHONE_1>", 5, null, true], "<EMAIL_1>": 1, "<EMAIL_1>_": 2,
                "deep": {"contact": {"phone": "<PHONE_1>", "order": "<PHONE_1>"}}, "phones": ["<PHONE_1>"],
                "card": "<CARD_1>", "count": 1_234_567_890, "password": "<SECRET_1>", "max_tokens": 4096,
            })
        );
    }

    #[test]
    fn json_in_a_text_stays_json() {
        for (text, wanted) in [
            (r#"{"to":"ana@example.com","n":1}"#, r#"{"to":"<EMAIL_1>","n":1}"#),
            (r#"{"card": 4111111111111111}"#, r#"{"card": "<CARD_1>"}"#),
            (r#"[4111111111111111, "4111111111111111"]"#, r#"["<CARD_1>", "<CARD_1>"]"#),
            (r#"{"say \"hi\"": "\nana@example.com\\"}"#, r#"{"say \"hi\"": "\n<EMAIL_1>\\"}"#),
            (r#"{"a":"ana\u0040example.com"}"#, r#"{"a":"<EMAIL_1>"}"#),
            (r#"{"phone": 2025550143"#, r#"{"phone": <PHONE_1>"#),
            (r#"{"q": "{\"password\": \"swordfish\"}"}"#, r#"{"q": "{\"password\": \"<SECRET_1>\"}"}"#),
        ] {
            assert_eq!(redactor().text(text), wanted);
        }
    }
}
