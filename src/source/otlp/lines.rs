//! Lines of a file: decompressed, without byte order mark, of bounded length.

use std::fs;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::super::SourceError;

/// The longest line, and the longest document over many lines. A busy Collector writes lines of some ten megabytes.
pub(super) const MAX_BYTES: usize = 512 << 20;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// A line, or why there is none.
pub(super) enum Line {
    /// A line that is not blank, without its end.
    Text(Vec<u8>),
    /// A line beyond the limit; it was passed over.
    TooLong,
    /// The file cannot be read further.
    Broken(io::Error),
}

/// Reads a file line by line.
pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    /// The number of the line read last, from 1.
    pub(super) number: usize,
    limit: usize,
}

impl Lines {
    /// Opens a file and looks at its first bytes.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let failed = |error| SourceError::Io { path: path.to_owned(), error };
        let file = fs::File::open(path).map_err(failed)?;
        let mut plain = BufReader::with_capacity(1 << 16, file);
        let zipped = plain.fill_buf().map_err(failed)?.starts_with(&GZIP);
        let mut reader: Box<dyn BufRead> = if zipped {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(plain)))
        } else {
            Box::new(plain)
        };
        // A gzip file that is broken from its very start is met again, and told, when it is read.
        let head = reader.fill_buf().unwrap_or_default();
        if let Some(what) = not_json(path, head) {
            return Err(SourceError::Format { path: path.to_owned(), what });
        }
        if head.starts_with(&UTF8_MARK) {
            reader.consume(UTF8_MARK.len());
        }
        Ok(Self { reader, number: 0, limit: MAX_BYTES })
    }

    /// The lines of a text in memory, counted on from `number`.
    pub(super) fn of(text: Vec<u8>, number: usize) -> Self {
        Self { reader: Box::new(Cursor::new(text)), number, limit: MAX_BYTES }
    }

    /// The rest of the file, up to the limit, and what stopped it early.
    pub(super) fn rest(&mut self) -> (Vec<u8>, Option<io::Error>) {
        let mut rest = Vec::new();
        let stopped = self.reader.by_ref().take(self.limit as u64).read_to_end(&mut rest).err();
        (rest, stopped)
    }

    fn line(&mut self) -> Result<Option<Line>, io::Error> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(self.limit as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read == self.limit && !line.ends_with(b"\n") {
            self.reader.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Text(line)))
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            match self.line() {
                Ok(Some(Line::Text(text))) if text.trim_ascii().is_empty() => {}
                Ok(line) => return line,
                Err(error) => {
                    self.reader = Box::new(io::empty());
                    return Some(Line::Broken(error));
                }
            }
        }
    }
}

/// What a file is that cannot be read as JSON, and what to do about it.
fn not_json(path: &Path, head: &[u8]) -> Option<&'static str> {
    let protobuf = "OTLP as binary protobuf, which is not supported yet; have the exporter write `format: json`";
    if head.starts_with(&ZSTD) {
        Some("compressed with zstd, which is not supported; decompress it, or have the exporter write plain JSON")
    } else if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
        Some("UTF-16 text; save it as UTF-8")
    } else if path.extension().is_some_and(|ending| ending == "pb" || ending == "binpb") {
        Some(protobuf)
    } else if head.iter().take(512).any(|byte| *byte < 0x09) {
        // JSON text has no control characters; protobuf's field lengths are full of them.
        Some(protobuf)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut lines: Lines, limit: usize) -> Vec<String> {
        lines.limit = limit;
        lines
            .map(|line| match line {
                Line::Text(text) => String::from_utf8_lossy(text.trim_ascii()).into_owned(),
                Line::TooLong => "too long".to_owned(),
                Line::Broken(error) => format!("broken: {}", error.kind()),
            })
            .collect()
    }

    #[test]
    fn blank_lines_are_passed_over_and_long_ones_told() {
        let lines = Lines::of(b"ab\n\n \r\nabcdefghij\ncd".to_vec(), 0);
        assert_eq!(read(lines, 8), ["ab", "too long", "cd"]);
    }

    #[test]
    fn files_that_are_no_json_say_what_they_are() {
        let root = tempfile::tempdir().unwrap();
        let open = |name: &str, bytes: &[u8]| {
            let path = root.path().join(name);
            fs::write(&path, bytes).unwrap();
            Lines::open(&path).err().map(|error| error.to_string())
        };
        let cases: [(&str, &[u8], &str); 4] = [
            ("a.pb", b"\x0a\x05hello", "binary protobuf, which is not supported yet"),
            ("a.json", b"\x0a\x05hello\x00", "binary protobuf"),
            ("a.zst", &ZSTD, "zstd"),
            ("b.json", b"\xff\xfe{\x00", "UTF-16"),
        ];
        for (name, bytes, want) in cases {
            let told = open(name, bytes).expect("an error");
            assert!(told.contains(want) && told.contains(name), "{told}");
        }
        assert_eq!(open("c.json", b"{}"), None);
        assert_eq!(open("empty.json", b""), None, "an empty file is told where it is read");
    }
}
