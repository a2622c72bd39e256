//! JSON documents in a file: one on each line, or one over many lines.

use std::path::Path;

use super::Reading;
use super::lines::{Line, Lines};
use super::wire::{Document, Documents};

/// Reads all documents of a file.
///
/// Only the first line can tell a file of lines from a document over many lines: if it is JSON that has not ended yet, the
/// file is read as a whole. If the file goes on with lines that are documents, its first line was cut.
pub(super) fn read(mut lines: Lines, path: &Path, reading: &mut Reading) {
    let Some(first) = lines.next() else {
        reading.omit("file is empty", path, 1, "");
        return;
    };
    match first {
        Line::Text(text) if matches!(parse(&text), Err(Unreadable::Json(error)) if error.is_eof()) => {
            whole(text, lines, path, reading);
        }
        first => {
            one(first, lines.number, path, reading);
            each(lines, path, reading);
        }
    }
}

/// Why a text is no document.
enum Unreadable {
    Utf8,
    Json(serde_json::Error),
}

fn parse(text: &[u8]) -> Result<Documents, Unreadable> {
    let text = std::str::from_utf8(text).map_err(|_| Unreadable::Utf8)?;
    // With its end, a line that is cut inside a string would look like bad JSON.
    serde_json::from_str(text.trim_ascii_end()).map_err(Unreadable::Json)
}

/// Lines that are a document each.
fn each(mut lines: Lines, path: &Path, reading: &mut Reading) {
    while let Some(line) = lines.next() {
        one(line, lines.number, path, reading);
    }
}

fn one(line: Line, number: usize, path: &Path, reading: &mut Reading) {
    match line {
        Line::Text(text) => match parse(&text) {
            Ok(documents) => take(documents, path, number, reading),
            Err(Unreadable::Utf8) => reading.omit("line is not UTF-8", path, number, ""),
            Err(Unreadable::Json(error)) => unreadable("line", &error, path, number, reading),
        },
        Line::TooLong => {
            reading.omit("line longer than 512 MiB", path, number, "have the exporter write smaller batches");
        }
        Line::Broken(error) => broken(&error, path, number, reading),
    }
}

fn broken(error: &std::io::Error, path: &Path, number: usize, reading: &mut Reading) {
    let detail = format!("{error}; what came before is used, so get the whole file again if you need the rest");
    reading.omit("file ends early", path, number + 1, &detail);
}

fn take(documents: Documents, path: &Path, number: usize, reading: &mut Reading) {
    for document in documents.0 {
        if document.is_export() {
            reading.take(document);
        } else {
            reading.omit("JSON without resourceSpans or resourceLogs", path, number, "");
        }
    }
}

fn unreadable(what: &str, error: &serde_json::Error, path: &Path, number: usize, reading: &mut Reading) {
    let reason = if error.is_data() {
        "JSON of another shape than OTLP".to_owned()
    } else if error.is_eof() {
        format!("{what} is cut")
    } else {
        format!("{what} is not JSON")
    };
    reading.omit(&reason, path, number, &format!("column {}", error.column()));
}

/// A file whose first line is the beginning of a document.
fn whole(first: Vec<u8>, mut lines: Lines, path: &Path, reading: &mut Reading) {
    let start = lines.number;
    let (rest, stopped) = lines.rest();
    let mut text = first;
    text.extend(rest);
    let before = reading.documents;
    let failure = several(&text, start, path, reading);
    match failure {
        Some(_) if reading.documents == before && has_lines(&text) => each(Lines::of(text, start - 1), path, reading),
        Some(error) if stopped.is_none() => {
            unreadable("document", &error, path, start + error.line() - 1, reading);
        }
        _ => {}
    }
    if let Some(error) = stopped {
        broken(&error, path, start, reading);
    }
}

/// Documents one after the other, over any number of lines; gives what stopped it.
fn several(text: &[u8], start: usize, path: &Path, reading: &mut Reading) -> Option<serde_json::Error> {
    for document in serde_json::Deserializer::from_slice(text).into_iter::<Documents>() {
        match document {
            Ok(documents) => take(documents, path, start, reading),
            Err(error) => return Some(error),
        }
    }
    None
}

/// Whether any line but the first is a document by itself.
fn has_lines(text: &[u8]) -> bool {
    let export = |line| parse(line).is_ok_and(|documents| documents.0.iter().any(Document::is_export));
    text.split(|byte| *byte == b'\n').skip(1).any(export)
}

impl Document {
    fn is_export(&self) -> bool {
        self.spans.is_some() || self.logs.is_some() || self.metrics.is_some()
    }
}
