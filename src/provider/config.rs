//! The `providers:` entries of the configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::{Map, Value};

/// How one provider is reached. In the configuration a mapping with exactly one of the keys `openai`, `anthropic` and
/// `recorded`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub enum ProviderConfig {
    /// A server that speaks `OpenAI`'s chat completions: `OpenAI` itself, Azure, vLLM, llama.cpp, Ollama, gateways, …
    OpenAi(HttpConfig),
    /// A server that speaks Anthropic's Messages API. Requests are still written in the words of chat completions.
    Anthropic(HttpConfig),
    /// Answers from a committed file instead of a server.
    Recorded(RecordedConfig),
}

/// The mapping as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    openai: Option<HttpConfig>,
    anthropic: Option<HttpConfig>,
    recorded: Option<RecordedConfig>,
}

impl TryFrom<Written> for ProviderConfig {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (written.openai, written.anthropic, written.recorded) {
            (Some(http), None, None) => Ok(Self::OpenAi(http)),
            (None, Some(http), None) => Ok(Self::Anthropic(http)),
            (None, None, Some(recorded)) => Ok(Self::Recorded(recorded)),
            _ => Err("a provider has exactly one of `openai`, `anthropic` and `recorded`"),
        }
    }
}

impl ProviderConfig {
    /// The model to ask where neither the prompt nor the case names one.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::OpenAi(http) | Self::Anthropic(http) => http.model.as_deref(),
            Self::Recorded(recorded) => recorded.model.as_deref(),
        }
    }

    /// Calls that may be in flight at once; a recording keeps nobody waiting, so there any number does.
    pub fn concurrency(&self) -> usize {
        match self {
            Self::OpenAi(http) | Self::Anthropic(http) => http.concurrency.get(),
            Self::Recorded(_) => default_concurrency().get(),
        }
    }

    /// Its key and the values of its headers.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let http = match self {
            Self::OpenAi(http) | Self::Anthropic(http) => Some(http),
            Self::Recorded(_) => None,
        };
        http.into_iter().flat_map(|http| http.api_key.iter().chain(http.headers.values()))
    }

    /// Whether both would give the same answers to the same request: the same server, model and parameters. What a recording
    /// answers is in its file, wherever that lies.
    pub fn answers_like(&self, other: &Self) -> bool {
        let server = |http: &HttpConfig| (http.base_url.clone(), http.model.clone(), http.parameters.clone());
        match (self, other) {
            (Self::OpenAi(a), Self::OpenAi(b)) | (Self::Anthropic(a), Self::Anthropic(b)) => server(a) == server(b),
            (Self::Recorded(a), Self::Recorded(b)) => a.model == b.model,
            _ => false,
        }
    }

    /// The server, model and parameters of `then`, with the key and the limits of today where it is the same API.
    #[must_use]
    pub fn as_it_was(&self, then: &Self) -> Self {
        let mix = |today: &HttpConfig, then: &HttpConfig| HttpConfig {
            base_url: then.base_url.clone(),
            model: then.model.clone(),
            parameters: then.parameters.clone(),
            ..today.clone()
        };
        match (self, then) {
            (Self::OpenAi(today), Self::OpenAi(then)) => Self::OpenAi(mix(today, then)),
            (Self::Anthropic(today), Self::Anthropic(then)) => Self::Anthropic(mix(today, then)),
            (Self::Recorded(today), Self::Recorded(then)) => {
                Self::Recorded(RecordedConfig { model: then.model.clone(), ..today.clone() })
            }
            _ => then.clone(),
        }
    }

    /// The same, with one machine's part of the requests a minute, where several share them.
    #[must_use]
    pub fn shared_by(mut self, machines: u32) -> Self {
        if let Self::OpenAi(http) | Self::Anthropic(http) = &mut self {
            let share = |all: NonZeroU32| NonZeroU32::new(all.get() / machines.max(1)).unwrap_or(NonZeroU32::MIN);
            http.requests_per_minute = http.requests_per_minute.map(share);
        }
        self
    }

    /// The same, with its files relative to `folder`, the configuration's.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Recorded(RecordedConfig { file, model }) => {
                Self::Recorded(RecordedConfig { file: folder.join(file), model })
            }
            other => other,
        }
    }
}

/// A provider behind HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where the API starts. `https://api.openai.com/v1` or `https://api.anthropic.com` where absent. A query
    /// (`?api-version=…`) is kept.
    pub base_url: Option<String>,
    /// The key; absent for servers that want none.
    pub api_key: Option<SecretString>,
    /// The model to ask where neither the prompt nor the case names one.
    pub model: Option<String>,
    /// Calls in flight at once.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
    /// Requests a minute, retries included, spread evenly.
    pub requests_per_minute: Option<NonZeroU32>,
    /// The longest that one try may take, from sending to the last byte: seconds, or text such as `90s` or `2m`.
    #[serde(default = "default_timeout", deserialize_with = "timeout")]
    pub timeout: Duration,
    /// Tries after the first one, for failures that pass by themselves.
    #[serde(default = "default_retries")]
    pub retries: usize,
    /// Whether answers are streamed; without it the time to the first token is not known.
    #[serde(default = "default_stream")]
    pub stream: bool,
    /// Fields added to every request's body; the prompt's own parameters win.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Headers added to every request. Their values are kept as secret as the key.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
}

/// A provider that answers from a recording.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedConfig {
    /// The JSON Lines file written by `--record`.
    pub file: PathBuf,
    /// The model to ask where neither the prompt nor the case names one.
    pub model: Option<String>,
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(15)
}

fn default_timeout() -> Duration {
    Duration::from_mins(2)
}

fn default_retries() -> usize {
    4
}

fn default_stream() -> bool {
    true
}

fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_any(Seconds)
}

/// Reads a positive time: a number of seconds, or text with a unit.
struct Seconds;

impl Seconds {
    fn positive<E: de::Error>(time: Option<Duration>) -> Result<Duration, E> {
        let time = time.filter(|time| !time.is_zero());
        time.ok_or_else(|| E::custom("a timeout is a time above zero: a number of seconds, or text such as `90s`"))
    }
}

impl Visitor<'_> for Seconds {
    type Value = Duration;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of seconds, or text such as `90s` or `2m`")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
        Self::positive(Some(Duration::from_secs(seconds)))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Duration, E> {
        Self::positive(u64::try_from(seconds).ok().map(Duration::from_secs))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Duration, E> {
        Self::positive(Duration::try_from_secs_f64(seconds).ok())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        let time = text.parse::<SignedDuration>().ok();
        Self::positive(time.and_then(|time| Duration::try_from(time).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<ProviderConfig, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults() {
        let ProviderConfig::OpenAi(http) = read("openai: { model: m }").unwrap() else { panic!("not openai") };
        assert_eq!((http.concurrency.get(), http.retries, http.stream), (16, 4, true));
        assert_eq!(http.timeout, Duration::from_mins(2));
        assert!(http.base_url.is_none() && http.api_key.is_none() && http.requests_per_minute.is_none());
    }

    #[test]
    fn timeouts() {
        for (written, seconds) in [("30", 30.0), ("1.5", 1.5), ("90s", 90.0), ("2m", 120.0), ("'1m 30s'", 90.0)] {
            let config = read(&format!("openai: {{ timeout: {written} }}")).unwrap();
            let ProviderConfig::OpenAi(http) = config else { panic!("not openai") };
            assert_eq!(http.timeout, Duration::from_secs_f64(seconds), "{written}");
        }
        for written in ["0", "-3", "soon", ".nan", "-5s"] {
            assert!(read(&format!("openai: {{ timeout: {written} }}")).is_err(), "{written}");
        }
    }

    #[test]
    fn wrong_entries_are_explained() {
        for (yaml, part) in [
            ("{}", "exactly one of"),
            ("{ openai: {}, anthropic: {} }", "exactly one of"),
            ("{ openai: {}, recorded: { file: a } }", "exactly one of"),
            ("opnai: {}", "unknown field `opnai`"),
            ("openai: { modle: m }", "unknown field `modle`"),
            ("openai: { concurrency: 0 }", "nonzero"),
            ("recorded: {}", "missing field `file`"),
        ] {
            let error = read(yaml).unwrap_err();
            assert!(error.contains(part), "{yaml}: {error}");
        }
    }

    #[test]
    fn files_are_relative_to_the_configuration() {
        for (file, whole) in [("a.jsonl", "conf/a.jsonl"), ("/a.jsonl", "/a.jsonl")] {
            let config = read(&format!("recorded: {{ file: {file}, model: m }}")).unwrap();
            let ProviderConfig::Recorded(recorded) = config.relative_to(Path::new("conf")) else {
                panic!("not recorded")
            };
            assert_eq!((recorded.file, recorded.model.as_deref()), (PathBuf::from(whole), Some("m")));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = read("openai: { api_key: sk-secret, headers: { x-key: hidden } }").unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("sk-secret") && !shown.contains("hidden"), "{shown}");
    }
}
