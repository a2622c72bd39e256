//! Why a model call cannot be replayed.

use thiserror::Error;

/// Why a recorded model call is not replayable. Reports count the reasons, so the texts are few and stable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The library recorded nothing of the input, by setting or by limit.
    #[error("no input recorded")]
    NoInput,
    /// Messages are there, but not what they said: content capture was off, or hidden.
    #[error("messages recorded without content")]
    NoContent,
    /// The input is plain text or an application's own structure; which messages were sent is not known.
    #[error("input is not a list of messages")]
    NotMessages,
    /// The record was cut by a size or count limit.
    #[error("input cut short by a limit")]
    Truncated,
    /// An image was replaced by a reference into the tracing product's own store, or left out.
    #[error("image without data")]
    ImageWithoutData,
    /// As above, for a file or sound.
    #[error("file without data")]
    FileWithoutData,
    /// A content part that no chat API takes.
    #[error("content part of unknown type {0:?}")]
    UnknownPart(String),
    /// A role that no chat API takes.
    #[error("message of unknown role {0:?}")]
    UnknownRole(String),
    /// A tool's answer that could belong to more than one call, or to none.
    #[error("tool result without the id of its call")]
    UnlinkedToolResult,
    /// A tool that runs at the provider (web search, code interpreter, …).
    #[error("tool run by the provider: {0}")]
    HostedTool(String),
    /// The request continued a conversation or used a prompt that only the provider knows.
    #[error("conversation kept by the provider")]
    KeptByProvider,
}
