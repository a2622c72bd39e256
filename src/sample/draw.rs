//! The draw from cases that are all there.

use super::{Design, Sample, SampleError, Survey};
use crate::evalset::Case;

impl Sample {
    /// Draws from the cases for which `where` holds; see [`Survey`].
    pub fn draw(cases: Vec<Case>, design: &Design) -> Result<Self, SampleError> {
        let mut survey = Survey::new(design);
        cases.iter().enumerate().for_each(|(index, case)| survey.add(case, index));
        let drawn = survey.finish()?;
        let cases = drawn.weigh(cases.into_iter().enumerate());
        let (seen, population, sampled) = (drawn.seen, drawn.population, drawn.sampled);
        Ok(Self { cases, seen, population, sampled, left_out: drawn.left_out, strata: drawn.strata })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{FOLDED, NOT_DRAWN, NOT_MATCHED, SampleConfig};
    use super::*;
    use crate::evalset::Stratum;

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

    fn draw(cases: Vec<Case>, config: SampleConfig, filter: Option<&str>) -> Result<Sample, SampleError> {
        Sample::draw(cases, &Design::new(config, filter)?)
    }

    fn traces(sample: &Sample) -> Vec<&str> {
        sample.cases.iter().map(|case| case.trace.as_ref().unwrap().id.as_str()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_cases_whatever_their_order() {
        let first = draw(traffic(50, 50), config(10, &[]), None).unwrap();
        let mut shuffled = traffic(50, 50);
        shuffled.reverse();
        let mut second = draw(shuffled, config(10, &[]), None).unwrap();
        second.cases.reverse();
        assert_eq!(first.cases, second.cases);
        assert_eq!((first.seen, first.kept(), first.left_out[NOT_DRAWN]), (100, 10, 90));
        assert!(first.strata.is_empty());
        assert!(traces(&first).is_sorted(), "cases stay in the order in which they came");
        let other = draw(traffic(50, 50), SampleConfig { seed: 2, ..config(10, &[]) }, None).unwrap();
        assert_ne!(traces(&first), traces(&other));
    }

    #[test]
    fn later_traffic_displaces_few() {
        let before = draw(traffic(1000, 0), config(100, &[]), None).unwrap();
        let after = draw(traffic(1100, 0), config(100, &[]), None).unwrap();
        let (before, after) = (traces(&before), traces(&after));
        let same = before.iter().filter(|id| after.contains(id)).count();
        assert!((80..100).contains(&same), "{same} of 100 stayed");
    }

    #[test]
    fn rare_strata_are_kept_and_weighted_down() {
        let sample = draw(traffic(2, 998), config(100, &["metadata.intent"]), None).unwrap();
        let summary = |name: &str, population, sampled| Stratum { name: name.into(), population, sampled };
        assert_eq!(sample.strata, [summary("intent=order", 998, 99), summary("intent=refund", 2, 1)]);
        let refund = sample.cases.iter().find(|case| case.metadata["intent"] == "refund").unwrap();
        assert_eq!(refund.weight, Some(0.2));
        let mean = sample.cases.iter().map(Case::weight).sum::<f64>() / 100.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn fair_shares_carry_no_weight() {
        let sample = draw(traffic(20, 80), config(10, &["metadata.intent"]), None).unwrap();
        assert!(sample.cases.iter().all(|case| case.weight.is_none()));
    }

    #[test]
    fn weights_that_cases_bring_along_are_kept_in_proportion() {
        let mut cases = traffic(0, 40);
        cases.iter_mut().take(20).for_each(|case| case.weight = Some(3.0));
        let sample = draw(cases, config(40, &[]), None).unwrap();
        assert_eq!((sample.cases[0].weight, sample.cases[39].weight), (Some(1.5), Some(0.5)));
    }

    #[test]
    fn a_size_beyond_the_population_keeps_everything() {
        for size in [Some(100), Some(1000), None] {
            let config = SampleConfig { size, ..config(0, &["metadata.intent"]) };
            let sample = draw(traffic(7, 93), config, None).unwrap();
            assert_eq!(sample.cases, traffic(7, 93));
            assert!(sample.left_out.is_empty());
        }
    }

    #[test]
    fn nothing_from_nothing() {
        let sample = draw(Vec::new(), config(10, &["metadata.intent"]), None).unwrap();
        assert_eq!((sample.seen, sample.kept(), sample.strata.len()), (0, 0, 0));
        assert_eq!(draw(traffic(5, 5), config(0, &[]), None).unwrap().kept(), 0);
    }

    #[test]
    fn the_filter_comes_first() {
        let sample =
            draw(traffic(30, 70), config(10, &["metadata.intent"]), Some("metadata.intent == 'refund'")).unwrap();
        assert_eq!((sample.left_out[NOT_MATCHED], sample.left_out[NOT_DRAWN]), (70, 20));
        assert_eq!((sample.strata.len(), sample.population, sample.seen), (1, 30, 100));
    }

    /// Traffic of which every tenth went badly.
    fn troubled(count: usize) -> Vec<Case> {
        let mut cases = traffic(count, 0);
        for (number, case) in cases.iter_mut().enumerate() {
            let status = if number % 10 == 0 { "error" } else { "ok" };
            case.recorded = serde_json::from_value(json!({"status": status})).unwrap();
        }
        cases
    }

    #[test]
    fn bad_outcomes_are_drawn_more_often_and_weigh_less() {
        let failures = |yaml: &str| SampleConfig { failures: serde_yaml::from_str(yaml).unwrap(), ..config(100, &[]) };
        let sample = draw(troubled(1000), failures("0.3"), None).unwrap();
        let summary = |name: &str, population, sampled| Stratum { name: name.into(), population, sampled };
        assert_eq!(sample.strata, [summary("outcome=good", 900, 70), summary("outcome=bad", 100, 30)]);
        let is_bad = |case: &&Case| case.recorded.as_ref().unwrap().status == "error";
        let weight: f64 = sample.cases.iter().filter(is_bad).map(Case::weight).sum();
        assert!((weight / 100.0 - 0.1).abs() < 1e-5, "a tenth of the weight, as of the traffic: {weight}");
        let written = draw(troubled(1000), failures("{ share: 0.5, when: recorded.status == 'ok' }"), None).unwrap();
        assert_eq!(written.strata, [summary("outcome=good", 100, 10), summary("outcome=bad", 900, 90)]);
        let wrong = draw(troubled(10), failures("{ share: 0.5, when: 'recorded.' }"), None).unwrap_err().to_string();
        assert!(wrong.starts_with("`sample.failures.when` is not a valid expression"), "{wrong}");
    }

    #[test]
    fn near_duplicates_are_asked_once_and_count_for_all() {
        let mut cases = traffic(100, 0);
        for (number, case) in cases.iter_mut().enumerate() {
            let text = if number < 40 { format!("Where is order {}?", 5000 + number) } else { format!("q {number}") };
            case.messages[0].content = text.into();
        }
        let folded = |size| SampleConfig { size, fold_duplicates: true, ..SampleConfig::default() };
        let sample = draw(cases.clone(), folded(None), None).unwrap();
        assert_eq!((sample.kept(), sample.population, sample.left_out[FOLDED]), (61, 100, 39));
        let of_all = sample.cases.iter().find(|case| case.duplicates == Some(40)).unwrap();
        assert!((of_all.weight() - 40.0 * 61.0 / 100.0).abs() < 1e-5, "{:?}", of_all.weight);
        let few = draw(cases.clone(), folded(Some(10)), None).unwrap();
        assert_eq!((few.sampled, few.kept() + few.left_out[FOLDED], few.left_out[NOT_DRAWN]), (10, 10, 90));
        cases.reverse();
        assert_eq!(draw(cases, folded(Some(10)), None).unwrap().left_out, few.left_out);
    }
}
