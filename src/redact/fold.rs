//! The text as the rules read it: without what hides a value from them.
//!
//! Zero-width characters are taken out; full-width forms, unusual dashes and spaces become their ASCII counterparts;
//! the escapes of JSON (`\u0040`, `\n`), of URLs (`%40`) and of HTML (`&#64;`) become the characters that they stand for.
//! What is found in the folded text is replaced in the original, with whole escapes, so JSON in a string stays JSON.

use std::borrow::Cow;

/// A folded text, and the way back.
pub(super) struct Folded<'t> {
    /// The text to look through.
    pub(super) text: Cow<'t, str>,
    /// From each of these folded offsets on, up to the next, the original runs along from its own offset.
    shifts: Vec<(usize, usize)>,
}

impl<'t> Folded<'t> {
    pub(super) fn new(original: &'t str) -> Self {
        let plain = |byte: u8| byte.is_ascii() && !matches!(byte, b'\\' | b'%' | b'&');
        let Some(first) = original.bytes().position(|byte| !plain(byte)) else {
            return Self { text: Cow::Borrowed(original), shifts: vec![(0, 0)] };
        };
        // Offsets up to the first such byte need no shift. Back off to the character's start: the byte is a first byte.
        let mut text = String::with_capacity(original.len());
        text.push_str(&original[..first]);
        let mut shifts = vec![(0, 0)];
        let mut at = first;
        while let Some(unit) = Unit::first_of(&original[at..]) {
            at += unit.length;
            text.extend(unit.folded);
            if unit.length != unit.folded.map_or(0, char::len_utf8) {
                shifts.push((text.len(), at));
            }
        }
        Self { text: Cow::Owned(text), shifts }
    }

    /// The original offset of a folded one.
    pub(super) fn original(&self, offset: usize) -> usize {
        let next = self.shifts.partition_point(|(folded, _)| *folded <= offset);
        let (folded, original) = self.shifts[next - 1]; // the first shift is at 0
        original + (offset - folded)
    }
}

/// What one character of the folded text was in the original.
struct Unit {
    /// Its length in the original, in bytes.
    length: usize,
    /// The character; nothing for one that is not seen.
    folded: Option<char>,
}

impl Unit {
    fn first_of(rest: &str) -> Option<Self> {
        let first = rest.chars().next()?;
        let escaped = match first {
            '\\' => backslash(rest),
            '%' => percent(rest),
            '&' => entity(rest),
            _ => None,
        };
        let (length, character) = escaped.unwrap_or((first.len_utf8(), first));
        Some(Self { length, folded: fold(character) })
    }
}

/// The character without its disguise; `None` for one that is not seen.
fn fold(character: char) -> Option<char> {
    match character {
        ..'\u{80}' => Some(character),
        // Soft hyphen, joiners, marks of direction, variation selectors, tags, the byte order mark and fillers.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some('-'),
        '\u{fe6b}' => Some('@'),
        '\u{2024}' | '\u{fe52}' | '\u{3002}' | '\u{ff61}' => Some('.'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0),
        '\u{660}'..='\u{669}' => char::from_digit(character as u32 - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(character as u32 - 0x6f0, 10),
        '\u{966}'..='\u{96f}' => char::from_digit(character as u32 - 0x966, 10),
        other => Some(other),
    }
}

/// JSON inside JSON inside JSON has this many backslashes before its escapes.
const MAX_BACKSLASHES: usize = 7;

/// `\n`, `\u0040` and the like, behind as many backslashes as nested JSON needs.
fn backslash(rest: &str) -> Option<(usize, char)> {
    let slashes = rest.bytes().take(MAX_BACKSLASHES).take_while(|byte| *byte == b'\\').count();
    let after = &rest[slashes..];
    match after.as_bytes().first()? {
        b'n' | b'r' | b't' => Some((slashes + 1, '\n')),
        quote @ (b'"' | b'/') => Some((slashes + 1, char::from(*quote))),
        b'u' => {
            let code = u32::from_str_radix(hex(after.get(1..5)?)?, 16).ok()?;
            // Half of a surrogate pair is no character of its own, and no part of anything that is looked for.
            Some((slashes + 5, char::from_u32(code).unwrap_or(' ')))
        }
        _ => None,
    }
}

/// `%40`: printable ASCII only, since a percentage may well be followed by digits.
fn percent(rest: &str) -> Option<(usize, char)> {
    let code = u8::from_str_radix(hex(rest.get(1..3)?)?, 16).ok()?;
    matches!(code, 0x20..0x7f).then_some((3, char::from(code)))
}

/// `&#64;`, `&#x40;` and `&commat;`.
fn entity(rest: &str) -> Option<(usize, char)> {
    const LONGEST: usize = 10;
    let end = rest.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &rest[1..end];
    let character = match name.strip_prefix('#') {
        None => (name == "commat").then_some('@')?,
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(hex(digits)?, 16),
                None if number.starts_with('+') => return None,
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((end + 1, character))
}

/// `from_str_radix` takes a sign too.
fn hex(digits: &str) -> Option<&str> {
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn disguises() {
        for (original, wanted) in [
            ("plain text, 100 % of it", "plain text, 100 % of it"),
            ("ana\u{200b}@ex\u{ad}ample.com", "ana@example.com"),
            ("ana＠example．com", "ana@example.com"),
            ("4111\u{a0}1111–1111", "4111 1111-1111"),
            (r#"{\"a\": \"x\\u0040y\"}"#, r#"{"a": "x@y"}"#),
            (r"one\ntwo\\nthree \d \", "one\ntwo\nthree \\d \\"),
            (r"\ud83d\ude00\uff20\u200b", "  @"),
            ("a%40b%2Bc 50%25 100%zz 5%+1", "a@b+c 50% 100%zz 5%+1"),
            ("a&#64;b&#x40;c&commat;d &amp; &#+64; &", "a@b@c@d &amp; &#+64; &"),
            ("٠١٢۳", "0123"),
            ("Grüße 世界", "Grüße 世界"),
        ] {
            assert_eq!(Folded::new(original).text, wanted, "{original}");
        }
    }

    #[test]
    fn what_was_found_leads_back_to_whole_escapes() {
        for (original, found, wanted) in [
            ("to ana\u{200b}@example.com now", "ana@example.com", "ana\u{200b}@example.com"),
            (r#""a\u0040b""#, "a@b", r"a\u0040b"),
            (r"x\nana@b", "ana@b", "ana@b"),
            ("é ａ@ｂ é", "a@b", "ａ@ｂ"),
        ] {
            let folded = Folded::new(original);
            let start = folded.text.find(found).unwrap();
            let range = folded.original(start)..folded.original(start + found.len());
            assert_eq!(&original[range], wanted);
        }
    }

    proptest! {
        #[test]
        fn every_offset_leads_to_a_character(original in r"([a-z]|\PC|[\\%&u0-9;#]|\\u00[0-9a-f]{2}|\u{200b})*") {
            let folded = Folded::new(&original);
            let mut last = 0;
            for (offset, _) in folded.text.char_indices().chain([(folded.text.len(), ' ')]) {
                let back = folded.original(offset);
                prop_assert!(original.is_char_boundary(back) && back >= last);
                last = back;
            }
            prop_assert!(last <= original.len());
        }
    }
}
