//! The scores of a run: a row a case, a column a scorer.

use std::collections::{BTreeMap, BTreeSet};

use super::Slice;
use crate::score::{Aggregate, Direction, GateConfig};

/// Scores of both arms, ready to be paired. Rows stand in the order of their case ids, so that no result depends on the
/// order of files or of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The scorers.
    pub columns: Vec<Column>,
    /// The cases.
    pub rows: Vec<Row>,
}

/// A scorer, as far as comparing needs to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in the config.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// How the numbers of one arm become one number.
    pub aggregate: Aggregate,
    /// The lowest and the highest number that it can give, where there are such: no change is wider.
    pub scale: Option<(f64, f64)>,
    /// Its gate, if it has one.
    pub gate: Option<GateConfig>,
}

/// A case's scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The case's id.
    pub case: String,
    /// What the case depends on: its session, else itself.
    pub cluster: String,
    /// How many cases of the population it stands for, relative to the others.
    pub weight: f64,
    /// Its tags as text.
    pub tags: BTreeMap<String, String>,
    /// The baseline's score and the candidate's, a pair for each column.
    pub cells: Vec<(Cell, Cell)>,
}

/// One arm's score of one case by one scorer, averaged over repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    /// The mean of the repeats that were scored; `None` where none was.
    pub value: Option<f64>,
    /// Attempts that the scorer had something to say of.
    pub attempts: usize,
    /// Those of them that it could not score.
    pub unscored: usize,
}

impl Cell {
    /// A single score, as read from a file.
    pub fn of(value: f64) -> Self {
        Self { value: Some(value), attempts: 1, unscored: 0 }
    }
}

impl ScoreTable {
    /// Sorts the rows by case id.
    pub fn new(columns: Vec<Column>, mut rows: Vec<Row>) -> Self {
        rows.sort_by(|a, b| a.case.cmp(&b.case));
        Self { columns, rows }
    }

    /// The values of a tag, in order.
    pub fn slices(&self, tag: &str) -> BTreeSet<Slice> {
        let values = self.rows.iter().filter_map(|row| row.tags.get(tag));
        values.map(|value| Slice { tag: tag.to_owned(), value: value.clone() }).collect()
    }

    /// Attempts of a column and how many of them were left unscored: the baseline's, then the candidate's.
    pub fn unscored_by_arm(&self, column: usize) -> [(usize, usize); 2] {
        let add = |(attempts, unscored), cell: Cell| (attempts + cell.attempts, unscored + cell.unscored);
        let cells = || self.rows.iter().map(|row| row.cells[column]);
        [cells().fold((0, 0), |sum, pair| add(sum, pair.0)), cells().fold((0, 0), |sum, pair| add(sum, pair.1))]
    }

    /// The same for both arms together.
    pub fn unscored(&self, column: usize) -> (usize, usize) {
        let [baseline, candidate] = self.unscored_by_arm(column);
        (baseline.0 + candidate.0, baseline.1 + candidate.1)
    }

    /// Cases that a column has a score of in both arms, and in either.
    pub fn paired(&self, column: usize) -> (usize, usize) {
        let has =
            self.rows.iter().map(|row| (row.cells[column].0.value.is_some(), row.cells[column].1.value.is_some()));
        has.fold((0, 0), |(both, either), (b, c)| (both + usize::from(b && c), either + usize::from(b || c)))
    }
}
