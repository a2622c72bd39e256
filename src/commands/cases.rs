//! From the configuration to the cases: an evalset's, or live traffic's, sampled and redacted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use super::{Error, output, traffic};
use crate::cli::SampleOptions;
use crate::config::{CaseSource, Config};
use crate::evalset::{Case, Evalset, ORIGIN_FILE, Origin, Stratum};
use crate::redact::{IdKey, Redactor};
use crate::report::Count;
use crate::sample::{Design, Sample, SampleConfig, redact};

/// The cases of a run, and what was left out on the way to them.
pub(super) struct Chosen {
    pub(super) cases: Vec<Case>,
    /// Requests or cases that there were to choose from.
    pub(super) seen: usize,
    /// Those of them that could be replayed and were asked for: what the cases stand for.
    pub(super) population: usize,
    /// Those of them that were drawn.
    pub(super) sampled: usize,
    pub(super) strata: Vec<Stratum>,
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

/// How many cases have a recorded score, by its name.
pub(super) fn recorded_scores(cases: &[Case]) -> BTreeMap<&str, usize> {
    let mut names = BTreeMap::new();
    let recorded = cases.iter().filter_map(|case| case.recorded.as_ref());
    recorded.flat_map(|recorded| recorded.scores.keys()).for_each(|name| *names.entry(name.as_str()).or_default() += 1);
    names
}

/// Recorded scores in words; nothing where there are none.
pub(super) fn tell_recorded_scores(cases: &[Case]) -> Option<String> {
    let told: Vec<String> =
        recorded_scores(cases).into_iter().map(|(name, count)| format!("{name} ({count} cases)")).collect();
    (!told.is_empty()).then(|| format!("recorded scores: {}", told.join(", ")))
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
        CaseSource::Evalset(path) => from_evalset(config, path, sampling),
        CaseSource::Traces(traces) => traffic::choose(config, traces, sampling, out).await,
        CaseSource::Unnamed => Err(Error::Usage(format!(
            "{}: there are no cases: write evalset: FOLDER or traces: {{ otlp: {{ files: [FILE] }} }}",
            config.path.display()
        ))),
    }
}

fn from_evalset(config: &Config, path: &Path, sampling: SampleConfig) -> Result<Chosen, Error> {
    let mut evalset = Evalset::read(path)?;
    // A frozen evalset is redacted already, and stays as it is; one that was written by hand may not be.
    let mut redactor = Redactor::new(&config.redact)?;
    redact(&mut evalset.cases, &mut redactor);
    let origin = origin(path, evalset.cases.len())?;
    let sample = Sample::draw(evalset.cases, &Design::new(sampling, None)?)?;
    let mut chosen = Chosen {
        cases: sample.cases,
        seen: sample.seen,
        population: sample.population,
        sampled: sample.sampled,
        strata: sample.strata,
        left_out: sample.left_out,
        approximate: BTreeMap::new(),
        of: format!("evalset {}", path.display()),
        redacted: redacted(&redactor),
    };
    if let Some(origin) = origin {
        chosen.of = format!("{}, drawn from {}", chosen.of, origin.of);
        chosen.population = origin.population;
        if chosen.cases.len() == origin.cases {
            chosen.sampled = origin.sampled;
            chosen.strata = origin.strata;
        } else {
            // Those of the evalset are no strata of the traffic.
            chosen.strata.clear();
        }
    }
    Ok(chosen)
}

/// What is known of an evalset's origin; nothing where its cases are others by now.
fn origin(path: &Path, cases: usize) -> Result<Option<Origin>, Error> {
    let origin = Origin::read(path)?;
    if let Some(other) = origin.as_ref().filter(|origin| origin.cases != cases) {
        let (path, drawn) = (path.display(), other.cases);
        output::note(&format!(
            "warning: {path} was drawn with {drawn} cases and has {cases}; what its {ORIGIN_FILE} says is not used"
        ));
    }
    Ok(origin.filter(|origin| origin.cases == cases))
}

pub(super) fn redacted(redactor: &Redactor) -> BTreeMap<String, usize> {
    redactor.counts().iter().map(|(rule, count)| (rule.label().to_lowercase(), *count)).collect()
}

/// The key under which session and user ids are hashed: the configuration's, else one of this folder's own.
pub(super) fn id_key(config: &Config, out: &Path) -> Result<IdKey, Error> {
    match &config.redact.key {
        Some(key) => Ok(key.clone()),
        None => Ok(IdKey::kept_in(&out.join("id.key"))?),
    }
}
