//! All texts, halved again and again.

use std::cmp::Ordering;

use rand_chacha::rand_core::Rng;

use super::partition::{Class, Floor, Partition};
use super::text::Corpus;

/// Parts at most. Two to three times the topics, so that merging has a choice.
const PARTS: usize = 32;
/// Seeded starts of each bisection. Ten found no better parts than five.
const STARTS: usize = 5;
/// While the halves form, either may become as small as it likes; the floor is asked for at the end.
const ANY: Floor = Floor { texts: 1, groups: 1 };

/// Divides the texts that have terms by bisecting the largest part that can be, until the parts are [`PARTS`].
///
/// The largest, not the one that gains most coherence: both found equally much, and this needs one bisection a step.
pub(super) fn parts(corpus: &Corpus, floor: Floor, random: &mut impl Rng) -> Vec<Vec<usize>> {
    let (mut open, mut whole) = (vec![corpus.members()], Vec::new());
    while open.len() + whole.len() < PARTS {
        let largest = (0..open.len()).rev().max_by_key(|index| open[*index].len());
        let Some(part) = largest.map(|index| open.remove(index)) else { break };
        match bisect(corpus, &part, floor, random) {
            Some(halves) => open.extend(halves),
            None => whole.push(part),
        }
    }
    open.append(&mut whole);
    open.retain(|part| !part.is_empty());
    open
}

/// The most coherent of several bisections whose halves differ and both meet the floor.
fn bisect(corpus: &Corpus, part: &[usize], floor: Floor, random: &mut impl Rng) -> Option<[Vec<usize>; 2]> {
    if part.len() < 2 || part.len() < 2 * floor.texts {
        return None;
    }
    let mut best: Option<Partition> = None;
    for _ in 0..STARTS {
        let of = nearer_of_two(corpus, part, random);
        let mut halves = Partition::new(corpus, part, of, 2);
        halves.settle(corpus, ANY);
        let [first, second] = halves.classes.as_slice() else { continue };
        let is_allowed = first.meets(floor) && second.meets(floor) && !first.is_same(second);
        if is_allowed && best.as_ref().is_none_or(|best| halves.coherence() > best.coherence()) {
            best = Some(halves);
        }
    }
    best.map(|best| [best.part(0), best.part(1)])
}

/// Draws two of the texts and says for each text which is nearer; by lot where neither is.
fn nearer_of_two(corpus: &Corpus, part: &[usize], random: &mut impl Rng) -> Vec<usize> {
    let first = below(part.len(), random);
    // The second is another one: those from the first on are one further.
    let second = below(part.len() - 1, random);
    let second = second + usize::from(second >= first);
    let [first, second] = [first, second].map(|position| {
        let mut seed = Class::empty(corpus.labels.len());
        seed.add(&corpus.texts[part[position]]);
        seed
    });
    let mut nearer = |member: &usize| {
        let text = &corpus.texts[*member];
        match first.dot(text).total_cmp(&second.dot(text)) {
            Ordering::Greater => 0,
            Ordering::Less => 1,
            Ordering::Equal => below(2, random),
        }
    };
    part.iter().map(&mut nearer).collect()
}

fn below(bound: usize, random: &mut impl Rng) -> usize {
    usize::try_from(random.next_u64() % bound as u64).expect("below a usize")
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use super::*;

    fn halves(texts: &[&str], groups: &[usize], floor: Floor) -> Option<[Vec<usize>; 2]> {
        let corpus = Corpus::read(texts, groups);
        bisect(&corpus, &corpus.members(), floor, &mut ChaCha8Rng::seed_from_u64(1))
    }

    const TEXTS: [&str; 6] = ["tea", "kettle smoke", "tea leaf", "smoke", "leaf tea", "kettle"];

    #[test]
    fn what_belongs_together_stays_together() {
        let [mut first, mut second] = halves(&TEXTS, &[0, 1, 2, 3, 4, 5], Floor { texts: 3, groups: 3 }).unwrap();
        if first > second {
            std::mem::swap(&mut first, &mut second);
        }
        assert_eq!((first, second), (vec![0, 2, 4], vec![1, 3, 5]));
    }

    #[test]
    fn a_half_that_is_too_small_is_not_taken() {
        assert_eq!(halves(&TEXTS, &[0, 1, 2, 3, 4, 5], Floor { texts: 4, groups: 1 }), None);
        assert_eq!(halves(&TEXTS, &[0, 1, 2, 1, 4, 3], Floor { texts: 1, groups: 4 }), None);
    }

    #[test]
    fn parts_are_all_the_texts_that_have_terms() {
        let corpus = Corpus::read(&["tea", "", "tea", "smoke", "smoke", "once"], &[0, 1, 2, 3, 4, 5]);
        let mut all = parts(&corpus, ANY, &mut ChaCha8Rng::seed_from_u64(1)).concat();
        all.sort_unstable();
        assert_eq!(all, [0, 2, 3, 4]);
        assert!(parts(&Corpus::read(&[], &[]), ANY, &mut ChaCha8Rng::seed_from_u64(1)).is_empty());
    }
}
