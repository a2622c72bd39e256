//! Score files: what `compare` reads, made by any harness. A JSON line a case:
//! `{"case": "c17", "cluster": "s4", "tags": {"intent": "refund"}, "scores": {"valid": 1}}`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cell, Column, Row, ScoreTable};
use crate::evalset::WEIGHTS;
use crate::score::LARGEST;

/// One line of a score file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreLine {
    /// The case's id; both files are paired by it.
    pub case: String,
    /// What the case depends on; the case itself where absent.
    pub cluster: Option<String>,
    /// How many cases of the population it stands for, relative to the others; 1 where absent.
    pub weight: Option<f64>,
    /// What was asked, as text: for the report, and for `slices: auto`.
    pub input: Option<String>,
    /// Tags, for slices.
    #[serde(default)]
    pub tags: Map<String, Value>,
    /// Scores by scorer; `null` is unscored.
    pub scores: BTreeMap<String, Option<f64>>,
}

/// Why a score file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScoreFileError {
    /// The file cannot be read.
    #[error("cannot read the scores {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not a case's scores.
    #[error("{}:{line}: {problem}; a line is {{\"case\": \"c1\", \"scores\": {{\"valid\": 1}}}}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Two lines are of one case.
    #[error("{}:{line}: the case `{case}` is there twice; average its repeats first", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: usize,
        /// The case.
        case: String,
    },
    /// There is no line.
    #[error("{}: there are no scores in it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The files say different things of what a case depends on or stands for.
    #[error(
        "the case `{case}` has another {what} in the candidate's scores than in the baseline's; give both files the same"
    )]
    Disagree {
        /// The case.
        case: String,
        /// `cluster` or `weight`.
        what: &'static str,
    },
    /// A gated scorer is in neither file.
    #[error("no case has a score `{name}`, which the configuration gates; there is {known}")]
    Unknown {
        /// The scorer.
        name: String,
        /// The scores that are there.
        known: String,
    },
}

/// Reads a score file, by case.
pub fn read_scores(path: &Path) -> Result<BTreeMap<String, ScoreLine>, ScoreFileError> {
    let text = std::fs::read_to_string(path).map_err(|source| ScoreFileError::Read { path: path.into(), source })?;
    let mut lines = BTreeMap::new();
    // Some programs begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        let wrong = |problem: String| ScoreFileError::Line { path: path.into(), line, problem };
        let scores: ScoreLine = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if scores.weight.is_some_and(|weight| !WEIGHTS.contains(&weight)) {
            return Err(wrong("a weight must be above 0, from a millionth to a million".into()));
        }
        if let Some((name, _)) = scores.scores.iter().find(|(_, score)| score.is_some_and(|s| s.abs() > LARGEST)) {
            return Err(wrong(format!("the score `{name}` is too large to compare")));
        }
        let case = scores.case.clone();
        if lines.insert(case.clone(), scores).is_some() {
            return Err(ScoreFileError::Twice { path: path.into(), line, case });
        }
    }
    if lines.is_empty() { Err(ScoreFileError::Empty { path: path.into() }) } else { Ok(lines) }
}

/// Pairs two score files. Cases that only one of them has stay in the table unpaired, so that they are counted.
pub fn pair_scores(
    columns: Vec<Column>,
    baseline: &BTreeMap<String, ScoreLine>,
    candidate: &BTreeMap<String, ScoreLine>,
) -> Result<ScoreTable, ScoreFileError> {
    let known: BTreeSet<&String> =
        baseline.values().chain(candidate.values()).flat_map(|line| line.scores.keys()).collect();
    let is_missing = |column: &&Column| column.gate.is_some() && !known.contains(&column.name);
    if let Some(column) = columns.iter().find(is_missing) {
        let known = known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ScoreFileError::Unknown { name: column.name.clone(), known });
    }
    let ids: BTreeSet<&String> = baseline.keys().chain(candidate.keys()).collect();
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let (baseline, candidate) = (baseline.get(id), candidate.get(id));
        check_agreement(id, baseline, candidate)?;
        rows.extend(row(&columns, baseline, candidate));
    }
    Ok(ScoreTable::new(columns, rows))
}

/// What only one of the files says holds for both; what they say differently is a mistake in one of them.
fn check_agreement(
    case: &str,
    baseline: Option<&ScoreLine>,
    candidate: Option<&ScoreLine>,
) -> Result<(), ScoreFileError> {
    let Some((baseline, candidate)) = baseline.zip(candidate) else { return Ok(()) };
    let differs = |what: &'static str| Err(ScoreFileError::Disagree { case: case.to_owned(), what });
    match (&baseline.cluster, &candidate.cluster, baseline.weight, candidate.weight) {
        (Some(a), Some(b), ..) if a != b => differs("cluster"),
        (_, _, Some(a), Some(b)) if (a - b).abs() > 0.0 => differs("weight"),
        _ => Ok(()),
    }
}

fn row(columns: &[Column], baseline: Option<&ScoreLine>, candidate: Option<&ScoreLine>) -> Option<Row> {
    let any = baseline.or(candidate)?;
    let cell = |line: Option<&ScoreLine>, column: &Column| match line.and_then(|line| line.scores.get(&column.name)) {
        Some(Some(value)) => Cell::of(*value),
        Some(None) => Cell { value: None, attempts: 1, unscored: 1 },
        None => Cell::default(),
    };
    // The baseline's tags come last, and win where both have one.
    let lines = || candidate.into_iter().chain(baseline);
    let cluster = lines().filter_map(|line| line.cluster.clone()).next_back();
    Some(Row {
        case: any.case.clone(),
        cluster: cluster.unwrap_or_else(|| any.case.clone()),
        weight: lines().filter_map(|line| line.weight).next_back().unwrap_or(1.0),
        tags: lines().flat_map(|line| &line.tags).map(|(tag, value)| (tag.clone(), tag_text(value))).collect(),
        cells: columns.iter().map(|column| (cell(baseline, column), cell(candidate, column))).collect(),
    })
}

/// A tag's value as text: a string without its quotes, anything else as JSON.
pub fn tag_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::table::testing::column;
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, ScoreLine>, ScoreFileError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_scores(file.path())
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, expected) in [
            ("", "there are no scores in it"),
            ("{\"case\": \"a\", \"scores\": {}}\nx", ":2: expected value"),
            ("{\"case\": \"a\", \"score\": {}}", ":1: unknown field `score`"),
            (
                "{\"case\": \"a\", \"scores\": {}}\n\n{\"case\": \"a\", \"scores\": {}}",
                ":3: the case `a` is there twice",
            ),
            ("{\"case\": \"a\", \"scores\": {}, \"weight\": 0}", ":1: a weight must be above 0"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn one_sided_cases_stay_unpaired_and_null_is_unscored() {
        let column = column("v", None);
        let baseline = read("{\"case\":\"a\",\"scores\":{\"v\":1}}\n{\"case\":\"b\",\"scores\":{\"v\":1}}").unwrap();
        let candidate =
            read("{\"case\":\"b\",\"scores\":{\"v\":null}}\n{\"case\":\"c\",\"scores\":{\"v\":0}}").unwrap();
        let table = pair_scores(vec![column], &baseline, &candidate).unwrap();
        let values: Vec<_> = table.rows.iter().map(|r| (r.cells[0].0.value, r.cells[0].1.value)).collect();
        assert_eq!(values, [(Some(1.0), None), (Some(1.0), None), (None, Some(0.0))]);
        assert_eq!(table.unscored(0), (4, 1));
    }
}
