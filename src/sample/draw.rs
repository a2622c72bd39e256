//! The draw from cases that are all there.

use super::{Filter, Sample, SampleConfig, SampleError, Survey};
use crate::evalset::Case;

impl Sample {
    /// Draws from the cases for which the filter holds; see [`Survey`].
    pub fn draw(cases: Vec<Case>, config: &SampleConfig, filter: Option<&Filter>) -> Result<Self, SampleError> {
        let mut survey = Survey::new(config, filter);
        cases.iter().enumerate().for_each(|(index, case)| survey.add(case, index));
        let drawn = survey.finish()?;
        let cases = drawn.weigh(cases.into_iter().enumerate());
        Ok(Self { cases, seen: drawn.seen, left_out: drawn.left_out, strata: drawn.strata })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{NOT_DRAWN, NOT_MATCHED, StratumSummary};
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
