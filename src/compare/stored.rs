//! `baseline.json`: the scores of a baseline, stored to compare later candidates with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cell, ScoreSummary, ScoreTable, StoredCase};
use crate::evalset::WEIGHTS;
use crate::score::LARGEST;

/// The version of the file's format.
const VERSION: u32 = 1;

/// Scores of one arm, by case and scorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredBaseline {
    /// The version of this format: 1.
    pub version: u32,
    /// The version of eval-gate that wrote it.
    pub eval_gate: String,
    /// When the scores were made, UTC.
    pub made: Timestamp,
    /// What was scored, in words.
    pub of: String,
    /// The fingerprints of the scorers that made the scores.
    pub scorers: BTreeMap<String, String>,
    /// Levels and spreads, by scorer.
    pub summary: BTreeMap<String, ScoreSummary>,
    /// The scored cases, by id.
    pub cases: BTreeMap<String, StoredCase>,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why a stored baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The file cannot be read.
    #[error("cannot read the baseline {}: {source}; make one with `eval-gate baseline`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no stored baseline.
    #[error("{}: not a stored baseline: {problem}; make one with `eval-gate baseline`", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The scores were made by other scorers.
    #[error("{}: made by other scorers, so its numbers mean something else: {differences}; make it anew with `eval-gate baseline`", path.display())]
    OtherScorers {
        /// The file.
        path: PathBuf,
        /// The scorers that differ, and in what.
        differences: String,
    },
}

impl StoredBaseline {
    /// Stores the baseline's scores of a table, made at `made` by scorers with these fingerprints.
    pub fn new(of: String, made: Timestamp, scorers: BTreeMap<String, String>, table: &ScoreTable) -> Self {
        let names = table.columns.iter().map(|column| column.name.clone());
        let summary =
            names.enumerate().filter_map(|(column, name)| Some((name, ScoreSummary::of(table, column)?))).collect();
        let cases = table.rows.iter().map(|row| (row.case.clone(), StoredCase::of(table, row))).collect();
        Self { version: VERSION, eval_gate: env!("CARGO_PKG_VERSION").into(), made, of, scorers, summary, cases }
    }

    /// Reads a stored baseline and checks that `scorers` (fingerprints by name) are the ones that made it.
    pub fn read(path: &Path, scorers: &BTreeMap<String, String>) -> Result<Self, StoredError> {
        let text = std::fs::read_to_string(path).map_err(|source| StoredError::Read { path: path.into(), source })?;
        let invalid = |problem: String| StoredError::Invalid { path: path.into(), problem };
        // Another version has other fields, and what is wrong with it is its version.
        let Versioned { version } = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if version != VERSION {
            return Err(invalid(format!("this eval-gate reads version {VERSION}, not {version}")));
        }
        let stored: Self = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        stored.check().map_err(invalid)?;
        let differences = stored.differences(scorers);
        if !differences.is_empty() {
            return Err(StoredError::OtherScorers { path: path.into(), differences: differences.join(", ") });
        }
        Ok(stored)
    }

    /// What a hand may have put in that no score or weight is.
    fn check(&self) -> Result<(), String> {
        for (id, case) in &self.cases {
            if case.weight.is_some_and(|weight| !WEIGHTS.contains(&weight)) {
                return Err(format!("cases.{id}.weight: a weight must be above 0, from a millionth to a million"));
            }
            if let Some((name, _)) = case.scores.iter().find(|(_, score)| score.abs() > LARGEST) {
                return Err(format!("cases.{id}.scores.{name}: the score is too large to compare"));
            }
        }
        Ok(())
    }

    /// The scorers that are not the ones that made it, and in what they differ.
    fn differences(&self, scorers: &BTreeMap<String, String>) -> Vec<String> {
        let differs = scorers.iter().filter(|(name, now)| self.scorers.get(*name) != Some(now));
        let tell = |(name, now): (&String, &String)| match self.scorers.get(name) {
            None => format!("{name} is not in it"),
            Some(then) => format!("{name} was {then} and is {now}"),
        };
        differs.map(tell).collect()
    }

    /// Its age in days, if it is older than `limit`.
    pub fn older_than(&self, limit: SignedDuration, now: Timestamp) -> Option<i64> {
        let age = now.duration_since(self.made);
        (age > limit).then(|| age.as_hours() / 24)
    }

    /// Whether it knows fewer than half of these cases: then it is one of other cases, and no pairs can be made.
    pub fn is_of_other_cases<'a>(&self, cases: impl Iterator<Item = &'a str>) -> bool {
        let (known, all) =
            cases.fold((0, 0), |(known, all), case| (known + usize::from(self.cases.contains_key(case)), all + 1));
        2 * known < all
    }

    /// Puts its scores into a table as the baseline's: beside the same cases, or as cases of their own.
    pub fn fill(&self, table: &mut ScoreTable, as_other_cases: bool) {
        table.is_paired = !as_other_cases;
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let cells = |case: &StoredCase| {
            names
                .iter()
                .map(|name| case.scores.get(*name).copied().map_or_else(Cell::default, Cell::of))
                .collect::<Vec<_>>()
        };
        let mut rows = std::mem::take(&mut table.rows);
        for row in &mut rows {
            if let Some(case) = self.cases.get(&row.case) {
                row.cells.iter_mut().zip(cells(case)).for_each(|(pair, cell)| pair.0 = cell);
            }
        }
        if as_other_cases {
            let known: BTreeSet<String> = rows.iter().map(|row| row.case.clone()).collect();
            let others = self.cases.iter().filter(|(id, _)| !known.contains(*id));
            rows.extend(others.map(|(id, case)| case.row(id, cells(case))));
        }
        *table = ScoreTable { is_paired: table.is_paired, ..ScoreTable::new(std::mem::take(&mut table.columns), rows) };
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the keys are strings");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;
    use crate::compare::Row;

    fn prints(print: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("valid".to_owned(), print.to_owned())])
    }

    /// A table of one scorer with these cases; the baseline scores each 1.
    fn table(cases: &[&str]) -> ScoreTable {
        let column = column("valid", None);
        let row = |case: &&str| Row {
            case: (*case).to_owned(),
            cluster: "s".into(),
            weight: 2.0,
            tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            cells: vec![(Cell::of(1.0), Cell::default())],
        };
        ScoreTable::new(vec![column], cases.iter().map(row).collect())
    }

    fn baseline(cases: &[&str]) -> StoredBaseline {
        StoredBaseline::new("recorded answers".into(), Timestamp::UNIX_EPOCH, prints("aa by m1"), &table(cases))
    }

    #[test]
    fn a_baseline_comes_back_and_other_scorers_refuse_it() {
        let stored = baseline(&["c1", "c2"]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), stored.to_json()).unwrap();
        assert_eq!(StoredBaseline::read(file.path(), &prints("aa by m1")).unwrap(), stored);
        let error = StoredBaseline::read(file.path(), &prints("aa by m2")).unwrap_err().to_string();
        assert!(error.contains("valid was aa by m1 and is aa by m2; make it anew"), "{error}");
        std::fs::write(file.path(), "{}").unwrap();
        assert!(matches!(StoredBaseline::read(file.path(), &prints("aa")), Err(StoredError::Invalid { .. })));
    }

    #[test]
    fn the_same_cases_are_paired_and_others_stand_beside_them() {
        let stored = baseline(&["c1", "c2", "c3"]);
        for (cases, other, pairs) in [(&["c2", "c3", "x"][..], false, 2), (&["c3", "x", "y"], true, 1)] {
            assert_eq!(stored.is_of_other_cases(cases.iter().copied()), other);
            let mut table = table(cases);
            table.rows.iter_mut().for_each(|row| row.cells[0] = (Cell::default(), Cell::of(0.0)));
            stored.fill(&mut table, other);
            assert_eq!((table.is_paired, table.paired(0).0), (!other, pairs));
            assert_eq!(table.rows.len(), if other { 5 } else { 3 });
        }
    }

    #[test]
    fn the_summary_is_of_what_was_scored() {
        let summary = baseline(&["c1", "c2"]).summary["valid"].clone();
        assert_eq!((summary.cases, summary.mean, summary.standard_error, summary.p99), (2, 1.0, None, Some(1.0)));
    }

    #[test]
    fn age_is_told_beyond_the_limit_only() {
        let (stored, week) = (baseline(&["c1"]), SignedDuration::from_hours(7 * 24));
        let after = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        assert_eq!([stored.older_than(week, after(168)), stored.older_than(week, after(200))], [None, Some(8)]);
    }
}
