//! Private keys in PEM armour, whole or cut off, and those of `PuTTY`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

static BEGIN: LazyLock<Regex> =
    LazyLock::new(|| regex("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: [0-9]{1,3}\\b"));
static END: LazyLock<Regex> = LazyLock::new(|| regex("-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"));
/// What a key consists of where its end is missing: lines of base64, and headers such as `Proc-Type`.
static BODY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:\s*(?:[A-Z][A-Za-z-]{1,30}: [^\n]{0,100}\n|[A-Za-z0-9+/=]{16,}))*\s*[A-Za-z0-9+/=]*"));

/// No key is longer, in bytes; a line that ends one may belong to something else further on.
const LONGEST: usize = 32 * 1024;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant that tests compile")
}

/// The keys in a text. Every end is looked at once, so that many beginnings without one cost no more.
pub(super) fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut ends = END.find_iter(text).map(|found| found.end()).peekable();
    let mut last = 0;
    BEGIN.find_iter(text).filter_map(move |begin| {
        if begin.start() < last {
            return None;
        }
        while ends.next_if(|end| *end <= begin.end()).is_some() {}
        last = match ends.peek() {
            Some(&end) if end - begin.start() <= LONGEST => end,
            _ => begin.end() + BODY.find(&text[begin.end()..]).map_or(0, |body| body.len()),
        };
        Some(begin.start()..last)
    })
}

#[cfg(test)]
mod tests {
    use crate::redact::Rule;
    use crate::redact::tests::{assert_finds, assert_finds_nothing, assert_finds_whole};

    fn armoured(kind: &str, line: &str) -> String {
        format!("-----BEGIN {kind}-----{line}AbCdEfGhIjKlMnOpQrStUvWxYz012345{line}AbCd=={line}-----END {kind}-----")
    }

    #[test]
    fn keys() {
        let kinds = ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"];
        let keys: Vec<String> = kinds.iter().flat_map(|kind| [armoured(kind, "\n"), armoured(kind, "\\n")]).collect();
        assert_finds_whole(Rule::Secret, &keys);
        let key = armoured("PRIVATE KEY", "\n");
        let cut = &key[..key.find("\n-----END").unwrap()];
        assert_finds(
            Rule::Secret,
            &[
                (format!("{key} and {key}").as_str(), &[key.as_str(), &key]),
                (cut, &[cut]),
                (format!("{}... cut", &key[..60]).as_str(), &[&key[..60]]),
                (format!("{cut}\n{}{key}", "word ".repeat(10_000)).as_str(), &[cut, &key]),
            ],
        );
    }

    #[test]
    fn others() {
        let public = armoured("PUBLIC KEY", "\n");
        assert_finds_nothing(Rule::Secret, &[public.as_str(), "BEGIN PRIVATE KEY", "-----END PRIVATE KEY-----"]);
    }
}
