//! A fake model: a server of chat completions whose answers the test decides.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A server of chat completions, for as long as the test runs.
pub(crate) struct Model {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// What the server does with a request.
pub(crate) enum Says {
    /// Streams this text.
    Text(String),
    /// Streams this text and breaks off before the end.
    Cut(String),
    /// Refuses with this status and message.
    Refuses(u16, &'static str),
}

impl Model {
    /// A model that answers each request as `answer` says.
    pub(crate) fn start(answer: impl Fn(&Value) -> Says + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, answer, log) = (stream.unwrap(), Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || talk(stream, &*answer, &log));
            }
        });
        Self { url, asked }
    }

    /// A model that always says `fine`.
    pub(crate) fn fine() -> Self {
        Self::start(|_| Says::Text("fine".into()))
    }

    /// A model that says `fine`, and `bad` where `is_bad` holds for the question's number.
    pub(crate) fn bad_on(is_bad: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        Self::start(move |request| Says::Text(if is_bad(question(request)) { "bad" } else { "fine" }.into()))
    }

    /// A model whose server is not there.
    pub(crate) fn absent() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { url: format!("http://{free}/v1"), asked: Arc::default() }
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests came since the last time.
    pub(crate) fn take(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap()).len()
    }
}

/// The first message's text.
pub(crate) fn system(request: &Value) -> &str {
    request["messages"][0]["content"].as_str().unwrap_or_default()
}

/// The number at the end of the last message.
fn question(request: &Value) -> usize {
    let last = request["messages"].as_array().unwrap().last().unwrap();
    let text = last["content"].as_str().unwrap();
    text.rsplit(' ').next().unwrap().parse().unwrap()
}

fn talk(mut stream: TcpStream, answer: &dyn Fn(&Value) -> Says, log: &Mutex<Vec<Value>>) {
    let Some(request) = receive(&stream) else { return };
    log.lock().unwrap().push(request.clone());
    // A client that went away is no failure of the test's.
    let _ = stream.write_all(response(answer(&request)).as_bytes());
}

fn receive(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().to_ascii_lowercase().strip_prefix("content-length:") {
            Some(number) => length = number.trim().parse().ok()?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn response(says: Says) -> String {
    let (text, is_whole) = match says {
        Says::Text(text) => (text, true),
        Says::Cut(text) => (text, false),
        Says::Refuses(status, message) => {
            let body = json!({"error": {"message": message}}).to_string();
            let length = body.len();
            return format!(
                "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    };
    let mut events =
        vec![json!({"model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})];
    if is_whole {
        events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        events.push(json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}));
    }
    let events = events.iter().map(|event| format!("data: {event}\n\n")).collect::<Vec<_>>().concat();
    let end = if is_whole { "data: [DONE]\n\n" } else { "" };
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}{end}")
}
