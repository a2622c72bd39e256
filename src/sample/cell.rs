//! A part of the population from which is drawn: a stratum, or its failures.

use std::collections::BTreeMap;

use super::rank::Rank;

/// A count of cases, and the units of them that are drawn first. A unit is a case, or near-duplicates as one.
pub(super) struct Cell<K> {
    /// Cases.
    pub(super) population: usize,
    /// The units of the lowest ranks. A case's own key keeps apart what has the same rank and is no near-duplicate.
    units: BTreeMap<(Rank, Option<K>), Unit<K>>,
}

/// What is drawn at once.
struct Unit<K> {
    /// Cases of it.
    count: usize,
    /// The one that stands for them: that of the lowest rank.
    first: (Rank, K),
}

/// A case that was drawn.
pub(super) struct Pick<K> {
    pub(super) key: K,
    /// Cases of the population that it stands for.
    pub(super) factor: f64,
    /// Cases with nearly its input, itself included.
    pub(super) count: usize,
}

impl<K: Ord + Clone> Cell<K> {
    /// Takes a case of this rank; `twin` is the rank of its near-duplicates, where they are folded. As a unit leaves only when
    /// `size` others are before it, and never comes back, those that stay are counted from their first case on.
    pub(super) fn add(&mut self, twin: Option<Rank>, rank: Rank, key: K, size: Option<usize>) {
        self.population += 1;
        let unit = twin.map_or_else(|| (rank, Some(key.clone())), |twin| (twin, None));
        self.put(unit, Unit { count: 1, first: (rank, key) }, size);
    }

    pub(super) fn merge(&mut self, other: Self, size: Option<usize>) {
        self.population += other.population;
        other.units.into_iter().for_each(|(rank, unit)| self.put(rank, unit, size));
    }

    fn put(&mut self, rank: (Rank, Option<K>), unit: Unit<K>, size: Option<usize>) {
        match self.units.get_mut(&rank) {
            Some(known) => {
                known.count += unit.count;
                known.first = known.first.clone().min(unit.first);
            }
            None => {
                self.units.insert(rank, unit);
            }
        }
        while size.is_some_and(|size| self.units.len() > size) {
            self.units.pop_last();
        }
    }

    /// Units that can be drawn.
    pub(super) fn room(&self) -> usize {
        self.units.len()
    }

    /// Draws so many units. Together they stand for the whole cell, each for as much as it has cases.
    pub(super) fn draw(self, sampled: usize) -> Vec<Pick<K>> {
        let drawn: Vec<Unit<K>> = self.units.into_values().take(sampled).collect();
        let count: usize = drawn.iter().map(|unit| unit.count).sum();
        let factor = |unit: &Unit<K>| self.population as f64 * unit.count as f64 / count as f64;
        drawn.into_iter().map(|unit| Pick { factor: factor(&unit), count: unit.count, key: unit.first.1 }).collect()
    }
}

impl<K> Default for Cell<K> {
    fn default() -> Self {
        Self { population: 0, units: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(cases: &[(Option<u8>, u8)], size: usize) -> Cell<u8> {
        let mut cell = Cell::default();
        for (twin, rank) in cases {
            cell.add(twin.map(|twin| [twin; 32]), [*rank; 32], *rank, Some(size));
        }
        cell
    }

    fn drawn(cell: Cell<u8>, sampled: usize) -> Vec<(u8, f64, usize)> {
        cell.draw(sampled).into_iter().map(|pick| (pick.key, pick.factor, pick.count)).collect()
    }

    #[test]
    fn near_duplicates_are_one_and_count_for_all_whatever_the_order() {
        let mut cases = vec![(Some(1), 9), (Some(2), 4), (Some(1), 3), (Some(3), 7), (Some(1), 8), (Some(3), 6)];
        for _ in 0..cases.len() {
            cases.rotate_left(1);
            assert_eq!(drawn(cell(&cases, 2), 2), [(3, 4.5, 3), (4, 1.5, 1)]);
            let (early, late) = cases.split_at(2);
            let mut parts = cell(early, 2);
            parts.merge(cell(late, 2), Some(2));
            assert_eq!(drawn(parts, 2), [(3, 4.5, 3), (4, 1.5, 1)]);
        }
    }

    #[test]
    fn without_folding_every_case_stands_for_as_many() {
        let mut cell = cell(&[(None, 3), (None, 1), (None, 2), (None, 4)], 3);
        assert_eq!((cell.population, cell.room()), (4, 3));
        cell.add(None, [1; 32], 9, Some(3));
        assert_eq!(drawn(cell, 2), [(1, 2.5, 1), (9, 2.5, 1)], "the same rank is not the same case");
    }
}
