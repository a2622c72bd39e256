//! From what the user wrote to files.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::SourceError;

/// Endings that count as trace files inside a folder, also with one of those of compressed files after them.
const ENDINGS: [&str; 5] = [".json", ".jsonl", ".ndjson", ".pb", ".binpb"];
const COMPRESSED: [&str; 2] = [".gz", ".zst"];

/// Folders inside folders that are followed.
const MAX_DEPTH: usize = 16;

/// A file to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// What messages call it.
    pub(super) shown: PathBuf,
    /// Whether the user named this very file.
    pub(super) named: bool,
}

impl File {
    fn new(path: PathBuf, named: bool) -> Self {
        Self { shown: path.clone(), path, named }
    }
}

/// All files, in the order of the paths, those of one path by name; each file once.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Vec<File>, SourceError> {
    let mut files: Vec<File> = Vec::new();
    for path in paths {
        let found = one(path)?;
        files.extend(found.into_iter().filter(|file| !paths_contain(&files, &file.path)).collect::<Vec<_>>());
    }
    Ok(files)
}

fn paths_contain(files: &[File], path: &Path) -> bool {
    files.iter().any(|file| file.path == path)
}

fn one(path: &Path) -> Result<Vec<File>, SourceError> {
    if path.is_dir() {
        let files = folder(path)?;
        return if files.is_empty() { Err(SourceError::EmptyFolder(path.to_owned())) } else { Ok(files) };
    }
    let text = path.to_string_lossy();
    // A file may really have a bracket in its name.
    if path.exists() || !text.contains(['*', '?', '[']) {
        return if path.exists() {
            Ok(vec![File::new(path.to_owned(), true)])
        } else {
            Err(SourceError::Missing(path.to_owned()))
        };
    }
    pattern(&text)
}

fn pattern(text: &str) -> Result<Vec<File>, SourceError> {
    let bad = |error: glob::PatternError| SourceError::Pattern { pattern: text.to_owned(), reason: error.msg };
    let matches: Vec<PathBuf> = glob::glob(text).map_err(bad)?.filter_map(Result::ok).collect();
    let mut files = Vec::new();
    for path in matches {
        if path.is_dir() {
            files.extend(folder(&path)?);
        } else {
            files.push(File::new(path, false));
        }
    }
    if files.is_empty() { Err(SourceError::NoMatch(text.to_owned())) } else { Ok(files) }
}

fn folder(path: &Path) -> Result<Vec<File>, SourceError> {
    let mut files = Vec::new();
    walk(path, MAX_DEPTH, &mut files)?;
    files.sort();
    Ok(files.into_iter().map(|path| File::new(path, false)).collect())
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let failed = |error| SourceError::Io { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() {
            // A link to a folder may lead back here.
            if depth > 0 && !path.is_symlink() && !name.starts_with('.') {
                walk(&path, depth - 1, files)?;
            }
        } else if is_trace_file(&name) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_trace_file(name: &str) -> bool {
    let name = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        let files = expand(paths).expect("files");
        files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn folders_patterns_and_files() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("day/hour")).unwrap();
        for name in ["b.json", "a.jsonl.gz", "notes.txt", "day/hour/c.json", "odd[1].json"] {
            fs::write(root.path().join(name), "{}").unwrap();
        }
        let all = ["a.jsonl.gz", "b.json", "c.json", "odd[1].json"];
        assert_eq!(names(&[root.path().to_owned()]), all);
        assert_eq!(names(&[root.path().join("*.txt")]), ["notes.txt"]);
        assert_eq!(names(&[root.path().join("odd[1].json")]), ["odd[1].json"]);
        assert_eq!(names(&[root.path().join("b.json"), root.path().join("b*")]), ["b.json"], "each file once");
    }

    #[test]
    fn paths_that_lead_nowhere_say_so() {
        let root = tempfile::tempdir().unwrap();
        let error = |path: PathBuf| expand(&[path]).unwrap_err().to_string();
        assert!(error(root.path().join("gone.json")).starts_with("no such trace file: "));
        assert!(error(root.path().join("*.json")).starts_with("no trace file matches "));
        assert!(error(root.path().join("a***b")).starts_with("bad file pattern "));
        assert!(error(root.path().to_owned()).contains("no trace file in"));
    }
}
