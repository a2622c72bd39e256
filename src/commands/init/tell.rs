//! What is said at the end: what was found out and how, what was written and why, and what to do next.

use super::cases::Cases;
use super::provider::Vendor;
use super::survey::Survey;
use super::{Plan, output};
use crate::git::Commit;
use crate::report::escape::{plain, shorten};

/// Things of a list that are named; the others are counted.
const SHOWN: usize = 4;
/// Characters of a line about one thing.
const WIDTH: usize = 300;

pub(super) fn tell(survey: &Survey, plan: &Plan) {
    let mut lines = vec!["Found:".to_owned()];
    lines.extend(found(survey, plan));
    lines.extend(shown(&survey.asides).map(|aside| format!("  not used: {aside}")));
    lines.extend([String::new(), format!("Written into {}:", survey.root.display())]);
    let width = plan.files.iter().map(|file| file.path.chars().count()).max().unwrap_or_default();
    lines.extend(plan.files.iter().map(|file| format!("  {:width$}  {}", file.path, file.why)));
    lines.extend(plan.left.iter().map(|(path, why)| format!("Left as it was: {path} {why}")));
    lines.extend([String::new(), "Next:".to_owned()]);
    lines.extend(next(survey, plan).into_iter().enumerate().map(|(index, step)| format!("  {}. {step}", index + 1)));
    lines.iter().for_each(|line| output::data(&(plain(&shorten(line, WIDTH)) + "\n")));
}

fn found(survey: &Survey, plan: &Plan) -> Vec<String> {
    let repository = match &survey.repository {
        None => "no git repository; `baseline: replay` needs one".to_owned(),
        Some(repository) if !repository.has_commits => "a git repository without a commit".to_owned(),
        Some(repository) => match &repository.default_branch {
            Some(branch) => format!("a git repository, default branch {branch}"),
            None => "a git repository".to_owned(),
        },
    };
    let prompt = match &survey.prompts.chosen {
        None => "no prompt file, so an example was written".to_owned(),
        Some(prompt) => format!("prompt {}{}", prompt.path, others(&survey.prompts.others)),
    };
    let cases = match &survey.cases {
        Cases::Evalset { folder, facts } => format!("evalset {folder}, {} cases", facts.cases),
        Cases::Traces { files, facts } => format!("traces with {} requests: {}", facts.cases, files.join(", ")),
        Cases::Example => "no evalset and no traces, so example cases were written".to_owned(),
    };
    let choice = &survey.provider;
    let provider = format!("provider {}, because {}; model {}", choice.vendor.name(), choice.why, choice.model);
    let stand_ins: Vec<&str> =
        plan.variables.iter().filter(|var| var.is_stand_in).map(|var| var.name.as_str()).collect();
    let mut lines: Vec<String> = [repository, prompt, cases, provider].map(|text| format!("  {text}")).into();
    if !stand_ins.is_empty() {
        lines.push(format!("  the prompt's variables {}: say under `vars` where they come from", stand_ins.join(", ")));
    }
    lines
}

fn others(paths: &[String]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let named = shown(paths).collect::<Vec<_>>().join(", ");
    format!("; there are others for `candidate.prompt`: {named}")
}

fn shown(things: &[String]) -> impl Iterator<Item = String> {
    let more = things.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("and {more} more"));
    things.iter().take(SHOWN).cloned().chain(rest)
}

fn next(survey: &Survey, plan: &Plan) -> Vec<String> {
    let has_commits = survey.repository.as_ref().is_some_and(|repository| repository.has_commits);
    let mut steps = Vec::new();
    if !has_commits {
        let init = if survey.repository.is_none() { "git init && " } else { "" };
        let command = format!("{init}git add --all && git commit");
        steps.push(format!("Make the first commit, which changes are measured against: {command}"));
    }
    steps.extend(give_key(survey));
    if plan.files.iter().any(|file| file.path.starts_with(".github/workflows/")) {
        steps.push(
            "There is no release yet: in the workflow put a commit of eval-gate in place of `v1`; it is then built, which takes minutes"
                .to_owned(),
        );
    }
    let config = quoted(&survey.path_of(super::CONFIG));
    let option = if survey.inside.is_empty() { String::new() } else { format!(" --config {config}") };
    let key = if survey.has_key { String::new() } else { format!("{}=… ", survey.provider.vendor.key()) };
    steps.push(format!("See what a run would do, which sends nothing: {key}eval-gate check{option}"));
    let prompt = survey.path_of(&plan.prompt.path);
    if !has_commits {
        steps.push(format!(
            "Push it. Then change {prompt} on a branch and open a pull request: eval-gate comments on it"
        ));
        return steps;
    }
    let files: Vec<String> = plan.files.iter().map(|file| quoted(&file.path)).collect();
    steps.push(format!("Commit on a branch: git switch -c eval-gate && git add {} && git commit", files.join(" ")));
    steps.push(format!(
        "Open a pull request: git push -u origin eval-gate && gh pr create --fill. {}",
        first(survey, plan)
    ));
    steps.push(format!(
        "Merge it. From then on a pull request that changes {prompt} is measured against what is merged"
    ));
    steps
}

/// GitHub's own token needs no giving.
fn give_key(survey: &Survey) -> Option<String> {
    let vendor = survey.provider.vendor;
    let slug = survey.repository.as_ref().and_then(|repository| repository.github.as_ref());
    let page = slug.map_or_else(
        || "on GitHub: Settings, Secrets and variables, Actions".to_owned(),
        |slug| format!("https://github.com/{slug}/settings/secrets/actions"),
    );
    let key = vendor.key();
    (vendor != Vendor::GitHubModels).then(|| format!("Give the workflow your key: gh secret set {key} (or {page})"))
}

/// What the first pull request will show.
fn first(survey: &Survey, plan: &Plan) -> &'static str {
    let base = Commit::base(&survey.root, "HEAD", None, None);
    if base.is_ok_and(|base| base.read(&survey.folder().join(&plan.prompt.path)).is_ok()) {
        "eval-gate comments on it; the prompt is as it was, so nothing should differ yet"
    } else {
        "eval-gate comments on it; inconclusive, for the prompt is new and there is nothing to measure it against"
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = path.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-./".contains(&c)) && !path.starts_with('-');
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
