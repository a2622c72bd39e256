//! A Phoenix server for as long as the tests run, with authentication switched on.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The key of the server's administrator.
pub(crate) const KEY: &str = "an-admin-secret-of-32-characters-1";
/// Starting takes ten seconds on two idle cores, and what was sent is readable a while later.
const PATIENCE: Duration = Duration::from_mins(3);

static SERVER: LazyLock<Option<Phoenix>> = LazyLock::new(|| {
    let Some(program) = on_path("phoenix") else {
        let is_required = std::env::var_os("EVAL_GATE_REQUIRE_PHOENIX").is_some();
        assert!(!is_required, "phoenix is not on PATH, and EVAL_GATE_REQUIRE_PHOENIX says that it must be");
        // Straight to the handle: what is printed by macros is shown of failing tests only.
        let advice = "SKIPPED: phoenix is not on PATH, so nothing of tests/phoenix was run. .ci/run brings it; so does `pip install --requirement .ci/requirements.txt`";
        std::io::stderr().write_all(format!("\n{advice}\n\n").as_bytes()).unwrap();
        return None;
    };
    Some(Phoenix::start(&program))
});

/// A server, its data, and the interpreter that has its libraries.
pub(crate) struct Phoenix {
    pub(crate) url: String,
    python: PathBuf,
    _data: TempDir,
    /// When its input is closed, as happens when the tests end, the shell ends the server.
    _shell: Child,
}

impl Phoenix {
    /// The server; `None` where there is no Phoenix on PATH.
    pub(crate) fn get() -> Option<&'static Self> {
        SERVER.as_ref()
    }

    fn start(program: &Path) -> Self {
        let data = TempDir::new().unwrap();
        let [port, grpc] = free_ports();
        let log = std::fs::File::create(data.path().join("log")).unwrap();
        let shell = Command::new("sh")
            .args(["-c", "\"$0\" serve & read -r _; kill $!"])
            .arg(program)
            .env("PHOENIX_WORKING_DIR", data.path())
            .env("PHOENIX_HOST", "127.0.0.1")
            .env("PHOENIX_PORT", port.to_string())
            .env("PHOENIX_GRPC_PORT", grpc.to_string())
            .env("PHOENIX_ENABLE_AUTH", "True")
            .env("PHOENIX_SECRET", "a-secret-of-more-than-32-characters-1")
            .env("PHOENIX_ADMIN_SECRET", KEY)
            .env("PHOENIX_TELEMETRY_ENABLED", "false")
            .env("PHOENIX_ALLOW_EXTERNAL_RESOURCES", "false")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let python = program.with_file_name("python");
        let phoenix = Self { url, python, _data: data, _shell: shell };
        phoenix.wait(&|phoenix| phoenix.try_get("/v1/projects").is_some(), "the server does not answer");
        phoenix
    }

    /// Runs one of the scripts beside this file, with the server's address and key before the other words.
    pub(crate) fn script(&self, name: &str, words: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/phoenix").join(name);
        let output = Command::new(&self.python).arg(script).args([&self.url, KEY]).args(words).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Waits until a project has so many traces of two spans. Phoenix takes the spans of a trace one by one.
    pub(crate) fn wait_for(&self, project: &str, traces: usize) {
        let path = format!("/v1/projects/{project}/traces?limit=1000&filter=num_spans%20%3D%3D%202");
        let count = |phoenix: &Self| phoenix.try_get(&path).map_or(0, |list| list["data"].as_array().unwrap().len());
        self.wait(&|phoenix| count(phoenix) >= traces, &format!("{project} has not {traces} traces"));
        assert_eq!(count(self), traces, "{project}");
    }

    fn wait(&self, is_done: &dyn Fn(&Self) -> bool, problem: &str) {
        let start = Instant::now();
        while !is_done(self) {
            assert!(start.elapsed() < PATIENCE, "{problem}");
            sleep(Duration::from_millis(200));
        }
    }

    /// What the server answers.
    #[track_caller]
    pub(crate) fn get_json(&self, path: &str) -> Value {
        self.try_get(path).unwrap_or_else(|| panic!("{path} is refused"))
    }

    fn try_get(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(&self.curl(path, &[])?).ok()
    }

    /// Sends JSON, and gives what is answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let options = ["--header", "content-type: application/json", "--data", &body];
        let answer = self.curl(path, &options).unwrap_or_else(|| panic!("{path} is refused"));
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    /// The body of a successful answer.
    pub(crate) fn curl(&self, path: &str, options: &[&str]) -> Option<Vec<u8>> {
        let key = format!("authorization: Bearer {KEY}");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--noproxy", "*", "--header", &key]).args(options);
        let output = curl.arg(format!("{}{path}", self.url)).output().unwrap();
        output.status.success().then_some(output.stdout)
    }
}

fn free_ports() -> [u16; 2] {
    // Both are held until both are known, so that they differ.
    [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap()).map(|listener| listener.local_addr().unwrap().port())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
