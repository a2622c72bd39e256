//! The room as a whole, on made texts.

use rand_chacha::rand_core::Rng;

use super::*;

/// Draws texts.
struct Lot(ChaCha8Rng);

impl Lot {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % bound as u64).unwrap()
    }

    /// A made-up word, the same for the same key: of two to four syllables, so that length tells nothing here.
    fn word(key: usize) -> String {
        let mut lot = Self(ChaCha8Rng::seed_from_u64(key as u64));
        let syllables = 2 + lot.below(3);
        (0..2 * syllables)
            .map(|at| ["bcdfghklmnprstvz", "aeiou"][at % 2].chars().nth(lot.below([16, 5][at % 2])).unwrap())
            .collect()
    }

    /// A word that all classes share; the lower half of the vocabulary takes seven eighths of the text.
    fn filler(&mut self) -> String {
        let bound = [8, 30, 100, 300][self.below(4)];
        Self::word(self.below(bound))
    }

    /// A text of `filler` common words, with `telling` of the `vocabulary` words of its class between them.
    fn text(&mut self, class: usize, filler: usize, telling: usize, vocabulary: usize) -> String {
        let mut words: Vec<String> = (0..filler).map(|_| self.filler()).collect();
        for _ in 0..telling {
            let at = self.below(words.len() + 1);
            words.insert(at, Self::word(1_000 * (class + 1) + self.below(vocabulary)));
        }
        words.join(" ")
    }
}

/// 500 texts of which every twelfth to thirteenth (8 %) is of class 0, and their classes.
fn corpus(seed: u64, mut text: impl FnMut(&mut Lot, usize) -> String) -> (Vec<String>, Vec<usize>) {
    let mut lot = Lot(ChaCha8Rng::seed_from_u64(seed));
    let classes: Vec<usize> = (0..500).map(|index| if index % 25 < 2 { 0 } else { 1 + lot.below(9) }).collect();
    (classes.iter().map(|class| text(&mut lot, *class)).collect(), classes)
}

fn find(texts: &[String], groups: &[usize], seed: u64) -> Topics {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Topics::find(&texts, groups, seed)
}

fn alone(texts: usize) -> Vec<usize> {
    (0..texts).collect()
}

/// Precision and recall of the topic that has most of the class.
fn found(topics: &Topics, classes: &[usize], class: usize) -> (f64, f64) {
    let hits = |topic: usize| topics.of.iter().zip(classes).filter(|pair| *pair == (&Some(topic), &class)).count();
    let best = (0..topics.names.len()).max_by_key(|topic| hits(*topic)).unwrap();
    let members = topics.of.iter().filter(|of| **of == Some(best)).count();
    let of_class = classes.iter().filter(|of| **of == class).count();
    (hits(best) as f64 / members as f64, hits(best) as f64 / of_class as f64)
}

fn assert_found(name: &str, text: impl Fn(&mut Lot, usize) -> String) {
    for seed in 0..3 {
        let (texts, classes) = corpus(seed, &text);
        let (precision, recall) = found(&find(&texts, &alone(texts.len()), seed), &classes, 0);
        assert!(precision >= 0.7 && recall >= 0.7, "{name}, seed {seed}: precision {precision}, recall {recall}");
    }
}

#[test]
fn one_class_in_unstructured_traffic_is_found() {
    assert_found("noise", |lot, class| {
        let (filler, telling) = (6 + lot.below(10), 2 + lot.below(3));
        lot.text(class, filler, if class == 0 { telling } else { 0 }, 8)
    });
}

#[test]
fn one_class_of_ten_is_found() {
    assert_found("ten classes", |lot, class| {
        let (filler, telling) = (6 + lot.below(10), 1 + lot.below(3));
        lot.text(class, filler, telling, 6)
    });
}

#[test]
fn a_class_of_long_texts_is_found() {
    assert_found("long texts", |lot, class| {
        let (filler, telling) = (40 + lot.below(40), if class == 0 { 4 + lot.below(4) } else { lot.below(6) });
        lot.text(class, filler, telling, 10)
    });
}

#[test]
fn topics_have_enough_texts_of_enough_groups_and_names_of_their_own() {
    // Classes of 20 texts with 1 to 10 sessions each.
    let mut lot = Lot(ChaCha8Rng::seed_from_u64(1));
    let texts: Vec<String> = (0..200).map(|index| lot.text(index % 10, 5, 4, 6)).collect();
    let groups: Vec<usize> = (0..200).map(|index| 1_000 * (index % 10) + (index / 10) % (1 + index % 10)).collect();
    let topics = find(&texts, &groups, 1);
    assert!(topics.names.len() >= 4, "{:?}", topics.names);
    for (topic, name) in topics.names.iter().enumerate() {
        let members: Vec<usize> = (0..200).filter(|index| topics.of[*index] == Some(topic)).collect();
        let sessions: std::collections::BTreeSet<usize> = members.iter().map(|index| groups[*index]).collect();
        assert!(members.len() >= 6 && sessions.len() >= 6, "{name}: {} of {}", members.len(), sessions.len());
        assert!(!name.is_empty() && !topics.names[..topic].contains(name), "{:?}", topics.names);
    }
    assert!(topics.of.iter().flatten().all(|topic| *topic < topics.names.len()));
}

#[test]
fn the_same_seed_finds_the_same_and_few_texts_are_enough() {
    let texts: Vec<String> =
        (0..12).flat_map(|_| ["my kettle smokes", "where is the parcel"].map(str::to_owned)).collect();
    let topics = find(&texts, &alone(24), 7);
    // A change here changes the slices that users have seen: it is a breaking change.
    assert_eq!(topics.names, ["kettle, smokes, my", "parcel, where, the"]);
    assert_eq!(topics.of, [Some(0), Some(1)].repeat(12));
    assert_eq!(topics, find(&texts, &alone(24), 7));
}

#[test]
fn where_all_is_one_class_there_is_no_topic() {
    for texts in [vec![], vec!["refund"], vec![""; 40], vec!["the same words"; 40], vec!["🫖 🔥"; 40]] {
        let topics = Topics::find(&texts, &alone(texts.len()), 1);
        assert_eq!(topics, Topics { names: vec![], of: vec![None; texts.len()] }, "{texts:?}");
    }
    let two = ["my kettle smokes", "where is the parcel"].repeat(12);
    assert!(Topics::find(&two, &[3; 24], 1).names.is_empty(), "one session is one class");
    assert_eq!(Topics::find(&two, &[1, 2], 1).of, [None; 24], "groups that do not fit");
}

#[test]
fn all_scripts_have_topics_and_texts_without_words_have_none() {
    let long = "parcel ".repeat(150_000);
    let texts =
        ["我要退款", "水壶冒烟了", "أريد استرداد المال", "الغلاية تدخن", "", "🔥🔥🔥", &long, "Посылка"].repeat(10);
    let topics = Topics::find(&texts, &alone(80), 1);
    assert_eq!(topics.names.len(), 6, "{:?}", topics.names);
    for (index, of) in topics.of.iter().enumerate() {
        assert_eq!(of.is_none(), matches!(index % 8, 4 | 5), "{}", texts[index]);
        assert_eq!(*of, topics.of[index % 8], "{}", texts[index]);
    }
}
