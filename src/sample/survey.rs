//! What a draw learns from cases that it sees once, in any order, and does not keep.

use std::collections::BTreeMap;

use minijinja::Expression;

use super::allocate::share_out;
use super::cell::{Cell, Pick};
use super::failures::is_failure;
use super::light::Asked;
use super::strata::{self, Names};
use super::{Design, FOLDED, Filter, NOT_DRAWN, NOT_MATCHED, SampleError, rank, twin};
use crate::evalset::{Case, Stratum};

/// A count of cases, and which of them are drawn if no more come. `K` names a case.
///
/// Every case has a rank, a hash of the seed and of the trace it came from, and each stratum gives its lowest ranks.
/// So the same seed draws the same cases whatever their order, and traces that arrive later displace few of them. Of each
/// stratum, only as many ranks are remembered as the sample has places.
pub struct Survey<'a, K> {
    design: &'a Design,
    filter: Asking<'a>,
    failures: Asking<'a>,
    seen: usize,
    not_matched: usize,
    cells: BTreeMap<Place, Cell<K>>,
    /// Which of the strata's paths some case has.
    found: Vec<bool>,
    names: Names,
    asked: Asked,
    /// Those that no case had so far.
    unknown: Vec<String>,
    /// The failure on the case with the lowest name.
    failure: Option<(K, SampleError)>,
}

/// An expression, ready to be asked.
type Asking<'a> = Option<(&'a Filter, Expression<'a, 'static>)>;

/// A stratum's name, and whether it is of bad outcomes.
type Place = (String, bool);

/// What a survey drew.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn<K> {
    /// The cases, and how many each stands for.
    pub cases: BTreeMap<K, f64>,
    /// How many cases there were.
    pub seen: usize,
    /// How many of them `where` holds for.
    pub population: usize,
    /// How many of those were drawn; of near-duplicates among them one is kept.
    pub sampled: usize,
    /// How many cases each reason left out.
    pub left_out: BTreeMap<String, usize>,
    /// Every stratum by name, bad outcomes apart where the sample has more of them; empty where there is but one.
    pub strata: Vec<Stratum>,
    /// How many of the drawn ones have nearly the input of a kept one, itself included, where there are others.
    pub twins: BTreeMap<K, usize>,
    /// Names in expressions that no case has. They are most likely typing errors, and `metadata.tire != 'internal'` would quietly
    /// keep everything.
    pub unknown: Vec<String>,
}

impl<'a, K: Ord + Clone> Survey<'a, K> {
    /// A survey of no case yet.
    pub fn new(design: &'a Design) -> Self {
        let ready = |filter: &'a Option<Filter>| filter.as_ref().map(|filter| (filter, filter.expression()));
        let mut unknown: Vec<String> = design.expressions().flat_map(Filter::names).collect();
        unknown.sort_unstable();
        unknown.dedup();
        Self {
            design,
            filter: ready(&design.filter),
            failures: ready(&design.failures),
            seen: 0,
            not_matched: 0,
            cells: BTreeMap::new(),
            found: vec![false; design.config.strata.len()],
            names: Names::default(),
            unknown,
            asked: Asked::by(design),
            failure: None,
        }
    }

    /// Counts a case as it was recorded. What is asked of it is asked of it as it would be written, which `prepare` makes of
    /// it; its large fields are emptied before, where nothing is asked of them.
    pub fn visit(&mut self, mut case: Case, key: K, prepare: impl FnOnce(&mut Case)) {
        let twin = self.twin(&case);
        self.asked.lighten(&mut case);
        if self.design.expressions().next().is_some() || !self.design.config.strata.is_empty() {
            prepare(&mut case);
        }
        self.count(&case, twin, key);
    }

    /// Counts a case that is as it would be written.
    pub fn add(&mut self, case: &Case, key: K) {
        self.count(case, self.twin(case), key);
    }

    fn twin(&self, case: &Case) -> Option<rank::Rank> {
        self.design.config.fold_duplicates.then(|| twin::of(self.design.config.seed, case))
    }

    fn count(&mut self, case: &Case, twin: Option<rank::Rank>, key: K) {
        self.seen += 1;
        self.names.add(case);
        Filter::strike_known(case, &mut self.unknown);
        match holds(&self.filter, case) {
            Ok(Some(false)) => self.not_matched += 1,
            Ok(_) => self.enter(case, twin, key),
            Err(error) => self.fail(key, error),
        }
    }

    fn fail(&mut self, key: K, error: SampleError) {
        if self.failure.as_ref().is_none_or(|(first, _)| key < *first) {
            self.failure = Some((key, error));
        }
    }

    fn enter(&mut self, case: &Case, twin: Option<rank::Rank>, key: K) {
        let is_bad = match holds(&self.failures, case) {
            Ok(written) => self.design.config.failures.is_some() && written.unwrap_or_else(|| is_failure(case)),
            Err(error) => return self.fail(key, error),
        };
        let name = strata::name(case, &self.design.config.strata, &mut self.found);
        let rank = rank::of(self.design.config.seed, case);
        self.cells.entry((name, is_bad)).or_default().add(twin, rank, key, self.design.config.size);
    }

    /// Adds what another survey of the same configuration counted.
    pub fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.not_matched += other.not_matched;
        self.names.merge(other.names);
        self.unknown.retain(|name| other.unknown.contains(name));
        self.found.iter_mut().zip(other.found).for_each(|(here, there)| *here |= there);
        for (place, more) in other.cells {
            self.cells.entry(place).or_default().merge(more, self.design.config.size);
        }
        if let Some((key, error)) = other.failure {
            self.fail(key, error);
        }
    }

    /// Draws.
    pub fn finish(mut self) -> Result<Drawn<K>, SampleError> {
        if let Some((_, error)) = self.failure.take() {
            return Err(error);
        }
        let matched = self.seen - self.not_matched;
        if let Some((filter, _)) = self.filter.as_ref().filter(|_| matched == 0 && self.seen > 0) {
            return Err(filter.nothing_matches(self.seen, self.names.list(), self.unknown));
        }
        if let Some(index) = self.found.iter().position(|found| !found).filter(|_| matched > 0) {
            let path = self.design.config.strata[index].clone();
            return Err(SampleError::UnknownStratum { path, known: self.names.list() });
        }
        Ok(self.draw(matched))
    }

    fn draw(mut self, population: usize) -> Drawn<K> {
        let sampled = self.design.config.size.map_or(population, |size| size.min(population));
        let shares = self.shares(sampled);
        let (mut cases, mut twins, mut strata) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let names_outcome = self.design.config.failures.is_some();
        for (((name, is_bad), cell), sampled) in std::mem::take(&mut self.cells).into_iter().zip(shares) {
            let name = if names_outcome { outcome(&name, is_bad) } else { name };
            strata.push(Stratum { name, population: cell.population, sampled });
            for Pick { key, factor, count } in cell.draw(sampled) {
                twins.extend((count > 1).then(|| (key.clone(), count)));
                cases.insert(key, factor);
            }
        }
        if self.design.config.strata.is_empty() && !names_outcome {
            strata.clear();
        }
        let (folded, not_drawn) = (sampled - cases.len(), population - sampled);
        let left_out = [(NOT_MATCHED, self.not_matched), (FOLDED, folded), (NOT_DRAWN, not_drawn)];
        let left_out = left_out.into_iter().filter(|(_, count)| *count > 0);
        let left_out = left_out.map(|(reason, count)| (reason.to_owned(), count)).collect();
        Drawn { cases, seen: self.seen, population, sampled, left_out, strata, twins, unknown: self.unknown }
    }

    fn shares(&self, size: usize) -> Vec<usize> {
        let parts: Vec<_> = self.cells.iter().map(|((_, is_bad), cell)| (cell.population, *is_bad)).collect();
        let bad_share = self.design.config.failures.as_ref().map_or(0.0, |failures| failures.share);
        share_out(&parts, size, self.design.config.min_per_stratum, bad_share)
    }
}

/// What an expression says of a case; nothing where there is none.
fn holds(asking: &Asking, case: &Case) -> Result<Option<bool>, SampleError> {
    asking.as_ref().map(|(filter, expression)| filter.holds(expression, case)).transpose()
}

/// A stratum's name with its outcome.
fn outcome(stratum: &str, is_bad: bool) -> String {
    let outcome = if is_bad { "outcome=bad" } else { "outcome=good" };
    if stratum.is_empty() { outcome.to_owned() } else { format!("{outcome}, {stratum}") }
}

impl<K: Ord> Drawn<K> {
    /// The drawn ones of these cases in the order in which they come, weighted by how many each stands for; the mean weight
    /// is 1.
    pub fn weigh(&self, cases: impl Iterator<Item = (K, Case)>) -> Vec<Case> {
        let drawn = cases.filter_map(|(key, case)| {
            let weight = self.cases.get(&key)? * case.weight();
            let duplicates = self.twins.get(&key).copied().or(case.duplicates);
            Some((Case { duplicates, ..case }, weight))
        });
        let drawn: Vec<(Case, f64)> = drawn.collect();
        let mean = drawn.iter().map(|(_, weight)| weight).sum::<f64>() / drawn.len() as f64;
        drawn.into_iter().map(|(case, weight)| Case { weight: relative(weight / mean), ..case }).collect()
    }
}

/// A weight as it is written to the case: six decimals, and none at all for 1.
fn relative(weight: f64) -> Option<f64> {
    let rounded = (weight * 1e6).round() / 1e6;
    ((rounded - 1.0).abs() > 1e-9).then_some(rounded)
}
