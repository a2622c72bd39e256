//! A server that gives prepared answers, and what tests need to ask it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eval_gate::provider::{CachePolicy, Completion, Provider, ProviderConfig, ProviderError, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// A server that gives prepared answers, the last one again and again.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) requests: Arc<Mutex<Vec<(Instant, String, Value)>>>,
    pub(crate) connections: Arc<AtomicUsize>,
}

/// A prepared answer: pieces of raw HTTP, each after a pause.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) pieces: Vec<(Duration, Vec<u8>)>,
    /// Whether the connection stays open for another request.
    pub(crate) keep: bool,
}

impl Answer {
    pub(crate) fn raw(pieces: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let pieces = pieces.into_iter().map(|piece| (Duration::ZERO, piece.into())).collect();
        Self { pieces, keep: false }
    }

    pub(crate) fn with_status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n");
        Self { keep: true, ..Self::raw([head + body]) }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::with_status("200 OK", "", &body.to_string())
    }

    /// A stream whose end is the end of the connection, so that only its content tells whether it is whole.
    pub(crate) fn stream(pieces: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let mut answer = Self::raw(pieces);
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_vec();
        answer.pieces.insert(0, (Duration::ZERO, head));
        answer
    }

    pub(crate) fn after(mut self, piece: usize, ms: u64) -> Self {
        self.pieces[piece].0 = Duration::from_millis(ms);
        self
    }
}

/// One chunk of a stream with this delta.
pub(crate) fn delta(delta: &Value) -> String {
    format!("data: {}\n\n", json!({"model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
}

pub(crate) fn said(text: &str) -> String {
    delta(&json!({"content": text}))
}

pub(crate) fn finish(reason: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

pub(crate) fn message(text: &str) -> Value {
    json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})
}

impl Server {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::default(), Arc::default());
        let server = Self { url, requests: Arc::clone(&requests), connections: Arc::clone(&connections) };
        let answers: Arc<[Answer]> = answers.into_iter().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(talk(stream, Arc::clone(&requests), Arc::clone(&answers)));
            }
        });
        server
    }

    pub(crate) fn provider(&self, options: Value) -> Provider {
        let mut options = options;
        options["base_url"] = json!(self.url);
        provider(&json!({"openai": options}))
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(crate) fn body(&self, number: usize) -> Value {
        self.requests.lock().unwrap()[number].2.clone()
    }
}

async fn talk(mut stream: TcpStream, requests: Arc<Mutex<Vec<(Instant, String, Value)>>>, answers: Arc<[Answer]>) {
    while let Some((head, body)) = receive(&mut stream).await {
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push((Instant::now(), head, body));
            requests.len() - 1
        };
        let answer = &answers[number.min(answers.len() - 1)];
        for (pause, piece) in &answer.pieces {
            tokio::time::sleep(*pause).await;
            if stream.write_all(piece).await.is_err() {
                return;
            }
            stream.flush().await.unwrap();
        }
        if !answer.keep {
            return;
        }
    }
}

async fn receive(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                return Some((head, serde_json::from_str(body).unwrap()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(crate) fn provider(config: &Value) -> Provider {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config: ProviderConfig = serde_json::from_value(config.clone()).unwrap();
    Provider::new("default", &config).unwrap()
}

pub(crate) fn request() -> Request {
    let request =
        json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "parameters": {"temperature": 0.2}});
    serde_json::from_value(request).unwrap()
}

pub(crate) async fn ask(provider: &Provider) -> Result<Completion, ProviderError> {
    ask_about(provider, &request()).await
}

pub(crate) async fn ask_about(provider: &Provider, request: &Request) -> Result<Completion, ProviderError> {
    let reply = provider.complete(request, 0, CachePolicy::Use).await?;
    Ok(reply.completion)
}

/// What one prepared stream comes to, without retries.
pub(crate) async fn ask_once(answer: Answer) -> Result<Completion, ProviderError> {
    ask(&Server::start([answer]).await.provider(json!({"retries": 0}))).await
}
