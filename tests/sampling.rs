//! What a sample says of its population, simulated: weights make every design's estimate that of all traffic, and its
//! 95 % interval holds the truth as often as it promises. Seeded, so that the numbers are the same each time.

use std::collections::BTreeMap;

use eval_gate::compare::{Cell, Column, Row, ScoreTable, Terms, compare};
use eval_gate::evalset::Case;
use eval_gate::sample::{Design, Sample, SampleConfig};
use eval_gate::score::{Aggregate, Direction};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::json;

const POPULATION: usize = 4_000;
const SIZE: usize = 200;
const DRAWS: u64 = 400;

/// What a change does to every request of a population.
struct Traffic {
    cases: Vec<Case>,
    changes: BTreeMap<String, f64>,
}

impl Traffic {
    /// Every twelfth request went badly, and the change harms those. Of every five, two ask one of twenty common questions.
    fn new(seed: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let common: Vec<f64> = (0..20).map(|_| noise(&mut chance)).collect();
        let (mut cases, mut changes) = (Vec::new(), BTreeMap::new());
        for number in 0..POPULATION {
            let (is_bad, question) = (number % 12 == 0, (number % 5 < 2).then_some(number / 5 % 20));
            let own = question.map_or_else(|| noise(&mut chance), |question| common[question]);
            let text = question.map_or_else(|| format!("question q{number} of its own"), |q| format!("Common {q}?"));
            let (id, status) = (format!("c{number:05}"), if is_bad { "error" } else { "ok" });
            changes.insert(id.clone(), own + if is_bad { -0.5 } else { 0.05 });
            let case =
                json!({"id": id, "messages": [{"role": "user", "content": text}], "recorded": {"status": status}});
            cases.push(serde_json::from_value(case).expect("a case"));
        }
        Self { cases, changes }
    }

    fn truth(&self) -> f64 {
        self.changes.values().sum::<f64>() / POPULATION as f64
    }

    /// The change that a sample shows, with the interval of it.
    fn estimate(&self, config: SampleConfig) -> (f64, f64, f64) {
        let sample = Sample::draw(self.cases.clone(), &Design::new(config, None).expect("a design")).expect("a sample");
        let column = Column {
            name: "s".into(),
            direction: Direction::HigherIsBetter,
            aggregate: Aggregate::Mean,
            scale: None,
            has_ratio: false,
            gate: None,
        };
        let row = |case: &Case| Row {
            case: case.id.clone(),
            cluster: case.id.clone(),
            weight: case.weight(),
            tags: BTreeMap::new(),
            cells: vec![(Cell::of(0.0), Cell::of(self.changes[&case.id]))],
        };
        let table = ScoreTable::new(vec![column], sample.cases.iter().map(row).collect());
        let look = compare(&table, Terms { false_block_rate: 0.05, looks: 1, seed: 1 });
        let measured = look.comparisons[0].measured.expect("pairs");
        let interval = measured.interval.expect("enough of them");
        (measured.change(), interval.low, interval.high)
    }
}

/// Between −0.3 and 0.3.
fn noise(chance: &mut ChaCha8Rng) -> f64 {
    0.6 * (f64::from(chance.next_u32()) / f64::from(u32::MAX) - 0.5)
}

/// The mean of the estimates less the truth, in standard errors of that mean; how often the interval held it; its width.
fn simulate(design: &str) -> (f64, f64, f64) {
    let traffic = Traffic::new(7);
    let truth = traffic.truth();
    let config: SampleConfig = serde_yaml::from_str(design).expect("a design");
    let estimates: Vec<_> =
        (0..DRAWS).map(|seed| traffic.estimate(SampleConfig { seed, size: Some(SIZE), ..config.clone() })).collect();
    let count = DRAWS as f64;
    let errors: Vec<f64> = estimates.iter().map(|(change, _, _)| change - truth).collect();
    let bias = errors.iter().sum::<f64>() / count;
    let spread = (errors.iter().map(|error| (error - bias).powi(2)).sum::<f64>() / count).sqrt();
    let held = estimates.iter().filter(|(_, low, high)| (*low..=*high).contains(&truth)).count() as f64 / count;
    let width = estimates.iter().map(|(_, low, high)| high - low).sum::<f64>() / count;
    (bias / (spread / count.sqrt()), held, width)
}

#[test]
fn every_design_estimates_the_change_of_all_traffic() {
    for design in ["{}", "{ failures: 0.3 }", "{ failures: 0.5 }", "{ strata: [recorded.status] }"] {
        let (bias, held, _) = simulate(design);
        assert!(bias.abs() < 3.5, "{design}: {bias} standard errors off");
        assert!(held > 0.93, "{design}: its interval holds the truth in {held}");
    }
}

/// Near-duplicates are asked once, and their one answer is one observation: the estimate is the same, and what it is known
/// by is less.
#[test]
fn folding_estimates_the_same_with_wider_intervals() {
    let (bias, held, width) = simulate("{ fold_duplicates: true }");
    assert!(bias.abs() < 3.5 && held > 0.93, "{bias} {held}");
    assert!(width > simulate("{}").2, "{width}");
}
