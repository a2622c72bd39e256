//! All comparisons of a run, and the p-values of the gated ones as one family.

use std::collections::BTreeMap;

use super::estimate::Summary;
use super::pairs::{Pairs, number_clusters, sign};
use super::{Comparison, MIN_SLICE_CLUSTERS, ScoreTable, Slice, estimate};
use crate::score::{Aggregate, Direction, GateConfig};
use crate::stats::quantile::QuantilePairs;
use crate::stats::sign_flip::{ClusterSums, FLIPS, test_family};

/// Compares every scorer over all cases and, where its gate asks for it, over each slice of enough clusters.
///
/// The p-values of all gated comparisons are adjusted together, so that the chance that any of them blocks a change
/// that changes nothing is the level at which they are read.
pub fn compare(table: &ScoreTable, seed: u64) -> Vec<Comparison> {
    let numbers = number_clusters(table);
    let mut comparisons = Vec::new();
    let mut sums = Vec::new();
    for (column, spec) in table.columns.iter().enumerate() {
        for slice in std::iter::once(None).chain(slices(table, spec.gate.as_ref()).into_iter().map(Some)) {
            let pairs = Pairs::of(table, &numbers, column, slice.as_ref());
            if slice.is_some() && pairs.cluster_count() < MIN_SLICE_CLUSTERS {
                continue;
            }
            let comparison = one(&pairs, table, column, slice, seed);
            if comparison.test.is_some() {
                sums.push(cluster_sums(&pairs, spec.direction, spec.aggregate));
            }
            comparisons.push(comparison);
        }
    }
    adjust(&mut comparisons, &sums, numbers.len(), seed);
    comparisons
}

/// Slices that a gate asks for but of which too few clusters were scored in both arms, with the number of cases that
/// were; of several scorers the one with the fewest counts.
pub fn small_slices(table: &ScoreTable) -> Vec<(Slice, usize)> {
    let numbers = number_clusters(table);
    let mut small: BTreeMap<Slice, usize> = BTreeMap::new();
    for (column, spec) in table.columns.iter().enumerate() {
        for slice in slices(table, spec.gate.as_ref()) {
            let pairs = Pairs::of(table, &numbers, column, Some(&slice));
            if pairs.cluster_count() < MIN_SLICE_CLUSTERS {
                let fewest = small.entry(slice).or_insert(usize::MAX);
                *fewest = pairs.len().min(*fewest);
            }
        }
    }
    small.into_iter().collect()
}

fn slices(table: &ScoreTable, gate: Option<&GateConfig>) -> Vec<Slice> {
    let tags = gate.into_iter().flat_map(GateConfig::slice_tags);
    tags.flat_map(|tag| table.slices(tag)).collect()
}

fn one(pairs: &Pairs, table: &ScoreTable, column: usize, slice: Option<Slice>, seed: u64) -> Comparison {
    let spec = &table.columns[column];
    let scale = spec.scale.or_else(|| pairs.is_binary().then_some((0.0, 1.0)));
    let summary = Summary::of(pairs, spec.aggregate, seed);
    let measured = summary.as_ref().and_then(|summary| estimate::measure(pairs, summary));
    let measured = measured.map(|measured| measured.within(scale));
    let margin = spec.gate.as_ref().and_then(|gate| gate.margin(spec.direction, slice.is_some()));
    let test = summary
        .zip(measured.as_ref())
        .zip(margin)
        .and_then(|((summary, measured), margin)| estimate::test(pairs, &summary, spec.direction, margin, measured));
    Comparison { column, slice, pairs: pairs.len(), clusters: pairs.cluster_count(), measured, test }
}

/// The weighted sum of a comparison's differences in each cluster; negative is worse.
fn cluster_sums(pairs: &Pairs, direction: Direction, aggregate: Aggregate) -> BTreeMap<usize, f64> {
    let differences = match aggregate {
        Aggregate::Mean => pairs.differences(direction),
        Aggregate::Quantile(q) => exceedances(pairs, direction, q),
    };
    let mut sums = BTreeMap::new();
    for ((difference, weight), cluster) in differences.iter().zip(&pairs.weights).zip(&pairs.clusters) {
        *sums.entry(*cluster).or_insert(0.0) += difference * weight;
    }
    sums
}

fn exceedances(pairs: &Pairs, direction: Direction, q: f64) -> Vec<f64> {
    let Pairs { candidate, baseline, weights, clusters } = pairs;
    let above = QuantilePairs { candidate, baseline, weights, clusters, q }.exceedances().unwrap_or_default();
    above.into_iter().map(|difference| sign(direction) * difference).collect()
}

fn adjust(comparisons: &mut [Comparison], sums: &[BTreeMap<usize, f64>], clusters: usize, seed: u64) {
    let mut matrix = ClusterSums::new(clusters, sums.len());
    for (hypothesis, column) in sums.iter().enumerate() {
        column.iter().for_each(|(cluster, sum)| matrix.add(*cluster, hypothesis, *sum));
    }
    let results = test_family(&matrix, FLIPS, seed);
    for (test, result) in comparisons.iter_mut().filter_map(|c| c.test.as_mut()).zip(results) {
        test.p = result.p;
        test.adjusted_p = result.adjusted_p;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Cell, Column, Row};

    /// A gated column over cases of two classes, six of `a` and three of `b`; the first `unscored` of `a` have no pair.
    fn table(gate: &str, unscored: usize) -> ScoreTable {
        let column = Column {
            name: "s".into(),
            direction: Direction::HigherIsBetter,
            aggregate: Aggregate::Mean,
            scale: None,
            gate: Some(serde_yaml::from_str(gate).unwrap()),
        };
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
            let table = table(gate, unscored);
            let of_slices: Vec<String> =
                compare(&table, 1).iter().filter_map(|c| Some(c.slice.as_ref()?.to_string())).collect();
            let told: Vec<_> = small_slices(&table).into_iter().map(|(slice, n)| (slice.to_string(), n)).collect();
            assert_eq!(of_slices, compared);
            assert_eq!(told, small.iter().map(|(slice, n)| ((*slice).to_owned(), *n)).collect::<Vec<_>>());
        }
    }
}
