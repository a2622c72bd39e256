//! Chat completions in `OpenAI`'s shape, which most servers speak.

mod answer;

use std::sync::atomic::{AtomicU8, Ordering};

use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use self::answer::Assembler;
use super::config::HttpConfig;
use super::error::ProviderError;
use super::failure::Failure;
use super::http::{Api, Endpoint};
use super::refusal::Refusal;
use super::{Completion, Request};

/// A server of chat completions.
#[derive(Debug)]
pub(super) struct OpenAi {
    endpoint: Endpoint,
    parameters: Map<String, Value>,
    /// The [`Streaming`] that the server takes, as a number, because calls share it.
    streaming: AtomicU8,
}

/// How an answer is asked for. Later ones are for servers that refuse the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Streaming {
    WithUsage,
    Plain,
    Off,
}

impl Streaming {
    fn read(number: u8) -> Self {
        match number {
            0 => Self::WithUsage,
            1 => Self::Plain,
            _ => Self::Off,
        }
    }
}

impl OpenAi {
    pub(super) fn new(provider: &str, config: &HttpConfig) -> Result<Self, ProviderError> {
        let api = Api {
            default_base_url: "https://api.openai.com/v1",
            path: &["chat", "completions"],
            key_header: (AUTHORIZATION, "Bearer "),
            headers: HeaderMap::new(),
        };
        let streaming = if config.stream { Streaming::WithUsage } else { Streaming::Off };
        Ok(Self {
            endpoint: Endpoint::new(provider, config, &api)?,
            parameters: config.parameters.clone(),
            streaming: AtomicU8::new(streaming as u8),
        })
    }

    pub(super) async fn complete(&self, request: &Request) -> Result<Completion, ProviderError> {
        self.endpoint.call(|| self.attempt(request)).await
    }

    /// What an answer depends on beside the request.
    pub(super) fn identity(&self) -> Value {
        json!(["openai", self.endpoint.url(), self.parameters])
    }

    /// One try; a server that turns out not to stream is asked again at once.
    async fn attempt(&self, request: &Request) -> Result<Completion, Failure> {
        loop {
            let streaming = Streaming::read(self.streaming.load(Ordering::Relaxed));
            match self.ask(request, streaming).await {
                Err(Failure::Refused(refusal)) => match without(&refusal, streaming) {
                    Some(next) => self.streaming.fetch_max(next as u8, Ordering::Relaxed),
                    None => return refusal.answered(),
                },
                outcome => return outcome,
            };
        }
    }

    async fn ask(&self, request: &Request, streaming: Streaming) -> Result<Completion, Failure> {
        let body = Body { request, defaults: &self.parameters, streaming };
        let body = serde_json::to_vec(&body).map_err(|error| Failure::Malformed(error.to_string()))?;
        let answer = self.endpoint.post(body).await?;
        let assembler = Assembler::new(answer.sent);
        answer.assemble(assembler).await
    }
}

/// What to try next with a server that refuses to stream, if that is what it refuses.
fn without(refusal: &Refusal, streaming: Streaming) -> Option<Streaming> {
    let message = refusal.message.to_ascii_lowercase();
    match streaming {
        _ if !matches!(refusal.status, 400 | 422) => None,
        Streaming::WithUsage if message.contains("stream_options") || message.contains("include_usage") => {
            Some(Streaming::Plain)
        }
        Streaming::WithUsage | Streaming::Plain if message.contains("stream") => Some(Streaming::Off),
        _ => None,
    }
}

/// A request's body. Written by hand so that messages are borrowed, and so that each field is written once whoever set it.
struct Body<'a> {
    request: &'a Request,
    defaults: &'a Map<String, Value>,
    streaming: Streaming,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let own = ["model", "messages", "stream", "stream_options"];
        let request = self.request;
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("model", &request.model)?;
        body.serialize_entry("messages", &request.messages)?;
        if !request.tools.is_empty() {
            body.serialize_entry("tools", &request.tools)?;
        }
        let defaults = self.defaults.iter().filter(|(name, _)| !request.parameters.contains_key(*name));
        for (name, value) in request.parameters.iter().chain(defaults) {
            let is_set = own.contains(&name.as_str()) || (name == "tools" && !request.tools.is_empty());
            if !is_set {
                body.serialize_entry(name, value)?;
            }
        }
        if self.streaming < Streaming::Off {
            body.serialize_entry("stream", &true)?;
        }
        if self.streaming == Streaming::WithUsage {
            body.serialize_entry("stream_options", &json!({"include_usage": true}))?;
        }
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_written_once() {
        let request = json!({"model": "m", "messages": [], "tools": [{"type": "function"}],
            "parameters": {"temperature": 0, "stream": false, "model": "other", "tools": []}});
        let request: Request = serde_json::from_value(request).unwrap();
        let defaults = json!({"temperature": 1, "seed": 2, "messages": "none"});
        let defaults = defaults.as_object().unwrap();
        for (streaming, end) in [
            (Streaming::WithUsage, r#","stream":true,"stream_options":{"include_usage":true}}"#),
            (Streaming::Plain, r#","stream":true}"#),
            (Streaming::Off, "}"),
        ] {
            let body = serde_json::to_string(&Body { request: &request, defaults, streaming }).unwrap();
            let start = r#"{"model":"m","messages":[],"tools":[{"type":"function"}],"temperature":0,"seed":2"#;
            assert_eq!(body, format!("{start}{end}"));
        }
    }

    #[test]
    fn only_a_refused_stream_is_asked_for_differently() {
        let next = |status, message: &str, streaming| {
            without(&Refusal { status, message: message.into(), ..Refusal::default() }, streaming)
        };
        let (with_usage, plain, off) = (Streaming::WithUsage, Streaming::Plain, Streaming::Off);
        for (status, message, from, to) in [
            (400, "Unknown field `stream_options`", with_usage, Some(plain)),
            (422, "include_usage: extra inputs are not permitted", with_usage, Some(plain)),
            (400, "Streaming is not supported", with_usage, Some(off)),
            (400, "stream_options is not allowed", plain, Some(off)),
            (400, "stream must be false", off, None),
            (400, "messages is empty", with_usage, None),
            (500, "stream failed", with_usage, None),
        ] {
            assert_eq!(next(status, message, from), to, "{message}");
        }
    }
}
