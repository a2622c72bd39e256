//! The order of the house: which room may use which. Dependencies go one way, as the table in CONTRIBUTING.md says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and the rooms that it may use.
const ORDER: &[(&str, &[&str])] = &[
    ("cli", &[]),
    ("commands", &["*"]),
    ("compare", &["evalset", "score", "stats"]),
    ("config", &["prompt", "provider", "redact", "sample", "score", "source"]),
    ("evalset", &[]),
    ("exit", &["commands", "config", "github", "provider", "sample", "source", "verdict"]),
    ("git", &[]),
    ("github", &[]),
    ("progress", &[]),
    ("prompt", &["evalset"]),
    ("provider", &[]),
    ("redact", &[]),
    ("replay", &["evalset", "prompt", "provider"]),
    ("report", &["compare", "score", "stats", "verdict"]),
    ("sample", &["evalset", "redact"]),
    ("score", &["evalset", "provider", "replay"]),
    ("source", &["trace"]),
    ("stats", &[]),
    ("topic", &[]),
    ("trace", &["evalset"]),
    ("verdict", &["compare", "score", "stats"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => found.extend(files(&path)),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
    found
}

/// The rooms that a text names after `crate::`, as a path or in braces.
fn used(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or(rest);
        let is_list = rest.starts_with('{');
        for item in list.split(',').take(if is_list { usize::MAX } else { 1 }) {
            let name: String = item.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            rooms.insert(name);
        }
    }
    rooms
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order: BTreeMap<&str, &[&str]> = ORDER.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for file in files(&source) {
        let inside = file.strip_prefix(&source).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if matches!(room.as_str(), "lib" | "main") {
            continue;
        }
        let allowed = order.get(room.as_str()).unwrap_or_else(|| panic!("the room {room} is not in the table"));
        for other in used(&fs::read_to_string(&file).unwrap()).iter().filter(|other| order.contains_key(other.as_str()))
        {
            let is_allowed = allowed.contains(&"*") || *other == room || allowed.contains(&other.as_str());
            assert!(is_allowed, "{}: {room} may not use {other}", inside.display());
        }
        seen.insert(room);
    }
    assert_eq!(seen.len(), ORDER.len(), "the table names rooms that do not exist: {seen:?}");
}

#[test]
fn contributing_tells_the_same_order() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md")).unwrap();
    let mut told = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        told.insert(names(cells[0]).into_iter().next().unwrap(), names(cells[2]));
    }
    for (room, allowed) in ORDER.iter().filter(|(room, _)| *room != "commands") {
        let allowed: BTreeSet<String> = allowed.iter().map(|room| (*room).to_owned()).collect();
        assert_eq!(told.get(*room), Some(&allowed), "the room {room}");
    }
}

#[test]
fn the_reader_of_uses_sees_paths_and_lists() {
    let text = "use crate::stats::x;\nuse crate::{source, trace};\nlet y = crate::report::escape::plain(z);";
    let expected = ["report", "source", "stats", "trace"].map(str::to_owned);
    assert_eq!(used(text), BTreeSet::from(expected));
}

/// A long function hides its story. Clippy holds the bound of 60 lines on functions; this holds one on files.
#[test]
fn files_stay_short() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files(&source) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 300, "{} has {lines} lines; 250 are the aim, 300 the bound", file.display());
    }
}
