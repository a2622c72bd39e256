//! The order in which clusters are worked through and signs are dealt to them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Clusters in an order drawn from a seed and their names alone: whatever the order of files or of answers, the same
/// cluster stands at the same place, and its first looks are a random part of the sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    places: BTreeMap<String, usize>,
}

impl Order {
    /// Puts clusters in the order of SHA-256 over the seed and their names; each counts once.
    pub fn new<'a>(clusters: impl Iterator<Item = &'a str>, seed: u64) -> Self {
        let rank = |name: &str| Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
        let mut ranked: Vec<_> = clusters.map(|name| (rank(name), name)).collect();
        ranked.sort_unstable();
        ranked.dedup();
        let places = ranked.into_iter().enumerate().map(|(place, (_, name))| (name.to_owned(), place));
        Self { places: places.collect() }
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The place of a cluster, from 0; one that is not part of the order stands behind all others.
    pub fn place(&self, cluster: &str) -> usize {
        self.places.get(cluster).copied().unwrap_or(self.places.len())
    }

    /// Which of `looks` batches a cluster is part of, from 0. Batches differ in size by one cluster at the most.
    pub fn batch(&self, cluster: &str, looks: usize) -> usize {
        (self.place(cluster) * looks).checked_div(self.places.len()).unwrap_or(0).min(looks.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("s{number}")).collect()
    }

    #[test]
    fn the_order_depends_on_names_and_seed_alone() {
        let names = names(40);
        let order = |seed| Order::new(names.iter().map(String::as_str), seed);
        let backwards = Order::new(names.iter().rev().chain(&names).map(String::as_str), 1);
        assert_eq!(order(1), backwards);
        assert_ne!(order(1), order(2));
        assert_eq!((order(1).len(), Order::default().is_empty()), (40, true));
    }

    #[test]
    fn batches_are_of_nearly_one_size_and_in_order() {
        for (count, looks, expected) in [(10, 4, vec![3, 2, 3, 2]), (3, 4, vec![1, 1, 1, 0]), (7, 1, vec![7])] {
            let names = names(count);
            let order = Order::new(names.iter().map(String::as_str), 5);
            let mut sizes = vec![0; looks];
            for name in &names {
                sizes[order.batch(name, looks)] += 1;
            }
            assert_eq!(sizes, expected);
            let mut placed: Vec<_> = names.iter().map(|n| (order.place(n), order.batch(n, looks))).collect();
            placed.sort_unstable();
            assert!(placed.is_sorted_by_key(|(_, batch)| *batch));
        }
    }
}
