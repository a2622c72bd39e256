//! From the configuration and the command line to the two arms and the judges, ready to be asked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Error;
use crate::cli::{ArmOptions, ProviderOptions};
use crate::config::{Baseline, Candidate, Config, RouteLeg, Then};
use crate::git::{Commit, GitError};
use crate::prompt::Prompt;
use crate::provider::{Cache, CacheMode, Provider, ProviderConfig, Recorder};
use crate::replay::{Asked, BaselineArm};
use crate::score::Scorer;
use crate::score::judge::Judge;

/// What a run may ask of its providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// Whether a provider whose key is not set is an error. Else it gives what is stored and nothing more.
    pub(super) needs_keys: bool,
    /// The machines that share the budget and the providers' requests a minute.
    pub(super) machines: u32,
}

impl Default for Access {
    fn default() -> Self {
        Self { needs_keys: true, machines: 1 }
    }
}

/// Providers by their names, each made once, so that arms and judges share limits.
pub(super) struct Providers {
    /// What `default` stands for.
    default: String,
    access: Access,
    cache: Arc<Cache>,
    recorder: Option<Arc<Recorder>>,
    made: BTreeMap<String, Arc<Provider>>,
}

impl Providers {
    pub(super) fn new(options: &ProviderOptions, out: &Path, access: Access) -> Result<Self, Error> {
        let mode = match (options.offline, options.fresh) {
            (true, _) => CacheMode::Offline,
            (_, true) => CacheMode::Fresh,
            _ => CacheMode::ReadWrite,
        };
        let folder = out.join("cache");
        let cache = Cache::open(&folder, mode).map_err(|source| Error::Write { path: folder.clone(), source })?;
        let recorder = options.record.as_deref().map(|file| {
            let recorder = Recorder::open(file).map_err(|source| Error::Write { path: file.into(), source })?;
            Ok::<_, Error>(Arc::new(recorder))
        });
        let default = options.provider.clone().unwrap_or_else(|| "default".to_owned());
        Ok(Self { default, access, cache: Arc::new(cache), recorder: recorder.transpose()?, made: BTreeMap::new() })
    }

    /// The provider called `name`, as it was `then` if that would answer otherwise; `default` is what `--provider` names.
    fn get(&mut self, config: &Config, name: Option<&str>, then: Option<&Then>) -> Result<Arc<Provider>, Error> {
        let name = name.filter(|name| *name != "default").unwrap_or(&self.default).to_owned();
        let today = config.known_provider(&name);
        let was = then.and_then(|then| Some((then, then.providers.get(&name)?)));
        let was = was.filter(|(_, was)| !today.as_ref().is_ok_and(|today| today.answers_like(was)));
        let key = if was.is_some() { format!("{name}, as it was") } else { name.clone() };
        if let Some(provider) = self.made.get(&key) {
            return Ok(provider.clone());
        }
        let provider = match was {
            Some((then, was)) => self.make_as_it_was(&name, today.ok(), was, then.missing_variable(&name))?,
            None => self.make(config, &name)?,
        };
        let provider = provider.with_cache(self.cache.clone());
        let provider = match &self.recorder {
            Some(recorder) => provider.with_recorder(recorder.clone()),
            None => provider,
        };
        let provider = Arc::new(provider);
        self.made.insert(key, provider.clone());
        Ok(provider)
    }

    fn make(&self, config: &Config, name: &str) -> Result<Provider, Error> {
        let Access { needs_keys, machines } = self.access;
        match config.missing_variable(name) {
            Some(variable) if !needs_keys => Ok(Provider::without_key(name, config.known_provider(name)?, variable)?),
            _ => Ok(Provider::new(name, &config.provider(name)?.clone().shared_by(machines))?),
        }
    }

    /// A provider that a change has changed, for the baseline.
    fn make_as_it_was(
        &self,
        name: &str,
        today: Option<&ProviderConfig>,
        was: &ProviderConfig,
        missing: Option<&str>,
    ) -> Result<Provider, Error> {
        let config = today.map_or_else(|| was.clone(), |today| today.as_it_was(was)).shared_by(self.access.machines);
        match missing {
            Some(variable) if !self.access.needs_keys => Ok(Provider::without_key(name, &config, variable)?),
            Some(variable) => {
                let why = format!("the provider {name} of the base commit needs {variable}, which is not set");
                Err(Error::Usage(format!("{why}; set it, or use --baseline recorded")))
            }
            None => Ok(Provider::new(name, &config)?),
        }
    }

    /// The provider of every judge, by the scorer's index: the one it names, else `judge`, else `default`.
    pub(super) fn judges(
        &mut self,
        config: &Config,
        scorers: &[Scorer],
    ) -> Result<BTreeMap<usize, Arc<Provider>>, Error> {
        let fallback = config.has_provider("judge").then_some("judge");
        let judges = scorers.iter().enumerate().filter_map(|(index, scorer)| Some((index, scorer.judge()?)));
        let provider = |(index, judge): (usize, &Judge)| {
            let provider = self.get(config, judge.provider().or(fallback), None)?;
            if judge.model().or(provider.model()).is_none() {
                let (path, name) = (config.path.display(), &scorers[index].name);
                return Err(Error::Usage(format!(
                    "{path}: scorers.{name}.judge: no model is named; write one here or under providers.{}",
                    provider.name()
                )));
            }
            Ok((index, provider))
        };
        judges.map(provider).collect()
    }

    /// Calls that all of them together may have in flight.
    pub(super) fn concurrency(&self) -> usize {
        self.made.values().fold(0, |sum, provider| provider.concurrency().saturating_add(sum))
    }

    /// Writes the recording, if one was asked for.
    pub(super) fn finish_recording(&self) -> Result<(), Error> {
        let Some(recorder) = &self.recorder else { return Ok(()) };
        recorder.finish().map_err(|source| Error::Write { path: recorder.path().into(), source })
    }
}

/// The candidate, as the command line and the configuration describe it.
pub(super) fn candidate(config: &Config, options: &ArmOptions, providers: &mut Providers) -> Result<Asked, Error> {
    let (candidate, prompt) = if let Some(name) = &options.head {
        at_commit(config, &Commit::named(config.folder(), name)?)?
    } else {
        let path = options.prompt.as_ref().or(config.candidate.prompt.as_ref());
        (config.candidate.clone(), path.map(|path| Prompt::read(path)).transpose()?)
    };
    let model = options.model.clone().or(candidate.model.clone());
    asked(config, Candidate { model, ..candidate }, prompt, None, providers)
}

/// The candidate as it stands at a commit that is not checked out. A stranger may have written it, so it reads no variable
/// of the environment.
fn at_commit(config: &Config, commit: &Commit) -> Result<(Candidate, Option<Prompt>), Error> {
    let candidate = at(config, commit, &|_| None)?.map_or_else(|| config.candidate.clone(), |then| then.candidate);
    let prompt = match &candidate.prompt {
        Some(path) => Some(Prompt::parse(&path.display().to_string(), &commit.read(path)?)?),
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
    /// Whether its answers were timed on another machine or at another time than the candidate's: only a replay is timed
    /// beside it.
    pub(super) fn is_timed_apart(&self) -> bool {
        self.kind != Baseline::Replay
    }
}

/// The baseline, as the command line and the configuration describe it.
pub(super) fn baseline(
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
        Baseline::Replay => return replayed(config, options, providers),
    };
    Ok(BaselinePlan { kind, arm, of, without_base: None })
}

/// The candidate as the configuration and its prompt stood at the base commit.
fn replayed(config: &Config, options: &ArmOptions, providers: &mut Providers) -> Result<BaselinePlan, Error> {
    let github_base = std::env::var("GITHUB_BASE_REF").ok();
    let work = match &options.head {
        Some(name) => Commit::named(config.folder(), name)?.id,
        None => "HEAD".to_owned(),
    };
    let base = Commit::base(config.folder(), &work, options.base.as_deref(), github_base.as_deref())?;
    let then = at(config, &base, &super::variable)?;
    let candidate = then.as_ref().map_or_else(|| config.candidate.clone(), |then| then.candidate.clone());
    let Some(path) = &candidate.prompt.clone() else {
        let of = format!("the recorded prompts, asked now as configured at commit {}", base.short());
        return Ok(replay(asked(config, candidate, None, then.as_ref(), providers)?, of, None));
    };
    let text = match base.read(path) {
        Err(GitError::NoFile { .. }) if then.is_none() => return first(config, path, &base, providers),
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
