//! One store's address: a small client that asks for JSON, with bounded patience.

use std::cell::Cell;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::SourceError;
use super::fault::{Fault, Refusal, retry_after};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// One request, its answer included. A page of a thousand spans is some megabytes.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);
/// Further tries of one request.
const RETRIES: usize = 4;
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// All waits of one client together, whatever the server asks for: a run must end.
const ALL_WAITS: Duration = Duration::from_mins(5);
/// No answer may be larger, so that a runaway server cannot fill the memory.
const LARGEST_ANSWER: usize = 256 << 20;
/// The shortest key that is looked for in what a server says.
const SHORTEST_KEY: usize = 6;

/// A client of one store.
pub(super) struct Http {
    base: Url,
    client: Client,
    keys: Vec<SecretString>,
    /// What is left of the time for waiting.
    patience: Cell<Duration>,
}

/// A parameter of a query; a name may come several times.
pub(super) type Pair = (&'static str, String);

impl Http {
    /// A client for the store at `base`; `headers` carry its keys.
    pub(super) fn new(base: &str, headers: Vec<(HeaderName, SecretString)>) -> Result<Self, SourceError> {
        // What stands before an @ may be a password.
        let shown = base.rsplit_once('@').map_or(base, |(_, host)| host);
        let wrong = |problem: String| SourceError::Setup { url: shown.to_owned(), problem };
        let base = address(base).map_err(wrong)?;
        let client = client(&base, &headers).map_err(wrong)?;
        let keys = headers.into_iter().map(|(_, key)| key).collect();
        Ok(Self { base, client, keys, patience: Cell::new(ALL_WAITS) })
    }

    /// The same, which does not show these either: what a header holds may be made of several.
    pub(super) fn hiding(mut self, keys: impl IntoIterator<Item = SecretString>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// The address without credentials, for people and for links; no slash at its end.
    pub(super) fn url(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }

    /// Reads what is at a path, which is given in its parts.
    pub(super) async fn get(&self, path: &[&str], query: &[Pair]) -> Result<Value, Fault> {
        let url = self.at(path, query);
        self.persist(|| self.client.get(url.clone())).await
    }

    /// Sends what may be sent twice without doing more than once.
    pub(super) async fn post(&self, path: &[&str], query: &[Pair], body: &Value) -> Result<Value, Fault> {
        self.send(Method::POST, self.at(path, query), body).await
    }

    /// Changes what is at a path.
    pub(super) async fn patch(&self, path: &[&str], body: &Value) -> Result<Value, Fault> {
        self.send(Method::PATCH, self.at(path, &[]), body).await
    }

    async fn send(&self, method: Method, url: Url, body: &Value) -> Result<Value, Fault> {
        let body = body.to_string();
        let json = HeaderValue::from_static("application/json");
        let request = || self.client.request(method.clone(), url.clone()).header(CONTENT_TYPE, &json);
        self.persist(|| request().body(body.clone())).await
    }

    fn at(&self, path: &[&str], query: &[Pair]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name, value)));
        }
        url
    }

    async fn persist(&self, request: impl Fn() -> RequestBuilder) -> Result<Value, Fault> {
        let waits = ExponentialBuilder::new().with_jitter().with_min_delay(FIRST_WAIT).with_max_times(RETRIES);
        let tried = (|| self.once(request())).retry(waits).when(Fault::may_pass);
        let tried = tried.adjust(|fault, wait| self.wait(fault.asked_wait(), wait));
        tried.notify(|fault, wait| tracing::debug!(%fault, ?wait, "trying again")).await
    }

    /// The next wait, or none where patience is used up.
    fn wait(&self, asked: Option<Duration>, planned: Option<Duration>) -> Option<Duration> {
        let wait = planned.map(|planned| asked.unwrap_or(planned))?;
        self.patience.set(self.patience.get().checked_sub(wait)?);
        Some(wait)
    }

    async fn once(&self, request: RequestBuilder) -> Result<Value, Fault> {
        let mut response = request.send().await?;
        let status = response.status();
        let wait = retry_after(response.headers());
        let is_page =
            response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Fault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            let said = if is_page { String::new() } else { self.concealed(&String::from_utf8_lossy(&body)) };
            return Err(Fault::Refused(Refusal::new(status.as_u16(), &said, wait)));
        }
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(value),
            Err(_) if is_page || body.trim_ascii_start().starts_with(b"<") => Err(Fault::WebPage),
            Err(error) if error.is_eof() => Err(Fault::Broken("the answer ends early".to_owned())),
            Err(_) => Err(Fault::NoJson),
        }
    }

    /// A text without the keys: a server may repeat what it refuses.
    fn concealed(&self, text: &str) -> String {
        // What a header holds may have a scheme before the key.
        let keys = self.keys.iter().filter_map(|key| key.expose_secret().split(' ').next_back());
        keys.filter(|key| key.len() >= SHORTEST_KEY).fold(text.to_owned(), |text, key| text.replace(key, "***"))
    }
}

fn address(base: &str) -> Result<Url, String> {
    let advice = "write it as `https://host`";
    let mut url = Url::parse(base).map_err(|error| format!("this is no URL ({error}); {advice}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("this is not http or https; {advice}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user or a password in it, which reports and links would show; use the key".to_owned());
    }
    url.set_fragment(None);
    url.set_query(None);
    Ok(url)
}

fn client(url: &Url, keys: &[(HeaderName, SecretString)]) -> Result<Client, String> {
    // Without one, building the client would panic.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err("no TLS provider is installed in this process".to_owned());
    }
    let mut headers = HeaderMap::new();
    for (name, key) in keys {
        let mut value = HeaderValue::try_from(key.expose_secret())
            .map_err(|_| "the key holds characters that no HTTP header may hold".to_owned())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let mut builder = Client::builder()
        .user_agent(concat!("eval-gate/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(Policy::none()) // a redirect would carry the key to another place
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT);
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| format!("no HTTP client: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(base: &str, key: &str) -> Result<Http, SourceError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Http::new(base, vec![(reqwest::header::AUTHORIZATION, format!("Bearer {key}").into())])
    }

    #[test]
    fn addresses_keep_their_path_and_quote_what_is_put_into_them() {
        for (base, url) in [
            ("http://h:6006", "http://h:6006/v1/projects/a%20b%2Fc/spans?limit=1"),
            ("https://h/s/space/", "https://h/s/space/v1/projects/a%20b%2Fc/spans?limit=1"),
        ] {
            let http = http(base, "k").unwrap();
            let at = http.at(&["v1", "projects", "a b/c", "spans"], &[("limit", "1".into())]);
            assert_eq!(at.as_str(), url);
        }
        for (base, problem) in [("h:6006", "not http or https"), ("h", "no URL"), ("http://u:p@h", "a password")] {
            let told = http(base, "k").err().unwrap().to_string();
            assert!(told.contains(problem), "{told}");
        }
    }

    #[test]
    fn a_key_is_not_repeated() {
        let http = http("http://h", "px-secret").unwrap();
        assert_eq!(http.concealed("no such key: px-secret"), "no such key: ***");
        assert!(self::http("http://h", "a\nb").is_err());
    }

    #[test]
    fn patience_ends_whatever_the_server_asks_for() {
        let http = http("http://h", "k").unwrap();
        let (minute, second) = (Duration::from_mins(1), Duration::from_secs(1));
        let waits: Vec<_> = (0..6).map(|_| http.wait(Some(minute), Some(second))).collect();
        assert_eq!((waits[0], waits[4], waits[5]), (Some(minute), Some(minute), None));
        assert_eq!(self::http("http://h", "k").unwrap().wait(Some(minute), None), None, "the tries are used up");
    }
}
