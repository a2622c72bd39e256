//! A text made ready for the rules.

use std::ops::Range;

use super::cues::Cues;
use super::finding::{self, Finding};
use super::pseudonym::{self, Pseudonyms};

/// A folded text with what the rules need to know beside it.
pub(super) struct Scan<'a> {
    /// The text after the key under which it is kept; pseudonyms are blanked out.
    pub(super) text: String,
    /// The values that have a pseudonym already: those need no context to be recognised.
    pub(super) known: &'a Pseudonyms,
    /// Words that give a number or a string its meaning.
    pub(super) cues: Cues,
    /// Whether the text is the whole value of a key that says something.
    pub(super) keyed: bool,
    /// Where in `text` the text itself begins.
    lead: usize,
    /// Pseudonyms, which stay.
    stay: Vec<Range<usize>>,
}

/// Stands for every byte of a pseudonym, so that no rule sees a word such as `PHONE` in it.
const BLANK: &str = "\0";

impl<'a> Scan<'a> {
    pub(super) fn new(key: &str, folded: &str, known: &'a Pseudonyms) -> Self {
        let keyed = Cues::speaks(key);
        let mut text = if keyed { format!("{key}: ") } else { String::new() };
        let lead = text.len();
        text.push_str(folded);
        let stay = pseudonym::places(&text);
        for range in &stay {
            text.replace_range(range.clone(), &BLANK.repeat(range.len()));
        }
        let cues = Cues::new(&text);
        Self { text, known, cues, keyed, lead, stay }
    }

    /// Where the text itself begins, behind its key.
    pub(super) fn body_start(&self) -> usize {
        self.lead
    }

    /// The findings from left to right, without overlaps, without what must stay, as offsets in the text itself.
    pub(super) fn settle(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let inside = |finding: Finding| Finding { start: finding.start.max(self.lead), ..finding };
        let moved = |finding: Finding| Finding::new(finding.rule, finding.start - self.lead, finding.end - self.lead);
        let found = findings.into_iter().map(inside).filter(|finding| finding.start < finding.end).collect();
        finding::subtract(finding::join(found), &self.stay).into_iter().map(moved).collect()
    }

    /// The character before an offset.
    pub(super) fn before(&self, offset: usize) -> Option<char> {
        self.text[..offset].chars().next_back()
    }

    /// The character at an offset.
    pub(super) fn after(&self, offset: usize) -> Option<char> {
        self.text[offset..].chars().next()
    }

    /// The text from an offset on, at most so many bytes of it.
    pub(super) fn window(&self, start: usize, length: usize) -> &str {
        let mut end = self.text.len().min(start + length);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.text[start..end]
    }

    /// Whether a number is one by itself, and not a part of a word, a decimal, a path, an id or an amount of money.
    pub(super) fn stands_alone(&self, range: &Range<usize>) -> bool {
        self.begins_alone(range.start) && self.ends_alone(range.end)
    }

    fn begins_alone(&self, start: usize) -> bool {
        let Some(last) = self.before(start) else { return true };
        match last {
            _ if is_wordy(last) => false,
            '#' | '$' | '€' | '£' | '¥' => false,
            '.' | ',' | '-' | '/' | '+' => !self.before(start - 1).is_some_and(is_wordy),
            _ => true,
        }
    }

    fn ends_alone(&self, end: usize) -> bool {
        let mut rest = self.text[end..].chars();
        match (rest.next(), rest.next()) {
            (Some(first), _) if is_wordy(first) => false,
            (Some('%' | '€' | '$'), _) => false,
            (Some('-' | '/'), Some(next)) => !is_wordy(next),
            (Some('.' | ':'), Some(next)) => !next.is_ascii_digit(),
            _ => true,
        }
    }
}

/// Letters and digits of scripts that separate words, and the underscore. A number between Chinese characters stands alone.
pub(super) fn is_wordy(character: char) -> bool {
    character == '_' || (character.is_alphanumeric() && is_spaced(character))
}

/// Whether the script that a character belongs to puts spaces between words.
pub(super) fn is_spaced(character: char) -> bool {
    matches!(character, ..'\u{e00}' | '\u{10a0}'..'\u{1780}' | '\u{1e00}'..'\u{2000}')
}
