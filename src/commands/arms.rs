//! From the configuration and the command line to the two arms, ready to be asked.

use std::path::{Path, PathBuf};

use super::Error;
use super::providers::Providers;
use super::stored_prompt::{read_prompt, read_stored};
use crate::cli::ArmOptions;
use crate::config::{Baseline, Candidate, Config, PromptSource, RouteLeg, Then};
use crate::git::{Commit, GitError};
use crate::prompt::Prompt;
use crate::replay::{Asked, BaselineArm};

/// The candidate, as the command line and the configuration describe it.
pub(super) async fn candidate(
    config: &Config,
    options: &ArmOptions,
    providers: &mut Providers,
) -> Result<Asked, Error> {
    let (candidate, prompt) = if let Some(name) = &options.head {
        at_commit(config, &Commit::named(config.folder(), name)?)?
    } else {
        let prompt = match named_prompt(options)?.as_ref().or(config.candidate.prompt.as_ref()) {
            Some(prompt) => Some(read_prompt(config, prompt).await?),
            None => None,
        };
        (config.candidate.clone(), prompt)
    };
    let model = options.model.clone().or(candidate.model.clone());
    asked(config, Candidate { model, ..candidate }, prompt, None, providers)
}

/// The prompt that the command line names.
fn named_prompt(options: &ArmOptions) -> Result<Option<PromptSource>, Error> {
    let parse = |path: &PathBuf| match path.to_str() {
        Some(text) => PromptSource::parse(text, Path::new("")),
        None => Ok(PromptSource::File(path.clone())),
    };
    options.prompt.as_ref().map(parse).transpose().map_err(|message| Error::Usage(format!("--prompt: {message}")))
}

/// The candidate as it stands at a commit that is not checked out. A stranger may have written it, so it reads no variable
/// of the environment.
fn at_commit(config: &Config, commit: &Commit) -> Result<(Candidate, Option<Prompt>), Error> {
    let candidate = at(config, commit, &|_| None)?.map_or_else(|| config.candidate.clone(), |then| then.candidate);
    let prompt = match &candidate.prompt {
        Some(PromptSource::File(path)) => Some(Prompt::parse(&path.display().to_string(), &commit.read(path)?)?),
        Some(PromptSource::Stored(name)) => {
            let why = "this store's key is not for a stranger's change";
            return Err(Error::Usage(format!("--head: the candidate's prompt is {name}, and {why}; name a file")));
        }
        None => None,
    };
    Ok((candidate, prompt))
}

/// An arm that asks as `candidate` says.
fn asked(
    config: &Config,
    candidate: Candidate,
    prompt: Option<Prompt>,
    then: Option<&Then>,
    providers: &mut Providers,
) -> Result<Asked, Error> {
    let Candidate { model, parameters, provider, route, .. } = candidate;
    // A model named on the command line is one model, whatever the route.
    let route = if model.is_some() { Vec::new() } else { route };
    let mut legs = Vec::with_capacity(route.len());
    for RouteLeg { leg, provider: of_leg } in route {
        legs.push((leg, providers.get(config, of_leg.as_deref().or(provider.as_deref()), then)?));
    }
    let provider = match legs.first() {
        Some((_, provider)) => provider.clone(),
        None => providers.get(config, provider.as_deref(), then)?,
    };
    Ok(Asked { prompt, model, parameters, provider, route: legs })
}

/// What the candidate is measured against, and that in words.
pub(super) struct BaselinePlan {
    pub(super) kind: Baseline,
    pub(super) arm: BaselineArm,
    pub(super) of: String,
    /// Why it is no baseline: the gate is new with this change.
    pub(super) without_base: Option<String>,
}

impl BaselinePlan {
    /// Whether its answers were timed on another machine or at another time than the candidate's: only what is asked now is
    /// timed beside it.
    pub(super) fn is_timed_apart(&self) -> bool {
        !matches!(self.arm, BaselineArm::Asked(_))
    }
}

/// The baseline, as the command line and the configuration describe it.
pub(super) async fn baseline(
    config: &Config,
    options: &ArmOptions,
    providers: &mut Providers,
) -> Result<BaselinePlan, Error> {
    let named = options.baseline.as_deref().map(|text| Baseline::parse(text, Path::new("")));
    let kind = named.transpose().map_err(|message| Error::Usage(format!("--baseline: {message}")))?;
    let kind = kind.unwrap_or_else(|| config.baseline.clone());
    let (arm, of) = match &kind {
        Baseline::Recorded => (BaselineArm::Recorded, "production's recorded answers".to_owned()),
        Baseline::Stored(path) => (BaselineArm::Absent, format!("the scores stored in {}", path.display())),
        Baseline::Replay => return replayed(config, options, providers).await,
        Baseline::Prompt(name) => {
            let prompt = read_stored(config, name).await?;
            let of = format!("{}, asked now", prompt.path);
            (BaselineArm::Asked(Box::new(asked(config, config.candidate.clone(), Some(prompt), None, providers)?)), of)
        }
    };
    Ok(BaselinePlan { kind, arm, of, without_base: None })
}

/// The candidate as the configuration and its prompt stood at the base commit.
async fn replayed(config: &Config, options: &ArmOptions, providers: &mut Providers) -> Result<BaselinePlan, Error> {
    let github_base = std::env::var("GITHUB_BASE_REF").ok();
    let work = match &options.head {
        Some(name) => Commit::named(config.folder(), name)?.id,
        None => "HEAD".to_owned(),
    };
    let base = Commit::base(config.folder(), &work, options.base.as_deref(), github_base.as_deref())?;
    let then = at(config, &base, &super::variable)?;
    let candidate = then.as_ref().map_or_else(|| config.candidate.clone(), |then| then.candidate.clone());
    let path = match candidate.prompt.clone() {
        None => {
            let of = format!("the recorded prompts, asked now as configured at commit {}", base.short());
            return Ok(replay(asked(config, candidate, None, then.as_ref(), providers)?, of, None));
        }
        Some(PromptSource::Stored(name)) => {
            let prompt = read_stored(config, &name).await?;
            let of = format!("{}, asked now as configured at commit {}", prompt.path, base.short());
            return Ok(replay(asked(config, candidate, Some(prompt), then.as_ref(), providers)?, of, None));
        }
        Some(PromptSource::File(path)) => path,
    };
    let text = match base.read(&path) {
        Err(GitError::NoFile { .. }) if then.is_none() => return first(config, &path, &base, providers),
        Err(GitError::NoFile { path, commit }) => return Err(GitError::NoBaseline { path, commit }.into()),
        text => text?,
    };
    let prompt = Prompt::parse(&path.display().to_string(), &text)?;
    let asked = asked(config, candidate, Some(prompt), then.as_ref(), providers)?;
    let of = format!("{} at commit {} on {}, asked now", path.display(), base.short(), model(&asked));
    Ok(replay(asked, of, None))
}

fn replay(asked: Asked, of: String, without_base: Option<String>) -> BaselinePlan {
    BaselinePlan { kind: Baseline::Replay, arm: BaselineArm::Asked(Box::new(asked)), of, without_base }
}

/// The gate is new with this change, prompt and all: the prompt as it stands meets itself, which shows the gate at work
/// and can never pass.
fn first(config: &Config, path: &Path, base: &Commit, providers: &mut Providers) -> Result<BaselinePlan, Error> {
    let (prompt, of_config, commit) = (path.display(), config.path.display(), base.short());
    let of = format!("{prompt} as it stands now, for it is not at commit {commit}");
    let why = format!(
        "there is nothing to measure against yet: neither {of_config} nor {prompt} exists at the base commit {commit}, so {prompt} is compared with itself; once they are merged, changes are measured against them"
    );
    Ok(replay(asked(config, config.candidate.clone(), Some(Prompt::read(path)?), None, providers)?, of, Some(why)))
}

/// What an arm was made of at a commit: a change of model, parameters or provider is a change too. `None` where there was
/// no configuration yet.
fn at(config: &Config, commit: &Commit, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<Then>, Error> {
    match commit.read(&config.path) {
        Ok(text) => {
            let title = format!("{} at commit {}", config.path.display(), commit.short());
            Ok(Some(Then::parse(&title, config.folder(), &text, lookup)?))
        }
        Err(GitError::NoFile { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The model of an arm that has one.
fn model(asked: &Asked) -> &str {
    let of_prompt = asked.prompt.as_ref().and_then(|prompt| prompt.model.as_deref());
    asked.model.as_deref().or(of_prompt).or(asked.provider.model()).unwrap_or("the recorded model")
}

/// An arm in words.
pub(super) fn describe(asked: &Asked) -> String {
    let prompt = asked.prompt.as_ref().map_or_else(|| "the recorded messages".to_owned(), |prompt| prompt.path.clone());
    if asked.route.is_empty() {
        return format!("{prompt} on {}", model(asked));
    }
    let legs: Vec<&str> = asked.route.iter().map(|(leg, _)| leg.name.as_str()).collect();
    format!("{prompt} by the route {}", legs.join(" → "))
}
