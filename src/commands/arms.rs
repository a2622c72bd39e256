//! From the configuration and the command line to the two arms and the judges, ready to be asked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Error;
use crate::cli::{ArmOptions, ProviderOptions};
use crate::config::{Baseline, Candidate, Config, RouteLeg};
use crate::git::{Commit, GitError};
use crate::prompt::Prompt;
use crate::provider::{Cache, CacheMode, Provider, Recorder};
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

    /// The provider called `name`; `default` is what `--provider` names.
    fn get(&mut self, config: &Config, name: Option<&str>) -> Result<Arc<Provider>, Error> {
        let name = name.filter(|name| *name != "default").unwrap_or(&self.default);
        if let Some(provider) = self.made.get(name) {
            return Ok(provider.clone());
        }
        let provider = self.make(config, name)?.with_cache(self.cache.clone());
        let provider = match &self.recorder {
            Some(recorder) => provider.with_recorder(recorder.clone()),
            None => provider,
        };
        let provider = Arc::new(provider);
        self.made.insert(name.to_owned(), provider.clone());
        Ok(provider)
    }

    fn make(&self, config: &Config, name: &str) -> Result<Provider, Error> {
        let Access { needs_keys, machines } = self.access;
        match config.missing_variable(name) {
            Some(variable) if !needs_keys => Ok(Provider::without_key(name, config.known_provider(name)?, variable)?),
            _ => Ok(Provider::new(name, &config.provider(name)?.clone().shared_by(machines))?),
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
            let provider = self.get(config, judge.provider().or(fallback))?;
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
    asked(config, Candidate { model, ..candidate }, prompt, providers)
}

/// The candidate as it stands at a commit that is not checked out. A stranger may have written it, so it reads no variable
/// of the environment.
fn at_commit(config: &Config, commit: &Commit) -> Result<(Candidate, Option<Prompt>), Error> {
    let candidate = candidate_at(config, commit, &|_| None)?.unwrap_or_else(|| config.candidate.clone());
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
    providers: &mut Providers,
) -> Result<Asked, Error> {
    let Candidate { model, parameters, provider, route, .. } = candidate;
    // A model named on the command line is one model, whatever the route.
    let route = if model.is_some() { Vec::new() } else { route };
    let mut legs = Vec::with_capacity(route.len());
    for RouteLeg { leg, provider: of_leg } in route {
        legs.push((leg, providers.get(config, of_leg.as_deref().or(provider.as_deref()))?));
    }
    let provider = match legs.first() {
        Some((_, provider)) => provider.clone(),
        None => providers.get(config, provider.as_deref())?,
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
    let then = candidate_at(config, &base, &super::variable)?;
    let is_new = then.is_none();
    let then = then.unwrap_or_else(|| config.candidate.clone());
    let Some(path) = &then.prompt else {
        let of = format!("the recorded prompts, asked now as configured at commit {}", base.short());
        return Ok(replay(asked(config, then, None, providers)?, of, None));
    };
    let text = match base.read(path) {
        Err(GitError::NoFile { .. }) if is_new => return first(config, path, &base, providers),
        Err(GitError::NoFile { path, commit }) => return Err(GitError::NoBaseline { path, commit }.into()),
        text => text?,
    };
    let prompt = Prompt::parse(&path.display().to_string(), &text)?;
    let of = format!("{} at commit {}, asked now", path.display(), base.short());
    Ok(replay(asked(config, then, Some(prompt), providers)?, of, None))
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
    Ok(replay(asked(config, config.candidate.clone(), Some(Prompt::read(path)?), providers)?, of, Some(why)))
}

/// The configuration's candidate at a commit: a change of model or parameters is a change too. `None` where there was no
/// configuration yet.
fn candidate_at(
    config: &Config,
    commit: &Commit,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Candidate>, Error> {
    match commit.read(&config.path) {
        Ok(text) => {
            let title = format!("{} at commit {}", config.path.display(), commit.short());
            Ok(Some(Candidate::parse(&title, config.folder(), &text, lookup)?))
        }
        Err(GitError::NoFile { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An arm in words.
pub(super) fn describe(asked: &Asked) -> String {
    let prompt = asked.prompt.as_ref();
    let model = asked.model.as_deref().or(prompt.and_then(|prompt| prompt.model.as_deref())).or(asked.provider.model());
    let prompt = prompt.map_or_else(|| "the recorded messages".to_owned(), |prompt| prompt.path.clone());
    if asked.route.is_empty() {
        return format!("{prompt} on {}", model.unwrap_or("the recorded model"));
    }
    let legs: Vec<&str> = asked.route.iter().map(|(leg, _)| leg.name.as_str()).collect();
    format!("{prompt} by the route {}", legs.join(" → "))
}
