//! Records on disk: those of traces that lie open for too long, and so would fill the memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use super::mention::Key;
use super::record::{Body, Place, Record};

/// Files that records are spread over, by bits of their trace's key.
const FILES: usize = 64;
const BITS: u32 = FILES.ilog2();

/// A file up to this size is read back in one.
const IN_ONE: u64 = 24 << 20;

/// A temporary file for each value of some bits of the keys.
pub(super) struct Spill {
    files: Vec<Option<BufWriter<File>>>,
    shift: u32,
}

impl Spill {
    pub(super) fn new() -> Self {
        Self::by(0)
    }

    fn by(shift: u32) -> Self {
        Self { files: (0..FILES).map(|_| None).collect(), shift }
    }

    pub(super) fn write(&mut self, key: Key, record: &Record) -> io::Result<()> {
        let index = usize::try_from((key >> self.shift) % FILES as u64).unwrap_or_default();
        let file = match &mut self.files[index] {
            Some(file) => file,
            empty => empty.insert(BufWriter::with_capacity(1 << 15, tempfile::tempfile()?)),
        };
        let (kind, bytes) = match &record.body {
            Body::Json(bytes) => (0, bytes),
            Body::Protobuf(bytes) => (1, bytes),
        };
        let numbers = [key, record.place.file as u64, record.place.number as u64, kind, bytes.len() as u64];
        numbers.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
        file.write_all(bytes)
    }

    /// Gives the records back, all of a trace together and in the order in which they were written.
    pub(super) fn finish(self, take: &mut dyn FnMut(Vec<Record>)) -> io::Result<()> {
        for file in self.files.into_iter().flatten() {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            let size = file.stream_position()?;
            file.rewind()?;
            let mut reader = BufReader::with_capacity(1 << 18, file);
            let shift = self.shift + BITS;
            if size > IN_ONE && shift + BITS <= Key::BITS {
                let mut finer = Self::by(shift);
                while let Some((key, record)) = read(&mut reader)? {
                    finer.write(key, &record)?;
                }
                finer.finish(take)?;
            } else {
                in_one(&mut reader, take)?;
            }
        }
        Ok(())
    }
}

fn in_one(reader: &mut impl Read, take: &mut dyn FnMut(Vec<Record>)) -> io::Result<()> {
    let mut traces: HashMap<Key, Vec<Record>> = HashMap::new();
    while let Some((key, record)) = read(reader)? {
        traces.entry(key).or_default().push(record);
    }
    traces.into_values().for_each(take);
    Ok(())
}

fn read(reader: &mut impl Read) -> io::Result<Option<(Key, Record)>> {
    let mut numbers = [0; 5];
    for (at, number) in numbers.iter_mut().enumerate() {
        let mut bytes = [0; 8];
        match reader.read_exact(&mut bytes) {
            Err(error) if at == 0 && error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        *number = u64::from_le_bytes(bytes);
    }
    let [key, file, number, kind, length] = numbers;
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    let count = |number| usize::try_from(number).map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
    let place = Place { file: count(file)?, number: count(number)? };
    Ok(Some((key, Record { place, body: if kind == 0 { Body::Json(bytes) } else { Body::Protobuf(bytes) } })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_by_trace_and_in_order() {
        let mut spill = Spill::new();
        let record = |file, text: &str| Record { place: Place { file, number: 7 }, body: Body::Json(text.into()) };
        for (key, file) in [(1, 0), (65, 1), (1, 2), (2, 3)] {
            spill.write(key, &record(file, &format!("{key}"))).unwrap();
        }
        let mut traces = Vec::new();
        spill.finish(&mut |records| traces.push(records)).unwrap();
        traces.sort_by_key(|records| records[0].place);
        assert_eq!(traces, [vec![record(0, "1"), record(2, "1")], vec![record(1, "65")], vec![record(3, "2")]]);
    }

    #[test]
    fn a_large_file_is_spread_further() {
        let mut spill = Spill::new();
        let body = Body::Protobuf(vec![7; 1 << 20]);
        for number in 0..30 {
            let record = Record { place: Place { file: 0, number }, body: body.clone() };
            spill.write(u64::try_from(number % 3 * 64).unwrap(), &record).unwrap();
        }
        let mut sizes = Vec::new();
        spill.finish(&mut |records| sizes.push(records.len())).unwrap();
        assert_eq!(sizes, [10, 10, 10]);
    }
}
