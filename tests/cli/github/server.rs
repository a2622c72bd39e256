//! A GitHub on this machine: it keeps comments and check runs, and can misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";
pub(super) const BOT: &str = "github-actions[bot]";

/// A GitHub for as long as the test runs.
pub(super) struct GitHub {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) token: String,
}

/// What goes wrong with the next request of a method whose path has a certain part.
pub(super) enum Trouble {
    /// It is refused with a status, headers and a message.
    Refuses(u16, &'static str, &'static str),
    /// Somebody else's comment is created just before.
    IsLate(&'static str),
    /// It is answered with success and this JSON.
    Says(&'static str),
    /// It is carried out, and the answer is a 502.
    LosesAnswer,
    /// It is refused as too long if its body is longer than so many bytes.
    TooLong(usize),
}

#[derive(Default)]
pub(super) struct State {
    pub(super) comments: Vec<Value>,
    pub(super) checks: Vec<Value>,
    pub(super) files: Vec<Value>,
    pub(super) pulls: Vec<Value>,
    /// What is said of run 4242, if not the usual.
    pub(super) workflow_run: Option<Value>,
    pub(super) head: String,
    pub(super) page: usize,
    /// Links name a host that is not the one which was asked.
    pub(super) links_elsewhere: bool,
    asked: Vec<Asked>,
    troubles: Vec<(&'static str, &'static str, Trouble)>,
    prefix: &'static str,
    url: String,
}

impl GitHub {
    pub(super) fn start() -> Self {
        Self::start_at("")
    }

    /// A server whose API is below a prefix, as that of an Enterprise Server is.
    pub(super) fn start_at(prefix: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{prefix}", listener.local_addr().unwrap());
        let state = State { head: HEAD.into(), page: 100, prefix, url: url.clone(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                talk(stream.unwrap(), &shared);
            }
        });
        Self { url, state }
    }

    /// Changes what the server has.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// Adds a comment by somebody.
    pub(super) fn has_comment(&self, author: &str, body: &str) {
        self.with(|state| {
            state.add_comment(author, body);
        });
    }

    pub(super) fn has_trouble(&self, method: &'static str, part: &'static str, trouble: Trouble) {
        self.with(|state| state.troubles.push((method, part, trouble)));
    }

    /// The texts of all comments.
    pub(super) fn comments(&self) -> Vec<String> {
        self.with(|state| state.comments.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect())
    }

    /// The requests of a method whose path has this part.
    pub(super) fn asked(&self, method: &str, part: &str) -> Vec<Asked> {
        let is_it = |asked: &&Asked| asked.method == method && asked.path.contains(part);
        self.with(|state| state.asked.iter().filter(is_it).cloned().collect())
    }
}

impl State {
    fn add_comment(&mut self, author: &str, body: &str) -> Value {
        let id = 1_000 + self.comments.len() as u64;
        let url = format!("https://github.test/acme/widgets/pull/7#issuecomment-{id}");
        let comment = json!({"id": id, "user": {"login": author}, "body": body, "html_url": url});
        self.comments.push(comment.clone());
        comment
    }

    fn answer(&mut self, asked: &Asked) -> (u16, String, Value) {
        let not_found = || (404, String::new(), json!({"message": "Not Found"}));
        let Some(path) = asked.path.strip_prefix(&format!("{}/repos/acme/widgets/", self.prefix)) else {
            return not_found();
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (asked.method.as_str(), &parts[..]) {
            ("GET", ["issues", _, "comments"]) => self.page_of(&self.comments.clone(), path, query),
            ("GET", ["pulls", _, "files"]) => self.page_of(&self.files.clone(), path, query),
            ("GET", ["pulls"] | ["commits", _, "pulls"]) => (200, String::new(), self.pulls.clone().into()),
            ("GET", ["pulls", number]) => {
                let pull = self.pulls.iter().find(|pull| is_called(&pull["number"], number)).cloned();
                (200, String::new(), pull.unwrap_or_else(|| pull_request(7, &self.head, "acme/widgets")))
            }
            ("POST", ["issues", _, "comments"]) => {
                (201, String::new(), self.add_comment(BOT, asked.body["body"].as_str().unwrap()))
            }
            ("PATCH", ["issues", "comments", id]) => {
                let found = self.comments.iter_mut().find(|comment| is_called(&comment["id"], id));
                let Some(comment) = found else { return not_found() };
                comment["body"] = asked.body["body"].clone();
                (200, String::new(), comment.clone())
            }
            ("DELETE", ["issues", "comments", id]) => {
                self.comments.retain(|comment| !is_called(&comment["id"], id));
                (204, String::new(), Value::Null)
            }
            ("POST", ["check-runs"]) => {
                let mut check = asked.body.clone();
                let id = 500 + self.checks.len();
                check["id"] = json!(id);
                check["app"] = json!({"slug": BOT.trim_end_matches("[bot]")});
                check["html_url"] = json!(format!("https://github.test/acme/widgets/runs/{id}"));
                self.checks.push(check.clone());
                (201, String::new(), check)
            }
            ("PATCH", ["check-runs", id]) => {
                let check = self.checks.iter_mut().find(|check| is_called(&check["id"], id)).unwrap();
                for (key, value) in asked.body.as_object().unwrap() {
                    check[key] = value.clone();
                }
                (200, String::new(), check.clone())
            }
            ("GET", ["commits", sha, "check-runs"]) => {
                let of_commit: Vec<&Value> = self.checks.iter().filter(|check| check["head_sha"] == *sha).collect();
                (200, String::new(), json!({"check_runs": of_commit}))
            }
            ("GET", ["actions", "runs", "4242"]) => {
                let run = json!({"id": 4242, "path": ".github/workflows/gate.yml", "event": "pull_request", "head_sha": HEAD});
                (200, String::new(), self.workflow_run.clone().unwrap_or(run))
            }
            _ => not_found(),
        }
    }

    fn page_of(&self, all: &[Value], path: &str, query: &str) -> (u16, String, Value) {
        let number = |name: &str| {
            let found = query.split('&').find_map(|part| part.strip_prefix(name));
            found.map_or(1, |number| number.parse::<usize>().unwrap())
        };
        let (size, page) = (self.page.min(number("per_page=")), number("page="));
        let entries: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
        let last = all.len().div_ceil(size);
        let host = if self.links_elsewhere { "https://internal.test" } else { &self.url };
        let url = format!("{host}/repos/acme/widgets/{path}?per_page={size}");
        let link = format!("link: <{url}&page={}>; rel=\"next\", <{url}&page={last}>; rel=\"last\"\r\n", page + 1);
        (200, if page < last { link } else { String::new() }, entries.into())
    }
}

/// A pull request as the API shows it.
pub(super) fn pull_request(number: u64, head: &str, repository: &str) -> Value {
    json!({"number": number, "state": "open", "head": {"ref": "feature", "sha": head, "repo": {"full_name": repository}}})
}

/// Whether a part of a path is this number.
fn is_called(number: &Value, part: &str) -> bool {
    number.as_u64() == part.parse().ok()
}

fn talk(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(asked) = receive(&stream) else { return };
    let mut state = state.lock().unwrap();
    state.asked.push(asked.clone());
    let is_it = |(method, part, trouble): &(&str, &str, Trouble)| {
        let is_long = |limit: usize| asked.body["body"].as_str().is_some_and(|body| body.len() > limit);
        let applies = !matches!(trouble, Trouble::TooLong(limit) if !is_long(*limit));
        *method == asked.method && asked.path.contains(part) && applies
    };
    let trouble = state.troubles.iter().position(is_it);
    let is_lasting = trouble.is_some_and(|index| matches!(state.troubles[index].2, Trouble::TooLong(_)));
    let (status, headers, body) = match trouble {
        None => state.answer(&asked),
        Some(_) if is_lasting => {
            (422, String::new(), json!({"message": "Body is too long (maximum is 65536 characters)"}))
        }
        Some(index) => match state.troubles.remove(index).2 {
            Trouble::Refuses(status, headers, message) => (status, headers.to_owned(), json!({"message": message})),
            Trouble::IsLate(body) => {
                state.add_comment(BOT, body);
                state.answer(&asked)
            }
            Trouble::Says(json) => (200, String::new(), serde_json::from_str(json).unwrap()),
            Trouble::LosesAnswer => {
                state.answer(&asked);
                (502, String::new(), json!({"message": "Bad Gateway"}))
            }
            Trouble::TooLong(_) => unreachable!("it lasts"),
        },
    };
    let body = body.to_string();
    let length = body.len();
    let _ = stream.write_all(
        format!("HTTP/1.1 {status} X\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .as_bytes(),
    );
}

fn receive(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => value.trim().clone_into(&mut token),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, body: serde_json::from_slice(&body).unwrap_or_default(), token })
}
