//! Synthetic suites: two arms' scores of the same cases, as differences by cluster and hypothesis.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// The promise that all simulations test.
pub(crate) const ALPHA: f64 = 0.05;

/// What scores look like and how cases hang together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Suite {
    /// Five independent pass/fail scorers on independent cases.
    Binary,
    /// Five scorers of 1 to 5 that share most of their noise, as judges of one answer do.
    Ordinal,
    /// Five pass/fail scorers; sessions of one to eight cases that pass or fail together.
    Sessions,
    /// Two pass/fail scorers, each over all cases and over twelve slices of unequal size.
    Slices,
}

/// One simulated comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub suite: Suite,
    pub cases: usize,
    /// How much less often the candidate passes the first scorer.
    pub drop: f64,
    /// Answers per arm and case, averaged.
    pub repeats: u32,
    pub looks: usize,
}

/// What became of a trial.
pub(crate) struct Outcome {
    /// Whether anything was rejected.
    pub blocked: bool,
    /// Share of the clusters that were used.
    pub used: f64,
}

/// A case: its cluster, the slice it is in, and one difference a scorer.
pub(crate) struct Row {
    pub cluster: usize,
    pub slice: Option<usize>,
    pub differences: Vec<f64>,
}

impl Trial {
    /// The cases of one suite.
    pub(crate) fn rows(&self, seed: u64) -> Vec<Row> {
        let chance = &mut Chance(ChaCha8Rng::seed_from_u64(seed));
        let mut rows = Vec::with_capacity(self.cases);
        let mut cluster = 0;
        while rows.len() < self.cases {
            let size = if self.suite == Suite::Sessions { 1 + chance.below(8) } else { 1 };
            let together = self.scores(chance);
            for _ in 0..size.min(self.cases - rows.len()) {
                // In four of five cases the session's fate is the case's.
                let own = self.suite == Suite::Sessions && chance.happens(0.2);
                let differences = if own { self.scores(chance) } else { together.clone() };
                // Low slices are the larger ones: about a sixth of the cases down to a hundredth.
                let slice = || chance.below(12).min(chance.below(12));
                rows.push(Row { cluster, slice: (self.suite == Suite::Slices).then(slice), differences });
            }
            cluster += 1;
        }
        rows
    }

    /// Differences of one case, one a scorer.
    fn scores(&self, chance: &mut Chance) -> Vec<f64> {
        if self.suite == Suite::Ordinal {
            return ordinal(chance);
        }
        let scorers = if self.suite == Suite::Slices { 2 } else { 5 };
        (0..scorers).map(|scorer| self.pass_difference(if scorer == 0 { self.drop } else { 0.0 }, chance)).collect()
    }

    /// Candidate minus baseline where the case passes with chance 0.99 (60 % of cases), 0.85 (25 %) or 0.30 (15 %).
    fn pass_difference(&self, drop: f64, chance: &mut Chance) -> f64 {
        let class = chance.uniform();
        let pass = if class < 0.60 {
            0.99
        } else if class < 0.85 {
            0.85
        } else {
            0.30
        };
        let mut difference = 0.0;
        for _ in 0..self.repeats {
            difference += f64::from(chance.happens(pass - drop)) - f64::from(chance.happens(pass));
        }
        difference / f64::from(self.repeats)
    }
}

fn ordinal(chance: &mut Chance) -> Vec<f64> {
    let level = 3.0 + 2.0 * chance.uniform();
    let shared = [chance.bell(), chance.bell()];
    let score = |noise: f64| (level + noise).round().clamp(1.0, 5.0);
    (0..5).map(|_| score(shared[0] + 0.4 * chance.bell()) - score(shared[1] + 0.4 * chance.bell())).collect()
}

/// Seeded randomness.
struct Chance(ChaCha8Rng);

impl Chance {
    fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    fn below(&mut self, end: u32) -> usize {
        (self.0.next_u32() % end) as usize
    }

    /// Roughly normal with standard deviation 1.
    fn bell(&mut self) -> f64 {
        (0..3).map(|_| 2.0 * self.uniform() - 1.0).sum()
    }
}
