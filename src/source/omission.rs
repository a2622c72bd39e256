//! What was left out of a source, counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::Loss;

/// Places that an omission shows as examples.
const EXAMPLES: usize = 5;

/// Something that was left out, how often, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Omission {
    /// What and why, such as `line is not JSON`.
    pub reason: String,
    /// How many times.
    pub count: usize,
    /// The first few places, as `file:line` with details.
    pub examples: Vec<String>,
}

/// Counts omissions by reason, and keeps the first few places of each.
#[derive(Debug, Default)]
pub(crate) struct Omissions(BTreeMap<String, Counted>);

#[derive(Debug, Default)]
struct Counted {
    count: usize,
    /// Places in words, by where they are.
    places: BTreeSet<((usize, usize), String)>,
}

impl Omissions {
    pub(crate) fn add(&mut self, reason: &str, place: String) {
        let order = (0, self.0.get(reason).map_or(0, |counted| counted.count));
        self.add_at(reason, order, place);
    }

    /// Adds what is not met in order; the first places are kept all the same.
    pub(crate) fn add_at(&mut self, reason: &str, order: (usize, usize), place: String) {
        let counted = self.count(reason, 1);
        counted.places.insert((order, place));
        counted.shorten();
    }

    fn count(&mut self, reason: &str, count: usize) -> &mut Counted {
        let counted = self.0.entry(reason.to_owned()).or_default();
        counted.count += count;
        counted
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (reason, more) in other.0 {
            let counted = self.count(&reason, more.count);
            counted.places.extend(more.places);
            counted.shorten();
        }
    }

    pub(crate) fn add_loss(&mut self, loss: Loss) {
        let counts = [
            ("span read before", loss.duplicate_spans),
            ("log record read before", loss.duplicate_logs),
            ("span without trace or span id", loss.nameless_spans),
            ("log record without its span", loss.orphan_logs),
        ];
        for (reason, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            self.count(reason, count);
        }
    }

    /// The first place of all, as an explanation.
    pub(crate) fn first(&self) -> Option<String> {
        let place = |(reason, counted): (&String, &Counted)| Some(format!("{reason}: {}", counted.places.first()?.1));
        self.0.iter().find_map(place)
    }

    pub(crate) fn finish(self) -> Vec<Omission> {
        let omission = |(reason, counted): (String, Counted)| Omission {
            reason,
            count: counted.count,
            examples: counted.places.into_iter().map(|(_, place)| place).collect(),
        };
        self.0.into_iter().map(omission).collect()
    }
}

impl Counted {
    fn shorten(&mut self) {
        while self.places.len() > EXAMPLES {
            self.places.pop_last();
        }
    }
}
