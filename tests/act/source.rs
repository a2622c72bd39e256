//! The hash by which the action knows whether a release is of its own sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::release::hex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn sources() -> Vec<PathBuf> {
    let mut files = files(&Path::new(ROOT).join("src"));
    files.extend(["Cargo.toml", "Cargo.lock"].map(|name| Path::new(ROOT).join(name)));
    files
}

#[test]
fn it_covers_names_and_bytes_in_one_order_everywhere() {
    let line = |file: &PathBuf| {
        let name = file.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned();
        format!("{}  {name}\n", hex(&fs::read(file).unwrap()))
    };
    let mut lines: Vec<String> = sources().iter().map(line).collect();
    lines.sort();
    for locale in ["C", "de_DE.UTF-8"] {
        let script = format!("{ROOT}/action/source-hash.sh");
        let said = Command::new("bash").arg(&script).current_dir("/").env("LC_ALL", locale).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap().trim(), hex(lines.concat().as_bytes()), "{locale}");
    }
}

#[test]
fn nothing_else_is_compiled_in() {
    let source = Path::new(ROOT).join("src");
    for file in sources().iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(file).unwrap();
        for included in text.split("include_str!(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let path = file.parent().unwrap().join(included).canonicalize().unwrap();
            let is_fixture = path.starts_with(Path::new(ROOT).join("tests/fixtures"));
            assert!(path.starts_with(&source) || is_fixture, "{} includes {included}", file.display());
        }
    }
    for name in ["build.rs", "rust-toolchain", "rust-toolchain.toml", ".cargo"] {
        assert!(!Path::new(ROOT).join(name).exists(), "action/source-hash.sh must cover {name}");
    }
}

#[test]
fn a_release_lists_an_asset_for_each_target_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        || Command::new("bash").arg(format!("{ROOT}/action/list-assets.sh")).arg(folder.path()).output().unwrap();
    let workflow = fs::read_to_string(Path::new(ROOT).join(".github/workflows/release.yml")).unwrap();
    let targets = workflow.lines().filter_map(|line| line.split_once(" target: ")?.1.split(',').next());
    let names = targets.map(|target| format!("eval-gate-{}-{target}.tar.gz", env!("CARGO_PKG_VERSION")));
    let names: Vec<String> = names.collect();
    for name in &names {
        assert!(!list().status.success(), "{name} is missing, and nothing said so");
        fs::write(folder.path().join(name), name).unwrap();
    }
    let listed = list();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let manifest = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(names.len(), 5);
    for name in &names {
        assert!(manifest.contains(&format!("\n{}  {name}\n", hex(name.as_bytes()))), "{manifest}");
    }
    let stated = |key: &str| manifest.lines().filter(|line| line.starts_with(&format!("# {key}: "))).count();
    assert_eq!((stated("version"), stated("source")), (1, 1), "{manifest}");
}
