//! The files by which a step speaks to the runner: its outputs, and its part of the job summary.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::error::GitHubError;
use super::limits::JOB_SUMMARY;

/// Writes outputs. Each value stands between delimiters that nobody could know when it was written.
pub fn write_outputs(file: &Path, outputs: &[(&str, String)]) -> Result<(), GitHubError> {
    let mut text = String::new();
    for (name, value) in outputs {
        let delimiter = delimiter().map_err(|error| failed(file, error))?;
        text.extend([format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")]);
    }
    append(file, &text)
}

/// Adds Markdown to the job summary.
pub fn append_summary(file: &Path, markdown: &str) -> Result<(), GitHubError> {
    append(file, &format!("{markdown}\n"))
}

/// Bytes that the job summary has room for: what is there already counts.
pub fn room_in_summary(file: &Path) -> usize {
    let used = std::fs::metadata(file).map_or(0, |data| usize::try_from(data.len()).unwrap_or(usize::MAX));
    JOB_SUMMARY.saturating_sub(used)
}

fn append(file: &Path, text: &str) -> Result<(), GitHubError> {
    let mut opened = OpenOptions::new().append(true).create(true).open(file).map_err(|error| failed(file, error))?;
    opened.write_all(text.as_bytes()).map_err(|error| failed(file, error))
}

fn failed(file: &Path, source: std::io::Error) -> GitHubError {
    GitHubError::File { path: file.into(), source }
}

fn delimiter() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes.iter().fold("eval_gate_".to_owned(), |text, byte| text + &format!("{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_end_themselves_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("output");
        std::fs::write(&file, "before=1\n").unwrap();
        let hostile = "x\nEOF\nverdict=pass";
        write_outputs(&file, &[("verdict", "fail".into()), ("report-path", hostile.into())]).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "before=1");
        let first = lines[1].strip_prefix("verdict<<").unwrap();
        let second = lines[4].strip_prefix("report-path<<").unwrap();
        assert!(first.len() > 32 && first != second);
        assert_eq!((lines[2], lines[3], lines[8]), ("fail", first, second));
    }

    #[test]
    fn the_summary_has_as_much_room_as_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("summary");
        assert_eq!(room_in_summary(&file), JOB_SUMMARY);
        append_summary(&file, "12345").unwrap();
        append_summary(&file, "6").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "12345\n6\n");
        assert_eq!(room_in_summary(&file), JOB_SUMMARY - 8);
    }
}
