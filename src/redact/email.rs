//! E-mail addresses, international ones too, found from their `@` outwards.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::scan::{Scan, is_spaced};
use super::{Finding, Rule};

/// `ana [at] example [dot] com`, as people write to hide from harvesters.
static SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    let dot = r"(?:\.|\s{0,2}[\[(]\s?dot\s?[\])]\s{0,2})";
    let pattern = format!(
        r"(?i-u)[a-z0-9._%+-]+\s{{0,2}}[\[(]\s?at\s?[\])]\s{{0,2}}[a-z0-9-]+(?:{dot}[a-z0-9-]+)*{dot}[a-z]{{2,}}"
    );
    Regex::new(&pattern).expect("a constant that tests compile")
});

/// Endings of file names, none of which is a top-level domain: `logo@2x.png` is no address.
const FILES: [&str; 10] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html", "json"];

pub(super) fn find(scan: &Scan<'_>, findings: &mut Vec<Finding>) {
    let mut push = |range: Range<usize>| findings.push(Finding::new(Rule::Email, range.start, range.end));
    for (at, _) in scan.text.match_indices('@') {
        // Without a space between words, an address among Chinese ones ends where the script changes, unless there is
        // nothing then.
        around(&scan.text, at, is_spaced).or_else(|| around(&scan.text, at, |_| true)).into_iter().for_each(&mut push);
    }
    SPELLED.find_iter(&scan.text).for_each(|found| push(found.range()));
}

fn around(text: &str, at: usize, script: fn(char) -> bool) -> Option<Range<usize>> {
    let letter = |c: char| script(c) && (c.is_alphanumeric() || ('\u{300}'..'\u{370}').contains(&c));
    let local = &text[..at];
    let name = local.trim_end_matches(|c| letter(c) || matches!(c, '.' | '_' | '%' | '+' | '-' | '\''));
    let name = local[name.len()..].trim_start_matches(['.', '-', '\'']);
    let host = &text[at + 1..];
    let host = &host[..host.len() - host.trim_start_matches(|c| letter(c) || matches!(c, '.' | '-')).len()];
    let host = domain(host)?;
    let length = if name.is_empty() { quoted(local)? } else { name.len() };
    Some(at - length..at + 1 + host.len())
}

/// The longest name in quotes, in bytes.
const LONGEST_QUOTED: usize = 64;

/// The length of the name in quotes at the end of a text: `"ana b"@example.com`.
fn quoted(local: &str) -> Option<usize> {
    let inside = local.strip_suffix('"')?;
    let start = inside.rfind(['"', '\n', '@'])?;
    (inside[start..].starts_with('"') && inside.len() - start <= LONGEST_QUOTED).then(|| local.len() - start)
}

/// The part of a text that is a domain: labels between single dots, the last of them a top-level domain.
fn domain(text: &str) -> Option<&str> {
    let end = text.find("..").unwrap_or(text.len());
    let mut domain = text[..end].trim_end_matches(['.', '-']);
    loop {
        let (rest, last) = domain.rsplit_once('.')?;
        if is_top_level(last) && !rest.is_empty() {
            return Some(domain);
        }
        domain = rest.trim_end_matches('-');
    }
}

fn is_top_level(label: &str) -> bool {
    let long = label.chars().nth(1).is_some();
    let named = label.chars().all(|c| !c.is_numeric() && c != '-') || label.starts_with("xn--");
    long && named && !FILES.iter().any(|file| label.eq_ignore_ascii_case(file))
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn addresses() {
        assert_finds(
            Rule::Email,
            &[
                ("write to ana@example.com.", &["ana@example.com"]),
                ("<ana.b+tag@mail.example.co.uk>", &["ana.b+tag@mail.example.co.uk"]),
                ("'ana@example.com', \"bo@example.com\"", &["ana@example.com", "bo@example.com"]),
                ("mailto:ana@example.com?subject=x", &["ana@example.com"]),
                ("?email=ana@example.com&x=1", &["ana@example.com"]),
                ("ANA_B@EXAMPLE.COM", &["ANA_B@EXAMPLE.COM"]),
                ("o'neil@example.com", &["o'neil@example.com"]),
                ("jürgen@bücher.example", &["jürgen@bücher.example"]),
                ("x@xn--bcher-kva.xn--p1ai", &["x@xn--bcher-kva.xn--p1ai"]),
                ("请联系ana@example.com谢谢", &["ana@example.com"]),
                ("用户@例子.广告", &["用户@例子.广告"]),
                ("иван@пример.рф", &["иван@пример.рф"]),
                ("ana [at] example [dot] com", &["ana [at] example [dot] com"]),
                ("ana(at)example.com", &["ana(at)example.com"]),
                (r#"to "ana b"@example.com now"#, &[r#""ana b"@example.com"#]),
                ("a@b@example.com", &["b@example.com"]),
                ("ana@example.com.1", &["ana@example.com"]),
                ("ana＠example．com", &["ana＠example．com"]),
                ("an\u{200b}a@exam\u{2060}ple.com", &["an\u{200b}a@exam\u{2060}ple.com"]),
                (r#"{"a":"\nana\u0040example.com\n"}"#, &[r"ana\u0040example.com"]),
                ("https://x.example/?u=ana%40example.com", &["ana%40example.com"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Email,
            &[
                "@ana",
                "ana@",
                "a @ b.com",
                "ana@localhost",
                "lodash@4.17.21",
                "pkg@1.0.0-beta",
                "logo@2x.png",
                "@media.screen",
                "5 @ 3.50",
                "user@@example..com",
                "look (at) this. Really",
                "decorator @app.route('/x')",
                "@.com",
                "a@.com",
            ],
        );
    }
}
