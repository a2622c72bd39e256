//! Texts as vectors of unit length over their terms.

use std::collections::{BTreeMap, BTreeSet};

use super::word::{stem, weight, words};

/// A text as the classes see it.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// Weights by index of the term, ascending; their squares sum to one, or there are none.
    pub(super) terms: Vec<(usize, f64)>,
    /// The group (session) of the text.
    pub(super) group: usize,
}

/// All texts, with the words for their terms.
#[derive(Debug)]
pub(super) struct Corpus {
    /// In the order given.
    pub(super) texts: Vec<Text>,
    /// For each term the most frequent of its words.
    pub(super) labels: Vec<String>,
}

/// Where a term occurs, by text and by group, and the words that were cut to it.
#[derive(Debug, Default)]
struct Uses {
    texts: usize,
    groups: BTreeSet<usize>,
    words: BTreeMap<String, usize>,
}

impl Corpus {
    /// Reads the texts; no text has a term if the groups are not as many.
    pub(super) fn read(texts: &[&str], groups: &[usize]) -> Self {
        let texts = if texts.len() == groups.len() { texts } else { &[] };
        let mut uses = BTreeMap::new();
        let counts: Vec<_> = texts.iter().zip(groups).map(|(text, group)| count(text, *group, &mut uses)).collect();
        // A term of one group tells sessions apart, not classes; one of most texts tells nothing.
        uses.retain(|_, uses| uses.groups.len() >= 2 && uses.texts <= texts.len() / 2);
        let idf = |(index, (term, uses)): (usize, (&String, &Uses))| {
            (term.clone(), (index, weight(term) * ln(texts.len() as f64 / uses.texts as f64)))
        };
        let weights: BTreeMap<String, (usize, f64)> = uses.iter().enumerate().map(idf).collect();
        let text = |(counts, group): (&Counts, &usize)| Text { terms: vector(counts, &weights), group: *group };
        let texts = counts.iter().zip(groups).map(text).collect();
        Self { texts, labels: uses.values().map(Uses::label).collect() }
    }

    /// Indices of the texts that have terms.
    pub(super) fn members(&self) -> Vec<usize> {
        (0..self.texts.len()).filter(|index| !self.texts[*index].terms.is_empty()).collect()
    }
}

impl Uses {
    /// The most frequent word, and of equally frequent ones the first.
    fn label(&self) -> String {
        let most = self.words.values().max();
        let label = self.words.iter().find(|(_, count)| Some(*count) == most);
        label.map(|(word, _)| word.clone()).unwrap_or_default()
    }
}

/// How often a text has each of its terms.
type Counts = BTreeMap<String, usize>;

fn count(text: &str, group: usize, uses: &mut BTreeMap<String, Uses>) -> Counts {
    let mut counts = Counts::new();
    for word in words(text) {
        let uses = uses.entry(stem(&word).to_owned()).or_default();
        let count = counts.entry(stem(&word).to_owned()).or_insert(0);
        *count += 1;
        uses.texts += usize::from(*count == 1);
        uses.groups.insert(group);
        *uses.words.entry(word).or_insert(0) += 1;
    }
    counts
}

/// Sublinear tf × idf of unit length: (1 + ln count) · weight · ln(texts / texts with the term).
fn vector(counts: &Counts, weights: &BTreeMap<String, (usize, f64)>) -> Vec<(usize, f64)> {
    let known = counts.iter().filter_map(|(term, count)| Some((weights.get(term)?, *count)));
    let terms: Vec<_> = known.map(|((index, weight), count)| (*index, (1.0 + ln(count as f64)) * weight)).collect();
    let length = terms.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
    terms.into_iter().map(|(index, value)| (index, value / length)).collect()
}

/// The logarithm in steps of 2⁻³². Its last bits are the platform's own, and could turn a tie between two classes.
fn ln(value: f64) -> f64 {
    const STEPS: f64 = 4_294_967_296.0;
    (value.ln() * STEPS).round() / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_by_hand() {
        let corpus = Corpus::read(&["tea teas kettle", "kettle", "tea", "smoke smoke", "smoke"], &[0, 1, 2, 3, 4]);
        assert_eq!(corpus.labels, ["kettle", "smoke", "tea"]);
        // All idf are ln(5 / 2) but "teas" is a term of its own that only one text has.
        let length = (1.0_f64 + 0.36).sqrt();
        let expected = [(0, 1.0 / length), (2, 0.6 / length)];
        for (term, expected) in corpus.texts[0].terms.iter().zip(expected) {
            assert!(term.0 == expected.0 && (term.1 - expected.1).abs() < 1e-9, "{term:?} {expected:?}");
        }
        assert_eq!(corpus.texts[3].terms, [(1, 1.0)]);
    }

    #[test]
    fn terms_of_one_group_or_of_most_texts_are_dropped() {
        let texts = ["hello kw20417", "hello kw20417", "hello smoke", "smoke"];
        let corpus = Corpus::read(&texts, &[7, 7, 8, 9]);
        assert_eq!(corpus.labels, ["smoke"]);
        assert_eq!(corpus.members(), [2, 3]);
    }

    #[test]
    fn a_term_is_called_by_its_most_frequent_word() {
        let texts = ["refunds", "refunded", "refunded", "other", "other", "words"];
        let corpus = Corpus::read(&texts, &[0, 1, 2, 3, 4, 5]);
        assert_eq!(corpus.labels, ["other", "refunded"]);
    }

    #[test]
    fn groups_that_do_not_fit_the_texts_give_nothing() {
        assert!(Corpus::read(&["a text", "a text"], &[0]).members().is_empty());
    }
}
