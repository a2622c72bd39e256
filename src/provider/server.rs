//! The servers that can be asked.

use super::anthropic::Anthropic;
use super::config::HttpConfig;
use super::error::ProviderError;
use super::key::Key;
use super::openai::OpenAi;
use super::{Completion, Request};

/// A server, by the API that it speaks.
#[derive(Debug)]
pub(super) enum Server {
    OpenAi(OpenAi),
    Anthropic(Anthropic),
}

impl Server {
    pub(super) fn openai(provider: &str, config: &HttpConfig) -> Result<Self, ProviderError> {
        OpenAi::new(provider, config).map(Self::OpenAi)
    }

    pub(super) fn anthropic(provider: &str, config: &HttpConfig) -> Result<Self, ProviderError> {
        Anthropic::new(provider, config).map(Self::Anthropic)
    }

    pub(super) async fn complete(&self, request: &Request) -> Result<Completion, ProviderError> {
        match self {
            Self::OpenAi(server) => server.complete(request).await,
            Self::Anthropic(server) => server.complete(request).await,
        }
    }

    /// The key of a stored answer.
    pub(super) fn key(&self, request: &Request, repeat: u32) -> Key {
        let identity = match self {
            Self::OpenAi(server) => server.identity(),
            Self::Anthropic(server) => server.identity(),
        };
        Key::of_call(&identity, request, repeat)
    }
}
