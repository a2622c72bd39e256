//! The first and the second reading: every trace is handed over once, whole, on all cores.

use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::super::{Omission, SourceError};
use super::census::{Census, Part};
use super::files::{Files, Item};
use super::mention::mentions;
use super::reading::{Reading, Tally};
use super::window::{Group, Window};
use crate::trace::Trace;

/// Threads that parse, at most; more would only wait for the one that reads.
const MAX_WORKERS: usize = 8;

impl Files {
    /// Hands over every trace to one of several visitors, each on a thread of its own, and gives the visitors back, with what
    /// could not be read. In which order traces come, and to which visitor, is left to chance.
    pub fn survey<A: Send>(
        &self,
        make: impl Fn() -> A,
        visit: impl Fn(&mut A, &Trace) + Sync,
    ) -> Result<(Vec<A>, Vec<Omission>), SourceError> {
        let workers = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS);
        let mut tally = Tally::default();
        let visitors: Vec<A> = thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<Vec<Group>>(workers);
            let receiver = Arc::new(Mutex::new(receiver));
            let visit = &visit;
            let threads: Vec<_> = (0..workers)
                .map(|_| {
                    let (visitor, receiver) = (make(), Arc::clone(&receiver));
                    scope.spawn(move || self.work(&receiver, visitor, visit))
                })
                .collect();
            drop(receiver);
            let read = self.read_parts(sender);
            let mut visitors = Vec::new();
            for thread in threads {
                let (visitor, parsed) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                visitors.push(visitor);
                tally.merge(parsed);
            }
            read.map(|read| {
                tally.merge(read);
                visitors
            })
        })?;
        Ok((visitors, tally.finish(self)?))
    }

    fn work<A>(
        &self,
        receiver: &Mutex<Receiver<Vec<Group>>>,
        mut visitor: A,
        visit: &(impl Fn(&mut A, &Trace) + Sync),
    ) -> (A, Tally) {
        let mut reading = Reading::default();
        let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok(batch) = next() {
            for group in batch {
                group.iter().for_each(|record| reading.take(record, self));
                drop(group);
                reading.traces().iter().for_each(|trace| visit(&mut visitor, trace));
            }
        }
        (visitor, reading.finish().1)
    }

    /// Reads the files for each part of the traces; nearly always there is but one part.
    #[expect(clippy::needless_pass_by_value, reason = "the workers end when the sender is gone")]
    fn read_parts(&self, sender: SyncSender<Vec<Group>>) -> Result<Tally, SourceError> {
        let mut reading = Reading::default();
        let mut part = Some(Part::default());
        while let Some(now) = part {
            let census = self.census(now)?;
            part = census.part().next();
            self.read_part(census, &sender, &mut reading)?;
        }
        Ok(reading.finish().1)
    }

    fn census(&self, part: Part) -> Result<Census, SourceError> {
        let mut census = Census::of(part);
        let mut keys = Vec::new();
        self.each(&mut |item| {
            if let Item::Record(record) = item {
                mentions(&record.body, &mut keys);
                census.count(&keys);
            }
        })?;
        Ok(census)
    }

    fn read_part(
        &self,
        census: Census,
        sender: &SyncSender<Vec<Group>>,
        reading: &mut Reading,
    ) -> Result<(), SourceError> {
        let is_first = census.part().is_first();
        // Workers only go before the end when they panic, which is told when they are joined.
        let mut send = |batch| drop(sender.send(batch));
        let mut window = Window::new(census, &mut send);
        let mut stored = Ok(());
        self.each(&mut |item| match item {
            Item::Record(record) if stored.is_ok() => stored = window.take(record),
            Item::Unread(file, unread) if is_first => reading.unread(file, unread, self),
            Item::Closed(error) if is_first => reading.closed(&error),
            _ => {}
        })?;
        stored.and_then(|()| window.finish()).map_err(no_room)
    }
}

fn no_room(error: io::Error) -> SourceError {
    SourceError::Io { path: std::env::temp_dir(), error }
}
