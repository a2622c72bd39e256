//! The one comment of a gate on a pull request, updated in place.

use serde_json::{Value, json};

use super::client::{Client, Method};
use super::context::GitHubContext;
use super::error::GitHubError;
use super::limits::{COMMENT, SHORTEST_COMMENT};
use super::marker::{By, Marker};
use super::pull::read_pull;

/// What is to be said, and where.
pub struct Comment<'a> {
    /// The pull request's number.
    pub pull: u64,
    /// Whose comment it is, and of which commit.
    pub marker: Marker,
    /// Who writes our comments.
    pub author: &'a str,
    /// Whether a comment that gives the same verdict stays as it is.
    pub only_changes: bool,
    /// Renders the text below the marker within so many bytes.
    pub body: &'a dyn Fn(usize) -> String,
}

/// What became of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// It is there, at this address.
    At(String),
    /// It is new, at this address, and somebody else's than was expected: the next run will not find it.
    Foreign(String, String),
    /// The one at this address gives the same verdict and was left.
    Same(String),
    /// The one at this address is of a run that can be trusted more, and was left.
    Trusted(String),
    /// The one at this address is of a later run on the same commit, and was left.
    Later(String),
    /// The pull request has a newer commit, so nothing was written.
    Stale,
}

/// Writes the comment: into the gate's own where there is one, else a new one.
///
/// Before each write the comments are looked through again. A create whose answer was lost may have succeeded, and is found
/// then instead of being repeated.
pub async fn publish(client: &Client, context: &GitHubContext, comment: &Comment<'_>) -> Result<Posted, GitHubError> {
    let mut budget = COMMENT;
    let mut tries = 0;
    loop {
        let found = find(client, context, comment).await?;
        if let Some(posted) = found.as_ref().and_then(|found| reason_to_leave(found, comment)) {
            return Ok(posted);
        }
        if read_pull(client, context, comment.pull).await?.head != comment.marker.head {
            return Ok(Posted::Stale);
        }
        match write(client, context, comment, found.as_ref(), budget).await {
            Ok(posted) if found.is_none() && is_late(client, context, comment, &posted).await => {
                // Two runs created one at the same time. The older one stays, and takes what is said here.
                let path = context.path(&format!("issues/comments/{}", posted["id"]));
                client.once(Method::Delete, &path, &Value::Null).await?;
            }
            Ok(posted) => return Ok(written(&posted, comment.author)),
            Err(error) if error.status() == Some(422) && budget > SHORTEST_COMMENT => budget /= 2,
            // Somebody deleted it meanwhile.
            Err(error) if error.status() == Some(404) && found.is_some() && tries == 0 => tries += 1,
            Err(error) if client.wait(&error, tries).await => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The gate's oldest comment. Whoever may write comments can write our marker, so the author must be us; and what quotes a
/// comment of ours does not begin with it.
async fn find(client: &Client, context: &GitHubContext, comment: &Comment<'_>) -> Result<Option<Value>, GitHubError> {
    let comments = client.all(&context.path(&format!("issues/{}/comments", comment.pull))).await?;
    let is_ours = |found: &Value| {
        let is_author = found["user"]["login"].as_str().is_some_and(|login| login.eq_ignore_ascii_case(comment.author));
        is_author && found["body"].as_str().is_some_and(|body| comment.marker.is_on(body))
    };
    let ours = comments.into_iter().filter(|found| is_ours(found) && found["id"].is_u64());
    Ok(ours.min_by_key(|found| found["id"].as_u64()))
}

/// Whether a comment that was just created is not the gate's only one. If that cannot be seen now, the next run sees it.
async fn is_late(client: &Client, context: &GitHubContext, comment: &Comment<'_>, created: &Value) -> bool {
    let oldest = find(client, context, comment).await.ok().flatten();
    oldest.is_some_and(|oldest| oldest["id"].as_u64() < created["id"].as_u64())
}

fn reason_to_leave(found: &Value, comment: &Comment) -> Option<Posted> {
    let said = comment.marker.read(found["body"].as_str()?)?;
    let is_same_head = said.head == comment.marker.head;
    if is_same_head && said.by == By::Run && comment.marker.by == By::Fork {
        return Some(Posted::Trusted(address(found)));
    }
    if is_same_head && said.by == comment.marker.by && said.is_later_than(&comment.marker) {
        return Some(Posted::Later(address(found)));
    }
    let is_same = said.verdict == comment.marker.verdict && said.by == comment.marker.by;
    (comment.only_changes && is_same).then(|| Posted::Same(address(found)))
}

async fn write(
    client: &Client,
    context: &GitHubContext,
    comment: &Comment<'_>,
    found: Option<&Value>,
    budget: usize,
) -> Result<Value, GitHubError> {
    let marker = comment.marker.lines();
    let text = (comment.body)(budget.saturating_sub(marker.len()));
    let body = json!({"body": marker + &text});
    match found {
        Some(found) => {
            let path = context.path(&format!("issues/comments/{}", found["id"]));
            client.once(Method::Patch, &path, &body).await
        }
        None => client.once(Method::Post, &context.path(&format!("issues/{}/comments", comment.pull)), &body).await,
    }
}

fn written(posted: &Value, author: &str) -> Posted {
    match posted["user"]["login"].as_str() {
        Some(login) if !login.eq_ignore_ascii_case(author) => Posted::Foreign(address(posted), login.to_owned()),
        _ => Posted::At(address(posted)),
    }
}

fn address(comment: &Value) -> String {
    comment["html_url"].as_str().unwrap_or_default().to_owned()
}
