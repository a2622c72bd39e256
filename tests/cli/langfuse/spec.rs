//! The fake and the program judged by the vendor's own `OpenAPI` specification: every request and every answer of a whole run
//! goes through Prism, which refuses what the specification does not allow.
//!
//! The specification is not ours to keep. `EVAL_GATE_LANGFUSE_SPEC` names a copy without answers of 400 and above, of which
//! every schema compiles with ajv: Prism passes over a schema that does not. `prism` (`@stoplight/prism-cli`) must be on PATH.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::server::{Generation, Langfuse};
use super::{prompts, runnable, with_keys};
use crate::model::Model;

const PATIENCE: Duration = Duration::from_mins(2);

/// A judge between the program and the fake.
struct Prism {
    url: String,
    child: Child,
    folder: TempDir,
}

impl Prism {
    fn before(store: &Langfuse, program: &PathBuf, spec: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(program)
            .args(["proxy", "--errors", "-h", "127.0.0.1", "-p", &address.port().to_string(), spec, &store.url()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let prism = Self { url: format!("http://{address}"), child, folder };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < PATIENCE, "prism does not start: {}", prism.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        prism
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The judge's program and the specification; `None` where one of them is not there, which is said.
fn judge() -> Option<(PathBuf, String)> {
    let spec = std::env::var("EVAL_GATE_LANGFUSE_SPEC").ok();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let prism = std::env::split_paths(&path).map(|folder| folder.join("prism")).find(|file| file.is_file());
    if let (Some(prism), Some(spec)) = (&prism, &spec) {
        return Some((prism.clone(), spec.clone()));
    }
    assert!(spec.is_none(), "EVAL_GATE_LANGFUSE_SPEC is set, and prism is not on PATH");
    let advice = "SKIPPED: the fake Langfuse was not judged by the vendor's specification: set EVAL_GATE_LANGFUSE_SPEC to a copy of it, with `prism` on PATH";
    // Straight to the handle: what is printed by macros is shown of failing tests only.
    std::io::stderr().write_all(format!("\n{advice}\n\n").as_bytes()).unwrap();
    None
}

/// What the program asks for and the fake answers in a whole run: list, read, scores, prompts, write-back.
#[test]
fn a_whole_run_is_as_the_specification_says() {
    let Some((program, spec)) = judge() else { return };
    let model = Model::fine();
    let store = Langfuse::start(Generation::New, everything());
    let prism = Prism::before(&store, &program, &spec);
    let more = ", write_back: true, environment: production, name: support";
    let project = runnable(&prism.url, more, &model);
    project.add("candidate: { prompt: \"langfuse:team/support@staging\" }\nbaseline: \"langfuse:team/support@2\"\nvars: { who: \"'customers'\" }");
    let ran = with_keys(&project, "run");
    let log = prism.log();
    assert_eq!(violations(&log), [""; 0], "{ran}");
    ran.expect(
        0,
        &["Pass", "560 cases compared of 560 chosen, 0 left out", "1120 scores written back as eval-gate:shop"],
    );
    let judged = log.matches("Request received").count();
    assert_eq!(judged, store.count(""), "whatever reaches the fake was judged");
    std::io::stderr().write_all(format!("prism judged {judged} requests and their answers\n").as_bytes()).unwrap();
}

/// What the judge says against a request or an answer.
fn violations(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.to_ascii_lowercase().contains("violation")).collect()
}

/// Traces on several pages, with every kind of score and with metadata that is cut.
fn everything() -> super::server::Held {
    let mut held = prompts::kept();
    let more = super::server::Held::traces(560);
    held.observations = more.observations;
    held.scores = more.scores;
    held.observations[1]["metadata"]["note"] = json!("x".repeat(300));
    for (kind, value) in [("BOOLEAN", json!(1)), ("CATEGORICAL", json!("kind")), ("TEXT", json!("a note"))] {
        held.put_score(&json!({"name": kind, "dataType": kind, "value": value, "traceId": super::trace_id(0)}));
    }
    held
}

/// The same of the API of v3, which the specification still has.
#[test]
fn the_older_api_is_as_the_specification_says() {
    let Some((program, spec)) = judge() else { return };
    let mut held = everything();
    held.observations.truncate(240);
    let store = Langfuse::start(Generation::Old { is_deprecated: true }, held);
    let prism = Prism::before(&store, &program, &spec);
    let project = super::project(&prism.url, "");
    let ran = with_keys(&project, "sample --to a");
    let log = prism.log();
    // That the newer route is missing is no answer that the specification knows.
    assert_eq!(violations(&log).len(), 1, "{ran}");
    ran.expect(0, &["120 requests seen, 120 kept", "it says: GET /api/public/traces is deprecated."]);
}

/// A judge that refuses nothing judges nothing.
#[test]
fn the_judge_refuses_what_is_not_in_the_specification() {
    let Some((program, spec)) = judge() else { return };
    let err = |asked: &crate::store::Asked| {
        asked.path.ends_with("v2/observations").then(|| crate::store::Says::Json(json!({"data": [{"id": 3}]})))
    };
    let store = Langfuse::erring(Generation::New, everything(), err);
    let prism = Prism::before(&store, &program, &spec);
    let project = super::project(&prism.url, "");
    with_keys(&project, "sample --to a").expect(4, &["HTTP 500", "errors#VIOLATIONS"]);
    assert!(!violations(&prism.log()).is_empty());
}
