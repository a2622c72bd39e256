//! Making recordings.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::key::{self, Key};
use super::recorded::{Entry, read};
use super::{Completion, Request};

/// Writes completions to a recording as they come.
///
/// Every answer is appended and flushed at once, so what is done survives an interruption; [`Recorder::finish`] puts
/// the lines in order. A file that exists is added to, so several runs can share one recording.
#[derive(Debug)]
pub struct Recorder {
    file: PathBuf,
    lines: Mutex<File>,
}

impl Recorder {
    /// Opens or makes the recording. One that exists must be readable as such.
    pub fn open(file: &Path) -> io::Result<Self> {
        if file.exists() {
            read(file)?;
        }
        fs::create_dir_all(folder(file))?;
        Ok(Self { file: file.to_owned(), lines: Mutex::new(append(file)?) })
    }

    /// The recording.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Adds an answer, old or new.
    pub(super) fn add(&self, request: &Request, repeat: u32, completion: &Completion) -> io::Result<()> {
        let key = Key::of_recording(request, repeat).to_string();
        let (model, asked) = (request.model.clone(), key::last_message(request));
        let line = line(&Entry { key, model, asked, repeat, completion: completion.clone() })?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.write_all(line.as_bytes()) // at once, so that an interruption falls between lines
    }

    /// Sorts the file and drops what was replaced, so that the same answers make the same file.
    pub fn finish(&self) -> io::Result<()> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = read(&self.file)?;
        entries.reverse(); // the sort is stable, so the last of equal keys comes first and is kept
        entries.sort_by(|a, b| (&a.model, &a.asked, &a.key).cmp(&(&b.model, &b.asked, &b.key)));
        entries.dedup_by(|next, kept| next.key == kept.key);
        let mut aside = NamedTempFile::new_in(folder(&self.file))?;
        for entry in &entries {
            aside.write_all(line(entry)?.as_bytes())?;
        }
        aside.persist(&self.file).map_err(|error| error.error)?;
        *lines = append(&self.file)?;
        Ok(())
    }
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn append(file: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(file)
}

fn line(entry: &Entry) -> io::Result<String> {
    Ok(serde_json::to_string(entry)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{request, said};

    #[test]
    fn the_finished_file_depends_on_the_answers_alone() {
        let folder = tempfile::tempdir().unwrap();
        let record = |name: &str, answers: &[(&str, &str)]| {
            let recorder = Recorder::open(&folder.path().join(name)).unwrap();
            for (question, answer) in answers {
                recorder.add(&request("m", question), 0, &said(answer)).unwrap();
            }
            recorder.finish().unwrap();
            fs::read_to_string(folder.path().join(name)).unwrap()
        };
        let first = record("a", &[("x", "1"), ("y", "2")]);
        assert_eq!(first.lines().count(), 2);
        assert_eq!(record("b", &[("y", "old"), ("y", "2"), ("x", "1")]), first);
        // A second run adds to the file.
        assert_eq!(record("a", &[("z", "3")]), record("c", &[("z", "3"), ("y", "2"), ("x", "1")]));
    }

    #[test]
    fn a_recorder_goes_on_after_finish() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jsonl");
        let recorder = Recorder::open(&file).unwrap();
        recorder.add(&request("m", "a"), 0, &said("1")).unwrap();
        recorder.finish().unwrap();
        recorder.add(&request("m", "b"), 0, &said("2")).unwrap();
        assert_eq!(read(&file).unwrap().len(), 2);
    }
}
