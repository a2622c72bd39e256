//! How an evalset was drawn, in a file beside its cases: what they stand for is not to be seen from them.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::EvalsetError;

/// The file in an evalset's folder.
pub const ORIGIN_FILE: &str = "origin.json";

/// Where an evalset's cases came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The source in words, with its window of time.
    pub of: String,
    /// The seed of the draw.
    pub seed: u64,
    /// Requests that were found.
    pub seen: usize,
    /// Those of them that could be replayed and for which `where` held: what the cases stand for.
    pub population: usize,
    /// Those of them that were drawn.
    pub sampled: usize,
    /// Cases that were made of them; fewer where near-duplicates are folded.
    pub cases: usize,
    /// Every stratum; empty where there is but one.
    pub strata: Vec<Stratum>,
}

/// A part of the population that was drawn from by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// `intent=refund`, or several joined by a comma; with `failures`, the outcome first.
    pub name: String,
    /// How many requests of the population are in it.
    pub population: usize,
    /// How many of these were drawn.
    pub sampled: usize,
}

impl Origin {
    /// Reads what lies beside an evalset's cases; `None` where nothing does, as of cases that were written by hand.
    pub fn read(folder: &Path) -> Result<Option<Self>, EvalsetError> {
        let path = folder.join(ORIGIN_FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| EvalsetError::Origin { path, error }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(source) => Err(EvalsetError::Io { action: "read", path, source }),
        }
    }

    /// The file's content.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts and numbers");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_broken_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Origin::read(folder.path()).unwrap(), None);
        let strata = vec![Stratum { name: "intent=refund".into(), population: 90, sampled: 3 }];
        let origin =
            Origin { of: "recorded traces".into(), seed: 1, seen: 100, population: 90, sampled: 3, cases: 3, strata };
        let file = folder.path().join(ORIGIN_FILE);
        fs::write(&file, origin.to_json()).unwrap();
        assert_eq!(Origin::read(folder.path()).unwrap(), Some(origin));
        assert_eq!(Origin::read(&file).unwrap(), None, "a file of cases has no folder");
        fs::write(&file, "{}").unwrap();
        let error = Origin::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("origin.json") && error.contains("missing field"), "{error}");
    }
}
