//! A record as documents, or why it is none.

use serde::de::IgnoredAny;

use super::protobuf;
use super::record::{Body, Record};
use super::wire::{Document, Documents};

/// A reason, and details.
pub(super) type Reason = (String, String);

/// Parses a record.
pub(super) fn parse(record: &Record) -> Result<Vec<Document>, Reason> {
    let documents = match &record.body {
        Body::Protobuf(bytes) => return protobuf::parse(bytes).map(|document| vec![document]),
        Body::Json(text) => json(text),
    };
    match documents {
        Ok(documents) => Ok(documents.0),
        Err(Unreadable::Utf8) => Err(("line is not UTF-8".to_owned(), String::new())),
        Err(Unreadable::Json(error)) => Err(unreadable("line", &error)),
    }
}

/// Why a text is no document.
enum Unreadable {
    Utf8,
    Json(serde_json::Error),
}

fn json(text: &[u8]) -> Result<Documents, Unreadable> {
    serde_json::from_str(utf8(text)?).map_err(Unreadable::Json)
}

fn utf8(text: &[u8]) -> Result<&str, Unreadable> {
    // With its end, a line that is cut inside a string would look like bad JSON.
    std::str::from_utf8(text).map(str::trim_ascii_end).map_err(|_| Unreadable::Utf8)
}

pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Reason {
    let reason = if error.is_data() {
        "JSON of another shape than OTLP".to_owned()
    } else if error.is_eof() {
        format!("{what} is cut")
    } else {
        format!("{what} is not JSON")
    };
    (reason, format!("column {}", error.column()))
}

/// Whether a line is JSON that goes on.
pub(super) fn is_unfinished(line: &[u8]) -> bool {
    utf8(line).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof()))
}

/// Whether any line but the first is a document by itself.
pub(super) fn has_lines(text: &[u8]) -> bool {
    let export = |line| json(line).is_ok_and(|documents| documents.0.iter().any(Document::is_export));
    text.split(|byte| *byte == b'\n').skip(1).any(export)
}

impl Document {
    pub(super) fn is_export(&self) -> bool {
        self.spans.is_some() || self.logs.is_some() || self.metrics.is_some()
    }
}
