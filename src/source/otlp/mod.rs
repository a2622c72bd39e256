//! OTLP in files: what the OpenTelemetry Collector's file exporter writes, JSON or protobuf, and the same as single
//! documents. Traces and logs may be mixed, over any number of files, plain or compressed.
//!
//! Files of any size are read in constant memory, three times. The first reading (`census`) only looks where trace ids are,
//! and counts the records of each trace. The second (`survey`) holds each trace until its last record has come (`window`),
//! hands it over whole, and forgets it; traces that lie open for too long wait on disk (`spill`). The third parses the
//! records of the traces that were chosen, and passes over the rest.

mod census;
mod convert;
mod document;
mod files;
mod frames;
mod input;
mod lines;
mod mention;
mod paths;
mod protobuf;
mod reading;
mod record;
mod spill;
mod split;
mod spool;
mod survey;
mod value;
mod window;
mod wire;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Batch, Moment, SourceError, Window};

pub use files::Files;

/// The file name that stands for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// Files written by the `OpenTelemetry` Collector's file exporter, and OTLP documents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtlpConfig {
    /// Files, folders or glob patterns, relative to the configuration's folder; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Where the window starts; with the first trace where absent.
    pub since: Option<Moment>,
    /// Where the window ends; with the last trace where absent.
    pub until: Option<Moment>,
}

impl OtlpConfig {
    /// The window that is meant at `now`; `None` where none is written.
    pub(super) fn window(&self, now: Timestamp) -> Result<Option<Window>, SourceError> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(None);
        }
        let since = self.since.unwrap_or(Moment::At(Timestamp::UNIX_EPOCH));
        let until = self.until.unwrap_or(Moment::At(Timestamp::MAX));
        Window::resolve(Some(since), Some(until), now).map(Some)
    }
}

/// Reads files, folders (their trace files, at any depth) and patterns (`traces/*.json.gz`), all of them into memory.
///
/// A line that cannot be read is counted and left out; so is the rest of a file that ends early. A file that is missing
/// or of no known kind is an error if it was named, and counted if a folder or pattern found it.
///
/// # Errors
///
/// When a path leads nowhere, or when not one export request could be read.
pub fn read(paths: &[PathBuf]) -> Result<Batch, SourceError> {
    Files::open(paths)?.read()
}
