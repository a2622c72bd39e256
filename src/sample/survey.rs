//! What a draw learns from cases that it sees once, in any order, and does not keep.

use std::collections::{BTreeMap, BinaryHeap};

use minijinja::Expression;

use super::allocate::allocate;
use super::light::Asked;
use super::rank::{self, Rank};
use super::strata::{self, Names};
use super::{Filter, NOT_DRAWN, NOT_MATCHED, SampleConfig, SampleError, StratumSummary};
use crate::evalset::Case;

/// A count of cases, and which of them are drawn if no more come. `K` names a case.
///
/// Every case has a rank, a hash of the seed and of the trace it came from, and each stratum gives its lowest ranks.
/// So the same seed draws the same cases whatever their order, and traces that arrive later displace few of them. Of each
/// stratum, only as many ranks are remembered as the sample has places.
pub struct Survey<'a, K> {
    config: &'a SampleConfig,
    filter: Option<(&'a Filter, Expression<'a, 'static>)>,
    seen: usize,
    not_matched: usize,
    strata: BTreeMap<String, Stratum<K>>,
    /// Which of the strata's paths some case has.
    found: Vec<bool>,
    names: Names,
    asked: Asked,
    /// Those that no case had so far.
    unknown: Vec<String>,
    /// The failure on the case with the lowest name.
    failure: Option<(K, SampleError)>,
}

struct Stratum<K> {
    population: usize,
    lowest: BinaryHeap<(Rank, K)>,
}

/// What a survey drew.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn<K> {
    /// The cases, and how many each stands for.
    pub cases: BTreeMap<K, f64>,
    /// How many cases there were to choose from.
    pub seen: usize,
    /// How many cases each reason left out.
    pub left_out: BTreeMap<String, usize>,
    /// Every stratum by name; empty where the sample is not stratified.
    pub strata: Vec<StratumSummary>,
    /// Names in `where` that no case has. They are most likely typing errors, and `metadata.tire != 'internal'` would quietly
    /// keep everything.
    pub unknown: Vec<String>,
}

impl<'a, K: Ord> Survey<'a, K> {
    /// A survey of no case yet.
    pub fn new(config: &'a SampleConfig, filter: Option<&'a Filter>) -> Self {
        Self {
            config,
            filter: filter.map(|filter| (filter, filter.expression())),
            seen: 0,
            not_matched: 0,
            strata: BTreeMap::new(),
            found: vec![false; config.strata.len()],
            names: Names::default(),
            unknown: filter.map(Filter::names).unwrap_or_default(),
            asked: filter.map(Asked::by).unwrap_or_default(),
            failure: None,
        }
    }

    /// Empties the large fields of a case that this survey does not look at.
    pub fn lighten(&self, case: &mut Case) {
        self.asked.lighten(case);
    }

    /// Whether this survey looks at nothing but where a case comes from.
    pub fn is_blind(&self) -> bool {
        self.filter.is_none() && self.config.strata.is_empty()
    }

    /// Counts a case.
    pub fn add(&mut self, case: &Case, key: K) {
        self.seen += 1;
        self.names.add(case);
        match self.holds(case) {
            Ok(true) => self.enter(case, key),
            Ok(false) => self.not_matched += 1,
            Err(error) => self.fail(key, error),
        }
    }

    fn holds(&mut self, case: &Case) -> Result<bool, SampleError> {
        let Some((_, expression)) = &self.filter else { return Ok(true) };
        Filter::strike_known(case, &mut self.unknown);
        Filter::holds(expression, case)
    }

    fn fail(&mut self, key: K, error: SampleError) {
        if self.failure.as_ref().is_none_or(|(first, _)| key < *first) {
            self.failure = Some((key, error));
        }
    }

    fn enter(&mut self, case: &Case, key: K) {
        let name = strata::name(case, &self.config.strata, &mut self.found);
        let ticket = (rank::of(self.config.seed, case), key);
        let stratum = self.strata.entry(name).or_default();
        stratum.population += 1;
        stratum.lowest.push(ticket);
        stratum.shorten(self.config.size);
    }

    /// Adds what another survey of the same configuration counted.
    pub fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.not_matched += other.not_matched;
        self.names.merge(other.names);
        self.unknown.retain(|name| other.unknown.contains(name));
        self.found.iter_mut().zip(other.found).for_each(|(here, there)| *here |= there);
        for (name, more) in other.strata {
            let stratum = self.strata.entry(name).or_default();
            stratum.population += more.population;
            stratum.lowest.extend(more.lowest);
            stratum.shorten(self.config.size);
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
            let path = self.config.strata[index].clone();
            return Err(SampleError::UnknownStratum { path, known: self.names.list() });
        }
        Ok(self.draw(matched))
    }

    fn draw(self, matched: usize) -> Drawn<K> {
        let populations: Vec<usize> = self.strata.values().map(|stratum| stratum.population).collect();
        let size = self.config.size.map_or(matched, |size| size.min(matched));
        let shares = allocate(&populations, size, self.config.min_per_stratum);
        let (mut cases, mut strata) = (BTreeMap::new(), Vec::new());
        for ((name, stratum), sampled) in self.strata.into_iter().zip(shares) {
            let population = stratum.population;
            let factor = population as f64 / sampled as f64;
            let lowest = stratum.lowest.into_sorted_vec().into_iter().take(sampled);
            cases.extend(lowest.map(|(_, key)| (key, factor)));
            strata.push(StratumSummary { name, population, sampled });
        }
        if self.config.strata.is_empty() {
            strata.clear();
        }
        let left_out = [(NOT_MATCHED, self.not_matched), (NOT_DRAWN, matched - cases.len())];
        let left_out = left_out.into_iter().filter(|(_, count)| *count > 0);
        let left_out = left_out.map(|(reason, count)| (reason.to_owned(), count)).collect();
        Drawn { cases, seen: self.seen, left_out, strata, unknown: self.unknown }
    }
}

impl<K: Ord> Stratum<K> {
    fn shorten(&mut self, size: Option<usize>) {
        while size.is_some_and(|size| self.lowest.len() > size) {
            self.lowest.pop();
        }
    }
}

impl<K: Ord> Default for Stratum<K> {
    fn default() -> Self {
        Self { population: 0, lowest: BinaryHeap::new() }
    }
}

impl<K: Ord> Drawn<K> {
    /// The drawn ones of these cases in the order in which they come, weighted by how many each stands for; the mean weight
    /// is 1.
    pub fn weigh(&self, cases: impl Iterator<Item = (K, Case)>) -> Vec<Case> {
        let drawn: Vec<(Case, f64)> = cases
            .filter_map(|(key, case)| self.cases.get(&key).map(|factor| (factor * case.weight(), case)))
            .map(|(weight, case)| (case, weight))
            .collect();
        let mean = drawn.iter().map(|(_, weight)| weight).sum::<f64>() / drawn.len() as f64;
        drawn.into_iter().map(|(case, weight)| Case { weight: relative(weight / mean), ..case }).collect()
    }
}

/// A weight as it is written to the case: six decimals, and none at all for 1.
fn relative(weight: f64) -> Option<f64> {
    let rounded = (weight * 1e6).round() / 1e6;
    ((rounded - 1.0).abs() > 1e-9).then_some(rounded)
}
