//! `init`: what a new user meets first. It asks nothing, writes over nothing, and what it wrote works at once.

use std::fs;
use std::path::Path;

use crate::model::{Model, Says, system};
use crate::sample::export;
use crate::support::Project;

const KEY: [(&str, &str); 1] = [("OPENAI_API_KEY", "sk-test")];
const WORKFLOW: &str = ".github/workflows/eval-gate.yml";
const ANOTHER_PROMPT: &str = "model: gpt-4.1-mini\nmessages: [{ role: system, content: 'Be kind.' }]\n";

/// A repository with one commit on `main`, and a branch for the gate.
fn repository() -> Project {
    let project = Project::new();
    project.write("README.md", "A shop.\n");
    project.commit();
    project.git("checkout --quiet -b gate");
    project
}

/// A model that says `text`, and judges as `points` says of what it is shown.
fn model(text: &'static str, points: impl Fn(&str) -> u8 + Send + Sync + 'static) -> Model {
    Model::start(move |request| {
        let is_judge = request["response_format"].is_object();
        let judgement =
            || format!("{{\"reason\": \"so it is\", \"score\": {}}}", points(&request["messages"].to_string()));
        let answer = if system(request).contains("RUDE") { "Go away." } else { text };
        Says::Text(if is_judge { judgement() } else { answer.to_owned() })
    })
}

/// Reads YAML and gives the value at `path`.
fn yaml(project: &Project, file: &str, path: &[&str]) -> serde_yaml::Value {
    let root: serde_yaml::Value = serde_yaml::from_str(&project.read(file)).unwrap();
    path.iter().fold(root, |value, key| value[*key].clone())
}

#[test]
fn an_empty_repository_has_a_gate_in_its_first_pull_request() {
    let project = repository();
    let ran = project.run("init").expect(
        0,
        &[
            "default branch main",
            "provider OpenAI, because nothing names another; model gpt-4o-mini",
            "eval-gate.yaml                   the gate, explained line by line",
            "1. Give the workflow your key: gh secret set OPENAI_API_KEY",
            "3. See what a run would do, which sends nothing: OPENAI_API_KEY=… eval-gate check",
            "git add eval-gate.yaml prompts/assistant.prompt.yml evalsets/example/cases.jsonl .github/workflows/eval-gate.yml .gitignore",
            "inconclusive, for the prompt is new",
        ],
    );
    assert_eq!(ran.stderr, "", "{ran}");
    assert!(ran.stdout.lines().count() < 25, "{ran}");
    assert_eq!(project.read(".gitignore"), ".eval-gate/\n");
    assert_eq!(project.read("evalsets/example/cases.jsonl").lines().count(), 12);
    project.run("check").expect(2, &["eval-gate.yaml:", "the environment variable OPENAI_API_KEY is not set"]);
    project.run_with("check", &KEY).expect(0, &["eval-gate.yaml is valid", "in 12 clusters", "helpful, gated"]);
    let model = model("You can return it within 30 days.", |said| if said.contains("Go away") { 1 } else { 5 });
    project.edit("https://api.openai.com/v1", &model.url);
    project.git("add --all");
    project.git("commit --quiet --message gate");
    project.run_with("run", &KEY).expect(0, &["Inconclusive: there is nothing to measure against yet"]);
    assert_eq!(model.take(), 48);
    // Merged; the next change is measured.
    project.git("branch --force main");
    project.git("checkout --quiet -b change");
    let prompt = project.read("prompts/assistant.prompt.yml");
    project.write("prompts/assistant.prompt.yml", prompt.replace("friendly", "kind"));
    project.run_with("run", &KEY).expect(0, &["Pass: all 3 gated comparisons are inside their margins"]);
    project.write("prompts/assistant.prompt.yml", prompt.replace("friendly", "RUDE"));
    project.run_with("run", &KEY).expect(1, &["Fail: helpful went from 5.000 to 1.000"]);
}

#[test]
fn what_is_there_is_used_and_not_written_over() {
    let project = repository();
    project.write(".gitignore", "*.log");
    project.write("app/support.prompt.yml", ANOTHER_PROMPT);
    project.write("prompts/old.md", "Answer {{ question }} in the tone {{ tone }}.");
    project.write("prompts/broken.j2", "{% if");
    project.write("data/evalset/cases.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}\n");
    project.write(WORKFLOW, "name: mine\n");
    project.git("add --all");
    project.git("commit --quiet --message all");
    project.git("branch --force main");
    project.run("init").expect(
        0,
        &[
            "prompt app/support.prompt.yml; there are others for `candidate.prompt`: prompts/old.md",
            "evalset data/evalset, 1 cases",
            "not used: prompts/broken.j2: messages[0] is not a valid template",
            "provider OpenAI, because app/support.prompt.yml names gpt-4.1-mini; model gpt-4.1-mini",
            "Left as it was: .github/workflows/eval-gate.yml is there already; --force replaces it",
            "the prompt is as it was, so nothing should differ yet",
        ],
    );
    assert!(!project.path("prompts/assistant.prompt.yml").exists() && !project.path("evalsets").exists());
    assert_eq!(project.read(WORKFLOW), "name: mine\n");
    assert_eq!(project.read(".gitignore"), "*.log\n.eval-gate/\n");
    project.run_with("check", &KEY).expect(0, &["cases: 1 of 1 seen", "there is no change to measure"]);
    // A second time nothing happens, unless it is asked for.
    project.write("eval-gate.yaml", "mine\n");
    project
        .run_with("init", &KEY)
        .expect(2, &["error: eval-gate.yaml is there already, so nothing was written; --force replaces it"]);
    assert_eq!(project.read("eval-gate.yaml"), "mine\n");
    let ran = project.run_with("init --force", &KEY).expect(0, &["which sends nothing: eval-gate check"]);
    ran.lacks(&["Left as it was", ".gitignore"]);
    assert!(project.read(WORKFLOW).contains("uses: eval-gate/eval-gate@v1"));
    assert_eq!(project.read(".gitignore"), "*.log\n.eval-gate/\n");
    project.run_with("check", &KEY).expect(0, &["eval-gate.yaml is valid"]);
}

#[test]
fn a_prompts_variables_are_found() {
    let project = repository();
    project.write("prompts/a.md", "Answer {{ question }} from {{ context }} in the tone {{ tone }}.");
    project.run("init").expect(0, &["the prompt's variables tone: say under `vars` where they come from"]);
    project.run_with("check", &KEY).expect(0, &["prompts/a.md on gpt-4o-mini"]);
    assert_eq!(yaml(&project, "eval-gate.yaml", &["vars", "question"]), "case.messages[-1].content");
}

#[test]
fn the_provider_is_that_of_the_repository() {
    let project = repository();
    project.write("requirements.txt", "requests\nanthropic>=0.40\n");
    project.run_with("init", &KEY).expect(
        0,
        &[
            "provider Anthropic, because requirements.txt names it; model claude-haiku-4-5",
            "gh secret set ANTHROPIC_API_KEY",
        ],
    );
    let key = ["jobs", "eval-gate", "steps"];
    let steps = yaml(&project, WORKFLOW, &key);
    assert_eq!(steps[2]["env"]["ANTHROPIC_API_KEY"], "${{ secrets.ANTHROPIC_API_KEY }}");
    assert!(!project.read(WORKFLOW).contains("OPENAI"));
    project.run_with("check", &[("ANTHROPIC_API_KEY", "k")]).expect(0, &["assistant.prompt.yml on claude-haiku-4-5"]);
    // The models that GitHub serves need no secret.
    let project = repository();
    project.write("a.prompt.yml", ANOTHER_PROMPT.replace("gpt", "openai/gpt"));
    project.run("init").expect(0, &["provider GitHub Models"]).lacks(&["gh secret"]);
    assert_eq!(yaml(&project, WORKFLOW, &["jobs", "eval-gate", "permissions", "models"]), "read");
    assert!(!project.read(WORKFLOW).contains("secrets."));
    assert_eq!(yaml(&project, "eval-gate.yaml", &["sample"]), serde_yaml::Value::Null);
    project.run_with("check", &[("GITHUB_TOKEN", "t")]).expect(0, &["a.prompt.yml on openai/gpt-4.1-mini"]);
}

#[test]
fn recorded_traffic_is_used_as_it_is() {
    let project = repository();
    let lines: String = (0..240).map(|number| export(number).to_string() + "\n").collect();
    project.write("logs/llm.jsonl", lines);
    project.write("logs/other.jsonl", "{\"a\": 1}\n");
    project.run("init").expect(0, &["traces with 240 requests: logs/llm.jsonl"]);
    assert!(!project.path("evalsets").exists());
    project.run_with("check", &KEY).expect(0, &["cases: 200 of 240 seen, in ", "clusters, from recorded traces"]);
    let config = project.read("eval-gate.yaml");
    assert!(config.contains("slices: [auto]") && config.contains("eval-gate sample --config eval-gate.yaml --to"));
}

/// Names of files are a stranger's text.
#[test]
#[cfg(unix)]
fn hostile_names_of_prompts_stay_text() {
    for name in ["it's \"so\": #1\n- x: &y ü\u{85}.md", "{{ 7*7 }} %TAG !.md", "no: yes\u{1b}[2J.txt", "- [x], {y}.j2"]
    {
        let project = repository();
        project.write(&format!("prompts/{name}"), "Be brief.");
        project.write("prompts/${HOME}.md", "Be brief.");
        let ran = project.run("init").expect(0, &["its name as a variable; rename it"]);
        assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.lines().count() < 25, "{ran}");
        let path = yaml(&project, "eval-gate.yaml", &["candidate", "prompt"]);
        assert_eq!(path.as_str(), Some(format!("prompts/{name}").as_str()));
        project.run_with("check", &KEY).expect(0, &["eval-gate.yaml is valid"]);
    }
}

#[test]
fn a_folder_of_a_repository_has_a_gate_of_its_own() {
    let project = repository();
    project.write("prompts/of-root.md", "x");
    project.run("init services/my chat").expect(2, &["unexpected argument"]);
    project
        .run("init services/chat")
        .expect(0, &["eval-gate check --config services/chat/eval-gate.yaml"])
        .lacks(&["of-root"]);
    let steps = yaml(&project, WORKFLOW, &["jobs", "eval-gate", "steps"]);
    assert_eq!(steps[2]["with"]["config"], "services/chat/eval-gate.yaml");
    assert!(project.path("services/chat/prompts/assistant.prompt.yml").exists() && project.path(".gitignore").exists());
    project.run_with("check --config services/chat/eval-gate.yaml", &KEY).expect(0, &["is valid"]);
}

#[test]
fn without_git_it_says_what_is_missing() {
    let project = Project::new();
    project
        .run("init")
        .expect(0, &["no git repository; `baseline: replay` needs one", "git init && git add --all && git commit"]);
    project.run_with("check", &KEY).expect(2, &["`baseline: replay` needs git"]);
    project.commit();
    project.run_with("check", &KEY).expect(0, &["eval-gate.yaml is valid"]);
}

#[test]
fn where_not_all_can_be_written_nothing_is() {
    let project = repository();
    project.write(".github", "a file");
    project.run("init").expect(4, &["error: cannot write ", ".github/workflows/eval-gate.yml: "]);
    let names: Vec<_> = fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| [".git", ".github", "README.md"].contains(&name.to_str().unwrap())), "{names:?}");
    project.write("dir/eval-gate.yaml/x", "");
    project.run("init dir").expect(2, &["dir/eval-gate.yaml is there already"]);
    project.run("init dir --force").expect(4, &["cannot write ", "dir/eval-gate.yaml: is a directory"]);
    project.run("init README.md").expect(2, &["README.md is no folder"]);
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_not_be_written_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    let set = |mode| fs::set_permissions(project.path(""), fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    if fs::write(project.path("probe"), "").is_ok() {
        eprintln!("not tested: this user may write everywhere");
    } else {
        project.run("init").expect(4, &["cannot write ", "eval-gate.yaml: Permission denied"]);
    }
    set(0o755);
}

#[test]
fn the_workflow_is_that_of_the_examples() {
    let read = |path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (example, template) = ("examples/workflows/eval-gate.yml", "src/commands/init/templates/workflow.yml");
    assert!(
        read(example) == read(template),
        "copy {example} over {template}, and see what src/commands/init/files.rs fills in"
    );
}
