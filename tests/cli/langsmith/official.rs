//! The vendor's own judges: its specification, by prism as a proxy before the fake, and its SDK for Python.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Held, KEY, LangSmith};
use super::{KEYS, cases, configured, shop};
use crate::model::Model;
use crate::store::Says;
use crate::support::Project;

/// Prism reads the specification in a second, and the whole of it in seven.
const PATIENCE: Duration = Duration::from_mins(1);

/// Says that something was not run. Straight to the handle: what is printed by macros is shown of failing tests only.
fn skip(what: &str) {
    std::io::stderr().write_all(format!("\nSKIPPED: {what}\n\n").as_bytes()).unwrap();
}

/// Prism between the program and the fake: what breaks the specification, on either side, is an error.
struct Judge {
    url: String,
    _spec: TempDir,
    /// When its input is closed, as happens when the test ends, the shell ends prism.
    _shell: Child,
}

impl Judge {
    /// `None` where there is no specification or no prism.
    fn before(langsmith: &LangSmith) -> Option<Self> {
        let Some(spec) = std::env::var_os("EVAL_GATE_LANGSMITH_SPEC") else {
            skip("EVAL_GATE_LANGSMITH_SPEC names no specification, so LangSmith's fake was not judged by it");
            return None;
        };
        let prism = on_path("prism").expect("EVAL_GATE_LANGSMITH_SPEC is set, and prism is not on PATH");
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("spec.json");
        std::fs::write(&file, as_served(&std::fs::read_to_string(spec).unwrap())).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("sh");
        command.args(["-c", "\"$@\" & read -r _; kill $!", "sh"]).arg(prism);
        command.args(["proxy", "--host", "127.0.0.1", "--port", &port.to_string(), "--errors"]).arg(&file);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let shell =
            command.arg(&langsmith.store.url).stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let shell = shell.spawn().unwrap();
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
            assert!(start.elapsed() < PATIENCE, "prism does not answer: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { url: format!("http://127.0.0.1:{port}"), _spec: folder, _shell: shell })
    }
}

/// The second version stands below `/api` where it is served; a specification from before that says `/v2`.
fn as_served(text: &str) -> String {
    let mut spec: Value = serde_json::from_str(text).unwrap();
    let paths = spec["paths"].as_object().unwrap().clone();
    let below = |path: String| if path.starts_with("/v2/") { format!("/api{path}") } else { path };
    spec["paths"] =
        paths.into_iter().map(|(path, methods)| (below(path), methods)).collect::<serde_json::Map<_, _>>().into();
    spec.to_string()
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A project whose address is the judge's.
fn judged(langsmith: &LangSmith, judge: &Judge, model: &Model) -> Project {
    let project = configured(langsmith);
    project.edit(&langsmith.store.url, &judge.url);
    project.edit("project: shop,", "project: shop, write_back: true,");
    let provider = format!("openai: {{ base_url: \"{}\", retries: 0 }}", model.url);
    project.add(&format!("name: shop\nproviders:\n  default: {{ {provider} }}"));
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.1 } }");
    project
}

#[test]
fn program_and_fake_keep_to_the_specification() {
    let model = Model::fine();
    for (is_old, conflicts) in [(false, false), (true, true)] {
        let mut held = shop(40);
        (held.is_old, held.conflicts) = (is_old, conflicts);
        let langsmith = LangSmith::start(held);
        let Some(judge) = Judge::before(&langsmith) else { return };
        let project = judged(&langsmith, &judge, &model);
        for _ in 0..2 {
            project.run_with("run", &[KEYS]).expect(0, &["Pass", "80 scores written back"]).lacks(&["left out: "]);
        }
        project.edit("project: shop,", "project: shop, limit: 3,");
        project
            .run_with("sample --to a", &[KEYS])
            .expect(0, &["3 requests seen, 3 kept", "left out: 37 × trace beyond"]);
        project.edit("project: shop,", "project: shp,");
        project.run_with("sample --to a", &[KEYS]).expect(4, &["the projects are shop, other"]);
        let asked = langsmith.store.asked("").len();
        std::io::stderr()
            .write_all(format!("\nprism let {asked} requests and their answers pass\n").as_bytes())
            .unwrap();
        assert!(asked > 160, "{asked}");
    }
}

/// What shows that the judge judges.
#[test]
fn a_fake_that_breaks_the_specification_is_found_out() {
    let langsmith = LangSmith::odd(shop(3), |_, says| match says {
        Says::Json(mut body) if body["items"].is_array() => {
            body["items"][0]["start_time"] = json!(1_795_437_007);
            Says::Json(body)
        }
        says => says,
    });
    let Some(judge) = Judge::before(&langsmith) else { return };
    let project = judged(&langsmith, &judge, &Model::fine());
    project.run_with("sample --to a", &[KEYS]).expect(4, &["HTTP 500", "start_time"]);
}

/// Python, if it has the SDK.
fn python() -> Option<PathBuf> {
    let python = on_path("python3");
    let has = |python: &PathBuf| {
        Command::new(python).args(["-c", "import langsmith, openai"]).output().unwrap().status.success()
    };
    if let Some(python) = python.filter(has) {
        return Some(python);
    }
    let is_required = std::env::var_os("EVAL_GATE_REQUIRE_SDKS").is_some();
    assert!(
        !is_required,
        "python3 on PATH lacks langsmith and openai, and EVAL_GATE_REQUIRE_SDKS says that it must have them"
    );
    skip(
        "python3 on PATH lacks langsmith and openai, so LangSmith's SDK was not asked. .ci/run brings them; so does `pip install --requirement .ci/requirements.txt`",
    );
    None
}

/// Runs the SDK's part, which must not fail, and gives what it says.
fn sdk(python: &Path, langsmith: &LangSmith, arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/langsmith/sdk.py");
    let home = TempDir::new().unwrap();
    let mut command = Command::new(python);
    command.arg(script).args(arguments).env_clear().env("HOME", home.path());
    command.env("LANGSMITH_ENDPOINT", format!("{}/api/v1", langsmith.store.url)).env("LANGSMITH_API_KEY", KEY);
    command.env("LANGSMITH_PROJECT", "sent").env("LANGSMITH_TRACING", "true");
    let ran = assert_cmd::Command::from_std(command).timeout(PATIENCE).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && !said.contains("Error"), "{said}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn the_sdk_sends_what_is_read_and_reads_what_is_written() {
    let Some(python) = python() else { return };
    let langsmith = LangSmith::start(Held::default());
    sdk(&python, &langsmith, &["send"]);
    let project = configured(&langsmith);
    project.edit("project: shop,", "project: sent, write_back: true,");
    project.edit("since: 2026-11-20, until: 2026-11-21", "since: 1h");
    let model = Model::fine();
    let provider = format!("openai: {{ base_url: \"{}\", retries: 0 }}", model.url);
    project.add(&format!("name: shop\nproviders:\n  default: {{ {provider} }}"));
    project.run_with("sample --to a", &[KEYS]).expect(0, &["kept"]).lacks(&["left out"]);
    let cases = cases(&project);
    let asked = |text: &str| cases.iter().find(|case| case["messages"][1]["content"] == text).unwrap();
    let plain = asked("a plain question");
    assert_eq!(plain["request"], json!({"model": "m", "parameters": {"temperature": 0.2}}));
    assert_eq!(plain["output"], json!({"content": "fine", "finish_reason": "stop"}));
    assert_eq!(plain["recorded"]["usage"], json!({"input": 9, "output": 3, "cached": 4}));
    assert_eq!((&plain["metadata"]["tier"], &plain["metadata"]["tags"]), (&json!("gold"), &json!(["prod"])));
    assert_eq!(plain["documents"][0]["content"], "30 days");
    assert_eq!(asked("a stream")["output"]["content"], "fine");
    assert_eq!(asked("a stream")["recorded"]["usage"], json!({"input": 9, "output": 3, "cached": 4}));
    let tool = asked("a tool");
    assert_eq!(tool["tools"][0]["function"]["name"], "get_weather");
    assert_eq!(tool["output"]["tool_calls"][0]["function"]["name"], "get_weather");
    let refused = asked("refuse this");
    assert_eq!(refused["recorded"]["status"], "error");
    assert!(refused["recorded"]["error"].as_str().unwrap().contains("made to refuse"));
    if let Some(chain) = cases.iter().find(|case| case["messages"][1]["content"] == "by LangChain") {
        assert_eq!(chain["request"], json!({"model": "m", "parameters": {"temperature": 0.2}}));
        assert_eq!(chain["tools"][0]["function"]["name"], "get_weather");
        assert_eq!(chain["recorded"]["usage"], json!({"input": 9, "output": 3, "cached": 4}));
    }
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.9 } }");
    let ran = project.run_with("run", &[KEYS]);
    assert!(format!("{ran}").contains("scores written back"), "{ran}");
    let written = langsmith.held.lock().unwrap().feedback[0]["id"].as_str().unwrap().to_owned();
    let read = sdk(&python, &langsmith, &["read", &written]);
    assert!(read.starts_with("1 projects, ") && read.contains(" by api"), "{read}");
    std::io::stderr().write_all(read.as_bytes()).unwrap();
}
