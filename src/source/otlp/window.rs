//! Gathering the records of each trace, from its first to its last one.

use std::collections::{HashMap, VecDeque};
use std::io;

use super::census::Census;
use super::mention::{Key, mentions};
use super::record::Record;
use super::spill::Spill;
use super::split::split;

/// Bytes of open traces that are held in memory.
const MAX_HELD: usize = 32 << 20;

/// Bytes that are handed on together.
const BATCH: usize = 1 << 19;

/// All records of a trace, or one that nobody could tell the traces of.
pub(super) type Group = Vec<Record>;

/// The traces that lie open, and where the whole ones go.
pub(super) struct Window<'a> {
    census: Census,
    open: HashMap<Key, Group>,
    /// The open traces, the one that was opened first at the front; some may be closed meanwhile.
    order: VecDeque<Key>,
    held: usize,
    spill: Spill,
    batch: Vec<Group>,
    batched: usize,
    mentioned: Vec<Key>,
    send: &'a mut dyn FnMut(Vec<Group>),
}

impl<'a> Window<'a> {
    pub(super) fn new(census: Census, send: &'a mut dyn FnMut(Vec<Group>)) -> Self {
        Self {
            census,
            open: HashMap::new(),
            order: VecDeque::new(),
            held: 0,
            spill: Spill::new(),
            batch: Vec::new(),
            batched: 0,
            mentioned: Vec::new(),
            send,
        }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, record: Record) -> io::Result<()> {
        let mut keys = std::mem::take(&mut self.mentioned);
        mentions(&record.body, &mut keys);
        let part = self.census.part();
        match keys.as_slice() {
            [] => self.unnamed(record),
            [only] if part.has(*only) => self.add(*only, record)?,
            [_] => {}
            several if several.iter().any(|key| part.has(*key)) || part.is_first() => self.add_parts(record)?,
            _ => {}
        }
        for key in keys.iter().filter(|key| part.has(**key)) {
            if self.census.count_down(*key) {
                self.close(*key);
            }
        }
        self.mentioned = keys;
        Ok(())
    }

    fn add_parts(&mut self, record: Record) -> io::Result<()> {
        let Some(parts) = split(&record.body) else {
            self.unnamed(record);
            return Ok(());
        };
        let place = record.place;
        for (key, body) in parts {
            if key == super::split::NAMELESS {
                self.unnamed(Record { place, body });
            } else if self.census.part().has(key) {
                self.add(key, Record { place, body })?;
            }
        }
        Ok(())
    }

    /// A record of no trace is looked at once, to say what it is.
    fn unnamed(&mut self, record: Record) {
        if self.census.part().is_first() {
            self.pass(vec![record]);
        }
    }

    fn add(&mut self, key: Key, record: Record) -> io::Result<()> {
        if !self.census.knows(key) {
            return self.spill.write(key, &record);
        }
        self.held += record.body.len();
        let group = self.open.entry(key).or_default();
        if group.is_empty() {
            self.order.push_back(key);
        }
        group.push(record);
        while self.held > MAX_HELD {
            self.spill_oldest()?;
        }
        Ok(())
    }

    fn spill_oldest(&mut self) -> io::Result<()> {
        let Some(key) = self.order.pop_front() else {
            self.held = 0;
            return Ok(());
        };
        if let Some(group) = self.open.remove(&key) {
            self.census.forget(key);
            for record in &group {
                self.held -= record.body.len();
                self.spill.write(key, record)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, key: Key) {
        if let Some(group) = self.open.remove(&key) {
            self.held -= size(&group);
            self.pass(group);
        }
        if self.order.len() > 2 * self.open.len() + 1024 {
            self.order.retain(|key| self.open.contains_key(key));
        }
    }

    fn pass(&mut self, group: Group) {
        self.batched += size(&group);
        self.batch.push(group);
        if self.batched >= BATCH {
            self.batched = 0;
            (self.send)(std::mem::take(&mut self.batch));
        }
    }

    /// Hands on what is left. Traces are still open only if a file has changed since they were counted.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for (_, group) in std::mem::take(&mut self.open) {
            self.pass(group);
        }
        let spill = std::mem::replace(&mut self.spill, Spill::new());
        spill.finish(&mut |group| self.pass(group))?;
        (self.send)(std::mem::take(&mut self.batch));
        Ok(())
    }
}

fn size(group: &Group) -> usize {
    group.iter().map(|record| record.body.len()).sum()
}
