//! Which pull request a run is of, as the API tells it: an artifact or an event may say anything.

use serde_json::Value;

use super::client::Client;
use super::context::GitHubContext;
use super::error::GitHubError;
use super::event::{EventKind, Source, commit, is_fork};

/// A pull request as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The newest commit of its branch.
    pub head: String,
    /// Whether its branch is in another repository.
    pub is_fork: bool,
}

/// Reads a pull request.
pub async fn read_pull(client: &Client, context: &GitHubContext, number: u64) -> Result<Pull, GitHubError> {
    let path = context.path(&format!("pulls/{number}"));
    let found = client.get(&path).await?;
    pull(&found, context).ok_or(GitHubError::Unexpected { request: format!("GET {path}"), field: "head.sha" })
}

/// Finds the pull request of the event; `None` where the event belongs to none, as that of a merge queue, whose commit is no
/// pull request's.
pub async fn find_pull(client: &Client, context: &GitHubContext) -> Result<Option<Pull>, GitHubError> {
    let event = &context.event;
    match (event.kind, event.pull, &event.source) {
        (EventKind::PullRequest | EventKind::ForkPullRequest | EventKind::PullRequestTarget, Some(number), _) => {
            read_pull(client, context, number).await.map(Some)
        }
        (EventKind::WorkflowRun, _, Some(source)) => of_source(client, context, source).await.map(Some),
        (EventKind::Push, _, _) => of_commit(client, context).await,
        _ => Ok(None),
    }
}

/// The one open pull request of the branch whose newest commit is the workflow run's. The event itself lists none for forks.
async fn of_source(client: &Client, context: &GitHubContext, source: &Source) -> Result<Pull, GitHubError> {
    let head = format!("{}:{}", encoded(&source.owner), encoded(&source.branch));
    let found = client.all(&context.path(&format!("pulls?state=open&head={head}"))).await?;
    let is_same = |found: &&Value| {
        let repository = found["head"]["repo"]["full_name"].as_str();
        let is_repository = repository.is_some_and(|name| name.eq_ignore_ascii_case(&source.repository));
        is_repository && context.event.head.is_some() && commit(&found["head"]["sha"]) == context.event.head
    };
    let pulls: Vec<Pull> = found.iter().filter(is_same).filter_map(|found| pull(found, context)).collect();
    match <[Pull; 1]>::try_from(pulls) {
        Ok([pull]) => Ok(pull),
        Err(pulls) => Err(GitHubError::NoPull(format!(
            "{} open ones have the commit of this workflow run as their newest",
            if pulls.is_empty() { "no".to_owned() } else { pulls.len().to_string() }
        ))),
    }
}

/// The one open pull request whose newest commit was pushed.
async fn of_commit(client: &Client, context: &GitHubContext) -> Result<Option<Pull>, GitHubError> {
    let Some(head) = &context.event.head else { return Ok(None) };
    let found = client.all(&context.path(&format!("commits/{head}/pulls"))).await?;
    let is_open = |found: &&Value| found["state"] == "open" && commit(&found["head"]["sha"]).as_ref() == Some(head);
    let pulls: Vec<Pull> = found.iter().filter(is_open).filter_map(|found| pull(found, context)).collect();
    Ok(<[Pull; 1]>::try_from(pulls).ok().map(|[pull]| pull))
}

fn pull(found: &Value, context: &GitHubContext) -> Option<Pull> {
    Some(Pull {
        number: found["number"].as_u64()?,
        head: commit(&found["head"]["sha"])?,
        is_fork: is_fork(found, &context.repository),
    })
}

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_cannot_leave_its_parameter() {
        assert_eq!(encoded("fix/a b&state=closed#"), "fix%2Fa%20b%26state%3Dclosed%23");
        assert_eq!(encoded("ä"), "%C3%A4");
    }
}
