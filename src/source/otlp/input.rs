//! Opening a file: decompressed, and looked at to see what it holds.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::super::SourceError;

/// The longest line, message or document. A busy Collector writes lines of some ten megabytes.
pub(super) const MAX_BYTES: usize = 512 << 20;

pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// The first field of every export request, with a length.
const FIRST_FIELD: u8 = 0x0a;

const CHUNK: usize = 1 << 18;

pub(super) type Reader = Box<dyn BufRead>;

/// How a file is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// JSON, by lines or in one.
    Json,
    /// Messages, each after its length in four bytes, as the Collector's file exporter writes protobuf, and JSON where it
    /// compresses each message for itself.
    Framed,
    /// Messages, each after its length as a varint, as protobuf's libraries write them.
    Delimited,
    /// One message, or several without anything between them, which is the same to protobuf.
    Message,
}

/// Opens a file and looks at its first bytes.
pub(super) fn open(path: &Path) -> Result<(Reader, Shape), SourceError> {
    let failed = |error| SourceError::Io { path: path.to_owned(), error };
    let file = fs::File::open(path).map_err(failed)?;
    let mut plain = BufReader::with_capacity(CHUNK, file);
    let head = plain.fill_buf().map_err(failed)?;
    let mut reader: Reader = if head.starts_with(&GZIP) {
        Box::new(BufReader::with_capacity(CHUNK, MultiGzDecoder::new(plain)))
    } else if head.starts_with(&ZSTD) {
        let decoder = zstd::Decoder::with_buffer(plain).map_err(failed)?;
        Box::new(BufReader::with_capacity(CHUNK, decoder))
    } else {
        Box::new(plain)
    };
    // A compressed file that is broken from its very start is met again, and told, when it is read.
    let head = reader.fill_buf().unwrap_or_default();
    if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Err(SourceError::Format { path: path.to_owned(), what: "UTF-16 text; save it as UTF-8" });
    }
    let shape = shape(head);
    if head.starts_with(&UTF8_MARK) {
        reader.consume(UTF8_MARK.len());
    }
    Ok((reader, shape))
}

/// JSON text has no control characters; protobuf's field lengths are full of them.
fn shape(head: &[u8]) -> Shape {
    let first = |bytes: &[u8]| bytes.first().is_some_and(|byte| matches!(*byte, FIRST_FIELD | b'{' | b'['));
    match head {
        [0..=0x1f, _, _, _, rest @ ..] if rest.starts_with(&ZSTD) => Shape::Framed,
        [0, _, _, _, rest @ ..] if first(rest) => Shape::Framed,
        [FIRST_FIELD, rest @ ..] if is_binary(rest) => Shape::Message,
        [_, ..] if is_binary(head) => match varint(&mut &*head) {
            Ok(Some((_, length))) if first(&head[length..]) => Shape::Delimited,
            _ if head.len() > 4 && first(&head[4..]) => Shape::Framed,
            _ => Shape::Message,
        },
        _ => Shape::Json,
    }
}

fn is_binary(head: &[u8]) -> bool {
    head.iter().take(512).any(|byte| *byte < 0x09)
}

/// A number as protobuf writes it, and in how many bytes; `None` at the end.
pub(super) fn varint(reader: &mut dyn Read) -> io::Result<Option<(u64, usize)>> {
    let mut value = 0;
    for at in 0..10 {
        let mut byte = [0];
        if reader.read(&mut byte)? == 0 {
            return if at == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        value |= u64::from(byte[0] & 0x7f) << (7 * at);
        if byte[0] < 0x80 {
            return Ok(Some((value, at + 1)));
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "a length of more than ten bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_beginning() {
        let framed = [&[0, 0, 1, 0][..], &ZSTD].concat();
        let cases: [(&[u8], Shape); 8] = [
            (b"{\"resourceSpans\": []}", Shape::Json),
            (b"\n\n{}", Shape::Json),
            (b"hello", Shape::Json),
            (b"\x0a\x05hello\x00", Shape::Message),
            (b"\x00\x00\x00\x07\x0a\x05hello", Shape::Framed),
            (b"\x07\x0a\x05hello", Shape::Delimited),
            (b"\x80\x04\x0a\xfd\x03hello", Shape::Delimited),
            (&framed, Shape::Framed),
        ];
        for (head, want) in cases {
            assert_eq!(shape(head), want, "{head:?}");
        }
    }

    #[test]
    fn utf_16_says_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"\xff\xfe{\x00").unwrap();
        assert!(open(file.path()).err().unwrap().to_string().contains("save it as UTF-8"));
    }

    #[test]
    fn varints_end_or_say_so() {
        assert_eq!(varint(&mut &b"\x80\x04"[..]).unwrap(), Some((512, 2)));
        assert_eq!(varint(&mut &b""[..]).unwrap(), None);
        assert!(varint(&mut &b"\x80"[..]).is_err() && varint(&mut &[0x80; 12][..]).is_err());
    }
}
