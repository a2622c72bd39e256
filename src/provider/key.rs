//! Keys of stored answers: a hash of everything that the answer depends on.

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Request;
use super::error::quote;

/// Changes when the meaning of keys or stored answers does, so that old files are misses and not errors.
const FORMAT: u32 = 1;
/// How much of the last message describes a question, in characters.
const DESCRIBED_CHARS: usize = 80;

/// A key in lower-case hex, safe as a file's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(String);

impl Key {
    /// The key of a call to one server; `context` is what the answer depends on beside the request.
    pub(super) fn of_call(context: &Value, request: &Request, repeat: u32) -> Self {
        Self::of(json!([FORMAT, context, request, repeat]))
    }

    /// The key of a recorded answer, which does not depend on where it came from.
    pub(super) fn of_recording(request: &Request, repeat: u32) -> Self {
        Self::of(json!([FORMAT, request, repeat]))
    }

    /// A key as a file names it.
    pub(super) fn from_hex(hex: String) -> Self {
        Self(hex)
    }

    /// Hashes JSON whatever the order in which an object's keys are given.
    fn of(mut value: Value) -> Self {
        value.sort_all_objects();
        let hash = Sha256::digest(value.to_string());
        Self(hash.iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}")))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What was asked, in a few words, for people.
pub(super) fn describe(request: &Request, repeat: u32) -> String {
    let repeat = if repeat == 0 { String::new() } else { format!(", repeat {repeat}") };
    format!("model `{}`{repeat}, \"{}\"", request.model, last_message(request))
}

/// The start of the last message's text.
pub(super) fn last_message(request: &Request) -> String {
    let content = request.messages.last().map_or(&Value::Null, |message| &message["content"]);
    match content {
        Value::String(text) => quote(text, DESCRIBED_CHARS),
        Value::Null => String::new(),
        parts => quote(&parts.to_string(), DESCRIBED_CHARS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> Request {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn keys_depend_on_everything_but_the_order_of_fields() {
        let base = request(
            r#"{"model":"m","messages":[{"role":"user","content":"q"}],"parameters":{"a":1,"b":{"c":1,"d":2}}}"#,
        );
        let same = request(
            r#"{"parameters":{"b":{"d":2,"c":1},"a":1},"messages":[{"content":"q","role":"user"}],"model":"m"}"#,
        );
        let key = |request: &Request, repeat| Key::of_call(&json!(["openai", "http://h/"]), request, repeat);
        let wanted = key(&base, 0);
        assert_eq!(wanted.to_string().len(), 64);
        assert_eq!(key(&same, 0), wanted);

        assert_ne!(key(&base, 1), wanted);
        assert_ne!(Key::of_call(&json!(["openai", "http://other/"]), &base, 0), wanted);
        for change in [
            |request: &mut Request| request.model.push('x'),
            |request: &mut Request| request.messages[0]["content"] = json!("p"),
            |request: &mut Request| request.messages.push(json!({})),
            |request: &mut Request| request.tools.push(json!({})),
            |request: &mut Request| request.parameters["b"]["d"] = json!(3),
        ] {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(key(&changed, 0), wanted);
        }
    }

    #[test]
    fn descriptions_are_short() {
        let long = request(&json!({"model": "m", "messages": [{"content": "x\n".repeat(500)}]}).to_string());
        assert_eq!(describe(&long, 0), format!("model `m`, \"{}…\"", "x ".repeat(40)));
        let parts = request(r#"{"model":"m","messages":[{"content":[{"type":"text","text":"q"}]}]}"#);
        assert_eq!(describe(&parts, 2), r#"model `m`, repeat 2, "[{"type":"text","text":"q"}]""#);
        assert_eq!(describe(&request(r#"{"model":"m","messages":[]}"#), 0), r#"model `m`, """#);
    }
}
