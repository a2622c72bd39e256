//! The first reading: how many records each trace is in.
//!
//! The table has a bound. Where there are more traces, it keeps those of a half, a quarter, … of all keys, and the files are
//! read again for each other part: memory stays the same, and time grows with the number of parts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::mention::Key;

/// The most traces of a part; some 40 MB.
const MAX_TRACES: usize = 1 << 20;

/// The traces of one part and the records of each that are still to come.
#[derive(Debug, Default)]
pub(super) struct Census {
    to_come: HashMap<Key, u32>,
    part: Part,
}

/// A part of all keys: those that begin with certain bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Part {
    bits: u32,
    number: u64,
}

impl Part {
    pub(super) fn has(self, key: Key) -> bool {
        key.checked_shr(64 - self.bits).unwrap_or(0) == self.number
    }

    /// The part after this one, if there is any.
    pub(super) fn next(self) -> Option<Self> {
        (self.number + 1 < 1 << self.bits).then_some(Self { number: self.number + 1, ..self })
    }

    pub(super) fn is_first(self) -> bool {
        self.number == 0
    }
}

impl Census {
    pub(super) fn of(part: Part) -> Self {
        Self { part, ..Self::default() }
    }

    pub(super) fn part(&self) -> Part {
        self.part
    }

    /// Counts a record of these traces.
    pub(super) fn count(&mut self, keys: &[Key]) {
        for key in keys.iter().filter(|key| self.part.has(**key)) {
            *self.to_come.entry(*key).or_default() += 1;
        }
        if self.to_come.len() > MAX_TRACES && self.part.is_first() {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let part = Part { bits: self.part.bits + 1, number: 0 };
        self.to_come.retain(|key, _| part.has(*key));
        self.part = part;
    }

    pub(super) fn knows(&self, key: Key) -> bool {
        self.to_come.contains_key(&key)
    }

    /// A record of this trace has come: whether it was the last one.
    pub(super) fn count_down(&mut self, key: Key) -> bool {
        match self.to_come.entry(key) {
            Entry::Occupied(mut entry) if *entry.get() > 1 => {
                *entry.get_mut() -= 1;
                false
            }
            Entry::Occupied(entry) => {
                entry.remove();
                true
            }
            Entry::Vacant(_) => false,
        }
    }

    /// Forgets a trace, whose records are then kept elsewhere until the end.
    pub(super) fn forget(&mut self, key: Key) {
        self.to_come.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_key_once() {
        let mut census = Census::default();
        census.halve();
        census.halve();
        let parts: Vec<Part> = std::iter::successors(Some(census.part()), |part| part.next()).collect();
        assert_eq!(parts.len(), 4);
        for key in [0, 1, u64::MAX / 2, u64::MAX / 4 * 3, u64::MAX] {
            assert_eq!(parts.iter().filter(|part| part.has(key)).count(), 1, "{key}");
        }
        assert_eq!(Part::default().next(), None);
    }

    #[test]
    fn the_last_record_is_known() {
        let mut census = Census::default();
        census.count(&[1, 2]);
        census.count(&[1]);
        assert_eq!([1, 2, 1, 1].map(|key| census.count_down(key)), [false, true, true, false]);
    }
}
