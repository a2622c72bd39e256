//! The draw itself.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::allocate::allocate;
use super::{Filter, NOT_DRAWN, NOT_MATCHED, Sample, SampleConfig, SampleError, StratumSummary, strata};
use crate::evalset::Case;

impl Sample {
    /// Draws from the cases for which the filter holds.
    ///
    /// Every case has a rank, a hash of the seed and of the trace it came from, and each stratum gives its lowest ranks.
    /// So the same seed draws the same cases whatever their order, and traces that arrive later displace few of them.
    pub fn draw(cases: Vec<Case>, config: &SampleConfig, filter: Option<&Filter>) -> Result<Self, SampleError> {
        let seen = cases.len();
        let mut left_out = BTreeMap::new();
        let matching = match filter {
            Some(filter) => filter.retain(cases)?,
            None => cases,
        };
        count(&mut left_out, NOT_MATCHED, seen - matching.len());
        let stratified = Stratified::new(&matching, config)?;
        let population = matching.len();
        let cases = stratified.take(matching);
        count(&mut left_out, NOT_DRAWN, population - cases.len());
        Ok(Self { cases, seen, left_out, strata: stratified.summaries(config) })
    }
}

fn count(left_out: &mut BTreeMap<String, usize>, reason: &str, number: usize) {
    if number > 0 {
        left_out.insert(reason.to_owned(), number);
    }
}

/// The strata in the order of their names, and what each gives.
struct Stratified {
    strata: Vec<Stratum>,
}

struct Stratum {
    name: String,
    /// Indices of the cases in it, the lowest rank first.
    members: Vec<usize>,
    /// How many of them, from the first, are drawn.
    drawn: usize,
}

impl Stratified {
    fn new(cases: &[Case], config: &SampleConfig) -> Result<Self, SampleError> {
        let names = strata::names(cases, &config.strata)?;
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, name) in names.into_iter().enumerate() {
            groups.entry(name).or_default().push(index);
        }
        let populations: Vec<usize> = groups.values().map(Vec::len).collect();
        let size = config.size.map_or(cases.len(), |size| size.min(cases.len()));
        let shares = allocate(&populations, size, config.min_per_stratum);
        let strata = groups.into_iter().zip(shares).map(|((name, mut members), drawn)| {
            members.sort_by_cached_key(|&index| rank(config.seed, &cases[index]));
            Stratum { name, members, drawn }
        });
        Ok(Self { strata: strata.collect() })
    }

    /// The drawn cases in their old order, weighted by how many each stands for.
    fn take(&self, cases: Vec<Case>) -> Vec<Case> {
        let mut factors = vec![None; cases.len()];
        for stratum in &self.strata {
            let factor = stratum.members.len() as f64 / stratum.drawn as f64;
            stratum.members[..stratum.drawn].iter().for_each(|&index| factors[index] = Some(factor));
        }
        let drawn: Vec<(Case, f64)> = cases
            .into_iter()
            .zip(factors)
            .filter_map(|(case, factor)| factor.map(|factor| (factor * case.weight(), case)))
            .map(|(weight, case)| (case, weight))
            .collect();
        let mean = drawn.iter().map(|(_, weight)| weight).sum::<f64>() / drawn.len() as f64;
        drawn.into_iter().map(|(case, weight)| Case { weight: relative(weight / mean), ..case }).collect()
    }

    fn summaries(&self, config: &SampleConfig) -> Vec<StratumSummary> {
        let strata = if config.strata.is_empty() { &[][..] } else { &self.strata };
        let summary = |stratum: &Stratum| StratumSummary {
            name: stratum.name.clone(),
            population: stratum.members.len(),
            sampled: stratum.drawn,
        };
        strata.iter().map(summary).collect()
    }
}

/// A weight as it is written to the case: six decimals, and none at all for 1.
fn relative(weight: f64) -> Option<f64> {
    let rounded = (weight * 1e6).round() / 1e6;
    ((rounded - 1.0).abs() > 1e-9).then_some(rounded)
}

/// A case's place in the queue: SHA-256 over the seed and what names its request for good, which is its trace and span,
/// else its id, else its content. The content alone would put all the requests that just say "hello" at the same place.
fn rank(seed: u64, case: &Case) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    match &case.trace {
        Some(trace) if !trace.id.is_empty() => {
            hasher.update(&trace.id);
            hasher.update([0]);
            hasher.update(trace.span.as_deref().unwrap_or_default());
        }
        _ if !case.id.is_empty() => hasher.update(&case.id),
        _ => hasher.update(case.content_id()),
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn traffic(refunds: usize, orders: usize) -> Vec<Case> {
        let intents = std::iter::repeat_n("refund", refunds).chain(std::iter::repeat_n("order", orders));
        let case = |(number, intent): (usize, &str)| {
            serde_json::from_value(json!({
                "messages": [{"role": "user", "content": "hi"}], "metadata": {"intent": intent},
                "trace": {"id": format!("{number:032x}")},
            }))
        };
        intents.enumerate().map(|pair| case(pair).unwrap()).collect()
    }

    fn config(size: usize, strata: &[&str]) -> SampleConfig {
        let strata = strata.iter().map(ToString::to_string).collect();
        SampleConfig { size: Some(size), strata, ..SampleConfig::default() }
    }

    fn traces(sample: &Sample) -> Vec<&str> {
        sample.cases.iter().map(|case| case.trace.as_ref().unwrap().id.as_str()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_cases_whatever_their_order() {
        let first = Sample::draw(traffic(50, 50), &config(10, &[]), None).unwrap();
        let mut shuffled = traffic(50, 50);
        shuffled.reverse();
        let mut second = Sample::draw(shuffled, &config(10, &[]), None).unwrap();
        second.cases.reverse();
        assert_eq!(first.cases, second.cases);
        assert_eq!((first.seen, first.kept(), first.left_out[NOT_DRAWN]), (100, 10, 90));
        assert!(first.strata.is_empty());
        assert!(traces(&first).is_sorted(), "cases stay in the order in which they came");
        let other = Sample::draw(traffic(50, 50), &SampleConfig { seed: 2, ..config(10, &[]) }, None).unwrap();
        assert_ne!(traces(&first), traces(&other));
    }

    #[test]
    fn later_traffic_displaces_few() {
        let before = Sample::draw(traffic(1000, 0), &config(100, &[]), None).unwrap();
        let after = Sample::draw(traffic(1100, 0), &config(100, &[]), None).unwrap();
        let (before, after) = (traces(&before), traces(&after));
        let same = before.iter().filter(|id| after.contains(id)).count();
        assert!((80..100).contains(&same), "{same} of 100 stayed");
    }

    #[test]
    fn rare_strata_are_kept_and_weighted_down() {
        let sample = Sample::draw(traffic(2, 998), &config(100, &["metadata.intent"]), None).unwrap();
        let summary = |name: &str, population, sampled| StratumSummary { name: name.into(), population, sampled };
        assert_eq!(sample.strata, [summary("intent=order", 998, 99), summary("intent=refund", 2, 1)]);
        let refund = sample.cases.iter().find(|case| case.metadata["intent"] == "refund").unwrap();
        assert_eq!(refund.weight, Some(0.2));
        let mean = sample.cases.iter().map(Case::weight).sum::<f64>() / 100.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn fair_shares_carry_no_weight() {
        let sample = Sample::draw(traffic(20, 80), &config(10, &["metadata.intent"]), None).unwrap();
        assert!(sample.cases.iter().all(|case| case.weight.is_none()));
    }

    #[test]
    fn weights_that_cases_bring_along_are_kept_in_proportion() {
        let mut cases = traffic(0, 40);
        cases.iter_mut().take(20).for_each(|case| case.weight = Some(3.0));
        let sample = Sample::draw(cases, &config(40, &[]), None).unwrap();
        assert_eq!((sample.cases[0].weight, sample.cases[39].weight), (Some(1.5), Some(0.5)));
    }

    #[test]
    fn a_size_beyond_the_population_keeps_everything() {
        for size in [Some(100), Some(1000), None] {
            let config = SampleConfig { size, ..config(0, &["metadata.intent"]) };
            let sample = Sample::draw(traffic(7, 93), &config, None).unwrap();
            assert_eq!(sample.cases, traffic(7, 93));
            assert!(sample.left_out.is_empty());
        }
    }

    #[test]
    fn nothing_from_nothing() {
        let sample = Sample::draw(Vec::new(), &config(10, &["metadata.intent"]), None).unwrap();
        assert_eq!((sample.seen, sample.kept(), sample.strata.len()), (0, 0, 0));
        assert_eq!(Sample::draw(traffic(5, 5), &config(0, &[]), None).unwrap().kept(), 0);
    }

    #[test]
    fn the_filter_comes_first() {
        let filter = Filter::parse("metadata.intent == 'refund'").unwrap();
        let sample = Sample::draw(traffic(30, 70), &config(10, &["metadata.intent"]), Some(&filter)).unwrap();
        assert_eq!((sample.left_out[NOT_MATCHED], sample.left_out[NOT_DRAWN]), (70, 20));
        assert_eq!(sample.strata.len(), 1);
    }
}
