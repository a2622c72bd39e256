//! Telephone numbers.
//!
//! A number with `+` and its country's code, or in the shape that North America or Europe write theirs in, is one by
//! itself, unless a word such as `order` says otherwise. Any other is one beside a word such as `phone`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::cues::Cue;
use super::scan::Scan;
use super::{Finding, Rule};

/// `+44 20 7946 0018`, `+49 (0)30 901820`, `0049 30 901820`.
static INTERNATIONAL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?-u)(?:\+[1-9][0-9]{0,2}|00[1-9][0-9]{0,2}[ .\-/](?:\(0\) ?)?[1-9][0-9]{0,4})(?:[ .\-/]?\(?[0-9]{1,5}\)?){1,7}",
    )
});

/// `(202) 555-0143`, `202.555.0143`, `1-800-555-0199`.
static NORTH_AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    let national = r"(?:\([2-9][0-9]{2}\)[ \-]?[0-9]{3}[ \-][0-9]{4}|[2-9][0-9]{2}(?:-[0-9]{3}-|\.[0-9]{3}\.| [0-9]{3} | [0-9]{3}-)[0-9]{4})";
    regex(&format!(r"(?-u)(?:1[ .\-])?{national}"))
});

/// `020 7946 0018`, `06 12 34 56 78`, `06.12.34.56.78`, `(030) 901820`, `0171/1234567`, `070-123 45 67`.
static TRUNK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?-u)\(?0[1-9][0-9]{0,3}\)?(?:[/-][0-9]{2,4}(?: [0-9]{2,4}){1,3}|(?: [0-9]{2,8}){1,5}|(?:-[0-9]{2,8}){1,5}|/[0-9]{5,8}|(?:\.[0-9]{2}){4})",
    )
});

/// `(11) 91234-5678`, `8 (495) 123-45-67`.
static IN_PARENTHESES: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?-u)(?:[0-9][ \-]?)?\([0-9]{2,4}\)[ \-]?[0-9]{3,5}(?:[ \-][0-9]{2,4}){1,2}"));

/// Any number with the usual separators.
static ANY: LazyLock<Regex> = LazyLock::new(|| regex(r"(?-u)\(?[0-9](?:[ .\-/()]{0,2}[0-9]){6,14}"));

/// `2026-11-20`, `20.11.2026`, `11/20/2026`.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^\(?(?-u:(?:19|20)[0-9]{2}[-/. ][01]?[0-9][-/. ][0-3]?[0-9]|[0-3]?[0-9][-/. ][0-3]?[0-9][-/. ](?:19|20)[0-9]{2})(?:[^0-9]|$)",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant that tests compile")
}

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    let mut push = |range: Range<usize>| findings.push(Finding::new(Rule::Phone, range.start, range.end));
    for found in INTERNATIONAL.find_iter(&scan.text) {
        international(scan, found.range()).into_iter().for_each(&mut push);
    }
    for found in NORTH_AMERICAN.find_iter(&scan.text).filter(|found| is_shaped(scan, &found.range(), 10..=11)) {
        push(found.range());
    }
    for shape in [&TRUNK, &IN_PARENTHESES] {
        for found in shape.find_iter(&scan.text).filter(|found| is_shaped(scan, &found.range(), 9..=12)) {
            push(found.range());
        }
    }
    for found in ANY.find_iter(&scan.text).filter(|found| is_meant(scan, &found.range())) {
        push(found.range());
    }
}

/// The number without what cannot belong to it: E.164 has at most 15 digits, North America exactly 11.
fn international(scan: &Scan<'_>, range: Range<usize>) -> Option<Range<usize>> {
    let text = &scan.text[range.clone()];
    let (shortest, longest) = match text {
        _ if text.starts_with("+1") => (11, 11),
        _ if text.starts_with('0') => (11, 17),
        _ => (8, 15),
    };
    let mut end = range.end;
    while digits(&scan.text[range.start..end]) > longest {
        end = range.start + scan.text[range.start..end].rfind([' ', '.', '-', '/', '('])?;
    }
    let candidate = range.start..end;
    (digits(&scan.text[candidate.clone()]) >= shortest && scan.stands_alone(&candidate)).then_some(candidate)
}

/// Whether a number in a national shape is one: it has the digits, and nothing says that it is something else.
fn is_shaped(scan: &Scan<'_>, range: &Range<usize>, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&digits(&scan.text[range.clone()]))
        && scan.stands_alone(range)
        && !DATE.is_match(&scan.text[range.clone()])
        && scan.cues.of_number(range.start) != Some(Cue::Other)
}

/// Whether a number is said to be a telephone's, or was before.
fn is_meant(scan: &Scan<'_>, range: &Range<usize>) -> bool {
    let text = &scan.text[range.clone()];
    let said = || scan.cues.of_number(range.start) == Some(Cue::Phone) && !DATE.is_match(text);
    scan.stands_alone(range) && (scan.known.knows(Rule::Phone, text) || said())
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn numbers() {
        assert_finds(
            Rule::Phone,
            &[
                ("+1 202-555-0143", &["+1 202-555-0143"]),
                ("+12025550143 12 items", &["+12025550143"]),
                ("+44 20 7946 0018.", &["+44 20 7946 0018"]),
                ("+49 (0)30 901820", &["+49 (0)30 901820"]),
                ("+4915123456789", &["+4915123456789"]),
                ("(202) 555-0143, 202.555.0144", &["(202) 555-0143", "202.555.0144"]),
                ("1-800-555-0199 or 202 555 0143", &["1-800-555-0199", "202 555 0143"]),
                ("020 7946 0018", &["020 7946 0018"]),
                ("06 12 34 56 78!", &["06 12 34 56 78"]),
                ("0171/1234567", &["0171/1234567"]),
                ("(030) 901820", &["(030) 901820"]),
                ("070-123 45 67; 06.12.34.56.78", &["070-123 45 67", "06.12.34.56.78"]),
                ("0049 30 901820, 00 1 2", &["0049 30 901820"]),
                ("Tlf. 12 34 56 78; cellulare 347 1234567", &["12 34 56 78", "347 1234567"]),
                ("meine Nummer 1512345678", &["1512345678"]),
                ("call 2025550143 or 2025550144", &["2025550143", "2025550144"]),
                ("(11) 91234-5678; 8 (495) 123-45-67", &["(11) 91234-5678", "8 (495) 123-45-67"]),
                ("my number is 2025550143", &["2025550143"]),
                ("tel:2025550143", &["2025550143"]),
                ("Handy: 0151 23456789", &["0151 23456789"]),
                ("my phone number is 612 345 678", &["612 345 678"]),
                ("phone 0044 20 7946 0018", &["0044 20 7946 0018"]),
                ("我的电话是13800138000。", &["13800138000"]),
                ("+1\u{a0}202\u{2011}555\u{2011}0143", &["+1\u{a0}202\u{2011}555\u{2011}0143"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Phone,
            &[
                "order 2025550143",
                "call about order 202-555-0143",
                "#202-555-0143",
                "2026-11-20",
                "20.11.2026",
                "call on 2026-11-20",
                "2026-11-20T10:11:12Z",
                "at 10:11:12.123456",
                "$1,234,567.89",
                "1 234 567,00 €",
                "550e8400-e29b-41d4-a716-446655440000",
                "00000000-0000-4000-8000-202555014300",
                "4f1a2b3c5d6e7f80",
                "1234567890",
                "1764000000000",
                "ISBN 0-306-40615-2",
                "ISBN 978-0-306-40615-7",
                "01-02-2026",
                "01 02 2026",
                "C++ 2011",
                "0012345678",
                "00:12:34.123456",
                "001 002 003 004",
                "5+1234567890",
                "1.234567890",
                "https://x.example/202-555-0143",
                "+100 000 000 users",
                "/orders/2025550143",
                "SKU-202-555-0143",
                "call 911",
                "call 24/7",
                "3.14159265358979",
                "phone costs 1299.00",
            ],
        );
    }
}
