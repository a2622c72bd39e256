//! Keys of vendors that nobody listed: a word, a dash or an underscore, and a long run of letters and digits.

/// The shortest run that is taken for random by itself, in bytes. Ids of messages and calls have 24 to 29.
const SHORTEST: usize = 32;
/// The longest word in front, in bytes.
const LONGEST_WORD: usize = 24;
/// The least number of digits, of capitals and of small letters in the run. A hash in hexadecimal digits has no capitals.
const LEAST: usize = 3;

/// Whether a text is a word and a random run behind it, as in `acme_live_…`.
pub(super) fn is_key(text: &str) -> bool {
    if text.len() <= SHORTEST {
        return false;
    }
    let Some(end) = text.rfind(['_', '-']) else { return false };
    let (word, run) = (&text[..end], &text[end + 1..]);
    let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let kinds = [count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase)];
    word.len() <= LONGEST_WORD
        && is_word
        && run.len() >= SHORTEST
        && kinds.iter().sum::<usize>() == run.len()
        && kinds.iter().all(|count| *count >= LEAST)
}

#[cfg(test)]
mod tests {
    use crate::redact::Rule;
    use crate::redact::tests::{assert_finds_nothing, assert_finds_whole};

    const RUN: &str = "Zq3xW8vT1nB6mK0pL5rJ9sH4dF7gC2aY";

    #[test]
    fn keys_of_unknown_vendors() {
        assert_finds_whole(Rule::Secret, &["acme_", "acme_live_", "ACME-V1-"].map(|word| format!("{word}{RUN}")));
    }

    #[test]
    fn others() {
        let others = [
            format!("commit-{}", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
            format!("call_{}", &RUN[..24]),
            format!("chatcmpl-{}", &RUN[..29]),
            format!("in_{}", "TheMiddleOfAVeryLongNameThatSomebodyGave"),
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301".to_owned(),
            format!("{RUN}/{RUN}"),
        ];
        assert_finds_nothing(Rule::Secret, &others.each_ref().map(String::as_str));
    }
}
