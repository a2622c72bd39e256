//! From records to traces, and the count of what could not be read.

use super::super::{Omission, Omissions, SourceError};
use super::document;
use super::files::Files;
use super::record::{Place, Record, Unread};
use super::{convert, wire};
use crate::trace::{Gathering, Trace};

/// What has been read so far.
#[derive(Default)]
pub(super) struct Reading {
    gathering: Gathering,
    tally: Tally,
}

/// How much was read, and what was not.
#[derive(Default)]
pub(super) struct Tally {
    documents: usize,
    omissions: Omissions,
}

impl Reading {
    /// Parses a record and adds what is in it.
    pub(super) fn take(&mut self, record: &Record, files: &Files) {
        let Place { file, number } = record.place;
        let documents = match document::parse(record) {
            Ok(documents) => documents,
            Err((reason, detail)) => return self.unread(file, Unread { reason, number, detail }, files),
        };
        for document in documents {
            if document.is_export() {
                self.add(document);
            } else {
                self.unread(file, Unread::new("JSON without resourceSpans or resourceLogs", number, ""), files);
            }
        }
    }

    fn add(&mut self, document: wire::Document) {
        self.tally.documents += 1;
        convert::take(document, &mut self.gathering);
    }

    pub(super) fn unread(&mut self, file: usize, unread: Unread, files: &Files) {
        let Unread { reason, number, detail } = unread;
        let separator = if detail.is_empty() { "" } else { ": " };
        let place = format!("{}:{number}{separator}{detail}", files.shown(file));
        self.tally.omissions.add_at(&reason, (file, number), place);
    }

    pub(super) fn closed(&mut self, error: &SourceError) {
        self.tally.omissions.add("file not readable", error.to_string());
    }

    /// The traces gathered so far; the next ones are gathered anew.
    pub(super) fn traces(&mut self) -> Vec<Trace> {
        let (traces, loss) = std::mem::take(&mut self.gathering).finish();
        self.tally.omissions.add_loss(loss);
        traces
    }

    pub(super) fn finish(mut self) -> (Vec<Trace>, Tally) {
        (self.traces(), self.tally)
    }
}

impl Tally {
    pub(super) fn merge(&mut self, other: Self) {
        self.documents += other.documents;
        self.omissions.merge(other.omissions);
    }

    /// What was left out; an error where nothing was read.
    pub(super) fn finish(self, files: &Files) -> Result<Vec<Omission>, SourceError> {
        if self.documents == 0 {
            let reason = self.omissions.first().unwrap_or_else(|| "empty".to_owned());
            return Err(SourceError::Nothing { files: files.names(), reason });
        }
        Ok(self.omissions.finish())
    }
}
