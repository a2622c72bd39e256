//! What a run says on GitHub, and what becomes of it when GitHub or a stranger misbehaves.

mod by_hand;
mod check;
mod comment;
mod forks;
mod queue;
mod secrets;
mod server;
mod trouble;

use self::server::GitHub;
use crate::support::{Project, Ran};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events");

/// Runs the program as a step of GitHub Actions after an event, with these variables besides.
fn run_in_actions(project: &Project, github: &GitHub, arguments: &str, event: &str, more: &[(&str, &str)]) -> Ran {
    let [output, summary, workspace] = ["output", "summary", ""].map(|name| project.path(name).display().to_string());
    let payload = format!("{EVENTS}/{event}.json");
    let mut variables = vec![
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_SERVER_URL", "https://github.test"),
        ("GITHUB_REPOSITORY", "acme/widgets"),
        ("GITHUB_EVENT_NAME", event.split('.').next().unwrap()),
        ("GITHUB_EVENT_PATH", &payload),
        ("GITHUB_RUN_ID", "4242"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_WORKFLOW_REF", "acme/widgets/.github/workflows/gate.yml@refs/pull/7/merge"),
        ("GITHUB_TOKEN", "ghs_test"),
        ("GITHUB_OUTPUT", &output),
        ("GITHUB_STEP_SUMMARY", &summary),
        ("GITHUB_WORKSPACE", &workspace),
    ];
    variables.extend(more);
    project.run_with(arguments, &variables)
}

/// The value of an output.
fn output(project: &Project, name: &str) -> String {
    let text = project.read("output");
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| line.starts_with(&format!("{name}<<"))).unwrap();
    lines[start + 1].to_owned()
}
