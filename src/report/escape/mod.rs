//! Makes hostile text harmless in GitHub's Markdown. A trace, an answer and a judge's reason are all written by
//! strangers: they must not mention, link, embed, close what we opened, or hide the verdict.
//!
//! There are two ways in, and templates can take no third: [`inline`] for text within a line, [`block`] for text of
//! several lines. What they print is shown to the letter, except that characters which people cannot see are named.

mod inline;
mod unseen;

pub use self::inline::inline;
pub(super) use self::unseen::is_invisible;
use self::unseen::visible;

/// Joins what stands around it, and nobody sees it: it breaks the places where a text is looked through for links and commands.
const JOINER: char = '\u{2060}';

/// Text of several lines, as a fenced code block that nothing inside can close. `language` colours it: `diff`, `json`.
///
/// GitHub leaves the text of such a block alone, but not everybody does: runners take commands from logs, other bots look for
/// theirs at the start of a line and for their own comments by a hidden mark anywhere, and an answer by mail is read without
/// its code blocks. So a word joiner breaks commands, comments, mentions and issue numbers here too.
pub fn block(text: &str, language: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
    let mut out = String::with_capacity(text.len() + 16);
    out.extend([&fence, language, "\n"]);
    for line in text.lines() {
        // Elsewhere two colons and a slash are common in code.
        if line.trim_start().starts_with("::") || line.trim_start().starts_with('/') {
            out.push(JOINER);
        }
        push_parted(&mut out, line);
        out.push('\n');
    }
    out.push_str(&fence);
    out
}

/// Adds a line of code with a joiner where somebody might take a part of it for more than text.
fn push_parted(out: &mut String, line: &str) {
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let is_parted = match (c, chars.peek()) {
            ('@', Some(next)) => next.is_alphanumeric() || matches!(next, '_' | '-'),
            ('#', Some(next)) => next.is_ascii_digit() || *next == '[' && before == Some('#'),
            ('!', Some('-')) => before == Some('<'),
            _ => false,
        };
        if is_parted {
            out.push(JOINER);
        }
        before = Some(c);
    }
}

/// Text for a terminal or a log: one line, nothing invisible, and nothing that the Actions runner takes as a command.
pub fn plain(text: &str) -> String {
    // Twice, for of three colons the first pass parts only two.
    line(text).replace("##[", "##\u{2060}[").replace("::", ":\u{2060}:").replace("::", ":\u{2060}:")
}

/// Text for formats with an escaping of their own that may yet be printed into a log. Its lines and tabs stay.
pub fn quiet(text: &str) -> String {
    visible(text)
        .split('\n')
        .map(|line| if is_command(line) { plain(line) } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether the runner takes a line, or a part of it, as a command.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[")
}

/// Text on one line, nothing invisible.
fn line(text: &str) -> String {
    visible(text).replace('\n', "⏎").replace('\t', "⇥")
}

/// The first `limit` characters of a text; what was cut is counted.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} … ({} more characters)", &text[..end], text[end..].chars().count()),
    }
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
