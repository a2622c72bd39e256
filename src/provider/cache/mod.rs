//! Completions stored in a folder, so that an unchanged request is paid for once.
//!
//! Answers are lines of a few files that are only appended to: a file an answer costs a quarter of a millisecond and more
//! to make, which is what the rest of a call costs together. Each process writes to a file that it has locked, so several
//! may share a folder; what one adds the others see when they start.

mod lines;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use self::lines::Lines;
use super::Completion;
use super::key::Key;

/// A folder of completions, which several processes may share.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    mode: CacheMode,
    lines: Mutex<Lines>,
}

/// What a cache is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// Stored answers are used, new ones stored.
    ReadWrite,
    /// Stored answers are used; nothing may be asked for, so a missing one is an error.
    Offline,
    /// Stored answers are replaced by new ones.
    Fresh,
}

/// What a line holds. Both fields are needed and no other is known, so that a damaged line is never read as an empty answer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<C> {
    key: String,
    completion: C,
}

impl Cache {
    /// The cache in `folder`, which is made if need be. The folder has to be one that can be written to, except offline.
    pub fn open(folder: &Path, mode: CacheMode) -> io::Result<Self> {
        let lines = Lines::open(folder, mode)
            .map_err(|error| io::Error::new(error.kind(), format!("cache folder {}: {error}", folder.display())))?;
        Ok(Self { folder: folder.to_owned(), mode, lines: Mutex::new(lines) })
    }

    /// What this cache is used for.
    pub fn mode(&self) -> CacheMode {
        self.mode
    }

    /// The stored answer; a line that cannot be read counts as none.
    pub(super) fn read(&self, key: &Key) -> Option<Completion> {
        if self.mode == CacheMode::Fresh {
            return None;
        }
        let bytes = self.lines().read(key)?;
        let entry: Entry<Completion> = serde_json::from_slice(&bytes).ok()?;
        (entry.key == key.to_string()).then_some(entry.completion)
    }

    /// Stores an answer. That this fails costs money later, but the answer is there, so it is only logged.
    pub(super) fn write(&self, key: &Key, completion: &Completion) {
        let line = serde_json::to_vec(&Entry { key: key.to_string(), completion }).map_err(io::Error::from);
        if let Err(error) = line.and_then(|line| self.lines().append(key, line)) {
            tracing::warn!(folder = %self.folder.display(), %error, "an answer could not be cached");
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::provider::{Request, Timing, Usage};

    fn key(model: &str) -> Key {
        let request =
            Request { model: model.into(), messages: vec![], tools: vec![], parameters: serde_json::Map::new() };
        Key::of_call(&json!("api"), &request, 0)
    }

    fn completion() -> Completion {
        Completion {
            content: Some("grün\nweiß".into()),
            finish_reason: Some("stop".into()),
            usage: Some(Usage { input: 3, output: 2, cached: 1 }),
            timing: Timing { ttft_ms: Some(1.5), total_ms: 2.25 },
            ..Completion::default()
        }
    }

    fn open(folder: &tempfile::TempDir, mode: CacheMode) -> Cache {
        Cache::open(folder.path(), mode).unwrap()
    }

    #[test]
    fn what_is_written_is_read_as_the_mode_allows() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(&folder, CacheMode::ReadWrite).read(&key("a")), None);
        let fresh = open(&folder, CacheMode::Fresh);
        fresh.write(&key("a"), &completion());
        assert_eq!(fresh.read(&key("a")), None);
        drop(fresh);
        assert_eq!(open(&folder, CacheMode::ReadWrite).read(&key("a")), Some(completion()));
        assert_eq!(open(&folder, CacheMode::Offline).read(&key("a")), Some(completion()));
        assert_eq!(open(&folder, CacheMode::ReadWrite).read(&key("b")), None);
    }

    #[test]
    fn a_later_answer_replaces_an_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let other = Completion { content: Some("rot".into()), ..completion() };
        let cache = open(&folder, CacheMode::ReadWrite);
        cache.write(&key("a"), &completion());
        cache.write(&key("a"), &other);
        assert_eq!(cache.read(&key("a")), Some(other.clone()));
        drop(cache);
        assert_eq!(open(&folder, CacheMode::ReadWrite).read(&key("a")), Some(other));
    }

    #[test]
    fn damaged_lines_are_misses_and_what_follows_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder, CacheMode::ReadWrite).write(&key("a"), &completion());
        let file = folder.path().join("answers-0000.jsonl");
        let whole = fs::read_to_string(&file).unwrap();
        let other = whole.replace("completion", "completions");
        for damaged in ["", "{}", "null\n", &whole[..whole.len() - 2], &other] {
            fs::write(&file, damaged).unwrap();
            let cache = open(&folder, CacheMode::ReadWrite);
            assert_eq!(cache.read(&key("a")), None, "{damaged}");
            cache.write(&key("b"), &completion());
            drop(cache);
            assert_eq!(open(&folder, CacheMode::Offline).read(&key("b")), Some(completion()), "{damaged}");
        }
    }

    #[test]
    fn two_at_once_write_to_files_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (open(&folder, CacheMode::ReadWrite), open(&folder, CacheMode::ReadWrite));
        std::thread::scope(|scope| {
            scope.spawn(|| (0..200).for_each(|i| first.write(&key(&format!("a{i}")), &completion())));
            scope.spawn(|| (0..200).for_each(|i| second.write(&key(&format!("b{i}")), &completion())));
        });
        drop((first, second));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let cache = open(&folder, CacheMode::Offline);
        assert!((0..200).all(|i| cache.read(&key(&format!("a{i}"))).is_some()));
        assert!((0..200).all(|i| cache.read(&key(&format!("b{i}"))).is_some()));
    }

    #[test]
    fn a_folder_that_cannot_be_is_told_at_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Cache::open(&file.path().join("cache"), CacheMode::ReadWrite).is_err());
        assert!(Cache::open(&file.path().join("cache"), CacheMode::Offline).is_ok());
    }
}
