//! The files that lie about, as far as a look at a project may go.

use std::fs;
use std::path::Path;

/// Files that are looked at, at most: a home folder or a data lake is no project.
const MOST_FILES: usize = 50_000;
/// Folders within each other.
const DEEPEST: usize = 8;
/// Folders of what others wrote or tools made.
const PASSED_OVER: [&str; 8] =
    ["node_modules", "target", "vendor", "dist", "build", "venv", "__pycache__", "site-packages"];

/// The files below `folder`, by their paths from it with slashes; the nearest first, then by name. Links are not followed, and
/// hidden folders, other than `.github`, are passed over.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut level = vec![String::new()];
    for _ in 0..DEEPEST {
        let mut below = Vec::new();
        for inside in &level {
            list(folder, inside, &mut files, &mut below);
        }
        level = below;
    }
    files
}

fn list(folder: &Path, inside: &str, files: &mut Vec<String>, folders: &mut Vec<String>) {
    // What cannot be read has nothing to tell.
    let Ok(entries) = fs::read_dir(folder.join(inside)) else { return };
    let mut named: Vec<_> = entries
        .flatten()
        .take(MOST_FILES)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?)))
        .collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, kind) in named {
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        if kind.is_dir() && is_of_interest(&name) {
            folders.push(path);
        } else if kind.is_file() && files.len() < MOST_FILES {
            files.push(path);
        }
    }
}

fn is_of_interest(name: &str) -> bool {
    name == ".github" || !name.starts_with('.') && !PASSED_OVER.contains(&name)
}

/// Whether a path is that of a test's or an example's file, which stands behind the project's own.
pub(super) fn is_aside(path: &str) -> bool {
    let asides = ["test", "tests", "fixtures", "testdata", "example", "examples", "docs", "spec"];
    path.split('/').rev().skip(1).any(|folder| asides.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_files_come_first_and_tools_folders_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        for path in ["b/c/d.txt", "z.txt", "a.txt", "node_modules/x.txt", ".git/x", ".github/workflows/ci.yml"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(files(root.path()), ["a.txt", "z.txt", ".github/workflows/ci.yml", "b/c/d.txt"]);
        assert!(files(&root.path().join("absent")).is_empty());
        assert!(is_aside("x/tests/a.md") && !is_aside("prompts/tests"));
    }
}
