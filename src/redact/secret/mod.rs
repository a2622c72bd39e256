//! Secrets: keys in the form of a known vendor, private keys, passwords, and random strings where a secret is spoken of.

mod beside;
mod password;
mod pem;
mod prefixed;
mod value;
mod vendor;

use super::scan::Scan;
use super::{Finding, Rule};

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    let ranges = vendor::find(scan).chain(pem::find(&scan.text)).chain(password::find(scan)).chain(beside::find(scan));
    findings.extend(ranges.map(|range| Finding::new(Rule::Secret, range.start, range.end)));
}
