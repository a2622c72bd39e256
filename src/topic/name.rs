//! Names of topics, made of their most telling terms.

use super::partition::{Class, Partition};

/// Terms in a name, more only where two topics would have the same.
const TERMS: usize = 3;
/// Characters of a term that a name shows.
const LONGEST: usize = 30;
/// What moves may leave in a sum of a term that no text of the class has any more.
const LEFT_BY_ROUNDING: f64 = 1e-9;

/// The names of the classes, in the order given.
pub(super) fn names(partition: &Partition, order: &[usize], labels: &[String]) -> Vec<String> {
    let mut all = Class::empty(labels.len());
    partition.classes.iter().for_each(|class| all.absorb(class));
    let mut names = Vec::new();
    for class in order {
        let terms = telling_terms(&partition.classes[*class], &all);
        let shown: Vec<String> = terms.iter().map(|term| labels[*term].chars().take(LONGEST).collect()).collect();
        names.push(distinct(&shown, &names));
    }
    names
}

/// The terms of the class, the most telling first: by its weight in the class's centroid times that weight's ratio to
/// its weight in the centroid of all texts, for a term tells by being frequent here and rare elsewhere. Equal ones are
/// ordered by index.
fn telling_terms(class: &Class, all: &Class) -> Vec<usize> {
    let own = (0..class.sum.len()).filter(|term| class.sum[*term] > LEFT_BY_ROUNDING);
    let score = |term: usize| class.sum[term] * class.sum[term] / all.sum[term];
    let mut terms: Vec<(f64, usize)> = own.map(|term| (score(term), term)).collect();
    terms.sort_by(|a, b| b.0.total_cmp(&a.0));
    terms.into_iter().map(|(_, term)| term).collect()
}

/// The first terms, as many as make a new name; a number makes it new where the terms cannot.
fn distinct(terms: &[String], taken: &[String]) -> String {
    let joined = (TERMS..=terms.len().max(TERMS)).map(|count| terms[..count.min(terms.len())].join(", "));
    let numbered = (2..).map(|number| format!("{} {number}", terms[..TERMS.min(terms.len())].join(", ")));
    joined.chain(numbered).find(|name| !taken.contains(name)).expect("numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::super::text::Corpus;
    use super::*;

    #[test]
    fn names_say_what_sets_a_class_apart() {
        let texts = [
            "please refund my card",
            "refund to the card",
            "please refund",
            "stop that smoke please",
            "smoke and sparks",
            "sparks",
        ];
        let corpus = Corpus::read(&texts, &[0, 1, 2, 3, 4, 5]);
        let partition = Partition::new(&corpus, &corpus.members(), vec![0, 0, 0, 1, 1, 1], 2);
        assert_eq!(names(&partition, &[1, 0], &corpus.labels), ["sparks, smoke, please", "refund, card, please"]);
    }

    #[test]
    fn equal_names_are_told_apart() {
        let terms = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let mut taken = Vec::new();
        for expected in ["a, b, c", "a, b, c, d", "a, b, c 2", "a, b, c 3"] {
            taken.push(distinct(&terms, &taken));
            assert_eq!(taken.last().unwrap(), expected);
        }
        assert_eq!(distinct(&["a".to_owned()], &[]), "a");
    }
}
