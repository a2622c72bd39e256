//! What can be found out instead of asked.

use std::path::{Path, PathBuf};

use super::cases::{self, Cases};
use super::prompts::{self, Prompts};
use super::provider::Choice;
use super::tree;
use crate::commands::Error;
use crate::git::Repository;

/// A project as it was found.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) repository: Option<Repository>,
    /// The folder that workflows and `.gitignore` belong to: the repository's, else the configuration's own.
    pub(super) root: PathBuf,
    /// The configuration's folder, from `root` with slashes; empty where it is the root.
    pub(super) inside: String,
    pub(super) prompts: Prompts,
    pub(super) cases: Cases,
    pub(super) provider: Choice,
    /// Whether the provider's key is set here.
    pub(super) has_key: bool,
    /// What was looked at and not taken, in words.
    pub(super) asides: Vec<String>,
}

impl Survey {
    /// Looks around in `folder`, else in the whole repository that the working directory belongs to.
    pub(super) fn of(folder: Option<&Path>, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let named = std::path::absolute(folder.unwrap_or(Path::new("."))).map_err(|error| unusable(folder, &error))?;
        let (present, absent) = nearest(&named).map_err(|error| unusable(folder, &error))?;
        if !present.is_dir() {
            return Err(Error::Usage(format!("{} is no folder", present.display())));
        }
        // Without links in it, and without the slash that joining nothing leaves at its end.
        let named: PathBuf = present.join(&absent).components().collect();
        let repository = Repository::around(&present);
        let root = match &repository {
            Some(repository) => repository.root.canonicalize().map_err(|error| unusable(folder, &error))?,
            None => named.clone(),
        };
        let named = if folder.is_none() { root.clone() } else { named };
        let inside = inside(&root, &named)?;
        let mut files = tree::files(&named);
        let mut of_root = if inside.is_empty() { Vec::new() } else { tree::files(&root) };
        let prompts = prompts::find(&named, &files);
        let mut asides = prompts.unusable.clone();
        let cases = cases::find(&named, &files, &mut asides);
        // Its own workflow, left by an earlier time, says nothing of the project.
        [&mut files, &mut of_root].into_iter().for_each(|files| files.retain(|path| path != super::WORKFLOW));
        let places = [(named.as_path(), files.as_slice()), (root.as_path(), of_root.as_slice())];
        let provider = Choice::find(prompts.chosen.as_ref(), &places, lookup);
        let has_key = lookup(provider.vendor.key()).is_some_and(|key| !key.is_empty());
        Ok(Self { repository, root, inside, prompts, cases, provider, has_key, asides })
    }

    /// The configuration's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.join(&self.inside)
    }

    /// A path from the configuration's folder, as seen from the root.
    pub(super) fn path_of(&self, path: &str) -> String {
        if self.inside.is_empty() { path.to_owned() } else { format!("{}/{path}", self.inside) }
    }
}

fn unusable(folder: Option<&Path>, error: &std::io::Error) -> Error {
    Error::Usage(format!("{}: {error}", folder.unwrap_or(Path::new(".")).display()))
}

/// The part of a path that exists, without links, and the rest.
fn nearest(path: &Path) -> std::io::Result<(PathBuf, PathBuf)> {
    let mut present = path;
    while !present.exists() {
        present = present.parent().ok_or(std::io::ErrorKind::NotFound)?;
    }
    let absent = path.strip_prefix(present).unwrap_or(Path::new(""));
    Ok((present.canonicalize()?, absent.to_owned()))
}

fn inside(root: &Path, folder: &Path) -> Result<String, Error> {
    let inside = folder.strip_prefix(root).unwrap_or(Path::new("")).to_str().map(|text| text.replace('\\', "/"));
    let is_harmless = |text: &String| !text.contains("${") && !text.chars().any(char::is_control);
    inside.filter(is_harmless).ok_or_else(|| {
        Error::Usage(format!("{}: a workflow cannot name this folder; choose another name", folder.display()))
    })
}
