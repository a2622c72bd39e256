//! All comparisons of a run, the gated ones as one family, looked at as the cases come in.

use std::collections::BTreeMap;

use super::estimate::{self, Summary};
use super::pairs::Pairs;
use super::room::{self, Bar};
use super::sight::level_at;
use super::{CONFIDENCE, Comparison, MIN_SLICE_CLUSTERS, Order, ScoreTable, Slice, two_sample};
use crate::score::Margin;
use crate::stats::group_sequential;
use crate::stats::sign_flip::{ClusterSums, FLIPS, Looks};

/// Sign vectors drawn where there are several looks: a first look at a quarter of the cases may spend no more than 9 in
/// 100,000 at a promise of 5 %, and 9,999 vectors cannot show a p-value that small.
const FLIPS_OF_LOOKS: usize = 19_999;

/// What the family promises, and how often it is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// The chance that any of its comparisons is rejected, at any look, where the change changes nothing.
    pub false_block_rate: f64,
    /// Looks that are planned, from 1.
    pub looks: usize,
    /// Seed of the order of clusters, of the sign flips and of the bootstrap.
    pub seed: u64,
}

/// The comparisons of a run, fixed before any answer is known.
///
/// The p-values of all gated comparisons are adjusted together and over all looks, so that the chance that any of them
/// ever blocks a change that changes nothing is the level at which they are read.
#[derive(Debug)]
pub struct Family {
    terms: Terms,
    order: Order,
    /// Cases that are to come.
    cases: usize,
    planned: Vec<Planned>,
    flips: Looks,
    /// Shares of the cases at the looks so far.
    fractions: Vec<f64>,
}

/// A comparison that is to be made.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) column: usize,
    pub(super) slice: Option<Slice>,
    pub(super) margin: Option<Margin>,
    /// Whether the slice has too few clusters to be compared, whatever they show.
    pub(super) is_small: bool,
}

/// The state of a family at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Which look it is, from 1.
    pub number: usize,
    /// How many were planned.
    pub planned: usize,
    /// Whether all cases have been seen: nothing more will come.
    pub is_last: bool,
    /// Confidence of the one-sided bounds that pass, so that they hold at 95 % over all looks together.
    pub confidence: f64,
    /// Every comparison.
    pub comparisons: Vec<Comparison>,
    /// Slices that a gate asks for but of which too few clusters were scored in both arms, with the number of cases that
    /// were; of several scorers the one with the fewest counts.
    pub small_slices: Vec<(Slice, usize)>,
}

/// Compares a whole table at once.
pub fn compare(table: &ScoreTable, terms: Terms) -> Look {
    Family::new(table, Terms { looks: 1, ..terms }).look(table)
}

impl Family {
    /// Plans the comparisons of a table whose cases, clusters and tags are known; its scores are not looked at.
    pub fn new(plan: &ScoreTable, terms: Terms) -> Self {
        let order = Order::new(plan.rows.iter().map(|row| row.cluster.as_str()), terms.seed);
        let planned = planned(plan);
        let tested = planned.iter().filter(|planned| planned.is_tested()).count();
        let flips = if terms.looks > 1 { FLIPS_OF_LOOKS } else { FLIPS };
        let flips = Looks::new(tested, order.len(), terms.false_block_rate, flips, terms.seed);
        let flips = flips.expect("the configuration's false_block_rate is a share");
        Self { terms, order, cases: plan.rows.len(), planned, flips, fractions: Vec::new() }
    }

    /// The order in which its clusters are worked through.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Compares what has been scored so far. Each look has the rows of the one before, and more.
    pub fn look(&mut self, table: &ScoreTable) -> Look {
        let is_last = self.terms.looks == 1 || table.rows.len() >= self.cases;
        let before = self.fractions.last().copied().unwrap_or(0.0);
        // A look that adds nothing is one that may spend nothing.
        let share = (table.rows.len() as f64 / self.cases.max(1) as f64).max(before + 1e-9);
        self.fractions.push(if is_last { 1.0 } else { share });
        let confidence = self.confidence();
        let (comparisons, small_slices) = if table.is_paired {
            self.paired(table, confidence, is_last)
        } else {
            two_sample::compare(table, &self.planned, self.terms.false_block_rate)
        };
        let number = self.fractions.len();
        Look { number, planned: self.terms.looks, is_last, confidence, comparisons, small_slices }
    }

    /// Confidence of a bound at this look that holds at [`CONFIDENCE`] over all of them: the normal boundary of the same
    /// spending. A repeated confidence bound; Jennison and Turnbull 1989, JRSS B 51.
    fn confidence(&self) -> f64 {
        if self.fractions.len() == 1 && self.fractions[0] >= 1.0 {
            return CONFIDENCE;
        }
        let boundaries = group_sequential::boundaries(&self.fractions, 1.0 - CONFIDENCE);
        let boundary = boundaries.and_then(|boundaries| boundaries.last().copied()).unwrap_or(f64::INFINITY);
        group_sequential::confidence_at(boundary)
    }

    fn paired(&mut self, table: &ScoreTable, confidence: f64, is_last: bool) -> (Vec<Comparison>, Vec<(Slice, usize)>) {
        let pairs: Vec<Pairs> = self.planned.iter().map(|p| p.pairs(table, &self.order)).collect();
        let flips = self.flips.look(&self.sums(table, &pairs), *self.fractions.last().unwrap_or(&1.0));
        let level = flips.as_ref().map_or(0.0, |look| level_at(look.boundary));
        let bar = Bar { confidence, level, is_early: !is_last };
        let mut small = BTreeMap::new();
        let mut comparisons = Vec::new();
        let mut tests = flips.iter().flat_map(|look| look.tests.iter().zip(&look.rejected));
        for (planned, pairs) in self.planned.iter().zip(&pairs) {
            let test = if planned.is_tested() { tests.next() } else { None };
            if planned.is_too_small(pairs, table, is_last) {
                note_fewest(&mut small, planned, pairs.len());
                continue;
            }
            let mut comparison = planned.compare(pairs, table, bar, self.terms.seed);
            if let (Some(of_margin), Some((test, is_rejected))) = (&mut comparison.test, test) {
                (of_margin.p, of_margin.adjusted_p, of_margin.is_rejected) = (test.p, test.adjusted_p, *is_rejected);
            }
            comparisons.push(comparison);
        }
        (comparisons, small.into_iter().collect())
    }

    /// The sums of the tested comparisons, a row for each cluster up to the last that was seen.
    fn sums(&self, table: &ScoreTable, pairs: &[Pairs]) -> ClusterSums {
        let tested: Vec<_> = self.planned.iter().zip(pairs).filter(|(planned, _)| planned.is_tested()).collect();
        let seen = table.rows.iter().map(|row| self.order.place(&row.cluster) + 1).max().unwrap_or(0);
        let columns = tested.iter().map(|(planned, pairs)| {
            let spec = &table.columns[planned.column];
            pairs.sums(spec.direction, spec.aggregate)
        });
        cluster_sums(seen, &columns.collect::<Vec<_>>())
    }
}

/// Sums of all hypotheses, by the cluster's place.
pub(super) fn cluster_sums(clusters: usize, columns: &[BTreeMap<usize, f64>]) -> ClusterSums {
    let mut sums = ClusterSums::new(clusters, columns.len());
    for (hypothesis, column) in columns.iter().enumerate() {
        column.iter().for_each(|(cluster, sum)| sums.add(*cluster, hypothesis, *sum));
    }
    sums
}

/// Of several scorers the fewest cases of a slice.
pub(super) fn note_fewest(small: &mut BTreeMap<Slice, usize>, planned: &Planned, cases: usize) {
    if let Some(slice) = &planned.slice {
        let fewest = small.entry(slice.clone()).or_insert(usize::MAX);
        *fewest = cases.min(*fewest);
    }
}

/// Every scorer over all cases and, where its gate asks for it, over each slice.
pub(super) fn planned(plan: &ScoreTable) -> Vec<Planned> {
    let mut all = Vec::new();
    for (column, spec) in plan.columns.iter().enumerate() {
        let slices = spec.gate.as_ref().map(|gate| plan.slices(gate)).unwrap_or_default();
        for slice in std::iter::once(None).chain(slices.into_iter().map(Some)) {
            let is_small = slice.is_some() && plan.clusters_of(slice.as_ref()).len() < MIN_SLICE_CLUSTERS;
            let margin = spec.gate.as_ref().and_then(|gate| gate.margin(spec.direction, slice.is_some()));
            all.push(Planned { column, slice, margin, is_small });
        }
    }
    all
}

impl Planned {
    /// Whether it is part of the family.
    pub(super) fn is_tested(&self) -> bool {
        self.margin.is_some() && !self.is_small
    }

    pub(super) fn pairs(&self, table: &ScoreTable, order: &Order) -> Pairs {
        Pairs::of(table, order, self.column, self.slice.as_ref())
    }

    /// Whether it is listed and not compared. Before the last look a slice may still grow, unless its scorer has nothing to
    /// say of it at all.
    fn is_too_small(&self, pairs: &Pairs, table: &ScoreTable, is_last: bool) -> bool {
        let is_few = self.slice.is_some() && pairs.cluster_count() < MIN_SLICE_CLUSTERS;
        let has_nothing = || pairs.len() == 0 && table.clusters_of(self.slice.as_ref()).len() >= MIN_SLICE_CLUSTERS;
        self.is_small || is_few && (is_last || has_nothing())
    }

    fn compare(&self, pairs: &Pairs, table: &ScoreTable, bar: Bar, seed: u64) -> Comparison {
        let spec = &table.columns[self.column];
        let scale = spec.scale.or_else(|| pairs.is_binary().then_some((0.0, 1.0)));
        let summary = Summary::of(pairs, spec.aggregate, seed);
        let measured = summary.as_ref().and_then(|summary| estimate::measure(pairs, summary, spec.has_ratio));
        let gate = self.margin.map(|margin| (spec.direction, margin));
        let test = summary.zip(gate).and_then(|(summary, gate)| room::test(pairs, &summary, gate, scale, bar));
        Comparison {
            column: self.column,
            slice: self.slice.clone(),
            pairs: pairs.len(),
            clusters: pairs.cluster_count(),
            measured: measured.map(|measured| measured.within(scale)),
            test,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;
    use crate::compare::{Cell, Row};

    const TERMS: Terms = Terms { false_block_rate: 0.05, looks: 1, seed: 1 };

    /// A gated column over cases of two classes, six of `a` and three of `b`; the first `unscored` of `a` have no pair.
    fn table(gate: &str, unscored: usize) -> ScoreTable {
        let column = column("s", Some(gate));
        let rows = (0..9).map(|i| Row {
            case: format!("c{i}"),
            cluster: format!("c{i}"),
            weight: 1.0,
            tags: BTreeMap::from([("k".into(), if i < 6 { "a" } else { "b" }.into())]),
            cells: vec![(Cell::of(1.0), if i < unscored { Cell::default() } else { Cell::of(1.0) })],
        });
        ScoreTable::new(vec![column], rows.collect())
    }

    #[test]
    fn a_slice_is_compared_or_told_as_too_small() {
        let gate = "{max_drop: 0.1, slices: [metadata.k]}";
        for (unscored, compared, small) in
            [(0, vec!["k=a"], vec![("k=b", 3)]), (1, vec![], vec![("k=a", 5), ("k=b", 3)])]
        {
            let look = compare(&table(gate, unscored), TERMS);
            let of_slices: Vec<String> =
                look.comparisons.iter().filter_map(|c| Some(c.slice.as_ref()?.to_string())).collect();
            let told: Vec<_> = look.small_slices.into_iter().map(|(slice, n)| (slice.to_string(), n)).collect();
            assert_eq!(of_slices, compared);
            assert_eq!(told, small.iter().map(|(slice, n)| ((*slice).to_owned(), *n)).collect::<Vec<_>>());
        }
    }
}
