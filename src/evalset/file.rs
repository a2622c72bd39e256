//! The folder on disk: `cases.jsonl`, read and written.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::{Case, EvalsetError};

/// The file of cases in an evalset's folder.
pub const CASES_FILE: &str = "cases.jsonl";

/// What may lie beside the cases and speaks of them by id.
const COMPANIONS: [&str; 2] = ["baseline.json", "labels.jsonl"];

/// A frozen, redacted set of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Evalset {
    /// The file that the cases were read from.
    pub path: PathBuf,
    /// The cases in the order of the file, each with an id of its own.
    pub cases: Vec<Case>,
}

/// What [`Evalset::write`] does about an evalset that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse, and leave it alone.
    Keep,
    /// Replace its cases. What lies beside them is not touched.
    Replace,
}

impl Evalset {
    /// Reads a folder's `cases.jsonl`, or the file itself. Blank lines are skipped; a case without id is given one.
    pub fn read(path: &Path) -> Result<Self, EvalsetError> {
        let path = if path.is_dir() { path.join(CASES_FILE) } else { path.to_path_buf() };
        let file = File::open(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => EvalsetError::Missing(path.clone()),
            _ => EvalsetError::Io { action: "read", path: path.clone(), source },
        })?;
        let mut lines = Lines::default();
        lines.read(BufReader::new(file)).map_err(|source| EvalsetError::Io {
            action: "read",
            path: path.clone(),
            source,
        })?;
        lines.finish(path)
    }

    /// Writes the cases to the folder, all or none of them, and returns the file's path.
    pub fn write(folder: &Path, cases: &[Case], existing: Existing) -> Result<PathBuf, EvalsetError> {
        let path = folder.join(CASES_FILE);
        if cases.is_empty() {
            return Err(EvalsetError::NothingToWrite(path));
        }
        if existing == Existing::Keep {
            let names = [CASES_FILE].into_iter().chain(COMPANIONS);
            if let Some(found) = names.map(|name| folder.join(name)).find(|path| path.exists()) {
                return Err(EvalsetError::Exists(found));
            }
        }
        write_atomically(folder, &path, cases).map_err(|source| EvalsetError::Io {
            action: "write",
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }
}

fn write_atomically(folder: &Path, path: &Path, cases: &[Case]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // An evalset is meant to be committed and read by others; the umask still has its say.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.tempfile_in(folder)?;
    let mut out = BufWriter::new(&temporary);
    for case in cases {
        serde_json::to_writer(&mut out, case)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    temporary.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evalset::assign_ids;

    const HI: &str = r#"{"messages":[{"role":"user","content":"hi"}]}"#;

    fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CASES_FILE), bytes).unwrap();
        folder
    }

    #[test]
    fn reads_a_folder_or_its_file() {
        let text = format!(
            "\u{feff}{HI}\r\n\n   \n{{\"id\":\"mine\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}]}}"
        );
        let folder = folder_with(text.as_bytes());
        let evalset = Evalset::read(folder.path()).unwrap();
        assert_eq!(evalset.cases.len(), 2);
        assert!(evalset.cases[0].id.starts_with("c_"));
        assert_eq!(evalset.cases[1].id, "mine");
        assert_eq!(Evalset::read(&folder.path().join(CASES_FILE)).unwrap(), evalset);
    }

    #[test]
    fn writes_what_it_reads() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("evalsets/support");
        let mut cases: Vec<Case> = vec![serde_json::from_str(HI).unwrap(); 2];
        assign_ids(&mut cases);
        let path = Evalset::write(&inner, &cases, Existing::Keep).unwrap();
        assert_eq!(Evalset::read(&inner).unwrap(), Evalset { path, cases: cases.clone() });
        let names: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [CASES_FILE], "no temporary file is left");
    }

    #[test]
    fn replaces_only_when_told() {
        let folder = folder_with(b"old");
        let cases: Vec<Case> = vec![serde_json::from_str(HI).unwrap()];
        let error = Evalset::write(folder.path(), &cases, Existing::Keep).unwrap_err().to_string();
        assert!(error.contains("cases.jsonl exists"), "{error}");
        assert_eq!(fs::read(folder.path().join(CASES_FILE)).unwrap(), b"old");
        fs::write(folder.path().join("labels.jsonl"), "human work").unwrap();
        Evalset::write(folder.path(), &cases, Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("labels.jsonl")).unwrap(), "human work");
        fs::remove_file(folder.path().join(CASES_FILE)).unwrap();
        let error = Evalset::write(folder.path(), &cases, Existing::Keep).unwrap_err().to_string();
        assert!(error.contains("labels.jsonl exists"), "{error}");
        assert!(matches!(Evalset::write(folder.path(), &[], Existing::Replace), Err(EvalsetError::NothingToWrite(_))));
    }

    #[test]
    fn nothing_to_read() {
        let error = Evalset::read(folder_with(b"\n \n").path()).unwrap_err().to_string();
        assert!(error.contains("holds no case"), "{error}");
        let error = Evalset::read(Path::new("no/such/evalset")).unwrap_err().to_string();
        assert!(error.starts_with("no evalset at no/such/evalset: give a folder"), "{error}");
    }
}
