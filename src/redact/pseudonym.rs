//! Which pseudonym stands for which value.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::Rule;

/// A pseudonym as this room writes it.
static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("<(SECRET|CARD|IBAN|EMAIL|IP|PHONE|PATTERN)_([1-9][0-9]{0,8})>").expect("a constant that tests compile")
});

/// The pseudonyms given out so far, and those found in texts that had been redacted before.
#[derive(Default)]
pub(super) struct Pseudonyms {
    numbers: HashMap<(Rule, String), u32>,
    taken: HashSet<(&'static str, u32)>,
    last: HashMap<&'static str, u32>,
}

impl Pseudonyms {
    /// The pseudonym of a value, a new one if it was never seen.
    pub(super) fn of(&mut self, rule: Rule, value: &str) -> String {
        let label = rule.label();
        let key = (rule, normal(rule, value));
        let number = if let Some(number) = self.numbers.get(&key) {
            *number
        } else {
            let number = self.next(label);
            self.numbers.insert(key, number);
            number
        };
        format!("<{label}_{number}>")
    }

    /// Whether the value was found before, in whatever spelling.
    pub(super) fn knows(&self, rule: Rule, value: &str) -> bool {
        !self.numbers.is_empty() && self.numbers.contains_key(&(rule, normal(rule, value)))
    }

    /// Takes the pseudonyms in a text out of those that may be given to new values.
    pub(super) fn reserve(&mut self, text: &str) {
        for captures in PSEUDONYM.captures_iter(text) {
            let (_, [label, number]) = captures.extract();
            let label = Rule::ALL.iter().chain([&Rule::Pattern]).map(|rule| rule.label()).find(|known| *known == label);
            self.taken.extend(label.zip(number.parse().ok()));
        }
    }

    /// Gives new values numbers above this one, so that they cannot be mistaken for those of other texts.
    pub(super) fn start_above(&mut self, number: u32) {
        self.last = Rule::ALL.iter().chain([&Rule::Pattern]).map(|rule| (rule.label(), number)).collect();
    }

    fn next(&mut self, label: &'static str) -> u32 {
        let last = self.last.entry(label).or_default();
        *last += 1;
        while self.taken.contains(&(label, *last)) {
            *last += 1;
        }
        *last
    }
}

/// Where pseudonyms are in a text.
pub(super) fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    if !text.contains('<') {
        return Vec::new();
    }
    PSEUDONYM.find_iter(text).map(|found| found.range()).collect()
}

/// The same for every spelling of a value.
fn normal(rule: Rule, value: &str) -> String {
    match rule {
        Rule::Secret | Rule::Pattern => value.to_owned(),
        Rule::Email | Rule::Ip => value.to_lowercase(),
        Rule::Iban => value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect(),
        Rule::Card => digits(value),
        Rule::Phone => {
            let digits = digits(value);
            // North American numbers are written with and without their country's 1, others with 00 instead of +.
            match (digits.len(), digits.strip_prefix("00"), digits.strip_prefix('1')) {
                (_, Some(international), _) => international.to_owned(),
                (11, _, Some(national)) => national.to_owned(),
                _ => digits,
            }
        }
    }
}

fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_pseudonym() {
        let mut pseudonyms = Pseudonyms::default();
        for (rule, value, wanted) in [
            (Rule::Email, "Ana@Example.com", "<EMAIL_1>"),
            (Rule::Email, "bo@example.com", "<EMAIL_2>"),
            (Rule::Email, "ana@example.com", "<EMAIL_1>"),
            (Rule::Phone, "+1 (202) 555-0143", "<PHONE_1>"),
            (Rule::Phone, "202.555.0143", "<PHONE_1>"),
            (Rule::Phone, "0044 20 7946 0018", "<PHONE_2>"),
            (Rule::Phone, "+442079460018", "<PHONE_2>"),
            (Rule::Card, "4111-1111-1111-1111", "<CARD_1>"),
            (Rule::Card, "4111111111111111", "<CARD_1>"),
            (Rule::Iban, "de89 3704", "<IBAN_1>"),
            (Rule::Iban, "DE893704", "<IBAN_1>"),
            (Rule::Secret, "abc", "<SECRET_1>"),
            (Rule::Secret, "ABC", "<SECRET_2>"),
        ] {
            assert_eq!(pseudonyms.of(rule, value), wanted, "{value}");
        }
        assert!(pseudonyms.knows(Rule::Email, "ANA@example.com"));
        assert!(!pseudonyms.knows(Rule::Secret, "ana@example.com"));
    }

    #[test]
    fn pseudonyms_found_in_texts_are_not_given_away() {
        let mut pseudonyms = Pseudonyms::default();
        pseudonyms.reserve("<EMAIL_1> and <EMAIL_3>, <PHONE_1>, <EMAIL_02>, <OTHER_2>, <EMAIL_9999999999>");
        let given: Vec<String> = ["a", "b", "c"].iter().map(|value| pseudonyms.of(Rule::Email, value)).collect();
        assert_eq!(given, ["<EMAIL_2>", "<EMAIL_4>", "<EMAIL_5>"]);
    }

    #[test]
    fn every_label_is_recognised() {
        for rule in Rule::ALL.iter().chain([&Rule::Pattern]) {
            let text = format!("x <{}_7>", rule.label());
            assert_eq!(places(&text).first(), Some(&(2..text.len())), "{rule:?}");
        }
    }
}
