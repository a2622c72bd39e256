//! Cases that are there already: evalsets, and recorded traffic.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::tree::is_aside;
use crate::evalset::{CASES_FILE, Case, Evalset};
use crate::{source, trace};

/// Bytes of a file's start that tell what it is.
const HEAD: u64 = 256;
/// The most traffic that is read to see whether it gives cases, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Trace files that are named in the configuration.
const MOST_FILES: usize = 8;

/// Where the first run's cases come from.
#[derive(Debug)]
pub(super) enum Cases {
    /// An evalset's folder, and what is in it.
    Evalset { folder: String, facts: Facts },
    /// Files of recorded traffic.
    Traces { files: Vec<String>, facts: Facts },
    /// There are none: examples are written.
    Example,
}

impl Cases {
    /// What they have; nothing in particular where they are examples.
    pub(super) fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Evalset { facts, .. } | Self::Traces { facts, .. } => Some(facts),
            Self::Example => None,
        }
    }
}

/// What cases have.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) cases: usize,
    pub(super) clusters: usize,
    pub(super) has_documents: bool,
    /// Variables that all of them recorded.
    pub(super) variables: BTreeSet<String>,
}

impl Facts {
    fn of<'a>(cases: impl Iterator<Item = &'a Case> + Clone) -> Self {
        let names = |case: &Case| case.variables.keys().cloned().collect::<BTreeSet<_>>();
        let clusters: BTreeSet<&str> = cases.clone().map(Case::cluster_key).collect();
        Self {
            cases: cases.clone().count(),
            clusters: clusters.len(),
            has_documents: cases.clone().any(|case| !case.documents.is_empty()),
            variables: cases.map(names).reduce(|all, of_one| &all & &of_one).unwrap_or_default(),
        }
    }
}

/// Finds cases among `files`, which are relative to `folder`. `asides` is told what was looked at and not taken.
pub(super) fn find(folder: &Path, files: &[String], asides: &mut Vec<String>) -> Cases {
    evalset(folder, files, asides).or_else(|| traces(folder, files, asides)).unwrap_or(Cases::Example)
}

fn evalset(folder: &Path, files: &[String], asides: &mut Vec<String>) -> Option<Cases> {
    let mut folders: Vec<&str> =
        files.iter().filter_map(|path| path.strip_suffix(CASES_FILE)?.strip_suffix('/')).collect();
    folders.retain(|inside| !inside.contains("${"));
    folders.sort_by_key(|inside| is_aside(&format!("{inside}/")));
    let mut chosen = None;
    for inside in folders {
        match Evalset::read(&folder.join(inside)) {
            Ok(evalset) if chosen.is_none() => {
                let facts = Facts::of(evalset.cases.iter());
                chosen = Some(Cases::Evalset { folder: inside.to_owned(), facts });
            }
            Ok(_) => asides.push(format!("{inside}: another evalset")),
            Err(error) => asides.push(error.to_string()),
        }
    }
    chosen
}

fn traces(folder: &Path, files: &[String], asides: &mut Vec<String>) -> Option<Cases> {
    let mut found: Vec<String> = files.iter().filter(|path| is_otlp(folder, path)).cloned().collect();
    found.sort_by_key(|path| is_aside(path));
    found.truncate(MOST_FILES);
    if found.is_empty() {
        return None;
    }
    let paths: Vec<PathBuf> = found.iter().map(|path| folder.join(path)).collect();
    let bytes: u64 = paths.iter().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum();
    if bytes > MOST_BYTES {
        asides.push(format!("{}: too much to read now; take a sample with `eval-gate sample`", found.join(", ")));
        return None;
    }
    match source::otlp::read(&paths) {
        Ok(batch) => {
            let harvest = trace::cases(&batch.traces);
            let facts = Facts::of(harvest.found.iter().map(|found| &found.case));
            if facts.cases > 0 {
                return Some(Cases::Traces { files: found, facts });
            }
            asides.push(format!("{}: no request in it can be replayed", found.join(", ")));
        }
        Err(error) => asides.push(error.to_string()),
    }
    None
}

/// Whether a file is OTLP as JSON, by its name and its first bytes.
fn is_otlp(folder: &Path, path: &str) -> bool {
    let plain = path.strip_suffix(".gz").unwrap_or(path);
    let is_lines = Path::new(plain).extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson");
    if !is_lines || path.contains("${") {
        return false;
    }
    let Ok(file) = File::open(folder.join(path)) else { return false };
    let file = BufReader::new(file);
    let mut head = Vec::new();
    let read = if plain == path {
        file.take(HEAD).read_to_end(&mut head)
    } else {
        MultiGzDecoder::new(file).take(HEAD).read_to_end(&mut head)
    };
    let head: String = String::from_utf8_lossy(&head).chars().filter(|c| !c.is_whitespace()).collect();
    let starts = ["{\"resourceSpans\":", "{\"resourceLogs\":"];
    read.is_ok() && starts.iter().any(|start| head.trim_start_matches('\u{feff}').starts_with(start))
}
