//! The files of a configuration, and the ways to read them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::super::{Batch, SourceError};
use super::mention::{self, Key, mentions};
use super::paths::{self, File};
use super::reading::Reading;
use super::record::{Place, Record, Unread};
use super::spool::Spool;
use super::{STANDARD_INPUT, input, record, split};
use crate::trace::Trace;

/// Files that are there, to be read any number of times.
#[derive(Debug)]
pub struct Files {
    pub(super) list: Vec<File>,
    /// What came through standard input; it lives as long as this.
    _spool: Option<Spool>,
}

impl Files {
    /// Finds the files that the paths stand for. Standard input is read to its end, into a temporary file.
    pub fn open(paths: &[PathBuf]) -> Result<Self, SourceError> {
        let piped = |path: &&PathBuf| *path == Path::new(STANDARD_INPUT);
        let named: Vec<PathBuf> = paths.iter().filter(|path| !piped(path)).cloned().collect();
        let mut list = paths::expand(&named)?;
        let spool = paths.iter().find(piped).map(|_| Spool::fill(std::io::stdin().lock())).transpose()?;
        list.extend(spool.as_ref().map(Spool::file));
        Ok(Self { list, _spool: spool })
    }

    /// Reads all traces into memory.
    pub fn read(&self) -> Result<Batch, SourceError> {
        let mut reading = Reading::default();
        self.each(&mut |item| match item {
            Item::Record(record) => reading.take(&record, self),
            Item::Unread(file, unread) => reading.unread(file, unread, self),
            Item::Closed(error) => reading.closed(&error),
        })?;
        let (traces, tally) = reading.finish();
        Ok(Batch { traces, omissions: tally.finish(self)?, of: "recorded traces".to_owned() })
    }

    /// Reads the traces of these ids into memory.
    pub fn traces(&self, ids: &HashSet<String>) -> Result<Vec<Trace>, SourceError> {
        let wanted: HashSet<Key> = ids.iter().map(|id| mention::key(id)).collect();
        let mut reading = Reading::default();
        let mut keys = Vec::new();
        self.each(&mut |item| {
            let Item::Record(record) = item else { return };
            mentions(&record.body, &mut keys);
            match keys.as_slice() {
                keys if !keys.iter().any(|key| wanted.contains(key)) => {}
                [_] => reading.take(&record, self),
                _ => parts(&record, &wanted).for_each(|part| reading.take(&part, self)),
            }
        })?;
        let (mut traces, _) = reading.finish();
        traces.retain(|trace| ids.contains(&trace.id));
        Ok(traces)
    }

    /// Gives all that is in the files, in their order. A file that cannot be read is an error if it was named.
    pub(super) fn each(&self, take: &mut dyn FnMut(Item)) -> Result<(), SourceError> {
        for (file, File { path, named, .. }) in self.list.iter().enumerate() {
            match input::open(path) {
                Ok((reader, shape)) => record::each(reader, shape, &mut |item| {
                    take(match item {
                        Ok((number, body)) => Item::Record(Record { place: Place { file, number }, body }),
                        Err(unread) => Item::Unread(file, unread),
                    });
                }),
                Err(error) if *named => return Err(error),
                Err(error) => take(Item::Closed(error)),
            }
        }
        Ok(())
    }

    /// What the user calls a file.
    pub(super) fn shown(&self, file: usize) -> String {
        self.list.get(file).map_or_else(String::new, |file| file.shown.display().to_string())
    }

    /// All of them in words.
    pub(super) fn names(&self) -> String {
        match self.list.as_slice() {
            [_] => self.shown(0),
            several => format!("{} files", several.len()),
        }
    }
}

/// What reading the files gives.
pub(super) enum Item {
    Record(Record),
    /// Something in the file of this place that is no record.
    Unread(usize, Unread),
    /// A file that a pattern or folder found and that cannot be read.
    Closed(SourceError),
}

fn parts(record: &Record, wanted: &HashSet<Key>) -> impl Iterator<Item = Record> {
    let place = record.place;
    let parts = split::split(&record.body).into_iter().flatten();
    parts.filter(|(key, _)| wanted.contains(key)).map(move |(_, body)| Record { place, body })
}
