//! A user's folder, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::model::Model;

/// A user's folder, empty at first and gone at the end.
pub(crate) struct Project {
    folder: TempDir,
}

/// How the program ended, and what it said. The folder's path is `[DIR]` in it.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A folder with a config whose default provider is `model`, a prompt, and `cases` cases of two intents that
    /// production answered with `fine`.
    pub(crate) fn shop(model: &Model, cases: usize) -> Self {
        let project = Self::new();
        let lines: String = (0..cases).map(|number| case(number).to_string() + "\n").collect();
        project.write("evalset/cases.jsonl", lines);
        project.write("prompt.txt", "You help customers.");
        project.write("eval-gate.yaml", CONFIG.replace("URL", &model.url));
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.read(".eval-gate/report.json")).unwrap()
    }

    /// Puts `to` in place of `from` in the config, which must have it.
    #[track_caller]
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let config = self.read("eval-gate.yaml");
        assert!(config.contains(from), "{config}");
        self.write("eval-gate.yaml", config.replace(from, to));
    }

    /// Adds lines to the config.
    pub(crate) fn add(&self, lines: &str) {
        self.write("eval-gate.yaml", self.read("eval-gate.yaml") + lines + "\n");
    }

    pub(crate) fn git(&self, arguments: &str) {
        let git = self.command("git", arguments).output().unwrap();
        assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> String {
        let git = self.command("git", "rev-parse HEAD").output().unwrap();
        String::from_utf8(git.stdout).unwrap().trim().to_owned()
    }

    /// Makes a repository of the folder, with everything committed on `main`.
    pub(crate) fn commit(&self) {
        self.git("init --quiet --initial-branch main");
        self.git("add --all");
        self.git("commit --quiet --message all");
    }

    /// Runs the program; the arguments are divided at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, &[])
    }

    /// The same with these environment variables, and no others that matter.
    pub(crate) fn run_with(&self, arguments: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_eval-gate"), arguments);
        command.envs(variables.iter().copied());
        let mut command = assert_cmd::Command::from_std(command);
        self.ran(&command.timeout(Duration::from_secs(30)).output().unwrap())
    }

    /// Runs the program as the first command of a line for bash.
    pub(crate) fn run_in_shell(&self, line: &str) -> Ran {
        let mut command = self.command("bash", "-c");
        command.arg(format!("{} {line}", env!("CARGO_BIN_EXE_eval-gate")));
        self.ran(&command.output().unwrap())
    }

    /// Runs the program on a terminal of its own, by `script` of util-linux; `None` where that is not installed.
    #[expect(clippy::print_stderr, reason = "a test that is not run must say so")]
    pub(crate) fn run_on_terminal(&self, arguments: &str) -> Option<Ran> {
        let mut command = self.command("script", "--quiet --return /dev/null --command");
        command.arg(format!("{} {arguments}", env!("CARGO_BIN_EXE_eval-gate")));
        command.env("TERM", "xterm").stdin(Stdio::null());
        match command.output() {
            Ok(output) => Some(self.ran(&output)),
            Err(error) => {
                eprintln!("not tested on a terminal: script: {error}");
                None
            }
        }
    }

    /// Starts the program, interrupts it so many `times` from when `is_time`, and waits for its end.
    pub(crate) fn interrupt(&self, arguments: &str, times: usize, is_time: impl Fn() -> bool) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_eval-gate"), arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !is_time() {
            std::thread::sleep(Duration::from_millis(5));
        }
        for _ in 0..times {
            let kill = format!("kill -INT {}", child.id());
            assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
            std::thread::sleep(Duration::from_millis(200));
        }
        self.ran(&child.wait_with_output().unwrap())
    }

    fn command(&self, program: &str, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(&self.folder);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in
            [("HOME", self.folder.path()), ("GIT_CEILING_DIRECTORIES", self.folder.path().parent().unwrap())]
        {
            command.env(name, value);
        }
        for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
            command.env(format!("{who}_NAME"), "Test").env(format!("{who}_EMAIL"), "test@example.com");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn ran(&self, output: &Output) -> Ran {
        let folder = self.folder.path().to_string_lossy();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder, "[DIR]");
        Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl Ran {
    /// Checks the exit code, and that all of these words were said on one of the two streams.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        assert!(!self.stderr.contains("panicked"), "{self}");
        for word in words {
            assert!(self.stdout.contains(word) || self.stderr.contains(word), "lacks {word}:\n{self}");
        }
        self
    }

    /// Checks that none of these words were said.
    #[track_caller]
    pub(crate) fn lacks(self, words: &[&str]) -> Self {
        for word in words {
            assert!(!self.stdout.contains(word) && !self.stderr.contains(word), "has {word}:\n{self}");
        }
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {:?}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Copies a folder of the repository's own test data.
pub(crate) fn fixtures(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())).collect()
}

const CONFIG: &str = r#"version: 1
name: shop
evalset: evalset
candidate: { prompt: prompt.txt }
baseline: recorded
providers:
  default: { openai: { base_url: "URL", model: m, api_key: sk-test, retries: 0, timeout: 5 } }
scorers:
  fine: { contains: fine, gate: { max_drop: 0.1 } }
"#;

/// Case `number`: even ones are about refunds, odd ones about shipping.
pub(crate) fn case(number: usize) -> Value {
    json!({
        "id": format!("c{number:03}"),
        "metadata": {"intent": (["refund", "shipping"][number % 2])},
        "messages": [{"role": "system", "content": "old"}, {"role": "user", "content": format!("question {number}")}],
        "output": {"content": "fine"},
        "recorded": {"status": "ok", "total_ms": 0.001},
    })
}
