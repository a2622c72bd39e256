//! A verdict that a pull request has already, for the merge queue not to pay for it again.

use serde_json::Value;

use super::check::{Conclusion, check_runs, origin};
use super::client::Client;
use super::context::GitHubContext;
use super::error::GitHubError;
use super::event::EventKind;
use super::pull::read_pull;

/// What an earlier run said of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The pull request that it was said on.
    pub pull: u64,
    /// Success, or neutral: a failure is never said again.
    pub conclusion: Conclusion,
    /// The verdict in a few words.
    pub title: String,
    /// The check run's page.
    pub url: String,
    /// The workflow run that said it.
    run: u64,
}

/// Finds what was said of `subject` on the pull request that the merge queue tries. `None` wherever there is the least doubt:
/// it was said of something else, a newer check run says otherwise, another app wrote it, or another workflow than the one
/// that asks, on another event or commit. A comment could be edited by anyone with the right to write, and a check run
/// written by any workflow; that this very workflow wrote it on the pull request's head is what is asked for.
pub async fn find_earlier(
    client: &Client,
    context: &GitHubContext,
    name: &str,
    subject: &str,
) -> Result<Option<Earlier>, GitHubError> {
    let (EventKind::MergeGroup, Some(number)) = (context.event.kind, context.event.pull) else { return Ok(None) };
    let Some(workflow) = &context.workflow else { return Ok(None) };
    let head = read_pull(client, context, number).await?.head;
    let runs = check_runs(client, context, &head, name).await?;
    let newest = runs.iter().filter(|run| run["id"].is_u64()).max_by_key(|run| run["id"].as_u64());
    let Some(found) = newest.and_then(|run| earlier(run, number, &context.author, subject)) else { return Ok(None) };
    let run = client.get(&context.path(&format!("actions/runs/{}", found.run))).await?;
    let is_this =
        run["path"] == workflow.as_str() && run["event"] == "pull_request" && run["head_sha"] == head.as_str();
    Ok(is_this.then_some(found))
}

fn earlier(run: &Value, pull: u64, author: &str, wanted: &str) -> Option<Earlier> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_ours = format!("{}[bot]", text(&run["app"]["slug"])).eq_ignore_ascii_case(author);
    let (workflow_run, subject) = origin(run["external_id"].as_str()?)?;
    let conclusion = match run["conclusion"].as_str()? {
        "success" => Conclusion::Success,
        "neutral" => Conclusion::Neutral,
        _ => return None,
    };
    let is_same = is_ours && subject == wanted && run["status"] == "completed";
    let (title, url) = (text(&run["output"]["title"]), text(&run["html_url"]));
    is_same.then_some(Earlier { pull, conclusion, title, url, run: workflow_run })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_verdict_of_our_own_on_the_same_counts() {
        let run = json!({"id": 1, "app": {"slug": "github-actions"}, "external_id": "eval-gate:4242-1:abc", "status": "completed",
            "conclusion": "success", "output": {"title": "Pass"}, "html_url": "https://github.test/1"});
        let is_found = |field: &str, value: Value| {
            let mut run = run.clone();
            run[field] = value;
            earlier(&run, 7, "github-actions[bot]", "abc").is_some()
        };
        assert!(is_found("id", 1.into()) && is_found("conclusion", "neutral".into()));
        for (field, value) in [
            ("app", json!({"slug": "somebody"})),
            ("app", json!(null)),
            ("external_id", json!("eval-gate:4242-1:abcd")),
            ("external_id", json!("eval-gate:4242-1:")),
            ("external_id", json!("eval-gate:x:abc")),
            ("external_id", json!("abc")),
            ("external_id", json!(null)),
            ("status", json!("in_progress")),
            ("conclusion", json!("failure")),
            ("conclusion", json!(null)),
        ] {
            assert!(!is_found(field, value.clone()), "{field}: {value}");
        }
        assert!(earlier(&run, 7, "github-actions[bot]", "").is_none());
    }
}
