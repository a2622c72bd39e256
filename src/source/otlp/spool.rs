//! Standard input, which can be read only once, in a temporary file.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::super::SourceError;
use super::input::{GZIP, ZSTD};
use super::paths::File;

/// What came through standard input, compressed. It is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Spool(NamedTempFile);

impl Spool {
    /// Reads to the end.
    pub(super) fn fill(input: impl Read) -> Result<Self, SourceError> {
        let mut input = BufReader::with_capacity(1 << 18, input);
        let failed = |error| SourceError::Io { path: PathBuf::from(NAME), error };
        let mut spool = NamedTempFile::with_prefix("eval-gate-").map_err(failed)?;
        let head = input.fill_buf().map_err(failed)?;
        if head.starts_with(&GZIP) || head.starts_with(&ZSTD) {
            io::copy(&mut input, &mut spool).map_err(failed)?;
        } else {
            pack(&mut input, &mut spool).map_err(failed)?;
        }
        Ok(Self(spool))
    }

    pub(super) fn file(&self) -> File {
        File { path: self.0.path().to_owned(), shown: PathBuf::from(NAME), named: true }
    }
}

const NAME: &str = "standard input";

fn pack(input: &mut impl Read, spool: &mut impl Write) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(spool, 1)?;
    io::copy(input, &mut encoder)?;
    encoder.finish().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_piped_is_read_as_often_as_needed() {
        let spool = Spool::fill(&b"{\"resourceSpans\":[]}\n"[..]).unwrap();
        for _ in 0..2 {
            let (mut reader, _) = super::super::input::open(&spool.file().path).unwrap();
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "{\"resourceSpans\":[]}\n");
        }
        let path = spool.file().path;
        drop(spool);
        assert!(!path.exists());
    }
}
