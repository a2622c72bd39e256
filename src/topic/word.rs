//! Words and their stems, whatever the language.

/// Characters of a text that are read. What a query is about is said in its beginning, and the rest may be a document.
const READ: usize = 4_000;
/// Characters of a word that count. Words cut at five find nearly as much as words that were stemmed by the rules of
/// their language: McNamee, Nicholas and Mayfield 2009, "Addressing morphological variation in alphabetic languages".
const STEM: usize = 5;

/// The words of a text in their order: runs of letters and digits in lower case, without numbers and single letters.
///
/// Where a script puts no spaces between words, every two neighbouring characters are a word.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(READ).collect();
    let lower = text.to_lowercase();
    let mut words = Vec::new();
    for run in lower.split(|character: char| !character.is_alphanumeric()) {
        let run: Vec<char> = run.chars().collect();
        for run in run.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b)) {
            match run {
                [_] => {}
                [first, ..] if is_unspaced(*first) => words.extend(run.windows(2).map(String::from_iter)),
                _ if run.iter().all(|character| character.is_numeric()) => {}
                _ => words.push(run.iter().collect()),
            }
        }
    }
    words
}

/// Whether the character is of a script without spaces: Thai to Lao, Burmese, Khmer, Japanese, Chinese.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The beginning of a word, which stands for all its forms: "return" and "returned" are one term.
pub(super) fn stem(word: &str) -> &str {
    word.char_indices().nth(STEM).map_or(word, |(end, _)| &word[..end])
}

/// What the term tells by its length alone, from 0.4 to 1.
///
/// In every language the words that say little are short: Piantadosi, Tily and Gibson 2011, "Word lengths are optimized
/// for efficient communication". This stands in for lists of stop words, which a tool for all languages cannot have.
pub(super) fn weight(stem: &str) -> f64 {
    if stem.starts_with(is_unspaced) { 1.0 } else { stem.chars().count() as f64 / STEM as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_single_letters_are_no_words() {
        assert_eq!(words("I paid 4.90 € for 2 x KW-20417, É2!"), ["paid", "for", "kw", "é2"]);
        assert!(words("🫖🔥 — 12,000 ٣٤").is_empty());
    }

    #[test]
    fn scripts_without_spaces_give_pairs_of_characters() {
        assert_eq!(words("我要退款 refund退款。"), ["我要", "要退", "退款", "refund", "退款"]);
        assert_eq!(words("أريد استرداد"), ["أريد", "استرداد"]);
    }

    #[test]
    fn forms_of_a_word_share_their_stem() {
        assert_eq!(["refund", "refunded", "Überweisung", "tea"].map(stem), ["refun", "refun", "Überw", "tea"]);
    }

    #[test]
    fn short_words_weigh_less_except_where_a_character_is_a_syllable() {
        assert!((weight("is") - 0.4).abs() < 1e-12 && (weight("refun") - 1.0).abs() < 1e-12);
        assert!((weight("退款") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_read() {
        assert_eq!(words(&"ab ".repeat(400_000)).len(), READ / 3);
        assert_eq!(words(&"a".repeat(1_000_000)), ["a".repeat(READ)]);
    }
}
