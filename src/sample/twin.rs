//! Requests with nearly the same input.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::rank::Rank;
use crate::evalset::Case;

/// The fewest digits of a number that names something, as an order or a day does, and counts nothing.
const LONG_NUMBER: usize = 4;

/// What all requests with nearly the same input have in common, under this seed: the conversation but for system messages,
/// without case, punctuation and spaces, and with one number in place of every long one. Being nearly the same must not
/// depend on who else is there, so it is what two texts are reduced to and no distance between them.
pub(super) fn of(seed: u64, case: &Case) -> Rank {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    for message in case.messages.iter().filter(|message| !matches!(message.role.as_str(), "system" | "developer")) {
        hasher.update([0]);
        hasher.update(&message.role);
        match &message.content {
            Value::String(text) => reduce(text, |word| update(&mut hasher, word)),
            // Images and the like are the same or are not.
            other => update(&mut hasher, &other.to_string()),
        }
        message.tool_calls.iter().for_each(|call| update(&mut hasher, &call["function"].to_string()));
    }
    hasher.finalize().into()
}

fn update(hasher: &mut Sha256, word: &str) {
    hasher.update([1]);
    hasher.update(word);
}

/// The words of a text in lower case.
fn reduce(text: &str, mut each: impl FnMut(&str)) {
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let word = word.to_lowercase();
        each(if is_number && word.len() >= LONG_NUMBER { "0000" } else { &word });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn twin(system: &str, user: &Value) -> Rank {
        let messages = json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
        of(1, &serde_json::from_value(json!({"messages": messages})).unwrap())
    }

    #[test]
    fn the_way_of_writing_and_long_numbers_make_no_difference() {
        let question = twin("", &json!("Where is my order 483920?"));
        for same in ["where is MY order 110022", "Where  is my order: 4839", "¿Where is my order #99999!"] {
            assert_eq!(twin("other rules", &json!(same)), question, "{same}");
        }
        for other in ["Where is my order?", "Where is my order 12?", "Where is your order 483920?", ""] {
            assert_ne!(twin("", &json!(other)), question, "{other}");
        }
        assert_ne!(twin("", &json!("2 + 2")), twin("", &json!("2 + 3")));
        assert_ne!(twin("", &json!("ab c")), twin("", &json!("a bc")));
    }

    #[test]
    fn images_and_seeds_are_told_apart() {
        let image = |url: &str| twin("", &json!([{"type": "image_url", "image_url": {"url": url}}]));
        assert_eq!(image("a"), image("a"));
        assert_ne!(image("a"), image("b"));
        assert_ne!(of(1, &Case::default()), of(2, &Case::default()));
    }
}
