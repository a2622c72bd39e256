//! What a stored baseline keeps of a case and of a scorer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Arm, Cell, Row, ScoreTable};
use crate::score::Aggregate;

/// A case's scores, and what is needed to compare them with those of other cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCase {
    /// What the case depends on; the case itself where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// How many cases of the population it stands for; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its scores, averaged over repeats; a scorer that has none is left out.
    pub scores: BTreeMap<String, f64>,
}

/// What all cases together come to by one scorer, in its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSummary {
    /// Cases that have a score.
    pub cases: usize,
    /// Their weighted mean.
    pub mean: f64,
    /// Its cluster-robust standard error; absent below two clusters.
    pub standard_error: Option<f64>,
    /// Their median.
    pub p50: Option<f64>,
    /// Their 99th percentile.
    pub p99: Option<f64>,
}

impl StoredCase {
    /// The baseline's scores of a row.
    pub(super) fn of(table: &ScoreTable, row: &Row) -> Self {
        let scores = table
            .columns
            .iter()
            .zip(&row.cells)
            .filter_map(|(c, (baseline, _))| Some((c.name.clone(), baseline.value?)));
        Self {
            cluster: (row.cluster != row.case).then(|| row.cluster.clone()),
            weight: ((row.weight - 1.0).abs() > 1e-12).then_some(row.weight),
            tags: row.tags.clone(),
            scores: scores.collect(),
        }
    }

    /// A row of its own, for a table of other cases.
    pub(super) fn row(&self, id: &str, cells: Vec<Cell>) -> Row {
        Row {
            case: id.to_owned(),
            cluster: self.cluster.clone().unwrap_or_else(|| id.to_owned()),
            weight: self.weight.unwrap_or(1.0),
            tags: self.tags.clone(),
            cells: cells.into_iter().map(|cell| (cell, Cell::default())).collect(),
        }
    }
}

impl ScoreSummary {
    /// The baseline's scores of a column; `None` where there are none.
    pub(super) fn of(table: &ScoreTable, column: usize) -> Option<Self> {
        let arm = Arm::baseline(table, column, None);
        Some(Self {
            cases: arm.cases(),
            mean: arm.level(Aggregate::Mean)?,
            standard_error: arm.mean().map(|mean| mean.standard_error),
            p50: arm.level(Aggregate::Quantile(0.5)),
            p99: arm.level(Aggregate::Quantile(0.99)),
        })
    }
}
