//! Asks GitHub. Repeats only what may be repeated, and never waits long.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use octocrab::Octocrab;
use reqwest::header::{ACCEPT, HeaderMap};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::Instant;

use super::context::GitHubContext;
use super::error::{Fault, GitHubError};
use super::limits::{ALL_WAITS, BETWEEN_WRITES, PAGE, PAGES, REQUEST, RETRIES};
use super::retry;

/// A client of GitHub's REST API with one run's token and patience.
pub struct Client {
    crab: Octocrab,
    /// Where the API starts, without a slash at the end: on an Enterprise Server with its `/api/v3`.
    url: String,
    /// What is left of the time for waiting.
    patience: Cell<Duration>,
    written: Cell<Option<Instant>>,
}

/// A request's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// An answer.
struct Reply {
    body: Value,
    next: Next,
}

/// The next page of a list.
enum Next {
    /// There is none.
    None,
    /// It has this path.
    At(String),
    /// There is one, under an address that is not the API's; the token does not go there.
    Elsewhere,
}

impl Client {
    /// A client for the API and with the token that the context names.
    pub fn new(context: &GitHubContext) -> Result<Self, GitHubError> {
        let advice = "give the step `GITHUB_TOKEN: ${{ github.token }}` in its `env`";
        let token = context.token.as_ref().ok_or(GitHubError::Missing { variable: "GITHUB_TOKEN", advice })?;
        let url = context.api_url.trim_end_matches('/').to_owned();
        let setup = |problem: String| GitHubError::Setup { url: url.clone(), problem };
        let http = reqwest::Client::builder().timeout(REQUEST).build().map_err(|error| setup(error.to_string()))?;
        let crab = Octocrab::builder()
            .base_uri(url.as_str())
            .and_then(|builder| {
                let builder = builder.add_header(ACCEPT, "application/vnd.github+json".to_owned());
                builder.user_access_token(token.expose_secret()).build_with_reqwest(http)
            })
            .map_err(|error| setup(error.to_string()))?;
        Ok(Self { crab, url, patience: Cell::new(ALL_WAITS), written: Cell::new(None) })
    }

    /// Reads; repeated where that may help.
    pub(super) async fn get(&self, path: &str) -> Result<Value, GitHubError> {
        Ok(self.persist(Method::Get, path, &Value::Null).await?.body)
    }

    /// Changes something to what `body` says; repeated where that may help, for the second time changes nothing.
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, GitHubError> {
        Ok(self.persist(Method::Patch, path, body).await?.body)
    }

    /// Sends a request once. What creates something is sent so, and whoever sends it looks before sending it again.
    pub(super) async fn once(&self, method: Method, path: &str, body: &Value) -> Result<Value, GitHubError> {
        Ok(self.send(method, path, body).await?.body)
    }

    /// All entries of a list, from all its pages. A list that does not end is an error: what was not seen may be ours.
    pub(super) async fn all(&self, path: &str) -> Result<Vec<Value>, GitHubError> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{mark}per_page={PAGE}");
        let unexpected = |field| GitHubError::Unexpected { request: format!("GET {path}"), field };
        let (mut next, mut entries) = (first.clone(), Vec::new());
        for page in 2..=PAGES + 1 {
            let reply = self.persist(Method::Get, &next, &Value::Null).await?;
            let Value::Array(found) = reply.body else { return Err(unexpected("[]")) };
            entries.extend(found);
            next = match reply.next {
                Next::None => return Ok(entries),
                Next::At(path) => path,
                Next::Elsewhere => format!("{first}&page={page}"),
            };
        }
        Err(unexpected("end of the list"))
    }

    /// Waits until what failed may be tried again; `false` where that is of no use or would take longer than there is
    /// patience.
    pub(super) async fn wait(&self, error: &GitHubError, tries: u32) -> bool {
        let Fault::Passing(asked) = error.fault() else { return false };
        let wait = retry::wait(asked, tries);
        let Some(left) = self.patience.get().checked_sub(wait).filter(|_| tries < RETRIES) else { return false };
        self.patience.set(left);
        tokio::time::sleep(wait).await;
        true
    }

    async fn persist(&self, method: Method, path: &str, body: &Value) -> Result<Reply, GitHubError> {
        let mut tries = 0;
        loop {
            match self.send(method, path, body).await {
                Err(error) if self.wait(&error, tries).await => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Reply, GitHubError> {
        let request = format!("{} {path}", method.name());
        let lost = |error: octocrab::Error| GitHubError::Lost { request: request.clone(), problem: in_short(&error) };
        let response = match method {
            Method::Get => self.crab._get(path).await,
            Method::Post => self.write(self.crab._post(path, Some(body))).await,
            Method::Patch => self.write(self.crab._patch(path, Some(body))).await,
            Method::Delete => self.write(self.crab._delete(path, None::<&Value>)).await,
        };
        let response = response.map_err(lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = self.crab.body_to_string(response).await.map_err(lost)?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(Reply { body, next: self.next(&headers) });
        }
        let message = body["message"].as_str().unwrap_or("no reason was given").to_owned();
        let details = body["errors"].as_array().filter(|errors| !errors.is_empty());
        let message = message + &details.map_or_else(String::new, |errors| format!(" {}", Value::from(errors.clone())));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let fault = retry::fault(status, &headers, &message, now);
        Err(GitHubError::Refused { request, status, message, fault })
    }

    /// Sends a write, not too soon after the one before.
    async fn write<T>(&self, sending: impl Future<Output = T>) -> T {
        if let Some(written) = self.written.get() {
            tokio::time::sleep_until(written + BETWEEN_WRITES).await;
        }
        let outcome = sending.await;
        self.written.set(Some(Instant::now()));
        outcome
    }

    /// The next page, as the `Link` header has it.
    fn next(&self, headers: &HeaderMap) -> Next {
        let link = headers.get("link").and_then(|link| link.to_str().ok()).unwrap_or_default();
        let Some(entry) = link.split(',').find(|entry| entry.contains("rel=\"next\"")) else { return Next::None };
        let address = entry.split('<').nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
        let path = address.strip_prefix(&self.url).filter(|path| path.starts_with('/'));
        path.map_or(Next::Elsewhere, |path| Next::At(path.to_owned()))
    }
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// An error's first line: those of octocrab go on with a backtrace.
fn in_short(error: &octocrab::Error) -> String {
    error.to_string().lines().next().unwrap_or("an error without a text").to_owned()
}
