//! Makes hostile text harmless in GitHub's Markdown. A trace, an answer and a judge's reason are all written by
//! strangers: they must not mention, link, embed, close what we opened, or hide the verdict.
//!
//! There are two ways in, and templates can take no third: [`inline`] for text within a line, [`block`] for text of
//! several lines. What they print is shown to the letter, except that characters which people cannot see are named.

use std::fmt::Write;

/// Text within a line: a cell, a list item, a sentence. Line breaks become `⏎`.
///
/// Punctuation that means something to Markdown where it stands is written as a character reference, so that no markup is
/// left, and the places where GitHub links plain text afterwards (mentions, issue numbers, addresses, commit ids) are
/// broken by a word joiner.
pub fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut around = Around { hex_digits: Some(0), ..Around::default() };
    let mut chars = text.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        around.next = chars.peek().copied();
        match c {
            '\n' => out.push('⏎'),
            c if is_invisible(c) => push_name(&mut out, c),
            c if c.is_ascii_punctuation() && !around.is_plain(c) => push_reference(&mut out, c),
            c => out.push(c),
        }
        if around.is_linked_after(c) {
            out.push('\u{2060}');
        }
        around.step(c);
    }
    out
}

/// What stands around a character: the same sign is markup in one place and plain text in another.
#[derive(Default)]
struct Around {
    before: Option<char>,
    next: Option<char>,
    /// Hexadecimal digits of a word that has nothing else so far; `None` within another word.
    hex_digits: Option<usize>,
    /// Set as soon as there was anything but digits.
    is_past_digits: bool,
}

impl Around {
    /// Whether a punctuation mark is plain text here.
    fn is_plain(&self, c: char) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let ends = self.next.is_none_or(char::is_whitespace);
        match c {
            ',' | ';' | '?' | '\'' | '"' | '%' | '(' | ')' | '{' | '}' | '^' => true,
            '+' | '=' | '/' => self.before.is_some(),
            ':' => self.before.is_some() && ends,
            '_' => is_word(self.before) && is_word(self.next),
            '-' => is_word(self.before) && !matches!(self.before, Some('H' | 'h')),
            '.' => self.before.is_some() && !matches!(self.before, Some('w' | 'W')) && (self.is_past_digits || !ends),
            _ => false,
        }
    }

    /// Whether GitHub might begin or go on with a link after this character.
    fn is_linked_after(&self, c: char) -> bool {
        let is_inside = self.next.is_some_and(|next| !next.is_whitespace());
        let is_mark = matches!(c, '@' | '#' | ':') || matches!(c, '.' | '-') && !self.is_plain(c);
        let is_commit = c.is_ascii_hexdigit() && self.hex_digits == Some(5);
        is_inside && (is_mark || is_commit)
    }

    fn step(&mut self, c: char) {
        self.hex_digits = match self.hex_digits {
            // A break every six digits, for seven are a commit id.
            Some(digits) if c.is_ascii_hexdigit() => Some((digits + 1) % 6),
            _ if c.is_alphanumeric() || c == '_' => None,
            _ => Some(0),
        };
        self.is_past_digits |= !c.is_ascii_digit();
        self.before = Some(c);
    }
}

/// Text of several lines, as a fenced code block that nothing inside can close. `language` colours it: `diff`, `json`.
/// People print Markdown in logs too, so it carries no commands for the runner either.
pub fn block(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&fence);
    out.push_str(language);
    out.push('\n');
    for line in text.lines() {
        // The runner takes a command only at the start of a line; elsewhere two colons are common in code.
        if line.trim_start().starts_with("::") {
            out.push('\u{2060}');
        }
        let start = out.len();
        line.chars().for_each(|c| if c != '\t' && is_invisible(c) { push_name(&mut out, c) } else { out.push(c) });
        let shown = out.split_off(start);
        out.push_str(&shown.replace("##[", PARTED));
        out.push('\n');
    }
    out.push_str(&fence);
    out
}

/// Text whose characters can all be seen, for formats with an escaping of their own. Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\r') {
        if !matches!(c, '\n' | '\t') && is_invisible(c) { push_name(&mut out, c) } else { out.push(c) }
    }
    out
}

/// Text for a terminal or a log: one line, nothing invisible, and nothing that the Actions runner takes as a command.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => {}
            '\n' => out.push('⏎'),
            c if is_invisible(c) => push_name(&mut out, c),
            c => out.push(c),
        }
    }
    // Twice, for of three colons the first pass parts only two.
    out.replace("##[", PARTED).replace("::", ":\u{2060}:").replace("::", ":\u{2060}:")
}

/// What the runner's older commands begin with, broken by a word joiner.
const PARTED: &str = "##\u{2060}[";

/// The first `limit` characters of a text; what was cut is counted.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} … ({} more characters)", &text[..end], text[end..].chars().count()),
    }
}

fn push_reference(out: &mut String, c: char) {
    write!(out, "&#{};", u32::from(c)).expect("writing to a string cannot fail");
}

fn push_name(out: &mut String, c: char) {
    write!(out, "‹U+{:04X}›", u32::from(c)).expect("writing to a string cannot fail");
}

/// Control, bidirectional and zero-width characters: with them a text can look like another.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(markdown: &str) -> String {
        let mut options = comrak::Options::default();
        options.extension.autolink = true;
        options.extension.table = true;
        options.extension.strikethrough = true;
        options.render.r#unsafe = true;
        comrak::markdown_to_html(markdown, &options)
    }

    /// Whether a rendering has any tag beside those of our own frame.
    fn has_foreign_tags(html: &str, frame: &[&str]) -> bool {
        let mut rest = html.to_owned();
        frame.iter().for_each(|tag| rest = rest.replacen(tag, "", 1));
        rest.contains('<')
    }

    const ATTACKS: &[&str] = &[
        "@octocat and @org/team",
        "![x](https://evil.example/?d=1)",
        "<img src=x onerror=alert(1)>",
        "<!-- hidden",
        "</details></td></table>",
        "[x]: https://evil.example\n[x]",
        "see #12, GH-12, o/r#3, 0123456789abcdef0123456789abcdef01234567",
        "www.evil.example a@b.example https://evil.example",
        "a|b\n|-|-|\n",
        "``` \n```\n# heading",
        "\u{202e}ssap",
        "&#64;user &lt;b&gt;",
        "\\@user \\",
        "**bold** __x__ ~~y~~ `code`",
    ];

    #[test]
    fn attacks_stay_text_within_a_line() {
        for attack in ATTACKS {
            let html = html(&format!("| a |\n|---|\n| {} |\n", inline(attack)));
            let cell = html.split("<td>").nth(1).and_then(|rest| rest.split("</td>").next()).unwrap();
            assert!(!cell.contains('<') && html.matches("<tr>").count() == 2, "{attack}: {html}");
            for link in ["@o", "@u", "@b", "#12", "#3", "GH-12", "www.e", "https://", "0123456"] {
                assert!(!cell.contains(link), "{link} in {cell}");
            }
        }
    }

    #[test]
    fn plain_text_stays_readable() {
        for text in
            ["0.875", "−0.125 (+3 %)", "c_313e1a7c5fe1d38e", "danger_rule: 5 of 8, see \"x\"", "2026-11-20 10:11"]
        {
            assert_eq!(inline(text).replace('\u{2060}', ""), text.replace("0:1", "0&#58;1"), "{text}");
        }
        assert_eq!(inline("c_313e1a7c5fe1d38e"), "c_313e1a7c5fe1d38e");
        assert_eq!(inline("1. a"), "1&#46; a");
    }

    #[test]
    fn a_block_cannot_be_closed() {
        for attack in ATTACKS.iter().copied().chain(["````\n`````\n~~~", "```", "`` ` ```"]) {
            let html = html(&block(attack, "diff"));
            assert!(
                !has_foreign_tags(&html, &["<pre>", "<code class=\"language-diff\">", "</code>", "</pre>"]),
                "{html}"
            );
        }
    }

    #[test]
    fn logs_carry_no_commands() {
        let text = plain("x\n::error::y ##[group]z \u{1b}[31m");
        assert_eq!(text, "x⏎:\u{2060}:error:\u{2060}:y ##\u{2060}[group]z ‹U+001B›[31m");
        for attack in ["::error::", ":::error:::", ":\r::x", "::::", "###[x]", "##[x]"] {
            let shown = plain(attack);
            assert!(!shown.contains("::") && !shown.contains("##["), "{attack:?}: {shown}");
            let shown = block(&format!("  {attack}"), "diff");
            assert!(shown.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##[")), "{shown}");
        }
        assert_eq!(block("a::b", ""), "```\na::b\n```");
    }

    #[test]
    fn what_nobody_sees_is_named_and_lines_stay() {
        assert_eq!(visible("a\r\n\tb\u{202e}\u{0}<i>\u{ffff}"), "a\n\tb‹U+202E›‹U+0000›<i>‹U+FFFF›");
    }

    #[test]
    fn cutting_counts_what_it_cut() {
        assert_eq!(shorten("äöü", 2), "äö … (1 more characters)");
        assert_eq!(shorten("äöü", 3), "äöü");
    }

    proptest! {
        #[test]
        fn any_text_is_text_within_a_line(text in "\\PC*|[ -~\\n]{0,80}") {
            let html = html(&format!("x {} y", inline(&text)));
            prop_assert!(!has_foreign_tags(&html, &["<p>", "</p>"]), "{}", html);
        }

        #[test]
        fn any_text_stays_in_its_block(text in "[`~ a\\n]{0,40}|\\PC*") {
            let html = html(&block(&text, "diff"));
            let frame = ["<pre>", "<code class=\"language-diff\">", "</code>", "</pre>"];
            prop_assert!(!has_foreign_tags(&html, &frame), "{}", html);
        }
    }
}
