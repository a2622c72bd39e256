//! Characters that people cannot see, or that hide others. With them a text can look like another, carry a message that only
//! machines read, or cover the lines around it.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

/// Marks that may be stacked on one letter. Living languages need no more; a tower of them covers the lines above.
const MARKS: usize = 4;

static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{M}").expect("the pattern is fixed"));

/// Text whose characters can all be seen: the others are named, `‹U+202E›`. Line breaks and tabs stay.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let is_hidden = is_invisible(c) && !is_joining(before, c, next);
        match c {
            '\r' if next == Some('\n') => {}
            '\n' | '\t' => out.push(c),
            _ if is_hidden || marks > MARKS => push_name(&mut out, c),
            _ => out.push(c),
        }
        before = Some(c);
    }
    out
}

fn push_name(out: &mut String, c: char) {
    write!(out, "‹U+{:04X}›", u32::from(c)).expect("writing to a string cannot fail");
}

/// Control, bidirectional, zero-width and blank characters, and those that only choose how their neighbours look.
pub(in crate::report) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an invisible character does here what it is for: it joins emoji or letters that are written differently with it, or
/// chooses one of a sign's two looks.
fn is_joining(before: Option<char>, c: char, next: Option<char>) -> bool {
    let (Some(before), after) = (before, next.unwrap_or(' ')) else { return false };
    let is_between_letters = is_joined_script(before) && is_joined_script(after);
    match c {
        '\u{200d}' => is_between_letters || (is_emoji(before) || before == '\u{fe0f}') && is_emoji(after),
        '\u{200c}' => is_between_letters,
        '\u{fe0e}' | '\u{fe0f}' => {
            is_emoji(before) || (before.is_ascii_digit() || matches!(before, '#' | '*')) && after == '\u{20e3}'
        }
        '\u{e0100}'..='\u{e01ef}' => matches!(before, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'),
        _ => false,
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{27ff}'
        | '\u{2900}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Letters of Arabic and of the scripts of South and South-East Asia, whose spelling has joiners.
fn is_joined_script(c: char) -> bool {
    let is_letter = matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    is_letter && !is_invisible(c)
}

/// Whether a character is drawn over, under or around the one before. All below the first block of them are none.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && MARK.is_match(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_named_and_lines_stay() {
        assert_eq!(visible("a\r\n\tb\u{202e}\u{0}<i>\u{ffff}"), "a\n\tb‹U+202E›‹U+0000›<i>‹U+FFFF›");
        assert_eq!(visible("a\rb\u{e0041}\u{3164}c\u{200d}d\u{fe0f}"), "a‹U+000D›b‹U+E0041›‹U+3164›c‹U+200D›d‹U+FE0F›");
    }

    #[test]
    fn languages_and_emoji_stay_as_they_are_written() {
        let family = "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥 👩🏽\u{200d}🚀 1\u{fe0f}\u{20e3} 🏳\u{fe0f}\u{200d}🌈";
        for text in
            [family, "می\u{200c}خواهم", "क्\u{200d}ष", "葛\u{e0100}", "Ünïcödé é ệ", "שָׁלוֹם", "日本語のテスト", "مرحبا"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn towers_of_marks_are_cut_down() {
        let tower = format!("o{}k", "\u{301}".repeat(40));
        let shown = visible(&tower);
        assert_eq!(shown.matches('\u{301}').count(), MARKS);
        assert_eq!(shown.matches("‹U+0301›").count(), 36);
    }
}
