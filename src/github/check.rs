//! The check run: opened before the work starts, completed whatever becomes of it.

use serde_json::{Value, json};

use super::client::{Client, Method};
use super::context::GitHubContext;
use super::error::GitHubError;
use super::limits::{ALL_ANNOTATIONS, ANNOTATIONS, CHECK_SUMMARY, CHECK_TITLE, SHORTEST_COMMENT};
use super::patch::Annotation;
use super::pull::encoded;

/// An open check run.
#[derive(Debug)]
pub struct CheckRun {
    id: u64,
}

/// How a check run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// The change may merge.
    Success,
    /// It may not.
    Failure,
    /// Nothing is decided, and the config lets that merge. A required check that is neutral does not block.
    Neutral,
}

/// What a completed check run says.
pub struct Completion<'a> {
    /// How it ends.
    pub conclusion: Conclusion,
    /// The verdict in a few words.
    pub title: String,
    /// Renders the report within so many bytes.
    pub summary: &'a dyn Fn(usize) -> String,
    /// Remarks beside lines of the change.
    pub annotations: Vec<Annotation>,
    /// A digest of what the verdict is of, where another run on the same may say it again.
    pub subject: Option<String>,
}

impl CheckRun {
    /// Opens a check run called `name` on the commit that the event is about; `None` where the event has none.
    pub async fn open(client: &Client, context: &GitHubContext, name: &str) -> Result<Option<Self>, GitHubError> {
        let Some(head) = &context.event.head else { return Ok(None) };
        let external_id = external_id(context, None);
        let mut body = json!({"name": name, "head_sha": head, "status": "in_progress", "external_id": external_id});
        if let Some(url) = &context.run_url {
            body["details_url"] = url.as_str().into();
        }
        let path = context.path("check-runs");
        let mut tries = 0;
        loop {
            match client.once(Method::Post, &path, &body).await {
                Ok(created) => return id(&created, &path).map(|id| Some(Self { id })),
                Err(error) if client.wait(&error, tries).await => tries += 1,
                Err(error) => return Err(error),
            }
            // The answer may have been lost and not the request.
            if let Some(id) = find(client, context, head, name, &external_id).await? {
                return Ok(Some(Self { id }));
            }
        }
    }

    /// Completes it. If GitHub does not take the text or the annotations, it is completed without them.
    pub async fn complete(
        self,
        client: &Client,
        context: &GitHubContext,
        completion: &Completion<'_>,
    ) -> Result<(), GitHubError> {
        let path = context.path(&format!("check-runs/{}", self.id));
        let shown: Vec<Value> = completion.annotations.iter().take(ALL_ANNOTATIONS).map(Annotation::to_json).collect();
        let mut requests = shown.chunks(ANNOTATIONS);
        let external_id = external_id(context, completion.subject.as_deref());
        let request = |budget, annotations: &[Value]| {
            let mut request = completion.request(budget, annotations);
            request["external_id"] = external_id.as_str().into();
            request
        };
        let first = request(CHECK_SUMMARY, requests.next().unwrap_or_default());
        match client.patch(&path, &first).await {
            Err(error) if error.status() == Some(422) => {
                return client.patch(&path, &request(SHORTEST_COMMENT, &[])).await.map(drop);
            }
            outcome => outcome?,
        };
        // GitHub adds the annotations of each request to those that are there.
        for more in requests {
            client.patch(&path, &request(CHECK_SUMMARY, more)).await?;
        }
        Ok(())
    }
}

impl Completion<'_> {
    fn request(&self, budget: usize, annotations: &[Value]) -> Value {
        let conclusion = match self.conclusion {
            Conclusion::Success => "success",
            Conclusion::Failure => "failure",
            Conclusion::Neutral => "neutral",
        };
        let title: String = self.title.chars().take(CHECK_TITLE).collect();
        let output = json!({"title": title, "summary": (self.summary)(budget), "annotations": annotations});
        json!({"status": "completed", "conclusion": conclusion, "output": output})
    }
}

/// What a check run of ours says of itself to nobody but us: the workflow run that wrote it, and what its verdict is of.
fn external_id(context: &GitHubContext, subject: Option<&str>) -> String {
    format!("eval-gate:{}:{}", context.run, subject.unwrap_or_default())
}

/// The number of the workflow run that wrote a check run, and what its verdict is of.
pub(super) fn origin(external_id: &str) -> Option<(u64, &str)> {
    let (run, subject) = external_id.strip_prefix("eval-gate:")?.split_once(':')?;
    let (run, _) = run.split_once('-')?;
    Some((run.parse().ok()?, subject)).filter(|(_, subject)| !subject.is_empty())
}

/// The check runs called `name` on a commit, the newest of each app that has any.
pub(super) async fn check_runs(
    client: &Client,
    context: &GitHubContext,
    head: &str,
    name: &str,
) -> Result<Vec<Value>, GitHubError> {
    let path = context.path(&format!("commits/{head}/check-runs?check_name={}&per_page=100", encoded(name)));
    let mut found = client.get(&path).await?;
    match found.get_mut("check_runs").map(Value::take) {
        Some(Value::Array(runs)) => Ok(runs),
        _ => Err(GitHubError::Unexpected { request: format!("GET {path}"), field: "check_runs" }),
    }
}

async fn find(
    client: &Client,
    context: &GitHubContext,
    head: &str,
    name: &str,
    external_id: &str,
) -> Result<Option<u64>, GitHubError> {
    let runs = check_runs(client, context, head, name).await?;
    let ours = runs.iter().find(|run| run["external_id"] == external_id && run["status"] != "completed");
    ours.map(|run| id(run, "check-runs")).transpose()
}

fn id(run: &Value, path: &str) -> Result<u64, GitHubError> {
    run["id"].as_u64().ok_or_else(|| GitHubError::Unexpected { request: path.to_owned(), field: "id" })
}
