//! OTLP in files: what the OpenTelemetry Collector's file exporter writes, one JSON export request a line, and the same as
//! single documents. Traces and logs may be mixed, over any number of files, plain or gzipped.

mod convert;
mod document;
mod lines;
mod paths;
mod value;
mod wire;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Batch, Omissions, SourceError};
use crate::trace::Gathering;

/// Files written by the `OpenTelemetry` Collector's file exporter, and OTLP/JSON documents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtlpConfig {
    /// Files, folders or glob patterns, relative to the configuration's folder.
    pub files: Vec<PathBuf>,
}

/// Reads files, folders (their JSON files, at any depth) and patterns (`traces/*.json.gz`).
///
/// A line that cannot be read is counted and left out; so is the rest of a file that ends early. A file that is missing
/// or is not JSON text is an error if it was named, and counted if a folder or pattern found it.
///
/// # Errors
///
/// When a path leads nowhere, or when not one export request could be read.
pub fn read(paths: &[PathBuf]) -> Result<Batch, SourceError> {
    let mut reading = Reading::default();
    let files = paths::expand(paths)?;
    for file in &files {
        reading.file(file)?;
    }
    if reading.documents == 0 {
        let reason = reading.omissions.first().unwrap_or_else(|| "empty".to_owned());
        return Err(SourceError::Nothing { files: names(&files), reason });
    }
    let (traces, loss) = reading.gathering.finish();
    reading.omissions.add_loss(loss);
    Ok(Batch { traces, omissions: reading.omissions.finish(), of: "recorded traces".to_owned() })
}

fn names(files: &[paths::File]) -> String {
    match files {
        [only] => only.path.display().to_string(),
        several => format!("{} files", several.len()),
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    gathering: Gathering,
    omissions: Omissions,
    documents: usize,
}

impl Reading {
    fn file(&mut self, file: &paths::File) -> Result<(), SourceError> {
        match lines::Lines::open(&file.path) {
            Ok(lines) => {
                document::read(lines, &file.path, self);
                Ok(())
            }
            Err(error) if file.named => Err(error),
            Err(error) => {
                self.omissions.add("file not readable as JSON", error.to_string());
                Ok(())
            }
        }
    }

    fn omit(&mut self, reason: &str, path: &Path, line: usize, detail: &str) {
        let separator = if detail.is_empty() { "" } else { ": " };
        self.omissions.add(reason, format!("{}:{line}{separator}{detail}", path.display()));
    }

    fn take(&mut self, document: wire::Document) {
        self.documents += 1;
        convert::take(document, &mut self.gathering);
    }
}
