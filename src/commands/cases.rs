//! From the configuration to the cases: an evalset's, or live traffic's, sampled and redacted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use super::{Error, output, variable};
use crate::cli::SampleOptions;
use crate::config::{CaseSource, Config, TracesConfig};
use crate::evalset::{Case, Evalset};
use crate::redact::{IdKey, Redactor};
use crate::report::Count;
use crate::sample::{Filter, Sample, SampleConfig, anonymise, redact};
use crate::source::Batch;
use crate::trace::{Found, Harvest};
use crate::{source, trace};

/// The cases of a run, and what was left out on the way to them.
pub(super) struct Chosen {
    pub(super) cases: Vec<Case>,
    /// Requests or cases that there were to choose from.
    pub(super) seen: usize,
    pub(super) left_out: BTreeMap<String, usize>,
    /// Cases whose replay is less than what was sent, by what is missing.
    pub(super) approximate: BTreeMap<String, usize>,
    /// Where they came from, in words.
    pub(super) of: String,
    /// What redaction replaced, by rule.
    pub(super) redacted: BTreeMap<String, usize>,
}

impl Chosen {
    /// What was left out, by reason, the most frequent first.
    pub(super) fn counts(&self) -> Vec<Count> {
        counts(&self.left_out)
    }
}

/// Counts, the most frequent first.
pub(super) fn counts(by_reason: &BTreeMap<String, usize>) -> Vec<Count> {
    let mut counts: Vec<Count> =
        by_reason.iter().map(|(what, count)| Count { what: what.clone(), count: *count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
    counts
}

/// Chooses the cases of a run.
pub(super) async fn choose(config: &Config, options: &SampleOptions, out: &Path) -> Result<Chosen, Error> {
    let sampling = SampleConfig {
        size: options.sample.map(NonZeroUsize::get).or(config.sample.size),
        seed: options.seed.unwrap_or(config.sample.seed),
        ..config.sample.clone()
    };
    match &config.cases {
        CaseSource::Evalset(path) => from_evalset(config, path, &sampling),
        CaseSource::Traces(traces) => from_traces(config, traces, &sampling, out).await,
        CaseSource::Unnamed => Err(Error::Usage(format!(
            "{}: there are no cases: write evalset: FOLDER or traces: {{ otlp: {{ files: [FILE] }} }}",
            config.path.display()
        ))),
    }
}

fn from_evalset(config: &Config, path: &Path, sampling: &SampleConfig) -> Result<Chosen, Error> {
    let mut evalset = Evalset::read(path)?;
    // A frozen evalset is redacted already, and stays as it is; one that was written by hand may not be.
    let mut redactor = Redactor::new(&config.redact)?;
    redact(&mut evalset.cases, &mut redactor);
    let sample = Sample::draw(evalset.cases, sampling, None)?;
    Ok(Chosen {
        cases: sample.cases,
        seen: sample.seen,
        left_out: sample.left_out,
        approximate: BTreeMap::new(),
        of: format!("evalset {}", path.display()),
        redacted: redacted(&redactor),
    })
}

async fn from_traces(
    config: &Config,
    traces: &TracesConfig,
    sampling: &SampleConfig,
    out: &Path,
) -> Result<Chosen, Error> {
    let batch = source::fetch(&traces.source, &variable).await?;
    let harvest = trace::cases(&batch.traces);
    let filter = traces.filter.as_deref().map(Filter::parse).transpose()?;
    let refused = harvest.skipped.len();
    let mut left_out = omissions(&batch, &harvest);
    let approximate = harvest.approximate.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
    let mut redactor = Redactor::new(&config.redact)?;
    let mut cases: Vec<Case> = harvest.found.into_iter().map(named).collect();
    anonymise(&mut cases, &mut redactor, &id_key(config, out)?);
    if let Some(filter) = &filter {
        warn_of_unknown(filter, &cases);
    }
    let sample = Sample::draw(cases, sampling, filter.as_ref())?;
    sample.left_out.into_iter().for_each(|(reason, count)| *left_out.entry(reason).or_default() += count);
    Ok(Chosen {
        cases: sample.cases,
        seen: sample.seen + refused,
        left_out,
        approximate,
        of: batch.of,
        redacted: redacted(&redactor),
    })
}

/// What a source could not read and what cannot be replayed, by reason.
fn omissions(batch: &Batch, harvest: &Harvest) -> BTreeMap<String, usize> {
    let unread = batch.omissions.iter().map(|omission| (omission.reason.clone(), omission.count));
    let refused = harvest.reasons().into_iter().map(|(reason, count)| (format!("not replayable: {reason}"), count));
    unread.chain(refused).collect()
}

fn redacted(redactor: &Redactor) -> BTreeMap<String, usize> {
    redactor.counts().iter().map(|(rule, count)| (rule.label().to_lowercase(), *count)).collect()
}

/// The key under which session and user ids are hashed: the configuration's, else one of this folder's own.
fn id_key(config: &Config, out: &Path) -> Result<IdKey, Error> {
    match &config.redact.key {
        Some(key) => Ok(key.clone()),
        None => Ok(IdKey::kept_in(&out.join("id.key"))?),
    }
}

/// A name that no case has is most likely a typing error, and a filter on it keeps everything or nothing.
fn warn_of_unknown(filter: &Filter, cases: &[Case]) {
    for name in filter.unknown_names(cases) {
        output::note(&format!("warning: `where` asks for `{name}`, which no case has"));
    }
}

/// A case with its operation's name among its tags, so that `where` and slices can ask for it.
fn named(found: Found) -> Case {
    let mut case = found.case;
    let name = if found.root.is_empty() { found.name } else { found.root };
    case.metadata.entry("name").or_insert_with(|| name.into());
    case
}
