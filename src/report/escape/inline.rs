//! Text within a line of Markdown.

use std::fmt::Write;

use super::{JOINER, line};

/// The character by which an emoji asks to be drawn in colour; `#` and it are the key of a telephone.
const EMOJI_LOOK: char = '\u{fe0f}';

/// Text within a line: a cell, a list item, a sentence. Line breaks become `⏎`, tabs `⇥`.
///
/// Punctuation that means something to Markdown where it stands is written as a character reference, so that no markup is
/// left, and the places where GitHub links plain text afterwards (mentions, issue numbers, addresses, commit ids) are
/// broken by a word joiner. So are TeX's commands: should GitHub take what two dollar signs enclose for a formula, it has
/// nothing to draw over the page with.
pub fn inline(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut around = Around { hex_digits: Some(0), ..Around::default() };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        around.next = chars.peek().copied();
        if around.is_plain(c) {
            out.push(c);
        } else {
            write!(out, "&#{};", u32::from(c)).expect("writing to a string cannot fail");
        }
        if around.is_linked_after(c) {
            out.push(JOINER);
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
    /// Whether a character is plain text here.
    fn is_plain(&self, c: char) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let ends = self.next.is_none_or(char::is_whitespace);
        match c {
            ',' | ';' | '?' | '\'' | '"' | '%' | '(' | '{' | '}' | '^' => true,
            '+' | '=' | '/' => self.before.is_some(),
            ':' => self.before.is_some() && ends,
            '_' => is_word(self.before) && is_word(self.next),
            '-' => is_word(self.before) && !matches!(self.before, Some('H' | 'h')),
            '.' => self.before.is_some() && !matches!(self.before, Some('w' | 'W')) && (self.is_past_digits || !ends),
            // After a number it would begin a list.
            ')' => self.is_past_digits || !ends,
            // At an end it would set a block of code in, break a line, or keep emphasis of ours from closing.
            c if c.is_whitespace() => self.before.is_some() && self.next.is_some(),
            c => !c.is_ascii_punctuation(),
        }
    }

    /// Whether GitHub might begin or go on with a link, or TeX with a command, after this character.
    fn is_linked_after(&self, c: char) -> bool {
        let is_inside = self.next.is_some_and(|next| !next.is_whitespace() && next != EMOJI_LOOK);
        let is_mark = matches!(c, '@' | '#' | ':' | '\\') || matches!(c, '.' | '-') && !self.is_plain(c);
        let is_host = matches!(c, 'w' | 'W') && self.next == Some('.');
        let is_commit =
            self.hex_digits == Some(5) && [Some(c), self.next].iter().flatten().all(char::is_ascii_hexdigit);
        // Some parsers look for the box of a task in text that is no markup any more.
        let is_box = c == '[' && self.next.is_some_and(|next| next.is_whitespace() || matches!(next, 'x' | 'X'));
        is_box || is_inside && (is_mark || is_host || is_commit)
    }

    fn step(&mut self, c: char) {
        self.hex_digits = match self.hex_digits {
            // A break every six digits, for seven are a commit id.
            Some(digits) if c.is_ascii_hexdigit() => Some((digits + 1) % 6),
            // Other letters and numbers may end a word for whoever looks for commit ids.
            _ if c.is_ascii_alphanumeric() || c == '_' => None,
            _ => Some(0),
        };
        self.is_past_digits |= !c.is_ascii_digit();
        self.before = Some(c);
    }
}
