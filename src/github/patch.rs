//! The lines that a pull request changes in a file, from its diff.

use serde_json::{Value, json};

use super::client::Client;
use super::context::GitHubContext;
use super::error::GitHubError;

/// A remark beside lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    path: String,
    /// First and last line, from 1.
    lines: (u64, u64),
    level: Level,
    title: String,
    message: String,
}

/// How loud a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The change is blocked.
    Failure,
    /// Something is to be looked at.
    Warning,
}

impl Annotation {
    pub(super) fn to_json(&self) -> Value {
        let level = match self.level {
            Level::Failure => "failure",
            Level::Warning => "warning",
        };
        json!({
            "path": self.path,
            "start_line": self.lines.0,
            "end_line": self.lines.1,
            "annotation_level": level,
            "title": self.title,
            "message": self.message,
        })
    }
}

/// A remark beside each run of lines that the pull request changes in these files, given relative to the repository.
pub async fn annotations(
    client: &Client,
    context: &GitHubContext,
    files: &[String],
    (level, title, message): (Level, &str, &str),
) -> Result<Vec<Annotation>, GitHubError> {
    let Some(pull) = context.event.pull else { return Ok(Vec::new()) };
    let changed = client.all(&context.path(&format!("pulls/{pull}/files"))).await?;
    let ours = changed.iter().filter_map(|file| {
        let path = file["filename"].as_str().filter(|path| files.iter().any(|file| file == path))?;
        Some((path, file["patch"].as_str().unwrap_or_default()))
    });
    let remark = |path: &str, lines| Annotation {
        path: path.to_owned(),
        lines,
        level,
        title: title.to_owned(),
        message: message.to_owned(),
    };
    Ok(ours.flat_map(|(path, patch)| added(patch).into_iter().map(move |lines| remark(path, lines))).collect())
}

/// The runs of added lines in a unified diff, as first and last line of the new file. Where lines were only taken away there is
/// none to point at.
fn added(patch: &str) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    let mut line = 0;
    for text in patch.lines() {
        match text.as_bytes().first() {
            Some(b'@') => line = hunk_start(text).unwrap_or(line),
            Some(b'+') => {
                match runs.last_mut() {
                    Some(run) if run.1 + 1 == line => run.1 = line,
                    _ => runs.push((line, line)),
                }
                line += 1;
            }
            Some(b'-' | b'\\') => {}
            _ => line += 1,
        }
    }
    runs
}

/// The new file's line in `@@ -1,4 +1,6 @@`.
fn hunk_start(text: &str) -> Option<u64> {
    let digits = text.split('+').nth(1)?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_found_in_every_hunk() {
        let patch = "@@ -1,3 +1,4 @@ head\n a\n-b\n+B\n+C\n d\n@@ -10 +11,2 @@\n+x\n y\n\\ No newline at end of file";
        assert_eq!(added(patch), [(2, 3), (11, 11)]);
        assert_eq!(added("@@ -0,0 +1,2 @@\n+a\n+b"), [(1, 2)]);
        assert_eq!(added("@@ -3,2 +3,1 @@\n a\n-b"), []);
        assert_eq!(added(""), []);
    }
}
