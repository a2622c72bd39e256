//! The gate's own error, measured: how often would it block if the change changed nothing?

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::family::{cluster_sums, planned};
use super::pairs::Pairs;
use super::room::room;
use super::{MIN_SLICE_CLUSTERS, Order, ScoreTable, Terms};
use crate::score::{Aggregate, Direction, Margin};
use crate::stats::draw_below;
use crate::stats::sign_flip::Looks;

/// Sign vectors of each trial; fewer than a verdict takes, for there are many trials.
const FLIPS: usize = 1_999;

/// How often a gate would block where nothing changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FalseBlocks {
    /// Suites that were made up of the measured clusters.
    pub trials: u64,
    /// Those in which a gate failed: a plain drop, and beyond its margin.
    pub blocked: u64,
    /// Those in which any drop was plain, whatever the margins.
    pub rejected: u64,
}

/// How much a scorer changes by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Noise {
    /// Index of the scorer.
    pub column: usize,
    /// Cases scored in both arms.
    pub cases: usize,
    /// Those of them whose score differs between the arms.
    pub changed: usize,
    /// Mean size of the differences, in the scorer's unit.
    pub mean_difference: f64,
}

/// Measures the false-block rate of a suite on its own scores.
///
/// Each trial draws as many clusters as there are, with replacement, and swaps the arms of each by the toss of a coin, so that
/// nothing but chance is left between them; then it is judged as a run is, looks and margins included.
/// `stop` ends it early, and then the counts are of no use.
pub fn false_blocks(table: &ScoreTable, terms: Terms, trials: u64, stop: &AtomicBool) -> FalseBlocks {
    let suite = Suite::of(table, terms);
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let count = |first: u64| {
        let seeds = (first..trials).step_by(usize::try_from(threads).unwrap_or(1));
        let seeds = seeds.take_while(|_| !stop.load(Ordering::Relaxed));
        seeds.map(|trial| suite.trial(terms.seed.wrapping_add(trial))).fold((0, 0), |(blocked, rejected), outcome| {
            (blocked + u64::from(outcome.blocked), rejected + u64::from(outcome.rejected))
        })
    };
    let counts = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || count(first))).collect();
        running.into_iter().map(|thread| thread.join().expect("a trial does not panic")).collect::<Vec<_>>()
    });
    let (blocked, rejected) = counts.into_iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    FalseBlocks { trials, blocked, rejected }
}

/// How much each scorer changes between two arms that are the same.
pub fn noise(table: &ScoreTable) -> Vec<Noise> {
    let of_column = |column: usize| {
        let pairs = table.rows.iter().filter_map(|row| row.cells[column].0.value.zip(row.cells[column].1.value));
        let differences: Vec<f64> = pairs.map(|(baseline, candidate)| (candidate - baseline).abs()).collect();
        let changed = differences.iter().filter(|difference| **difference > 0.0).count();
        let mean_difference = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
        Noise { column, cases: differences.len(), changed, mean_difference }
    };
    (0..table.columns.len()).map(of_column).collect()
}

/// The gated comparisons of a table, ready to be drawn anew.
struct Suite {
    terms: Terms,
    clusters: usize,
    hypotheses: Vec<Hypothesis>,
}

struct Hypothesis {
    direction: Direction,
    aggregate: Aggregate,
    margin: Margin,
    pairs: Pairs,
    /// Indices into the pairs, by the place of their cluster.
    by_cluster: Vec<Vec<usize>>,
}

/// A cluster that was drawn, and whether its arms are swapped.
struct Draw {
    cluster: usize,
    is_swapped: bool,
}

struct Outcome {
    blocked: bool,
    rejected: bool,
}

impl Suite {
    fn of(table: &ScoreTable, terms: Terms) -> Self {
        let order = Order::new(table.rows.iter().map(|row| row.cluster.as_str()), terms.seed);
        let planned = planned(table).into_iter().filter_map(|planned| {
            let spec = &table.columns[planned.column];
            let pairs = planned.pairs(table, &order);
            let is_enough = planned.slice.is_none() || pairs.cluster_count() >= MIN_SLICE_CLUSTERS;
            let margin = planned.margin.filter(|_| is_enough)?;
            let mut by_cluster = vec![Vec::new(); order.len()];
            pairs.clusters.iter().enumerate().for_each(|(index, cluster)| by_cluster[*cluster].push(index));
            Some(Hypothesis { direction: spec.direction, aggregate: spec.aggregate, margin, pairs, by_cluster })
        });
        Self { terms, clusters: order.len(), hypotheses: planned.collect() }
    }

    fn trial(&self, seed: u64) -> Outcome {
        let mut outcome = Outcome { blocked: false, rejected: false };
        let draws = self.draw(seed);
        let looks = self.terms.looks.clamp(1, self.clusters.max(1));
        let flips = Looks::new(self.hypotheses.len(), self.clusters, self.terms.false_block_rate, FLIPS, seed);
        let Some(mut flips) = flips else { return outcome };
        for look in 1..=looks {
            let part = &draws[..self.clusters * look / looks];
            let suite: Vec<Pairs> = self.hypotheses.iter().map(|hypothesis| hypothesis.drawn(part)).collect();
            let sums: Vec<_> =
                self.hypotheses.iter().zip(&suite).map(|(h, pairs)| pairs.sums(h.direction, h.aggregate)).collect();
            let Some(state) = flips.look(&cluster_sums(part.len(), &sums), look as f64 / looks as f64) else { break };
            let rejected = self.hypotheses.iter().zip(&suite).zip(&state.rejected).filter(|(_, rejected)| **rejected);
            for ((hypothesis, pairs), _) in rejected {
                outcome.rejected = true;
                outcome.blocked |= hypothesis.is_beyond_margin(pairs);
            }
            if outcome.blocked {
                break;
            }
        }
        outcome
    }

    fn draw(&self, seed: u64) -> Vec<Draw> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let draw = |_| {
            let cluster = draw_below(self.clusters, &mut random);
            Draw { cluster, is_swapped: random.next_u32() & 1 == 1 }
        };
        (0..self.clusters).map(draw).collect()
    }
}

impl Hypothesis {
    /// The pairs of the drawn clusters, each draw a cluster of its own.
    fn drawn(&self, draws: &[Draw]) -> Pairs {
        let mut pairs = Pairs::default();
        for (place, draw) in draws.iter().enumerate() {
            for index in &self.by_cluster[draw.cluster] {
                let (baseline, candidate) = (self.pairs.baseline[*index], self.pairs.candidate[*index]);
                let (baseline, candidate) = if draw.is_swapped { (candidate, baseline) } else { (baseline, candidate) };
                pairs.baseline.push(baseline);
                pairs.candidate.push(candidate);
                pairs.weights.push(self.pairs.weights[*index]);
                pairs.clusters.push(place);
            }
        }
        pairs
    }

    fn is_beyond_margin(&self, pairs: &Pairs) -> bool {
        room(pairs, self.aggregate, self.direction, self.margin).is_some_and(|room| room < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;
    use crate::compare::{Cell, Column, Row};

    const TERMS: Terms = Terms { false_block_rate: 0.05, looks: 1, seed: 1 };

    /// Three checks that each change by themselves in a fifth of the cases; the margin is the same for all.
    fn table(margin: f64, shift: f64) -> ScoreTable {
        let check =
            |name: &str| Column { scale: Some((0.0, 1.0)), ..column(name, Some(&format!("max_drop: {margin}"))) };
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut score =
            |chance: f64| Cell::of(f64::from(u8::from(f64::from(random.next_u32()) / 4_294_967_296.0 < chance)));
        let rows = (0..120).map(|case| Row {
            case: format!("c{case}"),
            cluster: format!("c{case}"),
            weight: 1.0,
            tags: std::collections::BTreeMap::new(),
            cells: (0..3).map(|_| (score(0.9), score(0.9 - shift))).collect(),
        });
        ScoreTable::new(["a", "b", "c"].map(check).to_vec(), rows.collect())
    }

    fn false_blocks(table: &ScoreTable, terms: Terms, trials: u64) -> FalseBlocks {
        super::false_blocks(table, terms, trials, &AtomicBool::new(false))
    }

    #[test]
    fn without_margins_it_blocks_as_often_as_promised_and_with_them_less() {
        for looks in [1, 4] {
            let without = false_blocks(&table(0.0, 0.0), Terms { looks, ..TERMS }, 600);
            assert_eq!(without.blocked, without.rejected);
            assert!((10..=50).contains(&without.blocked), "{without:?}");
            let with = false_blocks(&table(0.15, 0.0), Terms { looks, ..TERMS }, 600);
            assert!(with.blocked < 3 && with.rejected == without.rejected, "{with:?}");
        }
    }

    #[test]
    fn a_real_change_is_not_taken_for_noise_of_the_gate() {
        let shifted = false_blocks(&table(0.0, 0.4), TERMS, 400);
        assert!(shifted.blocked <= 36, "the arms are swapped, so a real difference does not count: {shifted:?}");
        assert_eq!(false_blocks(&table(0.0, 0.4), TERMS, 50), false_blocks(&table(0.0, 0.4), TERMS, 50));
    }

    #[test]
    fn noise_is_the_share_of_cases_that_changed() {
        let table = table(0.0, 0.0);
        let noise = noise(&table);
        let changed = table.rows.iter().filter(|row| row.cells[1].0 != row.cells[1].1).count();
        assert_eq!((noise.len(), noise[1].cases, noise[1].changed), (3, 120, changed));
        assert!((noise[1].mean_difference - changed as f64 / 120.0).abs() < 1e-12);
    }
}
