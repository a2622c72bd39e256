//! Redaction: secrets and personal data leave a text before it is stored, sent or shown.
//!
//! What is found is replaced by a pseudonym, `<EMAIL_1>`, which is the same for the same value everywhere in a run, so
//! that an answer can still refer to it. The rules prefer a needless pseudonym to a leak where a value has the form of
//! a secret, and context where its form is that of any number.
//!
//! Every rule reads the text in time linear in its length.

mod address;
mod card;
mod config;
mod cues;
mod email;
mod finding;
mod fold;
mod iban;
mod ids;
mod json;
mod phone;
mod pseudonym;
mod scan;
mod secret;

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

pub use config::{RedactConfig, RedactError};
pub use finding::Finding;
pub use ids::IdKey;

use fold::Folded;
use pseudonym::Pseudonyms;
use scan::Scan;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Keys and tokens of the common vendors, JWTs, private keys, passwords, and random strings beside words such as `token`.
    Secret,
    /// Payment card numbers of the known issuers, checked by Luhn's formula.
    Card,
    /// International bank account numbers, checked by their own check digits.
    Iban,
    /// E-mail addresses.
    Email,
    /// IPv4 and IPv6 addresses, except loopback and unspecified ones.
    Ip,
    /// Telephone numbers: international ones, national ones by their shape, any number beside words such as `phone`.
    Phone,
    /// The user's own patterns.
    #[serde(skip_deserializing)]
    Pattern,
}

impl Rule {
    /// Every built-in rule.
    pub const ALL: [Self; 6] = [Self::Secret, Self::Card, Self::Iban, Self::Email, Self::Ip, Self::Phone];

    /// The word in its pseudonyms: `EMAIL` in `<EMAIL_1>`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Secret => "SECRET",
            Self::Card => "CARD",
            Self::Iban => "IBAN",
            Self::Email => "EMAIL",
            Self::Ip => "IP",
            Self::Phone => "PHONE",
            Self::Pattern => "PATTERN",
        }
    }
}

/// How often a text is read again after something was replaced in it. A replacement may bring a word such as `phone`
/// nearer to a number; one round more settles nearly every text, and the bound keeps hostile ones linear.
const MAX_ROUNDS: usize = 8;

/// More pseudonyms of a rule than a set of cases has: those above are other texts'.
const NUMBERS_OF_CASES: u32 = 100_000;

/// Replaces what its rules find, and remembers which pseudonym stands for what.
pub struct Redactor {
    rules: Vec<Rule>,
    patterns: Vec<Regex>,
    /// Each matches whole findings that are to stay.
    allow: Vec<Regex>,
    /// A folded text of which everything may be said again.
    spared: String,
    pseudonyms: Pseudonyms,
    counts: BTreeMap<Rule, usize>,
}

impl Redactor {
    /// A redactor that has seen nothing yet.
    pub fn new(config: &RedactConfig) -> Result<Self, RedactError> {
        Ok(Self {
            rules: config.rules.clone().unwrap_or_else(|| Rule::ALL.to_vec()),
            patterns: config::compile("patterns", &config.patterns, str::to_owned)?,
            allow: config::compile("allow", &config.allow, |entry| format!("^(?:{entry})$"))?,
            spared: String::new(),
            pseudonyms: Pseudonyms::default(),
            counts: BTreeMap::new(),
        })
    }

    /// A redactor with the same rules that has seen nothing yet.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            rules: self.rules.clone(),
            patterns: self.patterns.clone(),
            allow: self.allow.clone(),
            spared: self.spared.clone(),
            pseudonyms: Pseudonyms::default(),
            counts: BTreeMap::new(),
        }
    }

    /// The same redactor, which lets stay what this text says too, and gives its pseudonyms to nothing else.
    #[must_use]
    pub fn sparing(mut self, text: &str) -> Self {
        self.spared = Folded::new(text).text.into_owned();
        self.pseudonyms.reserve(&self.spared);
        self.pseudonyms.start_above(NUMBERS_OF_CASES);
        self
    }

    /// Forgets what it has seen, so that the next text is redacted as if it were the first.
    pub fn forget(&mut self) {
        self.pseudonyms = Pseudonyms::default();
        self.counts.clear();
    }

    /// The text with every finding replaced. Pseudonyms that are in it already stay, and a redacted text stays as it is.
    /// Where the text is JSON, it is still JSON afterwards.
    pub fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        self.text_under("", text)
    }

    /// [`Redactor::text`], in place.
    pub fn replace(&mut self, text: &mut String) {
        if let Cow::Owned(redacted) = self.text(text) {
            *text = redacted;
        }
    }

    /// Keeps the pseudonyms in a text from being given to other values. Call this for all texts of a set before the
    /// first of them is redacted, where some may have been redacted in an earlier run.
    pub fn reserve(&mut self, text: &str) {
        self.pseudonyms.reserve(&Folded::new(text).text);
    }

    /// What would be replaced in a text, from left to right, without replacing it.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let folded = Folded::new(text);
        let original = |finding: Finding| Finding {
            rule: finding.rule,
            start: folded.original(finding.start),
            end: folded.original(finding.end),
        };
        self.find_folded("", &folded.text).into_iter().map(original).collect()
    }

    /// How many values each rule has replaced so far, every occurrence counted.
    pub fn counts(&self) -> &BTreeMap<Rule, usize> {
        &self.counts
    }

    /// `key` is the name under which the text is kept, if any: beside `phone`, any long number is one.
    fn text_under<'t>(&mut self, key: &str, text: &'t str) -> Cow<'t, str> {
        let mut redacted = Cow::Borrowed(text);
        for _ in 0..MAX_ROUNDS {
            match self.round(key, &redacted) {
                Some(next) => redacted = Cow::Owned(next),
                None => break,
            }
        }
        redacted
    }

    /// One reading of the text; `None` if there was nothing to replace.
    fn round(&mut self, key: &str, text: &str) -> Option<String> {
        let folded = Folded::new(text);
        self.pseudonyms.reserve(&folded.text);
        let findings = self.find_folded(key, &folded.text);
        if findings.is_empty() {
            return None;
        }
        let mut replacements = Vec::with_capacity(findings.len());
        for finding in findings {
            let value = &folded.text[finding.start..finding.end];
            let pseudonym = self.pseudonyms.of(finding.rule, value);
            *self.counts.entry(finding.rule).or_default() += 1;
            replacements.push((folded.original(finding.start)..folded.original(finding.end), pseudonym));
        }
        Some(json::replace(text, replacements))
    }

    /// Takes out the findings that are allowed, and with them what other rules found inside of those.
    fn spare_allowed(&self, text: &str, findings: &mut Vec<Finding>) {
        if self.allow.is_empty() && self.spared.is_empty() {
            return;
        }
        let is_allowed = |finding: &&Finding| {
            let value = finding.of(text);
            says(&self.spared, value) || self.allow.iter().any(|allow| allow.is_match(value))
        };
        let allowed = finding::join(findings.iter().filter(is_allowed).copied().collect());
        findings.retain(|finding| {
            let behind = allowed.partition_point(|allowed| allowed.start <= finding.start);
            allowed[..behind].last().is_none_or(|allowed| allowed.end < finding.end)
        });
    }

    fn find_folded(&self, key: &str, folded: &str) -> Vec<Finding> {
        let scan = Scan::new(key, folded, &self.pseudonyms);
        let mut findings = Vec::new();
        for &rule in &self.rules {
            match rule {
                Rule::Secret => secret::find(&scan, &mut findings),
                Rule::Card => card::find(&scan, &mut findings),
                Rule::Iban => iban::find(&scan, &mut findings),
                Rule::Email => email::find(&scan, &mut findings),
                Rule::Ip => address::find(&scan, &mut findings),
                Rule::Phone => phone::find(&scan, &mut findings),
                Rule::Pattern => {}
            }
        }
        for pattern in &self.patterns {
            let matches = pattern.find_iter(&scan.text).filter(|found| !found.is_empty());
            findings.extend(matches.map(|found| Finding::new(Rule::Pattern, found.start(), found.end())));
        }
        self.spare_allowed(&scan.text, &mut findings);
        scan.settle(findings)
    }
}

/// Whether a text says a value, and not only something longer that it is part of.
fn says(text: &str, value: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_whole = |at: usize| {
        let (before, after) = (text[..at].chars().next_back(), text[at + value.len()..].chars().next());
        !is_part(before) && !is_part(after)
    };
    text.match_indices(value).any(|(at, _)| is_whole(at))
}

#[cfg(test)]
mod tests;
