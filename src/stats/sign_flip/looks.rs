//! Several looks at a growing sample, with boundaries from the sign flips.

use super::{
    super::group_sequential::spent,
    ClusterSums, FlipTest,
    signs::Signs,
    step_down,
    totals::{FlipTable, FlipTotals, tie},
};

/// A family under test, look by look.
///
/// Up to information fraction t no more than [`spent`]`(alpha, t)` of the sign vectors may have stopped the run. At each
/// look the boundary is the statistic below which the smallest statistic of the family falls in as many of the
/// vectors *that have not stopped yet* as the spending still allows; what a look could not spend, ties being
/// indivisible, is carried on. The boundary depends on the sums' sizes and not on their signs, so the chance of
/// any false rejection at any look is at most alpha, exactly. Before the last look all hypotheses share the boundary of the
/// whole family; at the last the step-down is used, with vectors counted as stopped for those hypotheses that
/// stopped them. Lan and DeMets 1983; Westfall and Young 1993; p-values ordered by stage as in Tsiatis, Rosner and
/// Mehta 1984.
#[derive(Debug, Clone)]
pub struct Looks {
    alpha: f64,
    flips: usize,
    seed: u64,
    signs: Signs,
    /// Which hypotheses have stopped each sign vector, a row for each vector.
    stopped: Vec<bool>,
    /// Adjusted p of the hypotheses rejected so far.
    rejected: Vec<Option<f64>>,
    /// Information fraction of the last look; 0 before the first.
    fraction: f64,
}

/// What a p-value and the chance to spend may differ by when both are meant to be the same fraction.
const ROUNDING: f64 = 1e-12;

/// The state of a family at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What the flips say of each hypothesis. `p` and `mid_p` are of this look alone; `adjusted_p` accounts for the
    /// family and for all looks so far, and of a rejected hypothesis is that of the look that rejected it.
    pub tests: Vec<FlipTest>,
    /// Which hypotheses are rejected, at this look or an earlier one.
    pub rejected: Vec<bool>,
    /// Error chance that could be spent up to this look; a hypothesis is rejected if its adjusted p is no larger.
    pub spent: f64,
    /// What a statistic had to fall below to be rejected as the first of the whole family; minus infinity where nothing
    /// could be rejected yet. At the last look the step-down goes on from it, to boundaries that are less strict.
    pub boundary: f64,
}

impl Looks {
    /// A family of `hypotheses` to be judged at one-sided level `alpha` on at most `planned` clusters.
    ///
    /// `None` unless 0 < alpha < 1. See [`test_family`](super::test_family) for `flips` and `seed`; to reject as early as at
    /// a quarter of the sample at alpha 0.05 takes 11,289 flips.
    pub fn new(hypotheses: usize, planned: usize, alpha: f64, flips: usize, seed: u64) -> Option<Self> {
        spent(alpha, 1.0)?;
        let signs = Signs::choose(planned, flips, seed);
        let stopped = vec![false; signs.vectors() * hypotheses];
        Some(Self { alpha, flips, seed, signs, stopped, rejected: vec![None; hypotheses], fraction: 0.0 })
    }

    /// Judges all that has been seen, at information fraction `fraction`.
    ///
    /// `sums` has a row for every cluster so far: those of the look before in their old places, new ones behind them. A
    /// sum may have changed since, as where it rests on a quantile of all cases, so long as swapping the arms of any clusters
    /// would only turn its sign. `fraction` is the planned share of the data seen so far; 1 makes this the last look.
    /// `None` if the sums have another number of hypotheses, or `fraction` does not ascend or was 1 before.
    pub fn look(&mut self, sums: &ClusterSums, fraction: f64) -> Option<Look> {
        let ascends = fraction > self.fraction && self.fraction < 1.0;
        if sums.hypotheses != self.rejected.len() || !ascends {
            return None;
        }
        let spent = spent(self.alpha, fraction)?;
        let table = self.totals(sums, fraction).studentized();
        self.fraction = fraction;
        let mut tests: Vec<FlipTest> = (0..sums.hypotheses).map(|column| table.test(column)).collect();
        let smallest = self.smallest(&table);
        let boundary = boundary(&smallest, (spent + ROUNDING) * table.vectors() - self.stopped_vectors(&smallest));
        let adjusted = if fraction < 1.0 { self.early(&table, &smallest, boundary) } else { self.last(table) };
        for (column, (test, adjusted)) in tests.iter_mut().zip(adjusted).enumerate() {
            test.adjusted_p = self.rejected[column].unwrap_or(adjusted);
        }
        for (rejected, test) in self.rejected.iter_mut().zip(&tests) {
            *rejected = rejected.or((test.adjusted_p <= spent + ROUNDING).then_some(test.adjusted_p));
        }
        Some(Look { tests, rejected: self.rejected.iter().map(Option::is_some).collect(), spent, boundary })
    }

    fn totals(&mut self, sums: &ClusterSums, fraction: f64) -> FlipTotals {
        let mut rows: Vec<&[f64]> = sums.rows.chunks_exact(sums.hypotheses.max(1)).collect();
        if self.fraction == 0.0 && fraction >= 1.0 {
            // The only look: with all data at hand the clusters without change need no signs, and the others may be
            // few enough to enumerate.
            rows = sums.informative();
            self.signs = Signs::choose(rows.len(), self.flips, self.seed);
            self.stopped = vec![false; self.signs.vectors() * sums.hypotheses];
        }
        let mut totals = FlipTotals::new(self.signs, sums.hypotheses);
        totals.add(&rows);
        totals
    }

    /// The smallest statistic of each sign vector that has not stopped yet, ascending.
    fn smallest(&self, table: &FlipTable) -> Vec<f64> {
        let width = self.rejected.len().max(1);
        let running =
            self.stopped.chunks_exact(width).zip(table.rows()).filter(|(stopped, _)| !stopped.contains(&true));
        let mut smallest: Vec<f64> =
            running.map(|(_, row)| row.iter().copied().fold(f64::INFINITY, f64::min)).collect();
        smallest.sort_by(f64::total_cmp);
        smallest
    }

    /// Sign vectors that have stopped, where these are the smallest statistics of the others.
    fn stopped_vectors(&self, smallest: &[f64]) -> f64 {
        (self.signs.vectors() - smallest.len()) as f64
    }

    /// Adjusted p of each hypothesis at a look before the last; notes which vectors stop here.
    fn early(&mut self, table: &FlipTable, smallest: &[f64], boundary: f64) -> Vec<f64> {
        let before = self.stopped_vectors(smallest);
        let at_most = |seen: f64| smallest.partition_point(|value| *value <= seen + tie(seen)) as f64;
        for (stopped, value) in self.stopped.iter_mut().zip(table.values()) {
            *stopped |= value + tie(*value) < boundary;
        }
        table.seen().iter().map(|seen| (before + at_most(*seen)) / table.vectors()).collect()
    }

    /// Adjusted p of each hypothesis at the last look.
    fn last(&self, mut table: FlipTable) -> Vec<f64> {
        let width = self.rejected.len().max(1);
        for (row, stopped) in table.rows_mut().zip(self.stopped.chunks_exact(width)) {
            for (column, value) in row.iter_mut().enumerate() {
                if self.rejected[column].is_some() {
                    *value = f64::INFINITY; // no longer part of the family
                } else if stopped[column] {
                    *value = f64::NEG_INFINITY;
                }
            }
        }
        step_down::adjust(&table)
    }
}

/// The value that statistics must fall below so that no more than `allowed` of the `smallest`, ascending, do.
fn boundary(smallest: &[f64], allowed: f64) -> f64 {
    let within = |count: &usize| *count as f64 <= allowed;
    let parts = |count: &usize| *count == 0 || smallest[*count] > smallest[*count - 1] + tie(smallest[*count - 1]);
    let stops = (0..smallest.len()).take_while(within).filter(parts).last();
    stops.map_or(f64::NEG_INFINITY, |count| smallest[count])
}

#[cfg(test)]
mod tests {
    use super::super::{FLIPS, test_family, tests::sums};
    use super::*;

    /// Sums of clusters whose signs and sizes come from a small congruential sequence.
    fn noise(clusters: u64, hypotheses: u64, shift: f64) -> ClusterSums {
        let mut sums = ClusterSums::new(clusters.try_into().unwrap(), hypotheses.try_into().unwrap());
        for cluster in 0..clusters {
            for hypothesis in 0..hypotheses {
                let value = (cluster * 7919 + hypothesis * 104_729 + 13) % 1009 * 653 % 1009;
                let amount = value as f64 / 504.0 - 1.0 + if hypothesis == 0 { shift } else { 0.0 };
                sums.add(cluster.try_into().unwrap(), hypothesis.try_into().unwrap(), amount);
            }
        }
        sums
    }

    fn part(sums: &ClusterSums, clusters: std::ops::Range<usize>) -> ClusterSums {
        let width = sums.hypotheses;
        ClusterSums { hypotheses: width, rows: sums.rows[clusters.start * width..clusters.end * width].to_vec() }
    }

    #[test]
    fn one_look_is_the_plain_test() {
        for clusters in [9, 60] {
            let sums = noise(clusters, 4, -0.2);
            let mut looks = Looks::new(4, 100, 0.05, FLIPS, 7).unwrap();
            let look = looks.look(&sums, 1.0).unwrap();
            assert_eq!(look.tests, test_family(&sums, FLIPS, 7));
            assert_eq!(look.rejected, look.tests.iter().map(|test| test.adjusted_p <= 0.05).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_plain_drop_is_known_early_and_stays_known() {
        let sums = noise(400, 3, -0.5);
        let mut looks = Looks::new(3, 400, 0.05, 19_999, 7).unwrap();
        let first = looks.look(&part(&sums, 0..100), 0.25).unwrap();
        assert_eq!(first.rejected, [true, false, false]);
        assert!(first.tests[0].adjusted_p <= first.spent);
        let second = looks.look(&sums, 1.0).unwrap();
        assert_eq!(second.rejected, [true, false, false]);
        assert_eq!(second.tests[0].adjusted_p.to_bits(), first.tests[0].adjusted_p.to_bits());
    }

    #[test]
    fn no_more_vectors_stop_than_may_and_nearly_as_many_do() {
        let sums = noise(400, 5, 0.0);
        let mut looks = Looks::new(5, 400, 0.05, FLIPS, 7).unwrap();
        for (end, fraction) in [(100, 0.25), (200, 0.5), (300, 0.75)] {
            let look = looks.look(&part(&sums, 0..end), fraction).unwrap();
            let stopped = looks.stopped.chunks_exact(5).filter(|row| row.contains(&true)).count();
            let allowed = look.spent * 10_000.0;
            assert!(stopped as f64 <= allowed && stopped as f64 > allowed - 1.0, "{stopped} of {allowed}");
        }
    }

    #[test]
    fn ties_stop_together_or_not_at_all() {
        let smallest = [-3.0, -2.0, -2.0, -2.0, -1.0];
        for (allowed, expected) in [(0.5, -3.0), (1.0, -2.0), (3.9, -2.0), (4.0, -1.0), (9.0, -1.0)] {
            assert_eq!(boundary(&smallest, allowed).to_bits(), f64::to_bits(expected), "{allowed}");
        }
        assert_eq!(boundary(&[], 3.0).to_bits(), f64::NEG_INFINITY.to_bits());
        assert_eq!(boundary(&smallest, -1.0).to_bits(), f64::NEG_INFINITY.to_bits());
    }

    #[test]
    fn looks_must_ascend_and_fit() {
        let mut looks = Looks::new(1, 10, 0.05, FLIPS, 7).unwrap();
        let batch = sums(&[&[-1.0], &[1.0]]);
        assert_eq!(looks.look(&sums(&[&[1.0, 1.0]]), 0.5), None);
        assert_eq!(looks.look(&batch, 0.0), None);
        assert!(looks.look(&batch, 0.5).is_some());
        assert_eq!(looks.look(&batch, 0.5), None);
        assert!(looks.look(&batch, 1.0).is_some());
        assert_eq!(looks.look(&batch, 1.0), None);
        assert!(Looks::new(1, 10, 1.0, FLIPS, 7).is_none());
    }
}
