//! A file as records: the export requests in it, each in its own text or bytes, and what cannot be one.

use std::io;

use serde_json::value::RawValue;

use super::document;
use super::frames;
use super::input::{Reader, Shape};
use super::lines::{Line, Lines};

/// Where a record is: the file's place in the list, and the line or message in it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) number: usize,
}

/// An export request that nobody has parsed yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Json(Vec<u8>),
    Protobuf(Vec<u8>),
}

impl Body {
    pub(super) fn len(&self) -> usize {
        let (Self::Json(bytes) | Self::Protobuf(bytes)) = self;
        bytes.len()
    }
}

/// Something that is no record: why, the line or message, and details.
#[derive(Debug, PartialEq)]
pub(super) struct Unread {
    pub(super) reason: String,
    pub(super) number: usize,
    pub(super) detail: String,
}

impl Unread {
    pub(super) fn new(reason: &str, number: usize, detail: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), number, detail: detail.into() }
    }

    pub(super) fn broken(error: &io::Error, number: usize) -> Self {
        let detail = format!("{error}; what came before is used, so get the whole file again if you need the rest");
        Self::new("file ends early", number, detail)
    }
}

/// What a file gives, one after the other.
pub(super) type Item = Result<(usize, Body), Unread>;

/// Reads all records of a file.
pub(super) fn each(reader: Reader, shape: Shape, take: &mut dyn FnMut(Item)) {
    match shape {
        Shape::Json => json(Lines::new(reader), take),
        _ => frames::each(reader, shape, take),
    }
}

/// JSON documents: one on each line, or one over many lines.
///
/// Only the first line can tell a file of lines from a document over many lines: if it is JSON that has not ended yet, the
/// file is read as a whole. If the file goes on with lines that are documents, its first line was cut.
fn json(mut lines: Lines, take: &mut dyn FnMut(Item)) {
    match lines.next() {
        None => take(Err(Unread::new("file is empty", 1, ""))),
        Some(Line::Text(text)) if document::is_unfinished(&text) => whole(text, lines, take),
        Some(first) => {
            one(first, lines.number, take);
            by_line(lines, take);
        }
    }
}

fn by_line(mut lines: Lines, take: &mut dyn FnMut(Item)) {
    while let Some(line) = lines.next() {
        one(line, lines.number, take);
    }
}

fn one(line: Line, number: usize, take: &mut dyn FnMut(Item)) {
    take(match line {
        Line::Text(text) => Ok((number, Body::Json(text))),
        Line::TooLong => {
            Err(Unread::new("line longer than 512 MiB", number, "have the exporter write smaller batches"))
        }
        Line::Broken(error) => Err(Unread::broken(&error, number + 1)),
    });
}

/// A file whose first line is the beginning of a document.
fn whole(first: Vec<u8>, mut lines: Lines, take: &mut dyn FnMut(Item)) {
    let start = lines.number;
    let (rest, stopped) = lines.rest();
    let mut text = first;
    text.extend(rest);
    let (found, failure) = several(&text, start, take);
    match failure {
        Some(_) if found == 0 && document::has_lines(&text) => by_line(Lines::of(text, start - 1), take),
        Some(error) if stopped.is_none() => {
            let (reason, detail) = document::unreadable("document", &error);
            take(Err(Unread::new(&reason, start + error.line() - 1, detail)));
        }
        _ => {}
    }
    if let Some(error) = stopped {
        take(Err(Unread::broken(&error, start + 1)));
    }
}

/// Documents one after the other, over any number of lines; gives how many, and what stopped it.
fn several(text: &[u8], start: usize, take: &mut dyn FnMut(Item)) -> (usize, Option<serde_json::Error>) {
    let mut found = 0;
    for document in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
        match document {
            Ok(document) => take(Ok((start, Body::Json(document.get().as_bytes().to_vec())))),
            Err(error) => return (found, Some(error)),
        }
        found += 1;
    }
    (found, None)
}
