//! International bank account numbers: a country's length, and the check digits of ISO 13616 (modulo 97).

use std::sync::LazyLock;

use regex::Regex;

use super::scan::Scan;
use super::{Finding, Rule};

static BEGINNING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?i-u)[a-z]{2}[0-9]{2}").expect("a constant that tests compile"));

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    for found in BEGINNING.find_iter(&scan.text) {
        let apart = !scan.before(found.start()).is_some_and(|c| c.is_ascii_alphanumeric());
        if let Some(end) = apart.then(|| end_of(scan, found.start())).flatten() {
            findings.push(Finding::new(Rule::Iban, found.start(), end));
        }
    }
}

/// The end of the number that begins at `start`, if it is one. Groups may be set apart by single spaces or dashes.
fn end_of(scan: &Scan<'_>, start: usize) -> Option<usize> {
    let bytes = &scan.text.as_bytes()[start..];
    let country = std::str::from_utf8(&bytes[..2]).ok()?.to_ascii_uppercase();
    let length = country_length(&country)?;
    let mut characters = Vec::with_capacity(length);
    let mut end = 0;
    while characters.len() < length {
        match bytes.get(end)? {
            byte if byte.is_ascii_alphanumeric() => characters.push(byte.to_ascii_uppercase()),
            b' ' | b'-' if bytes[end - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        end += 1;
    }
    let apart = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (apart && remainder(&characters) == 1).then_some(start + end)
}

/// The number modulo 97, its first four characters moved to the end, letters counting from A = 10.
fn remainder(characters: &[u8]) -> u32 {
    let (head, tail) = characters.split_at(4);
    tail.iter().chain(head).fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    })
}

/// Lengths by the registry of ISO 13616.
fn country_length(country: &str) -> Option<usize> {
    Some(match country {
        "NO" => 15,
        "BE" => 16,
        "DK" | "FI" | "FK" | "FO" | "GL" | "NL" | "SD" => 18,
        "MK" | "SI" => 19,
        "AT" | "BA" | "EE" | "KZ" | "LT" | "LU" | "MN" | "XK" => 20,
        "CH" | "HR" | "LI" | "LV" => 21,
        "BG" | "BH" | "CR" | "DE" | "GB" | "GE" | "IE" | "ME" | "RS" | "VA" => 22,
        "AE" | "GI" | "IL" | "IQ" | "OM" | "SO" | "TL" => 23,
        "AD" | "CZ" | "ES" | "MD" | "PK" | "RO" | "SA" | "SE" | "SK" | "TN" | "VG" => 24,
        "LY" | "PT" | "ST" => 25,
        "IS" | "TR" => 26,
        "BI" | "DJ" | "FR" | "GR" | "IT" | "MC" | "MR" | "SM" => 27,
        "AL" | "AZ" | "BY" | "CY" | "DO" | "GT" | "HN" | "HU" | "LB" | "NI" | "PL" | "SV" => 28,
        "BR" | "EG" | "PS" | "QA" | "UA" => 29,
        "JO" | "KW" | "MU" | "YE" => 30,
        "MT" | "SC" => 31,
        "LC" => 32,
        "RU" => 33,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn ibans() {
        assert_finds(
            Rule::Iban,
            &[
                ("IBAN: DE89370400440532013000.", &["DE89370400440532013000"]),
                ("DE89 3704 0044 0532 0130 00 please", &["DE89 3704 0044 0532 0130 00"]),
                ("gb82 west 1234 5698 7654 32", &["gb82 west 1234 5698 7654 32"]),
                ("FR14-2004-1010-0505-0001-3M02-606", &["FR14-2004-1010-0505-0001-3M02-606"]),
                ("NO9386011117947,BE68539007547034", &["NO9386011117947", "BE68539007547034"]),
                ("MT84MALT011000012345MTLCAST001S", &["MT84MALT011000012345MTLCAST001S"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Iban,
            &[
                "DE89370400440532013001",
                "DE8937040044053201300",
                "XX89370400440532013000",
                "xDE89370400440532013000",
                "DE89370400440532013000x",
                "DE89  3704 0044 0532 0130 00",
                "AB12",
                "DE89",
                "DE89é0400440532013000",
            ],
        );
    }
}
