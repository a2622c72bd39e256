//! Parts joined to topics.

use super::partition::{Floor, Partition};

impl Partition {
    /// Joins two classes at a time, those that lose least coherence by it, until at most `most` are left, all of them
    /// differ and all meet the floor.
    pub(super) fn merge(&mut self, most: usize, floor: Floor) {
        while let Some((first, second)) = self.nearest_pair(most, floor) {
            let gone = self.classes.remove(second);
            self.classes[first].absorb(&gone);
            for of in &mut self.of {
                *of = if *of == second { first } else { *of - usize::from(*of > second) };
            }
        }
    }

    /// Indices of the two classes to join next, ascending.
    fn nearest_pair(&self, most: usize, floor: Floor) -> Option<(usize, usize)> {
        let mut best = (f64::INFINITY, None);
        for (second, b) in self.classes.iter().enumerate() {
            for (first, a) in self.classes[..second].iter().enumerate() {
                let is_wanted = self.classes.len() > most || !a.meets(floor) || !b.meets(floor) || a.is_same(b);
                let loss = if is_wanted { a.coherence() + b.coherence() - a.coherence_with(b) } else { f64::INFINITY };
                if loss < best.0 {
                    best = (loss, Some((first, second)));
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Corpus;
    use super::*;

    fn merged(most: usize, floor: Floor) -> Vec<usize> {
        let texts = ["tea leaf", "smoke", "tea", "smoke", "leaf", "fee", "fee"];
        let corpus = Corpus::read(&texts, &[0, 1, 2, 3, 4, 5, 6]);
        let mut partition = Partition::new(&corpus, &corpus.members(), vec![0, 1, 2, 1, 3, 4, 4], 5);
        partition.merge(most, floor);
        partition.of
    }

    #[test]
    fn parts_that_belong_together_join_first() {
        assert_eq!(merged(3, Floor { texts: 1, groups: 1 }), [0, 1, 0, 1, 0, 2, 2]);
    }

    #[test]
    fn small_parts_join_the_nearest_and_large_ones_stay() {
        assert_eq!(merged(5, Floor { texts: 2, groups: 2 }), [0, 1, 0, 1, 0, 2, 2]);
        assert_eq!(merged(5, Floor { texts: 1, groups: 1 }), [0, 1, 2, 1, 3, 4, 4]);
    }

    #[test]
    fn all_join_where_none_is_large_enough() {
        assert_eq!(merged(5, Floor { texts: 8, groups: 1 }), [0; 7]);
    }
}
