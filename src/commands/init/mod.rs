//! `init`: a configuration, an example prompt, example cases and the workflow, as far as they are not there. It asks nothing:
//! what it needs to know it finds out.

mod cases;
mod files;
mod prompts;
mod provider;
mod survey;
mod tell;
mod tree;
mod yaml;

use std::path::{Path, PathBuf};

use self::cases::Cases;
use self::prompts::Variable;
use self::survey::Survey;
use super::{Error, output};
use crate::cli::InitArgs;
use crate::exit::ExitStatus;
use crate::prompt::Prompt;

const CONFIG: &str = "eval-gate.yaml";
const WORKFLOW: &str = ".github/workflows/eval-gate.yml";
const IGNORED: &str = ".eval-gate/";

pub(super) fn init(args: &InitArgs) -> Result<ExitStatus, Error> {
    let survey = Survey::of(args.dir.as_deref(), &|name| std::env::var(name).ok())?;
    let plan = Plan::new(&survey, args.force)?;
    plan.check(&survey.root)?;
    plan.write(&survey.root)?;
    tell::tell(&survey, &plan);
    Ok(ExitStatus::Pass)
}

/// What is to be written, by paths from the root.
struct Plan {
    files: Vec<Planned>,
    /// Files that are there already and stay as they are, each with why.
    left: Vec<(String, String)>,
    /// The prompt that the configuration names.
    prompt: Prompt,
    /// Its variables that the cases did not record.
    variables: Vec<Variable>,
}

/// A file to be written.
struct Planned {
    path: String,
    text: String,
    /// What it is for, in a few words.
    why: &'static str,
}

impl Plan {
    fn new(survey: &Survey, force: bool) -> Result<Self, Error> {
        let config = survey.path_of(CONFIG);
        if survey.root.join(&config).symlink_metadata().is_ok() && !force {
            return Err(Error::Usage(format!(
                "{config} is there already, so nothing was written; --force replaces it"
            )));
        }
        let mut files = Vec::new();
        let mut left = Vec::new();
        let example = free(survey, ["evalsets/example", "evalsets/eval-gate-example"])?;
        let prompt = if let Some(found) = &survey.prompts.chosen {
            found.clone()
        } else {
            let path = free(survey, ["prompts/assistant.prompt.yml", "prompts/eval-gate-example.prompt.yml"])?;
            let text = files::example_prompt(&survey.provider.model);
            let prompt = Prompt::parse(path, &text)?;
            files.push(Planned {
                path: survey.path_of(path),
                text,
                why: "an example prompt: put your own in its place",
            });
            prompt
        };
        if let Cases::Example = survey.cases {
            let (path, text) = (survey.path_of(&format!("{example}/cases.jsonl")), files::EXAMPLE_CASES.to_owned());
            files.push(Planned { path, text, why: "example cases, one a line: put your own in their place" });
        }
        let recorded = survey.cases.facts().map(|facts| facts.variables.clone()).unwrap_or_default();
        let variables = prompts::variables(&prompt, &recorded);
        let text = files::config(survey, &prompt, &variables, example);
        files.insert(0, Planned { path: config, text, why: "the gate, explained line by line" });
        if survey.root.join(WORKFLOW).symlink_metadata().is_ok() && !force {
            left.push((WORKFLOW.to_owned(), "is there already; --force replaces it".to_owned()));
        } else {
            let (path, text) = (WORKFLOW.to_owned(), files::workflow(survey));
            files.push(Planned { path, text, why: "runs the gate on every pull request" });
        }
        files.extend(ignore(&survey.root)?);
        Ok(Self { files, left, prompt, variables })
    }

    /// Checks that all of it can be written, before the first is.
    fn check(&self, root: &Path) -> Result<(), Error> {
        for file in &self.files {
            let path = root.join(&file.path);
            let folder = path.ancestors().skip(1).find(|folder| folder.symlink_metadata().is_ok()).unwrap_or(root);
            let failed = |source| Error::Write { path: path.clone(), source };
            tempfile::tempfile_in(folder).map_err(failed)?;
            if path.is_dir() {
                return Err(failed(std::io::ErrorKind::IsADirectory.into()));
            }
        }
        Ok(())
    }

    fn write(&self, root: &Path) -> Result<(), Error> {
        self.files.iter().try_for_each(|file| output::write(&root.join(&file.path), &file.text))
    }
}

/// The first of two paths in the configuration's folder at which there is nothing: what stands there is somebody's own.
fn free<'a>(survey: &Survey, paths: [&'a str; 2]) -> Result<&'a str, Error> {
    let is_free = |path: &&str| survey.folder().join(path).symlink_metadata().is_err();
    paths.into_iter().find(is_free).ok_or_else(|| {
        let [first, second] = paths;
        Error::Usage(format!("{first} and {second} are both there and cannot be used, see what is said of them"))
    })
}

/// `.gitignore` with the folder of runs in it, if it is not yet.
fn ignore(root: &Path) -> Result<Option<Planned>, Error> {
    let path: PathBuf = root.join(".gitignore");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::Usage(format!("cannot read {}: {error}", path.display()))),
    };
    let is_it = |line: &str| line.trim().trim_start_matches("**").trim_matches('/') == ".eval-gate";
    if text.lines().any(is_it) {
        return Ok(None);
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{end}{IGNORED}\n");
    Ok(Some(Planned {
        path: ".gitignore".to_owned(),
        text,
        why: "keeps .eval-gate/ out: reports, cached answers, a key",
    }))
}
