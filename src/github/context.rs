//! Where the program runs: what GitHub Actions tells a step, read once.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::Value;

use super::error::GitHubError;
use super::event::{Event, EventKind, is_commit};

/// Who comments with the token of a workflow.
const ACTIONS: &str = "github-actions[bot]";

/// Who opens pull requests that update dependencies, without the repository's secrets.
const DEPENDABOT: &str = "dependabot[bot]";

/// What GitHub Actions tells a step of itself.
#[derive(Debug, Clone)]
pub struct GitHubContext {
    /// What started the workflow.
    pub event: Event,
    /// `owner/name`.
    pub repository: String,
    /// Where the REST API starts, as given: an Enterprise Server's ends with `/api/v3`.
    pub api_url: String,
    /// Where the GraphQL API is.
    pub graphql_url: String,
    /// Where people look.
    pub server_url: String,
    /// The page of this attempt of this run.
    pub run_url: Option<String>,
    /// What tells this attempt of this run from all others.
    pub run: String,
    /// The token; a step has none unless the workflow gives it one.
    pub token: Option<SecretString>,
    /// The file that takes the step's outputs.
    pub output: Option<PathBuf>,
    /// The file that takes the step's part of the job summary.
    pub summary: Option<PathBuf>,
    /// The folder of the checked-out repository.
    pub workspace: Option<PathBuf>,
    /// Who writes our comments.
    pub author: String,
    /// The path of the workflow's file in the repository, where it is known.
    pub workflow: Option<String>,
    /// The commit that the workflow itself is of, which Actions checks out unless told otherwise.
    pub sha: Option<String>,
    is_by_dependabot: bool,
}

impl GitHubContext {
    /// Whether the program runs in GitHub Actions.
    pub fn is_actions(lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        lookup("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// Reads the environment, which comes from `lookup`, and the event's file.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, GitHubError> {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let or = |name: &str, default: &str| get(name).unwrap_or_else(|| default.to_owned());
        let advice = "GitHub Actions sets it to OWNER/NAME; elsewhere set it yourself";
        let missing = GitHubError::Missing { variable: "GITHUB_REPOSITORY", advice };
        let repository = get("GITHUB_REPOSITORY").filter(|name| is_repository(name)).ok_or(missing)?;
        let payload = get("GITHUB_EVENT_PATH").map(|path| read_payload(Path::new(&path))).transpose()?;
        let sha = get("GITHUB_SHA").filter(|sha| is_commit(sha));
        let event = Event::new(&or("GITHUB_EVENT_NAME", ""), &payload.unwrap_or_default(), &repository, sha.clone());
        let workflow = get("GITHUB_WORKFLOW_REF").and_then(|name| workflow(&name, &repository));
        let server_url = or("GITHUB_SERVER_URL", "https://github.com");
        let attempt = or("GITHUB_RUN_ATTEMPT", "1");
        let run = get("GITHUB_RUN_ID").filter(|run| run.bytes().all(|c| c.is_ascii_digit()));
        let run_url =
            run.as_ref().map(|run| format!("{server_url}/{repository}/actions/runs/{run}/attempts/{attempt}"));
        Ok(Self {
            event,
            api_url: or("GITHUB_API_URL", "https://api.github.com"),
            graphql_url: or("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
            run_url,
            run: format!("{}-{attempt}", run.unwrap_or_default()),
            token: get("GITHUB_TOKEN").map(SecretString::from),
            output: get("GITHUB_OUTPUT").map(PathBuf::from),
            summary: get("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            workspace: get("GITHUB_WORKSPACE").map(PathBuf::from),
            author: or("EVAL_GATE_COMMENT_AUTHOR", ACTIONS),
            is_by_dependabot: get("GITHUB_ACTOR").is_some_and(|actor| actor == DEPENDABOT),
            server_url,
            workflow,
            sha,
            repository,
        })
    }

    /// Whether this is a fork's own run, which can write nothing.
    pub fn is_fork(&self) -> bool {
        self.event.kind == EventKind::ForkPullRequest
    }

    /// Whether the job gets none of the repository's secrets: a fork's own run, or one that Dependabot started.
    pub fn lacks_secrets(&self) -> bool {
        let is_restricted = matches!(self.event.kind, EventKind::PullRequest | EventKind::Push);
        self.is_fork() || (is_restricted && self.is_by_dependabot)
    }

    /// Whether the job has the repository's keys, while what started it may be a fork's.
    pub fn is_privileged(&self) -> bool {
        let is_with_keys =
            matches!(self.event.kind, EventKind::PullRequestTarget | EventKind::WorkflowRun | EventKind::IssueComment);
        let source = self.event.source.as_ref();
        is_with_keys && source.is_none_or(|source| !source.repository.eq_ignore_ascii_case(&self.repository))
    }

    /// A path of the API below the repository.
    pub(super) fn path(&self, below: &str) -> String {
        format!("/repos/{}/{below}", self.repository)
    }
}

/// `owner/name` and nothing else: it becomes part of addresses.
fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..") && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    name.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// `.github/workflows/x.yml` of `owner/name/.github/workflows/x.yml@refs/heads/main`, if it is this repository's.
fn workflow(reference: &str, repository: &str) -> Option<String> {
    let (path, _) = reference.rsplit_once('@')?;
    let path = path.get(repository.len()..).filter(|_| path.is_char_boundary(repository.len()))?;
    let is_here = reference.get(..repository.len())?.eq_ignore_ascii_case(repository);
    path.strip_prefix('/').filter(|path| is_here && !path.is_empty()).map(str::to_owned)
}

fn read_payload(path: &Path) -> Result<Value, GitHubError> {
    let invalid = |problem: String| GitHubError::Event { path: path.into(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(format!("cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::event::Source;

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const BASE: &str = "2222222222222222222222222222222222222222";
    const MERGE: &str = "3333333333333333333333333333333333333333";

    fn read(event: &str, more: &[(&str, &str)]) -> GitHubContext {
        let name = event.split('.').next().unwrap().to_owned();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events");
        let path = format!("{folder}/{event}.json");
        let lookup = |wanted: &str| {
            let more = more.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
            more.or_else(|| match wanted {
                "GITHUB_REPOSITORY" => Some("acme/widgets".into()),
                "GITHUB_EVENT_NAME" => Some(name.clone()),
                "GITHUB_EVENT_PATH" => Some(path.clone()),
                "GITHUB_SHA" => Some(MERGE.into()),
                "GITHUB_RUN_ID" => Some("4242".into()),
                _ => None,
            })
        };
        GitHubContext::read(&lookup).unwrap()
    }

    #[test]
    fn every_event_tells_its_commit_and_its_pull_request() {
        use EventKind::{
            ForkPullRequest, MergeGroup, Other, PullRequest, Push, Schedule, WorkflowDispatch, WorkflowRun,
        };
        for (event, kind, pull, head, base) in [
            ("pull_request", PullRequest, Some(7), HEAD, Some(BASE)),
            ("pull_request.fork", ForkPullRequest, Some(8), HEAD, Some(BASE)),
            ("pull_request.gone", ForkPullRequest, Some(9), HEAD, Some(BASE)),
            ("merge_group", MergeGroup, Some(7), HEAD, Some(BASE)),
            ("merge_group.odd", MergeGroup, None, HEAD, Some(BASE)),
            ("push", Push, None, HEAD, Some(BASE)),
            ("workflow_run", WorkflowRun, None, HEAD, None),
            ("schedule", Schedule, None, MERGE, None),
            ("workflow_dispatch", WorkflowDispatch, None, MERGE, None),
            ("issues", Other, None, MERGE, None),
        ] {
            let found = read(event, &[]).event;
            assert_eq!((found.kind, found.pull), (kind, pull), "{event}");
            assert_eq!((found.head.as_deref(), found.base.as_deref()), (Some(head), base), "{event}");
        }
        let source = read("workflow_run", &[]).event.source;
        let [repository, owner, branch] = ["stranger/widgets", "stranger", "fix/the prompt"].map(str::to_owned);
        assert_eq!(source, Some(Source { repository, owner, branch }));
    }

    #[test]
    fn addresses_are_taken_as_given() {
        let context = read(
            "pull_request",
            &[
                ("GITHUB_API_URL", "https://git.example.com/api/v3"),
                ("GITHUB_GRAPHQL_URL", "https://git.example.com/api/graphql"),
                ("GITHUB_SERVER_URL", "https://git.example.com"),
                ("GITHUB_RUN_ATTEMPT", "2"),
                ("GITHUB_TOKEN", "ghs_secret"),
            ],
        );
        assert_eq!(context.api_url, "https://git.example.com/api/v3");
        assert_eq!(context.graphql_url, "https://git.example.com/api/graphql");
        let run = "https://git.example.com/acme/widgets/actions/runs/4242/attempts/2";
        assert_eq!(context.run_url.as_deref(), Some(run));
        assert!(!format!("{context:?}").contains("ghs_secret"));
        assert_eq!(context.author, "github-actions[bot]");
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |repository: Option<&str>, event: Option<&str>| {
            let lookup = |name: &str| match name {
                "GITHUB_REPOSITORY" => repository.map(str::to_owned),
                "GITHUB_EVENT_PATH" => event.map(str::to_owned),
                _ => None,
            };
            GitHubContext::read(&lookup).unwrap_err().to_string()
        };
        for repository in [None, Some(""), Some("widgets"), Some("acme/../x"), Some("acme/a?b")] {
            assert!(error(repository, None).starts_with("GITHUB_REPOSITORY is not set"), "{repository:?}");
        }
        let folder = env!("CARGO_MANIFEST_DIR");
        assert!(error(Some("a/b"), Some("/nowhere.json")).contains("cannot be read"));
        assert!(error(Some("a/b"), Some(&format!("{folder}/Cargo.toml"))).contains("not an event"));
    }
}
