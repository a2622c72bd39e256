//! The repository's history, as far as the baseline needs it: files as they stand at the base commit.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A commit whose files are read without being checked out: the base of a change, or a change that is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// The repository's root.
    root: PathBuf,
}

/// Why the base commit or a file in it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// git did not do what it was asked.
    #[error("`baseline: replay` needs git: {0}")]
    Failed(String),
    /// No base commit could be found.
    #[error(
        "the base commit of `baseline: replay` cannot be found: {0}; name it with --base REF, and fetch enough history (on GitHub: actions/checkout with fetch-depth: 0)"
    )]
    NoBase(String),
    /// The prompt was not there yet.
    #[error(
        "{path} does not exist at the base commit {commit}, so there is no baseline to replay; use `--baseline recorded`"
    )]
    NoBaseline {
        /// The file.
        path: String,
        /// The commit.
        commit: String,
    },
    /// There is no such commit.
    #[error("there is no commit `{0}` here; fetch it first: git fetch origin COMMIT")]
    NoCommit(String),
    /// The file is not there.
    #[error("{path} does not exist at commit {commit}")]
    NoFile {
        /// The file.
        path: String,
        /// The commit.
        commit: String,
    },
}

/// What a repository says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its working folder.
    pub root: PathBuf,
    /// Whether there is a commit to start from.
    pub has_commits: bool,
    /// The branch that changes are merged into, as far as it can be known here.
    pub default_branch: Option<String>,
    /// Owner and name on GitHub, where it came from.
    pub github: Option<String>,
}

impl Repository {
    /// The repository that `folder` belongs to; `None` where there is none, or no git.
    pub fn around(folder: &Path) -> Option<Self> {
        let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"]).ok()?);
        let exists = |branch: &&str| commit(&root, branch).is_ok();
        let of_origin = git(&root, &["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]).ok();
        let default_branch = of_origin
            .and_then(|name| name.strip_prefix("origin/").map(str::to_owned))
            .or_else(|| ["main", "master"].into_iter().find(exists).map(str::to_owned));
        let origin = git(&root, &["remote", "get-url", "origin"]).ok();
        let github = origin.as_deref().and_then(slug);
        let has_commits = commit(&root, "HEAD").is_ok();
        Some(Self { root, has_commits, default_branch, github })
    }
}

/// `owner/name` of a remote on github.com. Whatever else the address holds, such as a password, stays out of it.
fn slug(address: &str) -> Option<String> {
    let (_, path) = address.split_once("github.com")?;
    let path = path.trim_start_matches([':', '/']).trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    path.split_once('/').filter(|(owner, name)| is_name(owner) && is_name(name)).map(|_| path.to_owned())
}

impl Commit {
    /// The commit called `name` in the repository that `folder` is part of.
    pub fn named(folder: &Path, name: &str) -> Result<Self, GitError> {
        let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?);
        let id = commit(&root, name).map_err(|_| GitError::NoCommit(name.to_owned()))?;
        Ok(Self { id, root })
    }

    /// Finds the base of the work in `folder`, which is at the commit `work`: `named`, else where that left the pull request's
    /// base branch (`github_base`, from `GITHUB_BASE_REF`), else where it left the default branch.
    pub fn base(folder: &Path, work: &str, named: Option<&str>, github_base: Option<&str>) -> Result<Self, GitError> {
        let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?);
        let id = match (named, github_base.filter(|base| !base.is_empty())) {
            (Some(name), _) => commit(&root, name)?,
            (None, Some(base)) => merge_base(&root, work, &[&format!("origin/{base}"), base])?,
            (None, None) => {
                merge_base(&root, work, &["origin/HEAD", "origin/main", "origin/master", "main", "master"])?
            }
        };
        Ok(Self { id, root })
    }

    /// The text of a file at this commit; `path` is where it stands now.
    pub fn read(&self, path: &Path) -> Result<String, GitError> {
        let missing = || GitError::NoFile { path: path.display().to_string(), commit: self.short().to_owned() };
        let absolute = std::path::absolute(path).map_err(|error| GitError::Failed(error.to_string()))?;
        let root = self.root.canonicalize().map_err(|error| GitError::Failed(error.to_string()))?;
        let inside = resolve(&absolute).strip_prefix(&root).map_err(|_| missing())?.to_owned();
        let inside = inside.to_string_lossy().replace('\\', "/");
        // `git show` would take a name with `*` or `?` that is not there for a pattern, and succeed.
        let output = output(&self.root, &["cat-file", "blob", &format!("{}:{inside}", self.id)])?;
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(missing()) }
    }

    /// The first characters of its id.
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

/// The id of the commit that `folder` stands at; `None` where there is none, or no git.
pub fn head(folder: &Path) -> Option<String> {
    git(folder, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok()
}

/// The id of the tree that `folder` stands at: two commits that have the same one hold the same files.
pub fn tree(folder: &Path) -> Option<String> {
    git(folder, &["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]).ok()
}

/// Whether a file that `folder`'s repository keeps is another than at its commit, or whether git cannot say.
pub fn is_changed(folder: &Path) -> bool {
    !git(folder, &["status", "--porcelain", "--untracked-files=no"]).is_ok_and(|changes| changes.is_empty())
}

/// The path without links in its folders, as far as these exist: what was moved since is read where it was.
fn resolve(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => folder.canonicalize().unwrap_or_else(|_| resolve(folder)).join(name),
        _ => path.to_owned(),
    }
}

fn commit(root: &Path, name: &str) -> Result<String, GitError> {
    // `--end-of-options` keeps a name that starts with a dash from being read as an option.
    git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
        .map_err(|_| GitError::NoBase(format!("`{name}` is no commit here")))
}

fn merge_base(root: &Path, work: &str, branches: &[&str]) -> Result<String, GitError> {
    let Some(tip) = branches.iter().find_map(|branch| commit(root, branch).ok()) else {
        return Err(GitError::NoBase(format!("there is none of {}", branches.join(", "))));
    };
    git(root, &["merge-base", work, &tip])
        .map_err(|_| GitError::NoBase(format!("{work} and the base branch have no common commit here")))
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let output = output(folder, arguments)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(GitError::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn output(folder: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("GIT_OPTIONAL_LOCKS", "0");
    command.output().map_err(|error| GitError::Failed(format!("cannot run git: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_on_github_has_a_name() {
        for (address, expected) in [
            ("git@github.com:acme/shop.git", Some("acme/shop")),
            ("https://user:secret@github.com/acme/shop", Some("acme/shop")),
            ("ssh://git@github.com/acme/shop.git", Some("acme/shop")),
            ("https://github.com/acme", None),
            ("https://github.com/acme/shop/x", None),
            ("/srv/git/shop.git", None),
        ] {
            assert_eq!(slug(address).as_deref(), expected, "{address}");
        }
    }
}
