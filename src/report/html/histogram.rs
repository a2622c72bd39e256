//! How the scores of both arms are spread.

use serde::Serialize;

use super::scale::percent;
use super::values;
use crate::report::row::Unit;
use crate::report::{Report, ScorerRow};
use crate::stats::quantile::quantile;

/// Up to so many different scores have a bar each: checks, and judges of five grades.
const GRADES: usize = 8;
/// Bars for scores that are finer.
const BINS: usize = 20;

/// The scores of both arms by one scorer.
#[derive(Debug, Serialize)]
pub(super) struct Histogram {
    scorer: String,
    /// Cases that the baseline and the candidate have a score of.
    counts: [usize; 2],
    /// The share of an arm's cases that the highest bar stands for, in per cent.
    highest: String,
    bins: Vec<Bin>,
    /// Labels below the axis: one for each bin, or its two ends.
    has_grades: bool,
}

/// Scores that share a bar.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Bin {
    label: String,
    counts: [usize; 2],
    x: String,
    middle: String,
    width: String,
    /// The bars' heights, per cent of the figure.
    heights: [String; 2],
}

/// The histograms of all scorers that have scores.
pub(super) fn histograms(report: &Report) -> Vec<Histogram> {
    report.scorers.iter().filter_map(|scorer| histogram(report, scorer)).collect()
}

fn histogram(report: &Report, scorer: &ScorerRow) -> Option<Histogram> {
    let unit = Unit::of(report, &scorer.name);
    let arms = [false, true].map(|is_candidate| values(report, &scorer.name, is_candidate));
    let edges = Edges::of(&arms)?;
    let counts = edges.count(&arms);
    let share = |arm: usize, count: usize| 100.0 * count as f64 / arms[arm].len().max(1) as f64;
    let highest = counts.iter().flat_map(|pair| [share(0, pair[0]), share(1, pair[1])]).fold(0.0, f64::max);
    let width = 100.0 / counts.len() as f64;
    let bins = counts.iter().enumerate().map(|(bin, pair)| Bin {
        label: edges.label(bin, &unit),
        counts: *pair,
        x: percent(width * bin as f64),
        middle: percent(width * (bin as f64 + 0.5)),
        width: percent(width / 2.0),
        heights: [0, 1].map(|arm| percent(100.0 * share(arm, pair[arm]) / highest.max(f64::MIN_POSITIVE))),
    });
    Some(Histogram {
        scorer: scorer.name.clone() + unit.label,
        counts: [arms[0].len(), arms[1].len()],
        highest: format!("{highest:.0}"),
        bins: bins.collect(),
        has_grades: matches!(edges, Edges::Grades(_)),
    })
}

/// Which scores share a bar.
#[derive(Debug, PartialEq)]
enum Edges {
    /// Every score has its own.
    Grades(Vec<f64>),
    /// Bars of one width from `low`; the last also holds all that is above it.
    Even { low: f64, width: f64, is_cut: bool },
}

impl Edges {
    fn of(arms: &[Vec<f64>; 2]) -> Option<Self> {
        let mut all = arms.concat();
        all.sort_by(f64::total_cmp);
        let (low, high) = (*all.first()?, *all.last()?);
        let mut grades = all.clone();
        grades.dedup();
        if grades.len() <= GRADES {
            return Some(Self::Grades(grades));
        }
        // A few very slow answers would press all others into one bar.
        let usual = quantile(&all, 0.99).filter(|usual| *usual > low).unwrap_or(high);
        let is_cut = high - low > 1.5 * (usual - low);
        Some(Self::Even { low, width: (if is_cut { usual } else { high } - low) / BINS as f64, is_cut })
    }

    fn bin(&self, value: f64) -> usize {
        match self {
            Self::Grades(grades) => grades.iter().position(|grade| *grade >= value).unwrap_or(0),
            Self::Even { low, width, .. } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates")]
                let bin = ((value - low) / width) as usize;
                bin.min(BINS - 1)
            }
        }
    }

    fn count(&self, arms: &[Vec<f64>; 2]) -> Vec<[usize; 2]> {
        let bins = match self {
            Self::Grades(grades) => grades.len(),
            Self::Even { .. } => BINS,
        };
        let mut counts = vec![[0; 2]; bins];
        for (arm, values) in arms.iter().enumerate() {
            values.iter().for_each(|value| counts[self.bin(*value)][arm] += 1);
        }
        counts
    }

    fn label(&self, bin: usize, unit: &Unit) -> String {
        match self {
            Self::Grades(grades) => unit.number(grades[bin]),
            Self::Even { low, width, is_cut } => {
                let [from, to] = [bin, bin + 1].map(|edge| unit.number(low + width * edge as f64));
                if *is_cut && bin + 1 == BINS { format!("{from} and more") } else { format!("{from} to {to}") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::testing::report;

    #[test]
    fn grades_have_a_bar_each() {
        let edges = Edges::of(&[vec![1.0, 1.0, 0.0], vec![0.5]]).unwrap();
        assert_eq!(edges, Edges::Grades(vec![0.0, 0.5, 1.0]));
        assert_eq!(edges.count(&[vec![1.0, 1.0, 0.0], vec![0.5]]), [[1, 0], [0, 1], [2, 0]]);
        assert!(Edges::of(&[vec![], vec![]]).is_none());
    }

    #[test]
    fn a_long_tail_is_in_the_last_bar_and_nothing_is_lost() {
        let mut slow: Vec<f64> = (0..200).map(f64::from).collect();
        slow.push(9_999.0);
        let arms = [slow, vec![100.0]];
        let edges = Edges::of(&arms).unwrap();
        let Edges::Even { is_cut, width, .. } = edges else { panic!("{edges:?}") };
        assert!(is_cut && width < 11.0);
        let counts = edges.count(&arms);
        assert_eq!(counts.iter().map(|pair| pair[0]).sum::<usize>(), 201);
        assert_eq!(counts.iter().map(|pair| pair[1]).sum::<usize>(), 1);
        assert!(edges.label(BINS - 1, &Unit { label: "", factor: 1.0 }).ends_with(" and more"));
    }

    #[test]
    fn bars_are_shares_of_their_arm() {
        let histograms = histograms(&report(vec![]));
        let danger = &histograms[0];
        assert_eq!((danger.scorer.as_str(), danger.counts, danger.highest.as_str()), ("danger_rule", [2, 2], "50"));
        assert_eq!(danger.bins[0].heights, ["100.00%", "100.00%"]);
        assert_eq!(histograms.len(), 2, "no case has a cost");
    }
}
