//! The value that follows a secret's name: where it begins and ends.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::redact::scan::Scan;

/// No secret that is told by its name alone is longer, in bytes.
const LONGEST: usize = 512;

/// How a name is tied to its value: `"key": "…"`, `KEY=…`, `key is …`, `--key …`.
static TIE: LazyLock<Regex> = LazyLock::new(|| {
    let verbs = "is|was|ist|lautet|es|est|é|è|er|är";
    let pattern = format!(
        r#"^["'`]?(?:\s{{0,4}}(?P<tie>:|=>|=|->|\b(?:{verbs})\b:?|[是为為は])\s{{0,4}}|\s{{1,4}})(?P<quote>["'`])?"#
    );
    Regex::new(&pattern).expect("a constant that tests compile")
});

/// The longest tie, in bytes.
const LONGEST_TIE: usize = 24;

/// What stands between a name and its value, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// An equals sign; or quotes; or a colon, and nothing else is on the line or under the key.
    Clear,
    /// A colon.
    Colon,
    /// A verb: the value is a word of a sentence.
    Verb,
    /// Nothing but space.
    Space,
}

/// A value, and how sure it is to be one.
pub(super) struct Value<'s> {
    pub(super) range: Range<usize>,
    pub(super) text: &'s str,
    pub(super) tie: Tie,
}

/// The value of the name that ends at an offset, if the name is tied to one.
pub(super) fn after<'s>(scan: &'s Scan<'_>, name_end: usize) -> Option<Value<'s>> {
    let captures = TIE.captures(scan.window(name_end, LONGEST_TIE))?;
    let start = name_end + captures.get(0)?.end();
    let quote = captures.name("quote").and_then(|quote| quote.as_str().chars().next());
    let tie = captures.name("tie").map(|tie| tie.as_str());
    let window = scan.window(start, LONGEST);
    let line = &window[..window.find(['\n', '\0']).unwrap_or(window.len())];
    let quoted = quote.and_then(|quote| line.find(quote));
    // The whole value of a key may have spaces in it.
    let whole = scan.keyed && start == scan.body_start();
    let length = if whole { line.len() } else { quoted.unwrap_or_else(|| unquoted(line)) };
    let ends_line = line[length..].trim().is_empty();
    Some(Value {
        range: start..start + length,
        text: &line[..length],
        tie: match tie {
            Some("=" | "=>") => Tie::Clear,
            Some(":") if ends_line => Tie::Clear,
            Some(_) if whole || quoted.is_some() => Tie::Clear,
            Some(":") => Tie::Colon,
            Some(_) => Tie::Verb,
            None => Tie::Space,
        },
    })
}

/// Up to white space, quotes or the next field of a query, without the punctuation of the sentence.
fn unquoted(line: &str) -> usize {
    let stop = line.find(|c: char| c.is_whitespace() || "\"'`<>,;".contains(c)).unwrap_or(line.len());
    let query = line[..stop].find('&').filter(|and| line[*and..stop].contains('='));
    line[..query.unwrap_or(stop)].trim_end_matches(['.', ':', ')', ']', '}']).len()
}
