//! What a run could see, before any money is spent: from the baseline's scores alone.

use std::fmt;

use super::family::{Planned, planned};
use super::room::absolute;
use super::{Arm, CONFIDENCE, MIN_CLUSTERS, ScoreTable, Sight, Terms};
use crate::score::Aggregate;

/// What one gated comparison could see.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The scorer's name, and the slice.
    pub subject: String,
    /// Cases of which the baseline has a score.
    pub cases: usize,
    /// Their clusters.
    pub clusters: usize,
    /// The margin, in the scorer's unit.
    pub margin: f64,
    /// What it could see; `None` where the baseline's scores are not known.
    pub sight: Option<Outlook>,
}

/// What can be said of a comparison before it is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Whether there are enough clusters to block anything.
    pub can_reject: bool,
    /// The smallest change for the worse that would be blocked with 80 % power.
    pub detectable: Option<f64>,
    /// Cases with which a change that changes nothing passes, with 80 % chance.
    pub cases_to_pass: Option<u64>,
}

/// Forecasts for all gated comparisons of means, from the baseline's scores in a table.
///
/// If nothing changes, a case's two answers are two draws of the same: the variance of their difference is twice that of one
/// answer, and no more than twice the variance of the baseline's scores, in which the cases differ as well. So the
/// true numbers are these or better. The level is Bonferroni's share of the promise.
pub fn forecasts(table: &ScoreTable, terms: Terms) -> Vec<Forecast> {
    let tested: Vec<_> = planned(table).into_iter().filter(Planned::is_tested).collect();
    let level = terms.false_block_rate / tested.len().max(1) as f64;
    let forecast = |planned: &Planned| {
        let spec = &table.columns[planned.column];
        let subject = match &planned.slice {
            None => spec.name.clone(),
            Some(slice) => format!("{} on {slice}", spec.name),
        };
        let scores = Arm::baseline(table, planned.column, planned.slice.as_ref());
        let (cases, clusters) = (scores.cases(), scores.cluster_count());
        let margin = absolute(planned.margin?, scores.level(Aggregate::Mean).unwrap_or(0.0));
        let sight = (spec.aggregate == Aggregate::Mean).then(|| sight(&scores, margin, spec.scale, level)).flatten();
        let outlook = |sight: Sight| {
            let in_cases = |needed: u64| needed.saturating_mul(cases as u64).div_ceil(clusters.max(1) as u64);
            let can_reject = sight.can_reject();
            // Without any spread nothing is known of how many it takes.
            let to_pass = sight.clusters_to_pass().filter(|_| !sight.is_sparse);
            Outlook { can_reject, detectable: sight.detectable(), cases_to_pass: to_pass.map(in_cases) }
        };
        Some(Forecast { subject, cases, clusters, margin, sight: sight.map(outlook) })
    };
    tested.iter().filter_map(forecast).collect()
}

fn sight(scores: &Arm, margin: f64, scale: Option<(f64, f64)>, level: f64) -> Option<Sight> {
    let mean = scores.mean()?;
    Some(Sight {
        standard_error: std::f64::consts::SQRT_2 * mean.standard_error,
        clusters: scores.cluster_count() as u64,
        is_sparse: mean.standard_error <= 0.0,
        room: margin,
        margin,
        scale: scale.or_else(|| scores.is_binary().then_some((0.0, 1.0))),
        level,
        confidence: CONFIDENCE,
        fewest_clusters: MIN_CLUSTERS as u64,
    })
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, cases, clusters, margin, sight } = self;
        write!(f, "{subject}, {cases} cases in {clusters} clusters, margin {margin:.3}")?;
        let Some(outlook) = sight else { return Ok(()) };
        match outlook.detectable {
            Some(detectable) => {
                write!(f, ": a change for the worse of {detectable:.3} or more would be blocked (80 % power)")?;
            }
            None if outlook.can_reject => write!(f, ": what it could block cannot be said")?,
            None => write!(f, ": too few clusters to block anything")?,
        }
        match outlook.cases_to_pass {
            Some(needed) if needed > *cases as u64 => write!(f, "; it takes about {needed} cases to pass no change"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;
    use crate::compare::{Cell, Column, Row};

    /// A check that `passes` of 200 answers of the baseline pass.
    fn table(passes: usize, gate: &str) -> ScoreTable {
        let column = Column { scale: Some((0.0, 1.0)), ..column("valid", Some(gate)) };
        let rows = (0..200).map(|case| Row {
            case: format!("c{case:03}"),
            cluster: format!("c{case:03}"),
            weight: 1.0,
            tags: std::collections::BTreeMap::default(),
            cells: vec![(Cell::of(f64::from(u8::from(case < passes))), Cell::default())],
        });
        ScoreTable::new(vec![column], rows.collect())
    }

    fn text(table: &ScoreTable) -> String {
        let terms = Terms { false_block_rate: 0.05, looks: 1, seed: 1 };
        forecasts(table, terms).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_noisy_baseline_says_what_it_takes() {
        // SE of the difference at most √2 · √(0.8 · 0.2 / 199) = 0.040; (1.65 + 0.84) · 0.040 = 0.100.
        let expected = "valid, 200 cases in 200 clusters, margin 0.010: a change for the worse of 0.100 or more would be blocked (80 % power); it takes about ";
        let text = text(&table(160, "max_drop: 0.01"));
        assert!(text.starts_with(expected) && text.ends_with(" cases to pass no change"), "{text}");
    }

    #[test]
    fn a_constant_baseline_says_what_share_would_show() {
        assert_eq!(
            text(&table(200, "max_drop: 0.01")),
            "valid, 200 cases in 200 clusters, margin 0.010: a change for the worse of 0.033 or more would be blocked (80 % power)"
        );
    }

    #[test]
    fn without_scores_there_is_nothing_to_say() {
        let mut table = table(0, "max_drop: 0.01");
        table.rows.iter_mut().for_each(|row| row.cells[0].0 = Cell::default());
        let terms = Terms { false_block_rate: 0.05, looks: 1, seed: 1 };
        assert_eq!(forecasts(&table, terms)[0].sight, None);
    }
}
