//! Payment card numbers: a known issuer's prefix and length, and Luhn's check digit.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::scan::Scan;
use super::{Finding, Rule};

static DIGITS: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9]+").expect("a constant that tests compile"));

/// The longest number of any issuer.
const LONGEST: usize = 19;

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    let groups: Vec<Range<usize>> = DIGITS.find_iter(&scan.text).map(|found| found.range()).collect();
    let mut first = 0;
    while first < groups.len() {
        match longest_card(scan, &groups[first..]) {
            Some(count) => {
                findings.push(Finding::new(Rule::Card, groups[first].start, groups[first + count - 1].end));
                first += count;
            }
            None => first += 1,
        }
    }
}

/// How many of the groups, from the first, make the longest card number.
fn longest_card(scan: &Scan<'_>, groups: &[Range<usize>]) -> Option<usize> {
    if groups[0].len() < 4 || groups[0].len() > LONGEST || !begins_apart(scan, groups[0].start) {
        return None;
    }
    let mut digits = String::new();
    let mut longest = None;
    for (index, group) in groups.iter().enumerate() {
        let joined = index == 0 || separator(scan, groups, index) == separator(scan, groups, 1);
        if !joined || (index > 0 && separator(scan, groups, index).is_none()) || digits.len() + group.len() > LONGEST {
            break;
        }
        digits.push_str(&scan.text[group.clone()]);
        if ends_apart(scan, group.end) && is_card(&digits) {
            longest = Some(index + 1);
        }
        if index > 0 && group.len() < 3 {
            break; // only the last group of a card is that short
        }
    }
    longest
}

/// What separates a group from the one before it: one space, dash or point. Other marks join four digits with four.
fn separator(scan: &Scan<'_>, groups: &[Range<usize>], index: usize) -> Option<char> {
    let are_fours = groups[index - 1].len() == 4 && groups[index].len() == 4;
    match &scan.text[groups[index - 1].end..groups[index].start] {
        " " => Some(' '),
        "-" | " - " => Some('-'),
        "." => Some('.'),
        "_" if are_fours => Some('_'),
        "/" if are_fours => Some('/'),
        "+" if are_fours => Some('+'),
        _ => None,
    }
}

fn begins_apart(scan: &Scan<'_>, start: usize) -> bool {
    match scan.before(start) {
        Some('.') => !scan.before(start - 1).is_some_and(|c| c.is_ascii_digit()),
        Some(last) => !last.is_ascii_alphanumeric(),
        None => true,
    }
}

fn ends_apart(scan: &Scan<'_>, end: usize) -> bool {
    match scan.after(end) {
        Some('.') => !scan.after(end + 1).is_some_and(|c| c.is_ascii_digit()),
        Some(next) => !next.is_ascii_alphanumeric(),
        None => true,
    }
}

fn is_card(digits: &str) -> bool {
    has_issuer(digits) && luhn(digits)
}

/// Prefixes and lengths by ISO/IEC 7812, as the issuers publish them.
fn has_issuer(digits: &str) -> bool {
    let Some(prefix) = digits.get(..4).and_then(|prefix| prefix.parse::<u32>().ok()) else {
        return false;
    };
    let lengths = match prefix {
        4000..=4999 => &[13, 16, 18, 19][..], // Visa
        3400..=3499 | 3700..=3799 => &[15],   // American Express
        5100..=5599 | 2221..=2720 => &[16],   // Mastercard
        // Diners Club; Maestro
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => &[14, 15, 16, 17, 18, 19],
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => &[13, 14, 15, 16, 17, 18, 19],
        // Troy, Napas, Humo and Uzcard; Elo and Hipercard; Maestro and Verve
        9792 | 9704 | 9860 | 8600 | 6360..=6399 | 5000..=5099 => &[16, 19],
        // JCB; Discover and RuPay; UnionPay; Mir
        3528..=3589 | 6000..=6099 | 6200..=6299 | 6440..=6599 | 8100..=8299 | 2200..=2204 => &[16, 17, 18, 19],
        _ => return false,
    };
    lengths.contains(&digits.len())
}

/// Luhn's formula: every second digit from the right is doubled, and the sum of all digits is a multiple of ten.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0');
            match (index % 2, digit) {
                (0, _) => digit,
                (_, 5..) => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn cards() {
        assert_finds(
            Rule::Card,
            &[
                ("card 4111111111111111.", &["4111111111111111"]),
                ("4111 1111 1111 1111", &["4111 1111 1111 1111"]),
                ("4111-1111-1111-1111, 5555555555554444", &["4111-1111-1111-1111", "5555555555554444"]),
                ("Amex 3782 822463 10005", &["3782 822463 10005"]),
                ("(30569309025904)", &["30569309025904"]),
                ("6011111111111117;3530111333300000", &["6011111111111117", "3530111333300000"]),
                ("2223003122003222", &["2223003122003222"]),
                ("6205500000000000004", &["6205500000000000004"]),
                ("4222222222222", &["4222222222222"]),
                ("4242.4242.4242.4242.", &["4242.4242.4242.4242"]),
                ("ref 1234 4111 1111 1111 1111 12", &["4111 1111 1111 1111"]),
                ("4111_1111_1111_1111 4111/1111/1111/1111", &["4111_1111_1111_1111", "4111/1111/1111/1111"]),
                ("?card=4111+1111+1111+1111&x", &["4111+1111+1111+1111"]),
                ("9792 0303 9444 0796, 6362970000457013", &["9792 0303 9444 0796", "6362970000457013"]),
                ("card_4111111111111111", &["4111111111111111"]),
                ("4111\u{a0}1111\u{a0}1111\u{a0}1111", &["4111\u{a0}1111\u{a0}1111\u{a0}1111"]),
                ("４１１１１１１１１１１１１１１１", &["４１１１１１１１１１１１１１１１"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Card,
            &[
                "4111111111111112",
                "4111 1111 1111 1112",
                "4111 1111-1111 1111",
                "41111_111_1111_1111",
                "4111\n1111\n1111\n1111",
                "1234567812345670",
                "0.4111111111111111",
                "4111111111111111.5",
                "a4111111111111111",
                "4111111111111111f",
                "41111111111111110000000",
                "2026112010111200",
                "41 11 11 11 11 11 11 11",
                "1764000000000000000",
                "9999999999999995",
            ],
        );
    }
}
