//! A `LangSmith` on this machine that remembers: projects, runs and feedback, in both versions of the API.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::runs::{self, Select};
use crate::store::{Asked, Says, Store};

pub(super) const KEY: &str = "lsv2_pt_very-secret";
const WORKSPACE: &str = "6b2d1f1e-0000-4000-8000-0000000000aa";
const JSON: &str = "content-type: application/json\r\n";
const PROBLEM: &str = "content-type: application/problem+json\r\n";

/// What it holds, and how it behaves.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) projects: Vec<Value>,
    pub(super) runs: Vec<Value>,
    pub(super) feedback: Vec<Value>,
    /// It is from before the second version.
    pub(super) is_old: bool,
    /// It refuses feedback whose id it knows.
    pub(super) conflicts: bool,
    /// So many writes come before it knows the run.
    pub(super) is_late: usize,
    /// Runs on a page at most, where it is less than what is asked for.
    pub(super) page: Option<usize>,
}

/// A server for as long as the test runs.
pub(super) struct LangSmith {
    pub(super) store: Store,
    pub(super) held: Arc<Mutex<Held>>,
}

impl LangSmith {
    pub(super) fn start(held: Held) -> Self {
        Self::odd(held, |_, says| says)
    }

    /// One that says something else than what it should.
    pub(super) fn odd(held: Held, change: impl Fn(&Asked, Says) -> Says + Send + 'static) -> Self {
        let held = Arc::new(Mutex::new(held));
        let own = Arc::clone(&held);
        let store = Store::start(move |asked| {
            let says = own.lock().unwrap().answer(asked);
            change(asked, says)
        });
        Self { store, held }
    }
}

/// An id that is a UUID.
pub(super) fn uuid(kind: u16, number: usize) -> String {
    format!("018e4c7e-{kind:04x}-4000-8000-{number:012x}")
}

/// An entry of the list of projects.
pub(super) fn project(name: &str, number: usize) -> Value {
    json!({
        "id": uuid(0xb0, number), "name": name, "tenant_id": WORKSPACE, "start_time": "2026-11-01T00:00:00+00:00",
        "end_time": null, "extra": null, "description": null, "reference_dataset_id": null,
    })
}

impl Held {
    fn answer(&mut self, asked: &Asked) -> Says {
        if asked.path == "/api/v1/info" {
            let batch = json!({
                "use_multipart_endpoint": false, "size_limit": 100, "size_limit_bytes": 20_971_520,
                "scale_up_qsize_trigger": 1000, "scale_up_nthreads_limit": 16, "scale_down_nempty_trigger": 4,
            });
            return Says::Json(json!({"version": "0.16.2", "batch_ingest_config": batch, "instance_flags": {}}));
        }
        if asked.header("x-api-key") != KEY {
            return Says::Refuses(401, JSON, r#"{"error":"Unauthorized"}"#);
        }
        let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["api", "v1", "sessions"]) => self.sessions(asked),
            ("POST", ["api", "v2", "runs", "query"]) if self.is_old => {
                Says::Refuses(404, JSON, r#"{"detail":"Not Found"}"#)
            }
            ("POST", ["api", "v2", "runs", "query"]) => self.second(&asked.body),
            ("POST", ["api", "v1", "runs", "query"]) => self.first(&asked.body),
            ("POST", ["api", "v1", "runs", "batch"]) => self.ingest(&asked.body),
            ("GET", ["api", "v1", "feedback"]) => self.list(asked),
            ("POST", ["api", "v1", "feedback"]) => self.say(&asked.body),
            (method, ["api", "v1", "feedback", id]) => self.one(method, id, &asked.body),
            _ => Says::Refuses(404, JSON, r#"{"detail":"Not Found"}"#),
        }
    }

    fn sessions(&self, asked: &Asked) -> Says {
        let name = asked.all("name");
        let found = self.projects.iter().filter(|project| name.first().is_none_or(|name| project["name"] == *name));
        Says::Json(page(&found.cloned().collect::<Vec<_>>(), asked))
    }

    fn second(&self, body: &Value) -> Says {
        let size = body["page_size"].as_u64().unwrap_or(100);
        let known = |field: &Value| field.as_str().is_some_and(|field| field == field.to_ascii_uppercase());
        if body["project_ids"].as_array().is_none_or(Vec::is_empty) || !(1..=1000).contains(&size) {
            return Says::Refuses(
                400,
                PROBLEM,
                r#"{"title":"Bad Request","status":400,"detail":"project_ids and page_size"}"#,
            );
        }
        if !body["selects"].as_array().is_none_or(|fields| fields.iter().all(known)) {
            return Says::Refuses(422, PROBLEM, r#"{"title":"Unprocessable","status":422,"detail":"selects"}"#);
        }
        let query = runs::Query {
            projects: &body["project_ids"],
            // The last day, where nothing is said.
            since: body["min_start_time"].as_str().unwrap_or("2026-11-27T00:00:00Z"),
            until: body["max_start_time"].as_str(),
            trace: body["trace_id"].as_str(),
            is_root: body["is_root"] == true,
            filter: body["filter"].as_str(),
            trace_filter: body["trace_filter"].as_str(),
        };
        let found = query.run(&self.runs);
        let (start, end) = self.stretch(&body["cursor"], size, found.len());
        let fields = body["selects"].as_array().cloned().unwrap_or_else(|| vec![json!("ID")]);
        let run = |run: &&Value| runs::second(run, &self.runs, &self.feedback, &fields);
        let items: Vec<Value> = found[start..end].iter().map(run).collect();
        let mut answer = json!({"items": items, "has_more": end < found.len()});
        if end < found.len() {
            answer["next_cursor"] = json!(end.to_string());
        }
        Says::Json(answer)
    }

    fn first(&self, body: &Value) -> Says {
        let size = body["limit"].as_u64().unwrap_or(100);
        if size > 100 {
            return Says::Refuses(400, JSON, r#"{"detail":"Limit exceeds maximum allowed value of 100"}"#);
        }
        let query = runs::Query {
            projects: &body["session"],
            since: body["start_time"].as_str().unwrap_or_default(),
            until: None,
            trace: body["trace"].as_str(),
            is_root: body["is_root"] == true,
            filter: body["filter"].as_str(),
            trace_filter: body["trace_filter"].as_str(),
        };
        let found = query.run(&self.runs);
        let (start, end) = self.stretch(&body["cursor"], size, found.len());
        let select: &Select = &body["select"].as_array().cloned();
        let runs: Vec<Value> =
            found[start..end].iter().map(|run| runs::first(run, &self.runs, &self.feedback, select)).collect();
        let next = if end < found.len() { json!(end.to_string()) } else { Value::Null };
        Says::Json(json!({"runs": runs, "cursors": {"next": next, "prev": null}}))
    }

    fn stretch(&self, cursor: &Value, size: u64, all: usize) -> (usize, usize) {
        let start: usize = cursor.as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let size = usize::try_from(size).unwrap().min(self.page.unwrap_or(usize::MAX));
        (start, all.min(start + size))
    }

    /// What the SDK sends: runs that begin, and what is known at their end.
    fn ingest(&mut self, body: &Value) -> Says {
        for sent in [&body["post"], &body["patch"]].into_iter().filter_map(Value::as_array).flatten() {
            let name = sent["session_name"].as_str().unwrap_or("default");
            if !self.projects.iter().any(|project| project["name"] == name) {
                self.projects.push(project(name, self.projects.len() + 1));
            }
            let project = self.projects.iter().find(|project| project["name"] == name).unwrap()["id"].clone();
            runs::fold(&mut self.runs, sent, &project);
        }
        Says::Json(json!({"message": "Runs batch ingested"}))
    }

    fn list(&self, asked: &Asked) -> Says {
        let (runs, keys) = (asked.all("run"), asked.all("key"));
        let is_named = |names: &[&str], value: &Value| names.is_empty() || names.iter().any(|name| value == name);
        let found =
            self.feedback.iter().filter(|said| is_named(&runs, &said["run_id"]) && is_named(&keys, &said["key"]));
        Says::Json(page(&found.cloned().collect::<Vec<_>>(), asked))
    }

    fn say(&mut self, body: &Value) -> Says {
        let is_known = self.runs.iter().any(|run| run["id"] == body["run_id"]);
        if self.is_late > 0 || !is_known {
            self.is_late = self.is_late.saturating_sub(1);
            return Says::Refuses(404, JSON, r#"{"detail":"Run not found"}"#);
        }
        let digits = body["score"].to_string().split_once('.').map_or(0, |(_, digits)| digits.len());
        let is_short = body["key"].as_str().is_some_and(|key| key.chars().count() <= 180);
        if !is_short || digits > 4 || !body["session_id"].is_string() {
            return Says::Refuses(422, JSON, r#"{"detail":"key, score or session_id"}"#);
        }
        if let Some(known) = self.feedback.iter().position(|said| said["id"] == body["id"]) {
            if self.conflicts {
                return Says::Refuses(409, JSON, r#"{"detail":"Feedback already exists"}"#);
            }
            self.feedback.remove(known);
        }
        let mut said = body.clone();
        said["created_at"] = json!("2026-11-21T00:00:00+00:00");
        said["modified_at"] = json!("2026-11-21T00:00:00+00:00");
        self.feedback.push(said.clone());
        Says::Json(said)
    }

    fn one(&mut self, method: &str, id: &str, body: &Value) -> Says {
        let Some(said) = self.feedback.iter_mut().find(|said| said["id"] == id) else {
            return Says::Refuses(404, JSON, r#"{"detail":"Feedback not found"}"#);
        };
        if method == "PATCH" {
            body.as_object().unwrap().iter().for_each(|(name, value)| said[name] = value.clone());
        }
        Says::Json(said.clone())
    }
}

/// A part of a list, as it is asked for by place and length.
fn page(all: &[Value], asked: &Asked) -> Value {
    let number = |name| asked.all(name).first().map(|text| text.parse::<usize>().unwrap());
    all.iter().skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(100)).cloned().collect()
}
