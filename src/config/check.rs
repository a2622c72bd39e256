//! From what was written to what it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_yaml::Value;

use super::load::Reader;
use super::raw::{BudgetConfig, CandidateConfig, DecisionConfig, GitHubConfig, LegConfig, RawTraces};
use super::variables::Missing;
use super::{Baseline, Candidate, CaseSource, Config, PromptSource, RouteLeg, TracesConfig};
use crate::prompt::{Leg, Vars};
use crate::provider::{Price, Prices, ProviderConfig};
use crate::redact::{RedactConfig, Redactor};
use crate::sample::{Design, Filter, SampleConfig};
use crate::score::{RawScorer, Scorer};
use crate::source::SourceConfig;

/// More looks than this save next to nothing.
const MOST_LOOKS: u32 = 20;

/// The sections as they are written; what is absent or wrong is `None` or empty.
pub(super) struct Sections {
    version: Option<u32>,
    name: Option<String>,
    evalset: Option<PathBuf>,
    traces: Option<RawTraces>,
    redact: Option<RedactConfig>,
    sample: Option<SampleConfig>,
    candidate: Option<CandidateConfig>,
    baseline: Option<String>,
    baseline_max_age: Option<String>,
    vars: Option<BTreeMap<String, String>>,
    providers: Vec<(String, ProviderConfig)>,
    prices: Vec<(String, Price)>,
    scorers: Vec<(String, RawScorer)>,
    decision: Option<DecisionConfig>,
    budget: Option<BudgetConfig>,
    github: Option<GitHubConfig>,
}

impl Sections {
    pub(super) fn read(reader: &mut Reader, root: &Value) -> Self {
        reader.check_keys(root);
        if root.get("version").is_none() {
            reader.wrong("", "the key `version` is missing; write version: 1");
        }
        Self {
            version: reader.section(root, "version"),
            name: reader.section(root, "name"),
            evalset: reader.section(root, "evalset"),
            traces: reader.section(root, "traces"),
            redact: reader.section(root, "redact"),
            sample: reader.section(root, "sample"),
            candidate: reader.section(root, "candidate"),
            baseline: reader.section(root, "baseline"),
            baseline_max_age: reader.section(root, "baseline_max_age"),
            vars: reader.section(root, "vars"),
            providers: reader.entries(root, "providers"),
            prices: reader.entries(root, "prices"),
            scorers: reader.entries(root, "scorers"),
            decision: reader.section(root, "decision"),
            budget: reader.section(root, "budget"),
            github: reader.section(root, "github"),
        }
    }
}

pub(super) fn check(reader: &mut Reader, path: &Path, sections: Sections, missing: Missing) -> Option<Config> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(version) = sections.version.filter(|version| *version != 1) {
        reader.wrong("version", format!("this eval-gate reads version 1, not {version}"));
    }
    let cases = check_cases(reader, sections.evalset, sections.traces, folder);
    let decision = check_decision(reader, sections.decision.unwrap_or_default());
    let baseline = check_baseline(reader, sections.baseline, folder);
    let baseline_max_age = check_age(reader, sections.baseline_max_age.as_deref());
    let redact = check_redaction(reader, sections.redact.unwrap_or_default());
    let sample = check_sample(reader, sections.sample.unwrap_or_default());
    let vars = check_vars(reader, &sections.vars.unwrap_or_default());
    let scorers = check_scorers(reader, sections.scorers, folder);
    let providers = relative(sections.providers, folder);
    Some(Config {
        path: path.into(),
        text: reader.text().to_owned(),
        name: sections.name.unwrap_or_else(|| "eval-gate".into()),
        cases,
        redact,
        sample,
        candidate: check_candidate(reader, sections.candidate.unwrap_or_default(), folder),
        baseline,
        baseline_max_age,
        vars: vars?,
        prices: check_prices(reader, sections.prices),
        scorers,
        decision,
        budget: check_budget(reader, sections.budget.unwrap_or_default()),
        github: sections.github.unwrap_or_default(),
        providers,
        missing,
    })
}

/// Providers by their names, with their files relative to the configuration's folder.
pub(super) fn relative(providers: Vec<(String, ProviderConfig)>, folder: &Path) -> BTreeMap<String, ProviderConfig> {
    providers.into_iter().map(|(name, provider)| (name, provider.relative_to(folder))).collect()
}

fn check_cases(reader: &mut Reader, evalset: Option<PathBuf>, traces: Option<RawTraces>, folder: &Path) -> CaseSource {
    match (evalset, traces) {
        (Some(_), Some(_)) => {
            reader.wrong("traces", "there is an evalset as well; keep one of the two");
            CaseSource::Unnamed
        }
        (Some(path), None) => CaseSource::Evalset(folder.join(path)),
        (None, Some(traces)) => {
            if let Some(Err(error)) = traces.filter.as_deref().map(Filter::parse) {
                reader.wrong("traces.where", error.to_string());
            }
            match sources(&traces).as_slice() {
                [source] => {
                    let source = source.clone().relative_to(folder);
                    return CaseSource::Traces(TracesConfig { source, filter: traces.filter });
                }
                [] => reader.wrong(
                    "traces",
                    "no source is named; write otlp: { files: [traces.jsonl] }, phoenix: { project: NAME }, langfuse: {} or langsmith: { project: NAME }",
                ),
                _ => reader.wrong("traces", "there is more than one source; keep one of them"),
            }
            CaseSource::Unnamed
        }
        (None, None) => CaseSource::Unnamed,
    }
}

/// The sources that are named.
fn sources(traces: &RawTraces) -> Vec<SourceConfig> {
    let RawTraces { otlp, phoenix, langfuse, langsmith, filter: _ } = traces;
    let otlp = otlp.iter().cloned().map(SourceConfig::Otlp);
    let phoenix = phoenix.iter().cloned().map(SourceConfig::Phoenix);
    let langfuse = langfuse.iter().cloned().map(SourceConfig::Langfuse);
    let langsmith = langsmith.iter().cloned().map(SourceConfig::LangSmith);
    otlp.chain(phoenix).chain(langfuse).chain(langsmith).collect()
}

fn check_redaction(reader: &mut Reader, redact: RedactConfig) -> RedactConfig {
    if let Err(error) = Redactor::new(&redact) {
        reader.wrong(&error.key(), error.to_string());
    }
    redact
}

fn check_sample(reader: &mut Reader, sample: SampleConfig) -> SampleConfig {
    if sample.size == Some(0) {
        reader.wrong("sample.size", "a sample of no cases decides nothing; write 1 or more, or leave it out for all");
    }
    let share = sample.failures.as_ref().map(|failures| failures.share);
    if share.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
        reader.wrong("sample.failures", "it is a share of the sample, such as 0.3: above 0, at most 1");
    }
    if let Err(error) = Design::new(sample.clone(), None) {
        reader.wrong("sample.failures.when", error.to_string());
    }
    sample
}

pub(super) fn check_candidate(reader: &mut Reader, written: CandidateConfig, folder: &Path) -> Candidate {
    if !written.route.is_empty() && written.model.is_some() {
        reader.wrong("candidate.model", "there is a route as well; give each leg its model");
    }
    let prompt = written.prompt.map(|text| PromptSource::parse(&text, folder)).transpose();
    Candidate {
        prompt: prompt.unwrap_or_else(|message| {
            reader.wrong("candidate.prompt", message);
            None
        }),
        model: written.model,
        provider: written.provider,
        parameters: written.parameters,
        route: check_route(reader, written.route),
    }
}

fn check_route(reader: &mut Reader, written: Vec<LegConfig>) -> Vec<RouteLeg> {
    let mut route = Vec::new();
    for (index, leg) in written.into_iter().enumerate() {
        match Leg::new(leg.name, leg.model, leg.when, leg.accept) {
            Ok(checked) => route.push(RouteLeg { leg: checked, provider: leg.provider }),
            Err((key, message)) => reader.wrong(&format!("candidate.route[{index}].{key}"), message),
        }
    }
    route
}

fn check_decision(reader: &mut Reader, decision: DecisionConfig) -> DecisionConfig {
    let in_range = |value: f64, low: f64, high: f64| value > low && value < high;
    if !in_range(decision.false_block_rate, 0.0, 0.5) {
        reader.wrong("decision.false_block_rate", "expected a share between 0 and 0.5, such as 0.05");
    }
    if !(0.0..1.0).contains(&decision.max_unscored) {
        reader.wrong("decision.max_unscored", "expected a share from 0 to below 1, such as 0.05");
    }
    if !(1..=100).contains(&decision.repeats) {
        reader.wrong("decision.repeats", "expected a number from 1 to 100");
    }
    if !(1..=MOST_LOOKS).contains(&decision.looks) {
        reader.wrong("decision.looks", format!("expected a number from 1 to {MOST_LOOKS}"));
    }
    decision
}

fn check_budget(reader: &mut Reader, budget: BudgetConfig) -> BudgetConfig {
    if budget.usd.is_some_and(|usd| usd.is_nan() || usd <= 0.0) {
        reader.wrong("budget.usd", "expected an amount above 0; leave it out for no limit");
    }
    if budget.requests == Some(0) {
        reader.wrong("budget.requests", "expected a number above 0; leave it out for no limit");
    }
    budget
}

fn check_prices(reader: &mut Reader, prices: Vec<(String, Price)>) -> Prices {
    let is_price = |usd: f64| usd.is_finite() && usd >= 0.0;
    for (model, price) in &prices {
        if ![price.input, price.output, price.cached_input.unwrap_or(0.0)].into_iter().all(is_price) {
            reader.wrong(&format!("prices.{model}"), "a price is 0 or more: US dollars for a million tokens");
        }
    }
    Prices::new(prices.into_iter().collect())
}

fn check_baseline(reader: &mut Reader, written: Option<String>, folder: &Path) -> Baseline {
    let parsed = written.map_or(Ok(Baseline::Recorded), |text| Baseline::parse(&text, folder));
    parsed.unwrap_or_else(|message| {
        reader.wrong("baseline", message);
        Baseline::Recorded
    })
}

/// A stored baseline's age from which it warns; a week where nothing is written.
fn check_age(reader: &mut Reader, written: Option<&str>) -> SignedDuration {
    let written = written.unwrap_or("7d");
    let parsed =
        written.parse::<Span>().ok().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    parsed.filter(SignedDuration::is_positive).unwrap_or_else(|| {
        reader.wrong("baseline_max_age", format!("`{written}` is no duration; write one such as 7d or 36h"));
        SignedDuration::ZERO
    })
}

fn check_vars(reader: &mut Reader, written: &BTreeMap<String, String>) -> Option<Vars> {
    let checked = Vars::new(written).map_err(|errors| {
        errors.iter().for_each(|error| reader.wrong(&format!("vars.{}", error.name), error.to_string()));
    });
    checked.ok()
}

fn check_scorers(reader: &mut Reader, written: Vec<(String, RawScorer)>, folder: &Path) -> Vec<Scorer> {
    let mut scorers = Vec::new();
    for (name, raw) in written {
        match Scorer::new(&name, raw, folder) {
            Ok(scorer) => scorers.push(scorer),
            Err(errors) => errors.iter().for_each(|error| reader.wrong(&error.key, error.problem.to_string())),
        }
    }
    scorers
}
