//! Texts divided into classes, and the moves that make the classes more coherent.

use std::cmp::Reverse;
use std::collections::{BTreeMap, btree_map::Entry};

use super::text::{Corpus, Text};

/// Rounds over all texts at most; nearly all moves are made in the first few.
const ROUNDS: usize = 20;
/// Gains below this are rounding.
const LEAST_GAIN: f64 = 1e-9;
/// Cosine from which two centroids are one. Between true classes of short texts it is mostly below 0.5, of long ones
/// below 0.8; it is above where a class of like texts was cut in two for its size.
const SAME: f64 = 0.9;

/// The least that a class has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    pub(super) texts: usize,
    pub(super) groups: usize,
}

impl Floor {
    /// For the parts that are yet to be merged.
    pub(super) fn half(self) -> Self {
        Self { texts: self.texts.div_ceil(2), groups: self.groups }
    }
}

/// What is known of a class without its list of texts.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// Sum of the vectors, by term.
    pub(super) sum: Vec<f64>,
    /// Squared length of the sum.
    square: f64,
    /// How many texts it has.
    pub(super) texts: usize,
    /// How many of them each group has.
    groups: BTreeMap<usize, usize>,
}

impl Class {
    pub(super) fn empty(terms: usize) -> Self {
        Self { sum: vec![0.0; terms], square: 0.0, texts: 0, groups: BTreeMap::new() }
    }

    pub(super) fn dot(&self, text: &Text) -> f64 {
        text.terms.iter().map(|(term, weight)| self.sum[*term] * weight).sum()
    }

    /// Length of the sum: the sum over the texts of their cosine with the centroid.
    pub(super) fn coherence(&self) -> f64 {
        self.square.sqrt()
    }

    /// What [`Self::coherence`] would be together with `other`.
    pub(super) fn coherence_with(&self, other: &Self) -> f64 {
        self.sum.iter().zip(&other.sum).map(|(mine, theirs)| (mine + theirs) * (mine + theirs)).sum::<f64>().sqrt()
    }

    /// Whether the two differ so little that they are one class: the cosine of their centroids is [`SAME`] or more.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let dot: f64 = self.sum.iter().zip(&other.sum).map(|(mine, theirs)| mine * theirs).sum();
        dot >= SAME * self.coherence() * other.coherence()
    }

    pub(super) fn meets(&self, floor: Floor) -> bool {
        self.texts >= floor.texts && self.groups.len() >= floor.groups
    }

    fn meets_without(&self, text: &Text, floor: Floor) -> bool {
        let is_last_of_group = self.groups.get(&text.group) == Some(&1);
        self.texts > floor.texts && self.groups.len() >= floor.groups + usize::from(is_last_of_group)
    }

    pub(super) fn add(&mut self, text: &Text) {
        self.square = self.square_with(text, 1.0);
        self.texts += 1;
        *self.groups.entry(text.group).or_insert(0) += 1;
        text.terms.iter().for_each(|(term, weight)| self.sum[*term] += weight);
    }

    fn remove(&mut self, text: &Text) {
        self.square = self.square_with(text, -1.0);
        self.texts -= 1;
        if let Entry::Occupied(mut count) = self.groups.entry(text.group) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        text.terms.iter().for_each(|(term, weight)| self.sum[*term] -= weight);
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(mine, theirs)| *mine += theirs);
        self.square = self.sum.iter().map(|value| value * value).sum();
        self.texts += other.texts;
        for (group, count) in &other.groups {
            *self.groups.entry(*group).or_insert(0) += count;
        }
    }

    /// |s ± x|² = |s|² ± 2 s·x + 1, as x is of unit length; rounding must not take it below 0.
    fn square_with(&self, text: &Text, sign: f64) -> f64 {
        (self.square + 2.0 * sign * self.dot(text) + 1.0).max(0.0)
    }

    fn gain(&self, text: &Text) -> f64 {
        self.square_with(text, 1.0).sqrt() - self.coherence()
    }

    fn loss(&self, text: &Text) -> f64 {
        self.coherence() - self.square_with(text, -1.0).sqrt()
    }
}

/// Some texts of a corpus, each in one class.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    /// Indices of the texts, ascending.
    pub(super) members: Vec<usize>,
    /// The class of each member.
    pub(super) of: Vec<usize>,
    pub(super) classes: Vec<Class>,
}

impl Partition {
    pub(super) fn new(corpus: &Corpus, members: &[usize], of: Vec<usize>, classes: usize) -> Self {
        let mut classes = vec![Class::empty(corpus.labels.len()); classes];
        members.iter().zip(&of).for_each(|(member, class)| classes[*class].add(&corpus.texts[*member]));
        Self { members: members.to_vec(), of, classes }
    }

    pub(super) fn from_parts(corpus: &Corpus, parts: &[Vec<usize>]) -> Self {
        let labelled =
            parts.iter().enumerate().flat_map(|(class, part)| part.iter().map(move |member| (*member, class)));
        let of: BTreeMap<usize, usize> = labelled.collect();
        let (members, of): (Vec<usize>, Vec<usize>) = of.into_iter().unzip();
        Self::new(corpus, &members, of, parts.len())
    }

    /// Moves single texts to where they add most coherence, until no move adds any or the rounds are over.
    ///
    /// A text weighs in the sum of its own class, so that small classes never change if all texts are moved at once by
    /// their cosines; moving one after the other by the gain itself does not get stuck there. Dhillon, Guan and Kogan
    /// 2002, "Iterative clustering of high dimensional text data augmented by local search" ("first variation").
    pub(super) fn settle(&mut self, corpus: &Corpus, floor: Floor) {
        for _ in 0..ROUNDS {
            let moves = (0..self.members.len()).filter(|position| self.improve(*position, corpus, floor)).count();
            if moves == 0 {
                break;
            }
        }
    }

    /// Moves one text if that gains anything. Says whether it did.
    fn improve(&mut self, position: usize, corpus: &Corpus, floor: Floor) -> bool {
        let (text, from) = (&corpus.texts[self.members[position]], self.of[position]);
        if !self.classes[from].meets_without(text, floor) {
            return false;
        }
        let mut best = (self.classes[from].loss(text) + LEAST_GAIN, from);
        for (index, class) in self.classes.iter().enumerate().filter(|(index, _)| *index != from) {
            let gain = class.gain(text);
            if gain > best.0 {
                best = (gain, index);
            }
        }
        if best.1 != from {
            self.classes[from].remove(text);
            self.classes[best.1].add(text);
            self.of[position] = best.1;
        }
        best.1 != from
    }

    /// Sum of the classes' coherences: the criterion that all steps raise.
    pub(super) fn coherence(&self) -> f64 {
        self.classes.iter().map(Class::coherence).sum()
    }

    /// The members of one class, ascending.
    pub(super) fn part(&self, class: usize) -> Vec<usize> {
        self.members.iter().zip(&self.of).filter(|(_, of)| **of == class).map(|(member, _)| *member).collect()
    }

    /// The classes from the largest to the smallest; equal ones in the order of their first texts.
    pub(super) fn by_size(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_by_key(|class| (Reverse(self.classes[*class].texts), self.of.iter().position(|of| of == class)));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 8] = ["aaaa", "aaaa bbbb", "bbbb", "bbbb", "cccc", "cccc dddd", "dddd", "dddd"];
    const GROUPS: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 6];

    fn settled(floor: Floor) -> Partition {
        let corpus = Corpus::read(&TEXTS, &GROUPS);
        let mut partition = Partition::new(&corpus, &corpus.members(), vec![0, 0, 1, 0, 1, 1, 1, 1], 2);
        partition.settle(&corpus, floor);
        partition
    }

    #[test]
    fn texts_move_to_where_they_belong() {
        assert_eq!(settled(Floor { texts: 1, groups: 1 }).of, [0, 0, 0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn no_move_breaks_the_floor() {
        for floor in [Floor { texts: 5, groups: 1 }, Floor { texts: 1, groups: 4 }] {
            assert_eq!(settled(floor).of, [0, 0, 1, 0, 1, 1, 1, 1], "{floor:?}");
        }
    }

    #[test]
    fn sums_kept_by_moves_are_those_of_the_texts() {
        let (corpus, moved) = (Corpus::read(&TEXTS, &GROUPS), settled(Floor { texts: 1, groups: 1 }));
        let fresh = Partition::new(&corpus, &moved.members, moved.of.clone(), 2);
        assert!((moved.coherence() - fresh.coherence()).abs() < 1e-12);
        assert_eq!(moved.classes[1].groups, fresh.classes[1].groups);
        let both = fresh.classes[0].coherence_with(&fresh.classes[1]);
        let mut merged = fresh.classes[0].clone();
        merged.absorb(&fresh.classes[1]);
        assert!((merged.coherence() - both).abs() < 1e-12);
    }
}
