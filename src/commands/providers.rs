//! The providers of a run, each made once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Error;
use super::clean::cleaner;
use crate::cli::ProviderOptions;
use crate::config::{Config, Then};
use crate::provider::{Cache, CacheMode, Provider, ProviderConfig, Recorder};
use crate::redact::Redactor;
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
    pub(super) fn get(
        &mut self,
        config: &Config,
        name: Option<&str>,
        then: Option<&Then>,
    ) -> Result<Arc<Provider>, Error> {
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
        let cleaner = cleaner(Redactor::new(&config.redact)?);
        let provider = provider.with_cache(self.cache.clone()).with_cleaner(cleaner);
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
