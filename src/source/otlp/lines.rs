//! Lines of a file, of bounded length.

use std::io::{self, BufRead, Cursor, Read};

use super::input::{MAX_BYTES, Reader};

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
    reader: Reader,
    /// The number of the line read last, from 1.
    pub(super) number: usize,
    limit: usize,
    /// The last line's length, which is a good guess at the next one's.
    usual: usize,
}

impl Lines {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, number: 0, limit: MAX_BYTES, usual: 0 }
    }

    /// The lines of a text in memory, counted on from `number`.
    pub(super) fn of(text: Vec<u8>, number: usize) -> Self {
        Self { reader: Box::new(Cursor::new(text)), number, limit: MAX_BYTES, usual: 0 }
    }

    /// The rest of the file, up to the limit, and what stopped it early.
    pub(super) fn rest(&mut self) -> (Vec<u8>, Option<io::Error>) {
        let mut rest = Vec::new();
        let stopped = self.reader.by_ref().take(self.limit as u64).read_to_end(&mut rest).err();
        (rest, stopped)
    }

    fn line(&mut self) -> Result<Option<Line>, io::Error> {
        let mut line = Vec::with_capacity(self.usual.min(1 << 20));
        let read = self.reader.by_ref().take(self.limit as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.usual = read;
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
}
