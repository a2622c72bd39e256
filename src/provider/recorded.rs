//! Recordings: completions in a committed file, so that a run can be repeated without a key and without a network.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key::{self, Key};
use super::{Completion, ProviderError, Request};

/// One line of a recording. A later line with the same key replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Hash of the whole request and the repeat, but not of the address: a recording replays anywhere.
    pub(super) key: String,
    /// The model that was asked for.
    pub(super) model: String,
    /// The start of what was asked, for people who read the file.
    pub(super) asked: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) repeat: u32,
    pub(super) completion: Completion,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The completions of a recording, by request.
#[derive(Debug)]
pub struct Recording {
    file: PathBuf,
    entries: HashMap<Key, Completion>,
    models: BTreeSet<String>,
}

impl Recording {
    /// Reads a recording. The error tells the file, and the line where one is wrong.
    pub fn open(file: &Path) -> io::Result<Self> {
        let (mut entries, mut models) = (HashMap::new(), BTreeSet::new());
        for entry in read(file)? {
            entries.insert(Key::from_hex(entry.key), entry.completion);
            models.insert(entry.model);
        }
        Ok(Self { file: file.to_owned(), entries, models })
    }

    /// The recorded answer.
    pub(super) fn answer(&self, request: &Request, repeat: u32) -> Option<&Completion> {
        self.entries.get(&Key::of_recording(request, repeat))
    }

    /// The error for a request without an answer, which says what has probably changed.
    pub(super) fn miss(&self, provider: &str, request: &Request, repeat: u32) -> ProviderError {
        let file = self.file.display();
        let changed = if self.models.contains(&request.model) {
            "the prompt, its parameters or the case were edited since it was made".to_owned()
        } else {
            let models: Vec<_> = self.models.iter().map(String::as_str).collect();
            format!("its answers are those of other models: {}", models.join(", "))
        };
        let again = format!("record again with a live provider and `--record {file}`");
        ProviderError::Miss {
            provider: provider.to_owned(),
            question: key::describe(request, repeat),
            advice: format!("the recording {file} lacks it: {changed}; {again}"),
        }
    }
}

/// The entries in the order of their lines. Empty lines are passed over.
pub(super) fn read(file: &Path) -> io::Result<Vec<Entry>> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", file.display()));
    let reader =
        File::open(file).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(reader).lines()) {
        let line = line.map_err(|error| wrong(format!("line {number}: {error}")))?;
        if !line.trim().is_empty() {
            let entry = serde_json::from_str(&line);
            entries.push(entry.map_err(|error| wrong(format!("line {number} is no line of a recording: {error}")))?);
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::provider::Recorder;
    use crate::provider::testing::{request, said};

    #[test]
    fn what_is_recorded_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/recording.jsonl");
        let recorder = Recorder::open(&file).unwrap();
        recorder.add(&request("m", "a"), 0, &said("1")).unwrap();
        recorder.add(&request("m", "a"), 1, &said("2")).unwrap();
        // Readable at any time, not only when finished.
        for _ in 0..2 {
            let recording = Recording::open(&file).unwrap();
            assert_eq!(recording.answer(&request("m", "a"), 0), Some(&said("1")));
            assert_eq!(recording.answer(&request("m", "a"), 1), Some(&said("2")));
            assert_eq!(recording.answer(&request("m", "a"), 2), None);
            recorder.finish().unwrap();
        }
    }

    #[test]
    fn misses_say_what_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jsonl");
        Recorder::open(&file).unwrap().add(&request("m", "a"), 0, &said("1")).unwrap();
        let recording = Recording::open(&file).unwrap();
        for (model, part) in [("m", "were edited since"), ("n", "those of other models: m")] {
            let error = recording.miss("default", &request(model, "b"), 0);
            assert!(error.is_fatal() && error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn damaged_files_are_told_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jsonl");
        let missing = Recording::open(&file).unwrap_err();
        assert!(missing.to_string().contains("a.jsonl"), "{missing}");
        fs::write(&file, b"\n{\"key\":1}\n").unwrap();
        let damaged = Recorder::open(&file).unwrap_err();
        assert!(damaged.to_string().contains("a.jsonl: line 2 is no line of a recording"), "{damaged}");
        fs::write(&file, b"\xff\n").unwrap();
        assert!(Recording::open(&file).unwrap_err().to_string().contains("line 1"));
    }
}
