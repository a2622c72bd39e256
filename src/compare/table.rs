//! The scores of a run: a row a case, a column a scorer.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{MIN_SLICE_CLUSTERS, Order, Slice};
use crate::score::{Aggregate, Direction, GateConfig};

/// Classes that are gated without having been declared, at the most.
const MOST_FOUND_SLICES: usize = 50;

/// Scores of both arms, ready to be paired. Rows stand in the order of their case ids, so that no result depends on the
/// order of files or of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The scorers.
    pub columns: Vec<Column>,
    /// The cases.
    pub rows: Vec<Row>,
    /// Whether both arms answered the same cases. Else the arms are compared as two samples, which is the weaker test.
    pub is_paired: bool,
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
    /// Whether a level has a meaningful zero, so that a change can be told in per cent: costs, tokens, times.
    pub has_ratio: bool,
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
        Self { columns, rows, is_paired: true }
    }

    /// The rows of a slice, or all of them.
    pub fn rows_of<'a>(&'a self, slice: Option<&'a Slice>) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| slice.is_none_or(|slice| slice.holds(row)))
    }

    /// The clusters of a slice, or all of them.
    pub fn clusters_of<'a>(&'a self, slice: Option<&'a Slice>) -> BTreeSet<&'a str> {
        self.rows_of(slice).map(|row| row.cluster.as_str()).collect()
    }

    /// The rows whose clusters are among the first `looks_taken` of `looks` batches of `order`.
    #[must_use]
    pub fn up_to(&self, order: &Order, looks_taken: usize, looks: usize) -> Self {
        let is_in = |row: &&Row| order.batch(&row.cluster, looks) < looks_taken;
        Self { rows: self.rows.iter().filter(is_in).cloned().collect(), ..self.clone() }
    }

    /// The slices that a gate asks for.
    pub fn slices(&self, gate: &GateConfig) -> Vec<Slice> {
        let mut slices: Vec<Slice> = gate.slice_tags().flat_map(|tag| self.values(tag)).collect();
        if gate.finds_slices() {
            let known: BTreeSet<Slice> = slices.iter().cloned().collect();
            slices.extend(self.found_slices().into_iter().filter(|slice| !known.contains(slice)));
        }
        slices
    }

    fn values(&self, tag: &str) -> BTreeSet<Slice> {
        let values = self.rows.iter().filter_map(|row| row.tags.get(tag));
        values.map(|value| Slice { tag: tag.to_owned(), value: value.clone() }).collect()
    }

    /// Classes that nobody declared: every value of every tag with enough clusters for a gate and not all cases; the
    /// largest, where they are many. They come from the inputs alone, so they can be tested without any penalty but that
    /// of their number. Of classes with the very same cases one is enough.
    fn found_slices(&self) -> Vec<Slice> {
        let tags: BTreeSet<&String> = self.rows.iter().flat_map(|row| row.tags.keys()).collect();
        let mut found: BTreeMap<Vec<usize>, Slice> = BTreeMap::new();
        for slice in tags.into_iter().flat_map(|tag| self.values(tag)) {
            let members: Vec<usize> = (0..self.rows.len()).filter(|row| slice.holds(&self.rows[*row])).collect();
            let is_class =
                members.len() < self.rows.len() && self.clusters_of(Some(&slice)).len() >= MIN_SLICE_CLUSTERS;
            if is_class {
                found.entry(members).or_insert(slice);
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(members, _)| Reverse(members.len()));
        found.truncate(MOST_FOUND_SLICES);
        let mut slices: Vec<Slice> = found.into_iter().map(|(_, slice)| slice).collect();
        slices.sort();
        slices
    }

    /// Attempts of a column and how many of them were left unscored: the baseline's, then the candidate's.
    pub fn unscored_by_arm(&self, column: usize) -> [(usize, usize); 2] {
        let add = |(attempts, unscored), cell: Cell| (attempts + cell.attempts, unscored + cell.unscored);
        let cells = || self.rows.iter().map(|row| row.cells[column]);
        [cells().fold((0, 0), |sum, pair| add(sum, pair.0)), cells().fold((0, 0), |sum, pair| add(sum, pair.1))]
    }

    /// The first arm of which a scorer left more than this share of the attempts unscored, as attempts and unscored ones. Each
    /// arm is looked at alone: an answer that breaks a judge takes its own case out, and a whole other arm would hide that.
    pub fn unscored_beyond(&self, column: usize, share: f64) -> Option<(usize, usize)> {
        let is_too_much = |(attempts, unscored): &(usize, usize)| *unscored as f64 > share * *attempts as f64;
        self.unscored_by_arm(column).into_iter().find(is_too_much)
    }

    /// Attempts of a column and how many of them were left unscored, both arms together.
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

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A scorer of means where higher is better, without a scale; `gate` as it is written.
    pub(crate) fn column(name: &str, gate: Option<&str>) -> Column {
        Column {
            name: name.into(),
            direction: Direction::HigherIsBetter,
            aggregate: Aggregate::Mean,
            scale: None,
            has_ratio: false,
            gate: gate.map(|gate| serde_yaml::from_str(gate).unwrap()),
        }
    }
}
