//! Classes of queries, found from their texts alone: pure functions, without I/O, clocks or any other room.
//!
//! A class that nobody has tagged can break while the average does not move. As the classes come from the texts of the
//! inputs and never from outcomes, they can join a family of hypotheses like any slice that was written down before.
//!
//! The way from texts to topics:
//!
//! 1. `word` reads words and cuts them to stems, `text` weighs them: sublinear tf × idf, vectors of unit length.
//! 2. `bisect` halves the texts again and again into more and smaller parts than are wanted: bisecting spherical
//!    k-means (Steinbach, Karypis and Kumar 2000, "A comparison of document clustering techniques").
//! 3. `merge` joins the parts that belong together, and those that are too small, until few enough are left. What a
//!    bisection tore apart finds together again here; halving straight down to the wanted number found less.
//! 4. `partition` moves single texts to the topic that they fit best, and `name` names the topics.
//!
//! The share of a class's signal that its best topic keeps is √(precision · recall), for a mean over k · precision
//! affected ones of k cases has z in proportion to precision · √k. Methods and constants were compared by that number.

mod bisect;
mod merge;
mod name;
mod partition;
mod text;
mod word;

use partition::{Floor, Partition};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use text::Corpus;

/// Topics at most. More would be purer, but find no more of a class's signal and cost every hypothesis of the family.
const MOST: usize = 12;
/// Groups (sessions) that a topic has at least: fewer clusters have no test worth the name.
const FEWEST_GROUPS: usize = 6;
/// Texts that a topic has at least, in percent of all texts.
const SMALLEST_PERCENT: usize = 3;
/// Runs with different lots, of which the most coherent counts.
const RUNS: usize = 3;

/// Classes of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// One name a topic, the largest topic first: its most telling terms, as in "refund, card, bank". Names are distinct
    /// and made of letters and digits of the texts, so they are as private as words that several sessions share.
    pub names: Vec<String>,
    /// The topic of each text, in the order given; `None` where a text has no term in common with those of other groups.
    pub of: Vec<Option<usize>>,
}

impl Topics {
    /// Finds the topics of `texts`, of which `groups` gives the cluster (session) of each; its indices need not be dense.
    ///
    /// A topic has texts from at least 6 groups and at least 3 % of all texts. There is no topic at all where there
    /// would be only one, for a class that is everything is no slice, and none if `groups` is not as long as `texts`.
    /// The same texts in the same order with the same seed have the same topics on every platform.
    pub fn find(texts: &[&str], groups: &[usize], seed: u64) -> Self {
        let corpus = Corpus::read(texts, groups);
        let floor = Floor { texts: (SMALLEST_PERCENT * texts.len()).div_ceil(100), groups: FEWEST_GROUPS };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let runs = (0..RUNS).map(|_| run(&corpus, floor, &mut random));
        let best = runs.max_by(|a, b| a.coherence().total_cmp(&b.coherence())).expect("there are runs");
        Self::from_partition(&best, &corpus, texts.len())
    }

    fn from_partition(partition: &Partition, corpus: &Corpus, texts: usize) -> Self {
        let mut of = vec![None; texts];
        if partition.classes.len() < 2 {
            return Self { names: Vec::new(), of };
        }
        let order = partition.by_size();
        for (member, class) in partition.members.iter().zip(&partition.of) {
            of[*member] = order.iter().position(|ordered| ordered == class);
        }
        Self { names: name::names(partition, &order, &corpus.labels), of }
    }
}

/// One whole run, from the texts to settled topics.
fn run(corpus: &Corpus, floor: Floor, random: &mut ChaCha8Rng) -> Partition {
    let parts = bisect::parts(corpus, floor.half(), random);
    let mut partition = Partition::from_parts(corpus, &parts);
    partition.settle(corpus, floor.half());
    partition.merge(MOST, floor);
    partition.settle(corpus, floor);
    partition
}

#[cfg(test)]
mod tests;
