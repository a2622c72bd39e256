//! IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::scan::Scan;
use super::{Finding, Rule};

static FOUR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)[0-9]{1,3}(?:\.[0-9]{1,3}){3}").expect("a constant that tests compile"));

/// `ip-10-1-2-3.internal`, `ec2-192-0-2-17.compute.example`: a host's name that is its address.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:ip|ec2)-([0-9]{1,3}(?:-[0-9]{1,3}){3})\b").expect("a constant that tests compile")
});

/// Anything that may be an IPv6 address, first with an IPv4 one at its end: the parser decides.
static SIX: LazyLock<Regex> = LazyLock::new(|| {
    let hex = "[0-9a-f:]*:[0-9a-f:]*";
    Regex::new(&format!(r"(?i-u){hex}(?:\.[0-9]{{1,3}}){{3}}|{hex}")).expect("a constant that tests compile")
});

/// What comes before four numbers that are a version or a chapter and no address, up to white space and separators.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let words = "v|ver|version|release|build|firmware|driver|chrome|chromium|crios|edg|edge|firefox|fxios|opr|opera|safari|headlesschrome|vivaldi|section|chapter|clause|§|abschnitt|kapitel";
    Regex::new(&format!(r"(?i)(?:^|[^\p{{L}}])(?:{words})[.\s:=/_]*$")).expect("a constant that tests compile")
});

/// How far before an address a version's word is looked for, in bytes.
const VERSION_REACH: usize = 20;

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    let named = NAMED.captures_iter(&scan.text).filter_map(|captures| captures.get(1)).map(|found| found.range());
    let named = named.filter(|range| octets(&scan.text[range.clone()], '-').is_some_and(says_something));
    findings.extend(named.map(|range| Finding::new(Rule::Ip, range.start, range.end)));
    let four = FOUR.find_iter(&scan.text).map(|found| found.range()).filter(|range| is_v4(scan, range));
    findings.extend(four.map(|range| Finding::new(Rule::Ip, range.start, range.end)));
    let six = SIX.find_iter(&scan.text).filter_map(|found| v6_in(scan, found.range()));
    findings.extend(six.map(|range| Finding::new(Rule::Ip, range.start, range.end)));
}

fn is_v4(scan: &Scan<'_>, range: &Range<usize>) -> bool {
    let address = octets(&scan.text[range.clone()], '.');
    apart(scan, range) && address.is_some_and(says_something) && !is_version(scan, range.start)
}

/// The address that four numbers are.
fn octets(text: &str, separator: char) -> Option<Ipv4Addr> {
    let octets: Option<Vec<u8>> = text.split(separator).map(|octet| octet.parse().ok()).collect();
    <[u8; 4]>::try_from(octets?).ok().map(Ipv4Addr::from)
}

/// Not a part of a longer number or word.
fn apart(scan: &Scan<'_>, range: &Range<usize>) -> bool {
    let before = match scan.before(range.start) {
        Some('.') => !scan.before(range.start - 1).is_some_and(char::is_alphanumeric),
        Some(last) => !last.is_ascii_alphanumeric(),
        None => true,
    };
    let after = match scan.after(range.end) {
        Some('.') => !scan.after(range.end + 1).is_some_and(|c| c.is_ascii_digit()),
        Some(next) => !next.is_ascii_alphanumeric(),
        None => true,
    };
    before && after
}

/// Every machine has these, and masks are no addresses.
fn says_something(address: Ipv4Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.octets()[..2] == [255, 255])
}

fn is_version(scan: &Scan<'_>, start: usize) -> bool {
    let mut from = start.saturating_sub(VERSION_REACH);
    while !scan.text.is_char_boundary(from) {
        from += 1;
    }
    VERSION.is_match(&scan.text[from..start])
}

/// The address in a stretch of hexadecimal digits and colons, if that is what it is.
fn v6_in(scan: &Scan<'_>, mut range: Range<usize>) -> Option<Range<usize>> {
    // A colon that ends the sentence's clause is not the address's.
    while scan.text[range.clone()].ends_with(':') && !scan.text[range.clone()].ends_with("::") {
        range.end -= 1;
    }
    let address: Ipv6Addr = scan.text[range.clone()].parse().ok()?;
    let known = match address.segments()[0] {
        0x2000..=0x3fff | 0xfc00..=0xfdff | 0xfe80..=0xfebf => true, // global, private, link-local
        0 | 0x64 => address.to_ipv4_mapped().is_some_and(says_something) || address.segments()[1] == 0xff9b,
        _ => false, // nothing is assigned elsewhere, while `a::b` is a path in many languages
    };
    (known && apart(scan, &range)).then_some(range)
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn addresses() {
        assert_finds(
            Rule::Ip,
            &[
                ("from 192.0.2.17.", &["192.0.2.17"]),
                ("http://203.0.113.5:8080/x, 10.1.2.3/24", &["203.0.113.5", "10.1.2.3"]),
                ("[2001:db8::1]:443 and 2001:0db8:0:0:0:0:0:2:", &["2001:db8::1", "2001:0db8:0:0:0:0:0:2"]),
                ("::ffff:192.0.2.1", &["::ffff:192.0.2.1"]),
                ("fe80::1ff:fe23:4567:890a%eth0", &["fe80::1ff:fe23:4567:890a"]),
                ("ip=198.51.100.7;", &["198.51.100.7"]),
                ("host_198.51.100.7_eth0", &["198.51.100.7"]),
                ("ec2-192-0-2-17.compute.example, ip-10-1-2-3", &["192-0-2-17", "10-1-2-3"]),
                ("x-forwarded-for:198.51.100.7,198.51.100.8", &["198.51.100.7", "198.51.100.8"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Ip,
            &[
                "127.0.0.1",
                "0.0.0.0",
                "255.255.255.0",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "v1.2.3.4",
                "version 1.2.3.4",
                "Version: 10.0.1.2",
                "Chrome/119.0.0.0 Safari",
                "version_1.2.3.4",
                "see section 2.1.1.12",
                "ip-300-1-2-3",
                "ip-1-2-3",
                "trip-1-2-3-4-5",
                "::1",
                "::",
                "10:11:12",
                "2026-11-20T10:11:12",
                "std::fd::x",
                "a::b",
                "dead::beef",
                "00:1a:2b:3c:4d:5e",
                "1:2",
                "section 2.1.1.12a",
                "a.1.2.3.4",
            ],
        );
    }
}
