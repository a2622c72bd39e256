//! The edge: data to stdout, words for people to stderr, files into the run's folder.
use std::io::Write;
use std::path::Path;

use super::Error;
use crate::github::{GitHubContext, command};
use crate::report::escape::{plain, shorten};
use crate::report::{Report, html, junit, markdown, terminal};

/// Characters of a line of an error. What it quotes may come from a stranger, and may be long.
const SHOWN_ERROR: usize = 2_000;

/// Says why a command ended, a line each for what may be several mistakes; lines that are set in belong to the one above.
pub(super) fn error(error: &Error) {
    for line in error.to_string().lines() {
        let label = if line.starts_with(' ') { "" } else { "error: " };
        say(&format!("{label}{}", plain(&shorten(line, SHOWN_ERROR))));
    }
}

/// Says something to people.
pub(super) fn note(text: &str) {
    say(&plain(text));
}

/// A line on stderr. A reader that went away is no error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes data to stdout. A reader that went away is no error.
pub(super) fn data(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Speaks to the runner of GitHub Actions, which reads the log.
pub(super) fn commands(commands: &[String]) {
    commands.iter().for_each(|command| say(command));
}

/// A stage of the run, folded in the log of GitHub Actions until this is dropped; elsewhere nothing.
#[must_use]
pub(super) fn group(title: &str) -> Option<Group> {
    let is_actions = GitHubContext::is_actions(&|name| std::env::var(name).ok());
    is_actions.then(|| {
        say(&command("group", title));
        Group
    })
}

/// An open group of the log.
pub(super) struct Group;

impl Drop for Group {
    fn drop(&mut self) {
        say(&command("endgroup", ""));
    }
}

/// Shows the verdict with its table and writes the report's files. What was paid for is shown first: a full disk must not
/// hide it.
pub(super) fn report(report: &Report, folder: &Path) -> Result<(), Error> {
    data(&terminal(report));
    write(&folder.join("report.json"), &report.to_json())?;
    write(&folder.join("report.md"), &markdown(report))?;
    write(&folder.join("report.html"), &html(report))?;
    write(&folder.join("junit.xml"), &junit(report))?;
    note(&format!("report: {}", folder.join("report.md").display()));
    Ok(())
}

/// Writes a file as a whole or not at all, and its folders.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = temporary().tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| Error::Write { path: path.into(), source })
}

/// Reports are read by other steps and people; temporary files are private by default. The umask still has its say.
fn temporary() -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_with_its_folders_and_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/report.json");
        for text in ["first", "second"] {
            write(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        let error = write(&path.join("below-a-file"), "x").unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.contains("below-a-file"), "{error}");
    }
}
