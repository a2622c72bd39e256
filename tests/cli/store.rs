//! A trace store on this machine: it answers as the test says, well or badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A store for as long as the test runs.
pub(crate) struct Store {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path, without the query.
    pub(crate) path: String,
    /// The query's names and values, in their order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: String,
    /// All headers, with their names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    /// How many requests came before it.
    pub(crate) number: usize,
}

/// What is answered.
pub(crate) enum Says {
    /// This, as JSON.
    Json(Value),
    /// This, of which the second half is lost on the way.
    Half(Value),
    /// A status, headers each with its line end, and a text.
    Refuses(u16, &'static str, &'static str),
    /// A web page.
    Page,
}

impl Store {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Says + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                talk(stream.unwrap(), &answer, &log);
            }
        });
        Self { url, asked }
    }

    /// The requests so far for paths with this end.
    pub(crate) fn asked(&self, end: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path.ends_with(end)).cloned().collect()
    }
}

impl Asked {
    /// The values of a parameter.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

fn talk(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Says, log: &Mutex<Vec<Asked>>) {
    let number = log.lock().unwrap().len();
    let Some(asked) = receive(&stream, number) else { return };
    log.lock().unwrap().push(asked.clone());
    // A client that went away is no failure of the test's.
    let _ = stream.write_all(response(answer(&asked)).as_bytes());
}

fn receive(stream: &TcpStream, number: usize) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let (mut length, mut authorization, mut headers) = (0, String::new(), Vec::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => value.trim().clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let url = reqwest::Url::parse(&format!("http://store{target}")).unwrap();
    let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Asked { method, path: url.path().to_owned(), query, authorization, headers, body, number })
}

fn response(says: Says) -> String {
    let whole = |status: u16, headers: &str, text: &str, length: usize| {
        format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{text}")
    };
    let json = "content-type: application/json\r\n";
    match says {
        Says::Json(value) => whole(200, json, &value.to_string(), value.to_string().len()),
        Says::Half(value) => {
            let text = value.to_string();
            whole(200, json, &text[..text.len() / 2], text.len())
        }
        Says::Refuses(status, headers, text) => whole(status, headers, text, text.len()),
        Says::Page => {
            let text = "<!DOCTYPE html><title>Sign in</title>";
            whole(200, "content-type: text/html; charset=utf-8\r\n", text, text.len())
        }
    }
}
