//! The files of a cache: lines that are only appended to, and an index of where each stands.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::CacheMode;
use crate::provider::key::Key;

/// The files of the folder, and where each answer stands in them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    files: Vec<File>,
    places: HashMap<Key, Place>,
    /// Index of the file that this process appends to, and its length.
    own: Option<(usize, u64)>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    file: usize,
    offset: u64,
    length: usize,
}

/// How every line begins; the key follows, in 64 characters.
const LINE_START: &[u8] = br#"{"key":""#;
const KEY_LENGTH: usize = 64;

impl Lines {
    /// Opens all files of the folder and finds or makes the one to append to.
    pub(super) fn open(folder: &Path, mode: CacheMode) -> io::Result<Self> {
        let mut lines = Self::default();
        if mode != CacheMode::Offline {
            fs::create_dir_all(folder)?;
        }
        let entries = fs::read_dir(folder).map(|entries| entries.filter_map(Result::ok)).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_ours(path)).collect();
        paths.sort();
        for path in &paths {
            let file = if mode == CacheMode::Offline { File::open(path) } else { append_to(path) };
            lines.take(file?, mode)?;
        }
        if lines.own.is_none() && mode != CacheMode::Offline {
            let file = new_file(folder, paths.len())?;
            lines.take(file, mode)?;
        }
        Ok(lines)
    }

    /// Adds a file: finds its lines, and makes it the one to append to if nobody else does.
    fn take(&mut self, mut file: File, mode: CacheMode) -> io::Result<()> {
        let index = self.files.len();
        let mut length = self.index(index, &file)?;
        if self.own.is_none() && mode != CacheMode::Offline && is_free(&file)? {
            if is_torn(&mut file, length)? {
                file.write_all(b"\n")?;
                length += 1;
            }
            self.own = Some((index, length));
        }
        self.files.push(file);
        Ok(())
    }

    /// Notes where each line stands, and gives the file's length. A later line of a key counts.
    fn index(&mut self, file: usize, handle: &File) -> io::Result<u64> {
        let mut reader = BufReader::new(handle);
        let (mut offset, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(offset);
            }
            let key = line.strip_prefix(LINE_START).and_then(|rest| rest.get(..KEY_LENGTH));
            if let Some(key) = key.and_then(|key| String::from_utf8(key.to_vec()).ok()) {
                self.places.insert(Key::from_hex(key), Place { file, offset, length });
            }
            offset += length as u64;
        }
    }

    /// The line of a key, if there is one.
    pub(super) fn read(&mut self, key: &Key) -> Option<Vec<u8>> {
        let Place { file, offset, length } = *self.places.get(key)?;
        let mut bytes = vec![0; length];
        self.files[file].seek(SeekFrom::Start(offset)).ok()?;
        self.files[file].read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Adds a line, which must begin as [`LINE_START`] says.
    pub(super) fn append(&mut self, key: &Key, mut line: Vec<u8>) -> io::Result<()> {
        let Some((file, offset)) = self.own else { return Err(io::ErrorKind::ReadOnlyFilesystem.into()) };
        line.push(b'\n');
        self.files[file].write_all(&line)?;
        self.places.insert(key.clone(), Place { file, offset, length: line.len() });
        self.own = Some((file, offset + line.len() as u64));
        Ok(())
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("answers-") && path.extension().is_some_and(|extension| extension == "jsonl")
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).open(path)
}

/// A file of our own: the first number that is free, though another process may be looking for one too.
fn new_file(folder: &Path, from: usize) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    let mut number = from;
    loop {
        match options.open(folder.join(format!("answers-{number:04}.jsonl"))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            outcome => return outcome,
        }
    }
}

/// Whether the file is locked by nobody; then it is locked by us until it is closed.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file ends with half a line, left by a process that was killed.
fn is_torn(file: &mut File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut byte)?;
    Ok(byte != *b"\n")
}
