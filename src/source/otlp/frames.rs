//! Messages in a file of bytes, by the lengths before them.

use std::io::{self, Read};

use super::input::{MAX_BYTES, Reader, Shape, ZSTD, varint};
use super::record::{Body, Item, Unread};

/// A field that has a length, by the last three bits of its tag.
const WITH_LENGTH: u64 = 2;

/// Reads all messages of a file.
pub(super) fn each(mut reader: Reader, shape: Shape, take: &mut dyn FnMut(Item)) {
    let mut number = 0;
    loop {
        number += 1;
        let frame = next(&mut reader, shape);
        match frame {
            Ok(None) if number == 1 => return take(Err(Unread::new("file is empty", 1, ""))),
            Ok(None) => return,
            Ok(Some(bytes)) => take(body(bytes, number)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let detail = format!("message {number}: {error}; is it an export of the Collector?");
                return take(Err(Unread::new("bytes that are no OTLP", number, detail)));
            }
            Err(error) => return take(Err(Unread::broken(&error, number))),
        }
    }
}

fn next(reader: &mut Reader, shape: Shape) -> io::Result<Option<Vec<u8>>> {
    match shape {
        Shape::Framed => match prefix(reader)? {
            Some(length) => exactly(reader, length, Vec::new()).map(Some),
            None => Ok(None),
        },
        Shape::Message => field(reader),
        _ => match varint(reader)? {
            Some((length, _)) => exactly(reader, length, Vec::new()).map(Some),
            None => Ok(None),
        },
    }
}

/// A length in four bytes, the highest first.
fn prefix(reader: &mut Reader) -> io::Result<Option<u64>> {
    let mut bytes = Vec::new();
    reader.take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(length) => Ok(Some(u32::from_be_bytes(length).into())),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// One field of a message, as a message of its own: an export of any size is read piece by piece.
fn field(reader: &mut Reader) -> io::Result<Option<Vec<u8>>> {
    let Some((tag, _)) = varint(reader)? else { return Ok(None) };
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("field tag {tag} is not of an export request"));
    if tag & 7 != WITH_LENGTH || tag >> 3 == 0 || tag > 0x7f {
        return Err(wrong());
    }
    let Some((length, _)) = varint(reader)? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
    let mut start = vec![u8::try_from(tag).map_err(|_| wrong())?];
    prost::encode_length_delimiter(usize::try_from(length).map_err(|_| wrong())?, &mut start)?;
    exactly(reader, length, start).map(Some)
}

/// So many bytes, after those that are there. A length is believed only as far as there are bytes.
fn exactly(reader: &mut Reader, length: u64, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if length > MAX_BYTES as u64 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a length of {length} bytes")));
    }
    let read = reader.take(length).read_to_end(&mut bytes)?;
    if (read as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// A message may be compressed for itself, and may be JSON.
fn body(bytes: Vec<u8>, number: usize) -> Item {
    let bytes = if bytes.starts_with(&ZSTD) {
        unpacked(&bytes).map_err(|error| Unread::new("message cannot be decompressed", number, error.to_string()))?
    } else {
        bytes
    };
    let is_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) && !bytes.starts_with(b"\n");
    Ok((number, if is_json { Body::Json(bytes) } else { Body::Protobuf(bytes) }))
}

fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    zstd::Decoder::with_buffer(bytes)?.take(MAX_BYTES as u64).read_to_end(&mut plain)?;
    Ok(plain)
}
