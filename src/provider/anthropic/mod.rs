//! Anthropic's Messages API, spoken to as if it were chat completions.

mod answer;
mod body;
mod messages;
mod wire;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use self::answer::Assembler;
use super::config::HttpConfig;
use super::error::ProviderError;
use super::failure::Failure;
use super::http::{Api, Endpoint};
use super::{Completion, Request};

/// A server of the Messages API.
#[derive(Debug)]
pub(super) struct Anthropic {
    endpoint: Endpoint,
    parameters: Map<String, Value>,
    stream: bool,
}

impl Anthropic {
    pub(super) fn new(provider: &str, config: &HttpConfig) -> Result<Self, ProviderError> {
        let version = (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
        let api = Api {
            default_base_url: "https://api.anthropic.com",
            path: &["v1", "messages"],
            key_header: (HeaderName::from_static("x-api-key"), ""),
            headers: HeaderMap::from_iter([version]),
        };
        let endpoint = Endpoint::new(provider, config, &api)?;
        Ok(Self { endpoint, parameters: config.parameters.clone(), stream: config.stream })
    }

    pub(super) async fn complete(&self, request: &Request) -> Result<Completion, ProviderError> {
        let body = body::body(request, &self.parameters, self.stream).to_string();
        self.endpoint.call(|| self.attempt(request, &body)).await
    }

    /// What an answer depends on beside the request.
    pub(super) fn identity(&self) -> Value {
        json!(["anthropic", self.endpoint.url(), self.parameters])
    }

    async fn attempt(&self, request: &Request, body: &str) -> Result<Completion, Failure> {
        match self.endpoint.post(body.into()).await {
            Ok(answer) => {
                let assembler = Assembler::new(answer.sent, body::answer_tool(request));
                answer.assemble(assembler).await
            }
            Err(Failure::Refused(refusal)) => refusal.answered(),
            Err(failure) => Err(failure),
        }
    }
}
