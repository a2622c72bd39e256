//! `max_words: 60`, `min_words: 5`: whether the answer is as long as asked.
//!
//! A word is what stands between white space, in Unicode's sense. Languages written without spaces (Chinese, Japanese,
//! Thai) count as one word a run; for those use `expression: "output.text | length < 200"`. An empty answer has no
//! words, which is within every maximum.

use super::Score;
use super::error::{Problem, ScorerError};
use super::subject::Exchange;

/// How many words a text has.
pub(super) fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// At most so many words.
#[derive(Debug)]
pub struct MaxWords(usize);

impl MaxWords {
    pub(super) fn new(limit: usize) -> Result<Self, ScorerError> {
        positive(limit).map(Self)
    }

    /// 1 if the answer has no more words than the limit.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let words = count(exchange.text());
        Score::check(words <= self.0, || format!("{words} words, more than {}", self.0))
    }
}

/// At least so many words.
#[derive(Debug)]
pub struct MinWords(usize);

impl MinWords {
    pub(super) fn new(limit: usize) -> Result<Self, ScorerError> {
        positive(limit).map(Self)
    }

    /// 1 if the answer has no fewer words than the limit.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        let words = count(exchange.text());
        Score::check(words >= self.0, || format!("{words} words, fewer than {}", self.0))
    }
}

fn positive(limit: usize) -> Result<usize, ScorerError> {
    match limit {
        0 => Err(Problem::value("must be at least 1").into()),
        limit => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::count;
    use crate::score::testing::{assert_numbers, errors, score_text};

    #[test]
    fn words_stand_between_white_space() {
        let table = [
            ("", 0),
            (" \r\n\t", 0),
            ("one", 1),
            ("one two\r\nthree\n\nfour", 4),
            ("no\u{a0}break", 2),
            ("it's well-known, isn't it?", 4),
            ("– dash", 2),
            ("返品は三十日以内です", 1),
            ("zero\u{200b}width", 1),
        ];
        for (text, words) in table {
            assert_eq!(count(text), words, "{text:?}");
        }
    }

    #[test]
    fn limits_include_themselves() {
        assert_numbers("max_words: 2", &[("a b", 1.0), ("a b c", 0.0), ("", 1.0)]);
        assert_numbers("min_words: 2", &[("a b", 1.0), ("a", 0.0), ("", 0.0)]);
        assert_eq!(score_text("max_words: 2", "a b c").reason(), Some("3 words, more than 2"));
    }

    #[test]
    fn a_limit_of_nothing_is_an_error() {
        assert_eq!(errors("max_words: 0"), ["scorers.it.max_words: must be at least 1"]);
    }
}
