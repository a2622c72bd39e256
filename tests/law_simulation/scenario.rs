//! Synthetic suites: two arms' scores of the same cases, as differences by cluster and hypothesis.

use eval_gate::stats::sign_flip::{ClusterSums, Looks, test_family};
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
    pub flips: usize,
}

/// What became of a trial.
pub(crate) struct Outcome {
    /// Whether anything was rejected.
    pub blocked: bool,
    /// Share of the clusters that were used.
    pub used: f64,
}

/// Differences of a case: its cluster, and one difference a hypothesis.
struct Row {
    cluster: usize,
    differences: Vec<f64>,
}

impl Trial {
    pub(crate) fn run(&self, seed: u64) -> Outcome {
        let rows = self.rows(&mut Chance(ChaCha8Rng::seed_from_u64(seed)));
        let clusters = rows.last().map_or(0, |row| row.cluster + 1);
        if self.looks == 1 {
            let tests = test_family(&sums(&rows, 0..clusters), self.flips, seed);
            return Outcome { blocked: tests.iter().any(|test| test.adjusted_p <= ALPHA), used: 1.0 };
        }
        let hypotheses = rows.first().map_or(0, |row| row.differences.len());
        let mut looks = Looks::new(hypotheses, clusters, ALPHA, self.flips, seed).expect("alpha is inside (0, 1)");
        let mut begin = 0;
        for look in 1..=self.looks {
            let end = clusters * look / self.looks;
            let used = end as f64 / clusters as f64;
            let state = looks.look(&sums(&rows, begin..end), used).expect("looks ascend");
            if state.rejected.contains(&true) {
                return Outcome { blocked: true, used };
            }
            begin = end;
        }
        Outcome { blocked: false, used: 1.0 }
    }

    fn rows(&self, chance: &mut Chance) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.cases);
        let mut cluster = 0;
        while rows.len() < self.cases {
            let size = if self.suite == Suite::Sessions { 1 + chance.below(8) } else { 1 };
            let together = self.scores(chance);
            for _ in 0..size.min(self.cases - rows.len()) {
                // In four of five cases the session's fate is the case's.
                let own = self.suite == Suite::Sessions && chance.happens(0.2);
                let scores = if own { self.scores(chance) } else { together.clone() };
                rows.push(Row { cluster, differences: self.sliced(scores, chance) });
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

    /// Adds a copy of each scorer for the slice that the case is in.
    fn sliced(&self, mut scores: Vec<f64>, chance: &mut Chance) -> Vec<f64> {
        if self.suite == Suite::Slices {
            // Low slices are the larger ones: about a sixth of the cases down to a hundredth.
            let slice = chance.below(12).min(chance.below(12));
            for scorer in 0..scores.len() {
                let all = scores[scorer];
                scores.extend((0..12).map(|other| if other == slice { all } else { 0.0 }));
            }
        }
        scores
    }
}

fn ordinal(chance: &mut Chance) -> Vec<f64> {
    let level = 3.0 + 2.0 * chance.uniform();
    let shared = [chance.bell(), chance.bell()];
    let score = |noise: f64| (level + noise).round().clamp(1.0, 5.0);
    (0..5).map(|_| score(shared[0] + 0.4 * chance.bell()) - score(shared[1] + 0.4 * chance.bell())).collect()
}

fn sums(rows: &[Row], clusters: std::ops::Range<usize>) -> ClusterSums {
    let hypotheses = rows.first().map_or(0, |row| row.differences.len());
    let mut sums = ClusterSums::new(clusters.len(), hypotheses);
    for row in rows.iter().filter(|row| clusters.contains(&row.cluster)) {
        for (hypothesis, difference) in row.differences.iter().enumerate() {
            sums.add(row.cluster - clusters.start, hypothesis, *difference);
        }
    }
    sums
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
