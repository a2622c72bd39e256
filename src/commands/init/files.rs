//! The texts of the files that are written.

use minijinja::{Environment, UndefinedBehavior, context};

use super::cases::Cases;
use super::prompts::Variable;
use super::provider::Vendor;
use super::survey::Survey;
use super::yaml::scalar;
use crate::prompt::Prompt;

/// The examples of an evalset.
pub(super) const EXAMPLE_CASES: &str = include_str!("templates/cases.jsonl");
const CONFIG: &str = include_str!("templates/eval-gate.yaml.j2");
const PROMPT: &str = include_str!("templates/assistant.prompt.yml.j2");
/// The same text as `examples/workflows/eval-gate.yml`, which a test holds.
const WORKFLOW: &str = include_str!("templates/workflow.yml");
/// Cases of a run to begin with, where there are more.
const ENOUGH: usize = 200;
/// The same for a provider that allows few requests.
const FEW: usize = 20;
/// Clusters from which classes of cases can be gated too.
const MANY: usize = 30;
/// What the workflow has instead of the example's remarks.
const WORKFLOW_HEAD: &str = "\
# The gate on every pull request and in the merge queue, written by `eval-gate init`. To let it block, require the check named
# `eval-gate` in the branch's rules. Pull requests from forks have no keys: for those, and for several runners, see
# https://github.com/eval-gate/eval-gate/tree/main/examples/workflows
";
const KEY_LINES: &str = "        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n";
const PERMISSION: &str = "      contents: read\n";

/// A template's text; a template that fails is a fault of this program.
fn render(template: &str, values: minijinja::Value) -> String {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = env.render_str(template, values).expect("the templates are part of the program and have all they name");
    // The last line's end is not part of a rendered template.
    text + "\n"
}

/// The configuration, for the prompt at `path` and the evalset of examples at `example`, both from its folder.
pub(super) fn config(survey: &Survey, prompt: &Prompt, variables: &[Variable], example: &str) -> String {
    let (vendor, choice) = (survey.provider.vendor, &survey.provider);
    let other = if vendor == Vendor::Anthropic { Vendor::OpenAi } else { Vendor::Anthropic };
    let facts = survey.cases.facts();
    let most = if vendor == Vendor::GitHubModels { FEW } else { ENOUGH };
    let (evalset, traces) = match &survey.cases {
        Cases::Evalset { folder, .. } => (folder.as_str(), None),
        Cases::Traces { files, .. } => ("", Some(list(files))),
        Cases::Example => (example, None),
    };
    let about_cases = facts.map_or_else(
        || "examples, written by hand so that the first run works: replace them by your own".to_owned(),
        |facts| format!("{} cases", facts.cases),
    );
    let vars: Vec<_> = variables
        .iter()
        .map(|var| context! { name => scalar(&var.name), value => scalar(&var.value), is_stand_in => var.is_stand_in })
        .collect();
    let about_url = if vendor == Vendor::OpenAi { "or any server that speaks chat completions" } else { vendor.name() };
    render(
        CONFIG,
        context! {
            config => survey.path_of("eval-gate.yaml"),
            frozen => survey.path_of("evalsets/production"),
            evalset => scalar(evalset),
            about_cases,
            traces,
            prompt => scalar(&prompt.path),
            vars,
            provider => context! {
                kind => vendor.kind(),
                url => vendor.url(),
                about_url,
                key => vendor.key(),
                rate => (vendor == Vendor::GitHubModels).then_some(10),
            },
            other => context! { kind => other.kind(), key => other.key(), model => other.model() },
            model => scalar(&choice.model),
            is_large => facts.is_some_and(|facts| facts.clusters >= MANY),
            has_documents => facts.is_some_and(|facts| facts.has_documents),
            budget => if choice.is_priced() { "{ usd: 5.00 }" } else { "{ requests: 2000 }" },
            is_example => facts.is_none(),
            sample => facts.filter(|facts| facts.cases > most).map(|_| most),
        },
    )
}

fn list(files: &[String]) -> String {
    let files: Vec<String> = files.iter().map(|file| scalar(file)).collect();
    format!("[{}]", files.join(", "))
}

/// The example prompt.
pub(super) fn example_prompt(model: &str) -> String {
    render(PROMPT, context! { model => scalar(model) })
}

/// The workflow, with the key of this provider and the configuration's place.
pub(super) fn workflow(survey: &Survey) -> String {
    let key = survey.provider.vendor.key();
    let env = KEY_LINES.replace("OPENAI_API_KEY", key);
    let config = scalar(&survey.path_of("eval-gate.yaml"));
    let with =
        if survey.inside.is_empty() { String::new() } else { format!("        with:\n          config: {config}\n") };
    // The action hands on GitHub's own token by itself.
    let (env, models) = match survey.provider.vendor {
        Vendor::GitHubModels => (String::new(), "      models: read # GitHub Models answers\n"),
        Vendor::OpenAi | Vendor::Anthropic => (env, ""),
    };
    let start = WORKFLOW.find("name: eval-gate\n").unwrap_or_default();
    let body = WORKFLOW[start..].replacen(KEY_LINES, &format!("{with}{env}"), 1);
    WORKFLOW_HEAD.to_owned() + &body.replacen(PERMISSION, &format!("{PERMISSION}{models}"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_has_the_places_that_are_filled_in() {
        for place in [KEY_LINES, PERMISSION, "\n\non:\n"] {
            assert_eq!(WORKFLOW.matches(place).count(), 1, "{place}");
        }
        assert!(WORKFLOW.contains("\nname: eval-gate\n\non:\n"));
    }
}
