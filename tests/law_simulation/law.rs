//! Simulated suites judged as the program judges them: paired, sliced, looked at, and held against a margin of 0.

use std::collections::BTreeMap;

use eval_gate::compare::{Cell, Column, Family, Row, ScoreTable, Terms};
use eval_gate::score::{Aggregate, Direction};
use eval_gate::verdict::{Circumstances, Rules, Ruling, decide};

use crate::scenario::{ALPHA, Outcome, Suite, Trial};

/// Runs a trial through the whole law. Its flips are the program's own.
pub(crate) fn judge(trial: &Trial, seed: u64) -> Outcome {
    let table = table(trial, seed);
    let rules = Rules { false_block_rate: ALPHA, max_unscored: 0.05 };
    let mut family = Family::new(&table, Terms { false_block_rate: ALPHA, looks: trial.looks, seed });
    for look in 1..=trial.looks {
        let part = table.up_to(family.order(), look, trial.looks);
        let verdict = decide(&part, &family.look(&part), rules, &Circumstances::default());
        if verdict.ruling == Ruling::Fail {
            return Outcome { blocked: true, used: part.rows.len() as f64 / table.rows.len() as f64 };
        }
    }
    Outcome { blocked: false, used: 1.0 }
}

fn table(trial: &Trial, seed: u64) -> ScoreTable {
    let rows = trial.rows(seed);
    let slices = if trial.suite == Suite::Slices { ", slices: [metadata.slice]" } else { "" };
    let gate = serde_yaml::from_str(&format!("{{ max_drop: 0{slices} }}")).expect("a gate");
    let column = |number: usize| Column {
        name: format!("scorer {number}"),
        direction: Direction::HigherIsBetter,
        aggregate: Aggregate::Mean,
        scale: None,
        has_ratio: false,
        gate: Some(Clone::clone(&gate)),
    };
    let columns = (0..rows.first().map_or(0, |row| row.differences.len())).map(column).collect();
    let rows = rows.iter().enumerate().map(|(number, row)| Row {
        case: format!("c{number}"),
        cluster: format!("s{}", row.cluster),
        weight: 1.0,
        tags: row.slice.map(|slice| ("slice".to_owned(), slice.to_string())).into_iter().collect::<BTreeMap<_, _>>(),
        cells: row.differences.iter().map(|difference| (Cell::of(0.0), Cell::of(*difference))).collect(),
    });
    ScoreTable::new(columns, rows.collect())
}
