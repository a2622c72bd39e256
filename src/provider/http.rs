//! One provider's address: the client that reaches it, and every call's way through permits, pace and retries.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use backon::Retryable;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::answer::Answer;
use super::config::HttpConfig;
use super::error::{At, ProviderError};
use super::failure::Failure;
use super::pace::Pace;
use super::refusal::Refusal;
use super::retry;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What differs between the APIs.
pub(super) struct Api<'a> {
    pub(super) default_base_url: &'a str,
    /// The path below the base URL.
    pub(super) path: &'a [&'a str],
    /// The header that carries the key, and what stands before the key in it.
    pub(super) key_header: (HeaderName, &'a str),
    /// Further headers.
    pub(super) headers: HeaderMap,
}

/// Where one provider's completions are asked for.
#[derive(Debug)]
pub(super) struct Endpoint {
    provider: String,
    url: Url,
    client: Client,
    permits: Semaphore,
    pace: Pace,
    retries: usize,
    /// Whether the server ever answered, if only with an error.
    reached: AtomicBool,
}

impl Endpoint {
    pub(super) fn new(provider: &str, config: &HttpConfig, api: &Api<'_>) -> Result<Self, ProviderError> {
        let wrong = |message: String| ProviderError::Config { provider: provider.to_owned(), message };
        let url = address(config.base_url.as_deref().unwrap_or(api.default_base_url), api.path).map_err(wrong)?;
        let headers = headers(config, api).map_err(wrong)?;
        let client = client(config, &url, headers).map_err(wrong)?;
        Ok(Self {
            provider: provider.to_owned(),
            url,
            client,
            permits: Semaphore::new(config.concurrency.get().min(Semaphore::MAX_PERMITS)),
            pace: Pace::new(config.requests_per_minute.map(u32::from)),
            retries: config.retries,
            reached: AtomicBool::new(false),
        })
    }

    /// The whole address, which is part of what a cached answer depends on.
    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Runs tries until one succeeds, fails for good, or the retries are spent, within the provider's limits.
    pub(super) async fn call<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let _permit = self.permits.acquire().await.expect("this semaphore is never closed");
        let paced = || async {
            self.pace.turn().await;
            let outcome = attempt().await;
            self.learn(&outcome);
            outcome
        };
        let outcome = paced
            .retry(retry::waits(self.retries))
            .when(retry::is_transient)
            .notify(|failure, wait| tracing::debug!(provider = self.provider, ?failure, ?wait, "trying again"))
            .await;
        outcome.map_err(|failure| failure.explain(self.at(), self.retries + 1, self.reached.load(Ordering::Relaxed)))
    }

    /// Sends one request and waits for the head of the answer. An answer that is not a success is a failure.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Answer, Failure> {
        let sent = Instant::now();
        let response = self.client.post(self.url.clone()).body(body).send().await?;
        self.reached.store(true, Ordering::Relaxed);
        if response.status().is_success() {
            return Ok(Answer::new(response, sent));
        }
        let retry_after = retry::retry_after(response.headers(), SystemTime::now());
        let status = response.status().as_u16();
        let refusal = Refusal::read(status, &Answer::new(response, sent).start().await);
        Err(Failure::Refused(Refusal { retry_after, ..refusal }))
    }

    fn learn<T>(&self, outcome: &Result<T, Failure>) {
        match outcome {
            Ok(_) => self.pace.answered(),
            Err(Failure::Refused(refusal)) if retry::is_overload(refusal) => {
                self.pace.refused(tokio::time::Instant::now(), refusal.retry_after);
            }
            Err(_) => {}
        }
    }

    fn at(&self) -> At {
        let mut url = self.url.clone();
        url.set_query(None);
        // Only addresses that cannot have credentials refuse to lose them.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        At { provider: self.provider.clone(), url: url.into() }
    }
}

fn address(base_url: &str, path: &[&str]) -> Result<Url, String> {
    let advice = "write `base_url` as `https://host/v1`";
    let mut url = Url::parse(base_url).map_err(|error| format!("`{base_url}` is no URL ({error}); {advice}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{base_url}` is not http or https; {advice}"));
    }
    url.set_fragment(None);
    // A base URL may hold the start of the path, or all of it.
    let written: Vec<_> = url.path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let overlap = (0..=path.len()).rev().find(|&n| written.iter().rev().take(n).eq(path[..n].iter().rev()));
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(&path[overlap.unwrap_or(0)..]);
    }
    Ok(url)
}

fn headers(config: &HttpConfig, api: &Api<'_>) -> Result<HeaderMap, String> {
    let mut headers = api.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(key) = &config.api_key {
        let (name, prefix) = &api.key_header;
        headers.insert(name, secret(prefix, key).ok_or("`api_key` holds characters that no HTTP header may hold")?);
    }
    for (name, value) in &config.headers {
        let wrong = || format!("the header `{name}` has a name or a value that HTTP does not allow");
        let parsed = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        headers.insert(parsed, secret("", value).ok_or_else(wrong)?);
    }
    Ok(headers)
}

fn secret(prefix: &str, value: &SecretString) -> Option<HeaderValue> {
    let mut header = HeaderValue::try_from(format!("{prefix}{}", value.expose_secret().trim())).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn client(config: &HttpConfig, url: &Url, headers: HeaderMap) -> Result<Client, String> {
    // Without one, building the client would panic.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err("no TLS provider is installed in this process".to_owned());
    }
    let mut builder = Client::builder()
        .user_agent(concat!("eval-gate/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(Policy::none()) // a redirect would carry prompts and key to another place
        .gzip(false) // compression holds back the tokens whose times are measured
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT.min(config.timeout))
        .timeout(config.timeout);
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| format!("no HTTP client: {error}"))
}
