//! `baseline.json`: the scores of a baseline, stored to compare later candidates with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The version of the file's format.
const VERSION: u32 = 1;

/// Scores of one arm, by case and scorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredBaseline {
    /// The version of this format: 1.
    pub version: u32,
    /// The version of eval-gate that wrote it.
    pub eval_gate: String,
    /// What was scored, in words.
    pub of: String,
    /// The fingerprints of the scorers that made the scores.
    pub scorers: BTreeMap<String, String>,
    /// The scores, averaged over repeats, by case and scorer; a scorer that has none is left out.
    pub cases: BTreeMap<String, BTreeMap<String, f64>>,
}

/// Why a stored baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The file cannot be read.
    #[error("cannot read the baseline {}: {source}; make one with `eval-gate baseline`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no stored baseline.
    #[error("{}: not a stored baseline: {problem}; make one with `eval-gate baseline`", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The scores were made by other scorers.
    #[error("{}: made by other scorers, so its numbers mean something else: {names}; make it anew with `eval-gate baseline`", path.display())]
    OtherScorers {
        /// The file.
        path: PathBuf,
        /// The scorers that differ.
        names: String,
    },
}

impl StoredBaseline {
    /// An empty baseline of this version.
    pub fn new(of: String, scorers: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, eval_gate: env!("CARGO_PKG_VERSION").into(), of, scorers, cases: BTreeMap::new() }
    }

    /// Reads a stored baseline and checks that `scorers` (fingerprints by name) are the ones that made it.
    pub fn read(path: &Path, scorers: &BTreeMap<String, String>) -> Result<Self, StoredError> {
        let text = std::fs::read_to_string(path).map_err(|source| StoredError::Read { path: path.into(), source })?;
        let invalid = |problem: String| StoredError::Invalid { path: path.into(), problem };
        let stored: Self = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if stored.version != VERSION {
            return Err(invalid(format!("this eval-gate reads version {VERSION}, not {}", stored.version)));
        }
        let differs = scorers.iter().filter(|(name, print)| stored.scorers.get(*name) != Some(print));
        let names: Vec<&str> = differs.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            return Err(StoredError::OtherScorers { path: path.into(), names: names.join(", ") });
        }
        Ok(stored)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the keys are strings");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_comes_back_and_other_scorers_refuse_it() {
        let prints = BTreeMap::from([("valid".to_owned(), "aa".to_owned())]);
        let mut stored = StoredBaseline::new("recorded answers".into(), prints.clone());
        stored.cases.insert("c1".into(), BTreeMap::from([("valid".into(), 1.0)]));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), stored.to_json()).unwrap();
        assert_eq!(StoredBaseline::read(file.path(), &prints).unwrap(), stored);
        let others = BTreeMap::from([("valid".to_owned(), "bb".to_owned())]);
        assert!(matches!(StoredBaseline::read(file.path(), &others), Err(StoredError::OtherScorers { .. })));
        std::fs::write(file.path(), "{}").unwrap();
        assert!(matches!(StoredBaseline::read(file.path(), &prints), Err(StoredError::Invalid { .. })));
    }
}
