//! Receiving an answer: pieces of a body, put together into a completion.

use std::time::{Duration, Instant};

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::timeout;

use super::Completion;
use super::error::{QUOTED_CHARS, quote};
use super::failure::Failure;
use super::sse::Decoder;

/// No answer may be larger, so that a runaway server cannot fill the memory.
const LARGEST_ANSWER: usize = 32 << 20;
/// How much of a refusal's body is read.
const LARGEST_REFUSAL: usize = 64 << 10;
/// How much of a body that is no completion is quoted, in characters.
const QUOTED_BODY: usize = 200;
/// How long a server may take to end a stream whose last event has come; usually both come together.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(50);

/// Puts a completion together, each API in its own way.
pub(super) trait Assemble {
    /// Takes the data of one event, or a whole body.
    fn read(&mut self, data: &[u8]) -> Result<(), Failure>;

    /// Whether the server said that nothing more comes.
    fn is_done(&self) -> bool;

    /// Whether what came is a whole answer, even if the server did not say so.
    fn is_complete(&self) -> bool;

    /// The completion; `None` if there was no answer in what came.
    fn finish(self) -> Option<Completion>;
}

/// An answer whose head has arrived.
#[derive(Debug)]
pub(super) struct Answer {
    response: Response,
    /// How many bytes may still come.
    left: usize,
    /// When the request was sent.
    pub(super) sent: Instant,
}

impl Answer {
    pub(super) fn new(response: Response, sent: Instant) -> Self {
        Self { response, left: LARGEST_ANSWER, sent }
    }

    /// Receives the completion, streamed or not as the server likes.
    pub(super) async fn assemble(self, assembler: impl Assemble) -> Result<Completion, Failure> {
        let content_type = self.response.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        if content_type.trim_ascii_start().to_ascii_lowercase().starts_with(b"text/event-stream") {
            self.streamed(assembler).await
        } else {
            self.whole(assembler).await
        }
    }

    async fn whole(mut self, mut assembler: impl Assemble) -> Result<Completion, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(chunk.as_ref());
        }
        assembler.read(&body)?;
        let mut completion = assembler.finish().ok_or_else(|| malformed(&body))?;
        completion.timing.ttft_ms = None; // the first token came with the last
        Ok(completion)
    }

    async fn streamed(mut self, mut assembler: impl Assemble) -> Result<Completion, Failure> {
        let mut events = Decoder::default();
        while let Some(piece) = self.chunk().await? {
            events.push(piece.as_ref());
            while let Some(event) = events.next_event() {
                assembler.read(&event)?;
            }
            if assembler.is_done() {
                // Only a connection whose answer was read to the end can be used again.
                let _ = timeout(RELEASE_TIMEOUT, self.response.chunk()).await;
                break;
            }
        }
        // What is left is either whole or cut off; only the first says something.
        match events.finish().map(|event| assembler.read(&event)) {
            Some(Err(failure @ Failure::Refused(_))) => Err(failure),
            _ if !assembler.is_complete() => Err(Failure::Broken("the stream ended before the answer did".to_owned())),
            _ => assembler.finish().ok_or_else(|| Failure::Malformed("a stream without an answer".to_owned())),
        }
    }

    /// What can be had of the body of a refusal.
    pub(super) async fn start(mut self) -> Vec<u8> {
        self.left = LARGEST_REFUSAL;
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            body.extend_from_slice(chunk.as_ref());
        }
        body
    }

    /// The next piece of the body; `None` at its end.
    async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, Failure> {
        let chunk = self.response.chunk().await?;
        let length = chunk.as_ref().map_or(0, |chunk| AsRef::<[u8]>::as_ref(chunk).len());
        let left = self.left.checked_sub(length);
        self.left =
            left.ok_or_else(|| Failure::Malformed(format!("an answer of more than {} MiB", LARGEST_ANSWER >> 20)))?;
        Ok(chunk)
    }
}

/// A body that is not what it should be, quoted.
pub(super) fn malformed(body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * QUOTED_CHARS)]);
    Failure::Malformed(match quote(&text, QUOTED_BODY) {
        text if text.is_empty() => "an empty body".to_owned(),
        text => format!("`{text}`"),
    })
}

/// Milliseconds, to the microsecond: more digits would be noise in every stored answer.
pub(super) fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
