//! What the page's script reads, and how the page knows its own script.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::escape::{is_invisible, shorten};
use crate::report::{CaseResult, Report, ScorerRow};

/// Characters of a question or an answer that the page holds. A file that no browser opens helps nobody.
const SHOWN: usize = 20_000;

#[derive(Serialize)]
struct Data<'a> {
    scorers: &'a [ScorerRow],
    cases: Vec<CaseResult>,
}

/// Scorers and cases as JSON that may stand within a `script` element.
pub(super) fn cases(report: &Report) -> String {
    let data = Data { scorers: &report.scorers, cases: report.results.iter().map(shortened).collect() };
    within_script(&serde_json::to_string(&data).expect("a report has string keys only"))
}

fn shortened(result: &CaseResult) -> CaseResult {
    let mut shown = result.clone();
    shown.question = shorten(&shown.question, SHOWN);
    for answer in [&mut shown.baseline, &mut shown.candidate] {
        *answer = answer.as_deref().map(|text| shorten(text, SHOWN));
    }
    shown
}

/// In JSON these characters stand only in strings, where an escape means the same. Without them nothing ends the element,
/// opens a comment, or means something else where the page is taken for XML or a program; nor can anybody who reads the
/// page's source be misled by what cannot be seen.
fn within_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        // The bracket is for those who print the page into a runner's log.
        let is_command = c == '[' && out.ends_with("##");
        if matches!(c, '<' | '>' | '&') || is_command || is_invisible(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A source of the content security policy: the text of one `script` or `style` element.
pub(super) fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::row::testing::report;

    #[test]
    fn a_hash_is_that_of_the_standard() {
        assert_eq!(source_hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn long_answers_are_cut_and_what_is_cut_is_counted() {
        let mut report = report(vec![]);
        report.results[0].candidate = Some("ä".repeat(SHOWN + 5));
        assert!(cases(&report).contains(" … (5 more characters)"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_ends_nothing(text in "\\PC*|[<>&/!\\-\u{2028}\u{2029}\u{202e}\u{e0041}\u{7f}\\\\\"a-z ]{0,40}") {
            let json = within_script(&serde_json::to_string(&text).unwrap());
            prop_assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\u{202e}', '\u{e0041}', '\u{7f}']), "{}", json);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
