//! From recorded traffic of any size to the cases of a sample.
//!
//! The traffic is looked through once to count its requests and to draw; then only the traces that were drawn are read.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::cases::{Chosen, id_key, redacted};
use super::{Error, output, variable};
use crate::config::{Config, TracesConfig};
use crate::evalset::Case;
use crate::redact::{IdKey, Redactor};
use crate::sample::{Design, Drawn, SampleConfig, Survey, anonymise};
use crate::source::{self, Traffic};
use crate::trace::{self, Found, Harvest, Trace};

/// A request's trace and span.
type Key = (String, String);

/// Chooses cases from traces.
pub(super) async fn choose(
    config: &Config,
    traces: &TracesConfig,
    sampling: SampleConfig,
    out: &Path,
) -> Result<Chosen, Error> {
    let traffic = source::open(&traces.source, &variable).await?;
    let design = Design::new(sampling, traces.filter.as_deref())?;
    let mut redactor = Redactor::new(&config.redact)?;
    let key = id_key(config, out)?;
    let make = || Visitor::new(Survey::new(&design), redactor.fresh(), &key);
    let (visitors, omissions) = traffic.survey(make, Visitor::visit)?;
    let mut visitor = make();
    visitors.into_iter().for_each(|other| visitor.merge(other));
    let Visitor { survey, mut left_out, refused, approximate, .. } = visitor;
    let drawn = survey.finish()?;
    for name in &drawn.unknown {
        output::note(&format!("warning: an expression of the sample asks for `{name}`, which no case has"));
    }
    let omitted = omissions.into_iter().map(|omission| (omission.reason, omission.count));
    let passed_over = drawn.left_out.iter().map(|(reason, count)| (reason.clone(), *count));
    omitted.chain(passed_over).for_each(|(reason, count)| *left_out.entry(reason).or_default() += count);
    let of = traffic.of();
    Ok(Chosen {
        cases: read_drawn(&drawn, traffic, &mut redactor, &key)?,
        seen: drawn.seen + refused,
        population: drawn.population,
        sampled: drawn.sampled,
        strata: drawn.strata,
        left_out,
        approximate,
        of,
        redacted: redacted(&redactor),
    })
}

/// The drawn cases, fit to be written down, in the order of their traces.
fn read_drawn(drawn: &Drawn<Key>, traffic: Traffic, redactor: &mut Redactor, key: &IdKey) -> Result<Vec<Case>, Error> {
    let ids: HashSet<String> = drawn.cases.keys().map(|(trace, _)| trace.clone()).collect();
    let traces = traffic.traces(&ids)?;
    let (keys, mut cases): (Vec<Key>, Vec<Case>) = trace::cases(&traces)
        .found
        .into_iter()
        .map(|found| (key_of(&found), named(found)))
        .filter(|(key, _)| drawn.cases.contains_key(key))
        .unzip();
    anonymise(&mut cases, redactor, key);
    Ok(drawn.weigh(keys.into_iter().zip(cases)))
}

/// What one thread has seen of the traffic.
struct Visitor<'a> {
    survey: Survey<'a, Key>,
    redactor: Redactor,
    key: &'a IdKey,
    refused: usize,
    left_out: BTreeMap<String, usize>,
    approximate: BTreeMap<String, usize>,
}

impl<'a> Visitor<'a> {
    fn new(survey: Survey<'a, Key>, redactor: Redactor, key: &'a IdKey) -> Self {
        Self { survey, redactor, key, refused: 0, left_out: BTreeMap::new(), approximate: BTreeMap::new() }
    }

    fn visit(&mut self, trace: &Trace) {
        let harvest = trace::cases(std::slice::from_ref(trace));
        self.count(&harvest);
        for found in harvest.found {
            let key = key_of(&found);
            self.survey.visit(named(found), key, |case| {
                // What was seen in other cases is no matter of this one's.
                self.redactor.forget();
                anonymise(std::slice::from_mut(case), &mut self.redactor, self.key);
            });
        }
    }

    fn count(&mut self, harvest: &Harvest) {
        self.refused += harvest.skipped.len();
        for (reason, count) in harvest.reasons() {
            *self.left_out.entry(format!("not replayable: {reason}")).or_default() += count;
        }
        for (what, count) in &harvest.approximate {
            *self.approximate.entry((*what).to_owned()).or_default() += count;
        }
    }

    fn merge(&mut self, other: Self) {
        self.survey.merge(other.survey);
        self.refused += other.refused;
        other.left_out.into_iter().for_each(|(reason, count)| *self.left_out.entry(reason).or_default() += count);
        other.approximate.into_iter().for_each(|(what, count)| *self.approximate.entry(what).or_default() += count);
    }
}

fn key_of(found: &Found) -> Key {
    let trace = found.case.trace.as_ref();
    let span = trace.and_then(|trace| trace.span.clone());
    (trace.map(|trace| trace.id.clone()).unwrap_or_default(), span.unwrap_or_default())
}

/// A case with its operation's name among its tags, so that `where` and slices can ask for it.
fn named(found: Found) -> Case {
    let mut case = found.case;
    let name = if found.root.is_empty() { found.name } else { found.root };
    case.metadata.entry("name").or_insert_with(|| name.into());
    case
}
