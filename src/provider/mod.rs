//! One face for models: a [`Request`] goes in, a [`Completion`] comes out.
//!
//! A [`Provider`] looks for the answer in its [`Cache`] first. What is not there is asked for within the provider's
//! limits: so many calls in flight, so many requests a minute, and a retry for what passes by itself. Which answers may
//! come from the cache is the caller's choice ([`Provider::peek`], [`CachePolicy`]), because only the caller knows which
//! answers will be compared with each other.

mod answer;
mod anthropic;
mod cache;
mod clean;
mod config;
mod error;
mod failure;
mod http;
mod key;
mod openai;
mod pace;
mod price;
mod recorded;
mod recorder;
mod refusal;
mod retry;
mod server;
mod sse;
#[cfg(test)]
mod testing;

use std::io;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::cache::{Cache, CacheMode};
pub use self::clean::Cleaner;
pub use self::config::{HttpConfig, ProviderConfig, RecordedConfig};
pub use self::error::{At, ProviderError, QUOTED_CHARS};
pub use self::price::{PRICES_AS_OF, Price, Prices};
pub use self::recorded::Recording;
pub use self::recorder::Recorder;
use self::server::Server;

/// A model's provider, ready to be asked.
#[derive(Debug)]
pub struct Provider {
    name: String,
    model: Option<String>,
    concurrency: usize,
    backend: Backend,
    secrets: Vec<SecretString>,
    /// The environment variable for want of which nothing can be asked.
    missing: Option<String>,
    cache: Option<Arc<Cache>>,
    recorder: Option<Arc<Recorder>>,
    cleaner: Option<Cleaner>,
}

/// Where answers come from.
#[derive(Debug)]
enum Backend {
    Live(Box<Server>),
    Recorded(Recording),
}

/// Whether a call may be answered from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// A stored answer is as good as a new one.
    Use,
    /// The answer has to be new. It is stored all the same.
    Bypass,
}

/// An answer, and whether it is a stored one.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What the model answered.
    pub completion: Completion,
    /// Whether it comes from the cache or from a recording.
    pub cached: bool,
}

impl Provider {
    /// The provider that the configuration calls `name`. Nothing is sent yet.
    ///
    /// A TLS provider must be installed in the process before.
    pub fn new(name: &str, config: &ProviderConfig) -> Result<Self, ProviderError> {
        let wrong = |error: io::Error| ProviderError::Config { provider: name.to_owned(), message: error.to_string() };
        let backend = match config {
            ProviderConfig::OpenAi(http) => Backend::Live(Box::new(Server::openai(name, http)?)),
            ProviderConfig::Anthropic(http) => Backend::Live(Box::new(Server::anthropic(name, http)?)),
            ProviderConfig::Recorded(recorded) => Backend::Recorded(Recording::open(&recorded.file).map_err(wrong)?),
        };
        let model = config.model().map(str::to_owned);
        Ok(Self {
            name: name.to_owned(),
            model,
            concurrency: config.concurrency(),
            backend,
            secrets: config.secrets().cloned().collect(),
            missing: None,
            cache: None,
            recorder: None,
            cleaner: None,
        })
    }

    /// The provider that the configuration calls `name`, while the environment variable `missing` that it names is not set:
    /// it answers from what is stored, and else with [`ProviderError::NoKey`].
    pub fn without_key(name: &str, config: &ProviderConfig, missing: &str) -> Result<Self, ProviderError> {
        let mut config = config.clone();
        if let ProviderConfig::OpenAi(http) | ProviderConfig::Anthropic(http) = &mut config {
            // An address that nobody knows has no stored answers; any other stands in for it.
            http.base_url = http.base_url.take().filter(|url| !url.contains("${"));
        }
        Ok(Self { missing: Some(missing.to_owned()), ..Self::new(name, &config)? })
    }

    /// The same provider, which looks into `cache` first and stores there what it is told.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<Cache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The same provider, which writes every answer down, also the stored ones.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Arc<Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// The same provider, whose fresh answers go through `cleaner` before they are stored or given.
    #[must_use]
    pub fn with_cleaner(mut self, cleaner: Cleaner) -> Self {
        self.cleaner = Some(cleaner);
        self
    }

    /// The name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model to ask where neither the prompt nor the case names one.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Calls that may be in flight at once.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The stored answer, if there is one that may be used.
    pub fn peek(&self, request: &Request, repeat: u32) -> Option<Completion> {
        match (&self.backend, &self.cache) {
            (Backend::Recorded(recording), _) => recording.answer(request, repeat).cloned(),
            (Backend::Live(server), Some(cache)) => {
                let mut completion = cache.read(&server.key(request, repeat))?;
                // It may have been stored when the rules were others.
                self.clean(request, &mut completion);
                Some(completion)
            }
            (Backend::Live(_), None) => None,
        }
    }

    /// Answers a request: from what is stored where `policy` and the cache's mode allow it, else by asking the model.
    ///
    /// `repeat` counts the times that the same request is asked on purpose; each has its own stored answer. The call
    /// waits for its turn within the provider's limits, and comes back after the last retry at the latest. A recording
    /// has no new answers, so [`CachePolicy::Bypass`] means nothing to it.
    pub async fn complete(&self, request: &Request, repeat: u32, policy: CachePolicy) -> Result<Reply, ProviderError> {
        let is_recorded = matches!(self.backend, Backend::Recorded(_));
        let may_use = policy == CachePolicy::Use || is_recorded;
        let stored = may_use.then(|| self.peek(request, repeat)).flatten();
        let cached = stored.is_some();
        let completion = match stored {
            Some(completion) => completion,
            None => self.ask(request, repeat).await?,
        };
        self.record(request, repeat, &completion);
        Ok(Reply { completion, cached })
    }

    /// Gets a new answer, and stores it.
    async fn ask(&self, request: &Request, repeat: u32) -> Result<Completion, ProviderError> {
        let server = match (&self.backend, &self.cache) {
            (Backend::Recorded(recording), _) => return Err(recording.miss(&self.name, request, repeat)),
            (_, Some(cache)) if cache.mode() == CacheMode::Offline => return Err(self.miss(request, repeat)),
            (Backend::Live(server), _) => server,
        };
        if let Some(variable) = &self.missing {
            let (provider, variable) = (self.name.clone(), variable.clone());
            return Err(ProviderError::NoKey { provider, variable });
        }
        let mut completion = server.complete(request).await.map_err(|error| error.without(&self.secrets))?;
        self.clean(request, &mut completion);
        if let Some(cache) = &self.cache {
            cache.write(&server.key(request, repeat), &completion);
        }
        Ok(completion)
    }

    fn clean(&self, request: &Request, completion: &mut Completion) {
        if let Some(cleaner) = &self.cleaner {
            cleaner.clean(request, completion);
        }
    }

    /// Writes an answer down. One that cannot be written is logged and missing later; the answer itself is not lost.
    fn record(&self, request: &Request, repeat: u32, completion: &Completion) {
        let Some(recorder) = &self.recorder else { return };
        if let Err(error) = recorder.add(request, repeat, completion) {
            tracing::warn!(provider = self.name, %error, "an answer could not be recorded");
        }
    }

    fn miss(&self, request: &Request, repeat: u32) -> ProviderError {
        ProviderError::Miss {
            provider: self.name.clone(),
            question: key::describe(request, repeat),
            advice: "run once without `--offline` to fill the cache".to_owned(),
        }
    }
}

/// What is asked of a model. Messages and tools are JSON in the shape of `OpenAI`'s chat API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model's name.
    pub model: String,
    /// The conversation, oldest message first.
    pub messages: Vec<Value>,
    /// Tool definitions; empty means none are offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    /// Everything else of the request's body: `temperature`, `max_tokens`, `response_format`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The text; `None` or empty where the model said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Tool calls in `OpenAI`'s shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Value>,
    /// The refusal text of models that keep it apart from the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// `stop`, `length`, `tool_calls`, `content_filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// The model that answered, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens used, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How long it took.
    #[serde(default)]
    pub timing: Timing,
}

/// Tokens of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input: u64,
    /// Completion tokens, reasoning included.
    pub output: u64,
    /// Prompt tokens that the provider read from its cache.
    #[serde(default)]
    pub cached: u64,
}

/// The times of one call, measured by the client, without time spent waiting for a permit or between retries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// From sending the request to the first token of the answer, in milliseconds; only streamed answers have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// From sending the request to the end of the answer, in milliseconds.
    pub total_ms: f64,
}
