//! What happened: the event that started the workflow, as its file tells it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// What started the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A pull request from a branch of the repository itself.
    PullRequest,
    /// A pull request from a fork, whose job has neither keys nor the right to write.
    ForkPullRequest,
    /// A pull request from anywhere, in a job that has the keys: `pull_request_target`.
    PullRequestTarget,
    /// The merge queue tries a merge.
    MergeGroup,
    /// Commits arrived on a branch.
    Push,
    /// Somebody commented on an issue or a pull request.
    IssueComment,
    /// Another workflow ended.
    WorkflowRun,
    /// The time came.
    Schedule,
    /// Somebody asked for it.
    WorkflowDispatch,
    /// Anything else.
    Other,
}

/// The parts of an event that matter here. Every text in it may be written by a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The pull request's number, where the event tells it.
    pub pull: Option<u64>,
    /// The commit to report on: of a pull request its head, never the merge commit.
    pub head: Option<String>,
    /// The commit that it is compared with.
    pub base: Option<String>,
    /// The branch that it is to be merged into.
    pub base_ref: Option<String>,
    /// Where the commit of a pull request or of a `workflow_run` comes from.
    pub source: Option<Source>,
}

/// A branch of a repository, perhaps of a fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `owner/name`.
    pub repository: String,
    /// The owner's login.
    pub owner: String,
    /// The branch.
    pub branch: String,
}

impl Event {
    /// Reads an event of this name in this repository; `sha` is the commit that the job runs on.
    pub fn new(name: &str, payload: &Value, repository: &str, sha: Option<String>) -> Self {
        let nothing = Self { kind: EventKind::Other, pull: None, head: sha, base: None, base_ref: None, source: None };
        match name {
            "pull_request" => Self::of_pull(payload, repository),
            "pull_request_target" => Self { kind: EventKind::PullRequestTarget, ..Self::of_pull(payload, repository) },
            "merge_group" => Self::of_merge_group(&payload["merge_group"]),
            "push" => Self {
                kind: EventKind::Push,
                head: commit(&payload["after"]).or(nothing.head),
                base: commit(&payload["before"]),
                ..nothing
            },
            "workflow_run" => Self::of_workflow_run(&payload["workflow_run"]),
            "issue_comment" => Self { kind: EventKind::IssueComment, head: None, ..nothing },
            "schedule" => Self { kind: EventKind::Schedule, ..nothing },
            "workflow_dispatch" => Self { kind: EventKind::WorkflowDispatch, ..nothing },
            _ => nothing,
        }
    }

    fn of_pull(payload: &Value, repository: &str) -> Self {
        let pull = &payload["pull_request"];
        let is_fork = is_fork(pull, repository);
        Self {
            kind: if is_fork { EventKind::ForkPullRequest } else { EventKind::PullRequest },
            pull: payload["number"].as_u64().or_else(|| pull["number"].as_u64()),
            head: commit(&pull["head"]["sha"]),
            base: commit(&pull["base"]["sha"]),
            base_ref: text(&pull["base"]["ref"]),
            source: source(&pull["head"]["repo"], &pull["head"]["ref"]),
        }
    }

    fn of_merge_group(group: &Value) -> Self {
        Self {
            kind: EventKind::MergeGroup,
            pull: group["head_ref"].as_str().and_then(queued_pull),
            head: commit(&group["head_sha"]),
            base: commit(&group["base_sha"]),
            base_ref: text(&group["base_ref"]),
            source: None,
        }
    }

    fn of_workflow_run(run: &Value) -> Self {
        Self {
            kind: EventKind::WorkflowRun,
            pull: None,
            head: commit(&run["head_sha"]),
            base: None,
            base_ref: None,
            source: source(&run["head_repository"], &run["head_branch"]),
        }
    }
}

fn source(repository: &Value, branch: &Value) -> Option<Source> {
    let (name, owner) = (text(&repository["full_name"])?, text(&repository["owner"]["login"])?);
    Some(Source { repository: name, owner, branch: text(branch)? })
}

/// Whether a pull request comes from a fork. One whose repository is gone does: it was not this one.
pub(super) fn is_fork(pull: &Value, repository: &str) -> bool {
    !pull["head"]["repo"]["full_name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(repository))
}

/// The pull request that the merge queue tries. A branch of any other shape names none.
fn queued_pull(head_ref: &str) -> Option<u64> {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^refs/heads/gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+$").expect("the pattern is tested")
    });
    SHAPE.captures(head_ref)?.get(1)?.as_str().parse().ok()
}

/// A commit's id; the row of zeros stands for none.
pub(super) fn commit(value: &Value) -> Option<String> {
    let id = value.as_str().filter(|id| is_commit(id))?;
    Some(id.to_ascii_lowercase())
}

/// Whether a text is a commit's full id.
pub(super) fn is_commit(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|c| c.is_ascii_hexdigit()) && id.bytes().any(|c| c != b'0')
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_merge_queues_own_branches_name_a_pull_request() {
        let sha = "a".repeat(40);
        for (head_ref, expected) in [
            (format!("refs/heads/gh-readonly-queue/main/pr-104-{sha}"), Some(104)),
            (format!("refs/heads/gh-readonly-queue/release/1.2/pr-7-{sha}"), Some(7)),
            (format!("refs/heads/main/pr-104-{sha}"), None),
            (format!("refs/heads/gh-readonly-queue/main/pr-104-{sha}\nx"), None),
            (format!("refs/heads/gh-readonly-queue/pr-104-{sha}"), None),
            ("refs/heads/gh-readonly-queue/main/pr-104-".into(), None),
            (format!("refs/heads/gh-readonly-queue/main/pr-99999999999999999999999-{sha}"), None),
        ] {
            assert_eq!(queued_pull(&head_ref), expected, "{head_ref}");
        }
    }

    #[test]
    fn commits_are_whole_ids() {
        let commit = |id: &str| commit(&Value::from(id));
        assert_eq!(commit(&"AB".repeat(20)), Some("ab".repeat(20)));
        assert_eq!(commit(&"0".repeat(40)), None);
        assert_eq!(commit("abc1234"), None);
        assert_eq!(commit(&format!("{}/", "a".repeat(39))), None);
    }
}
