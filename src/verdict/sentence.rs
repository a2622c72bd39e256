//! The reasons of a verdict, a plain sentence each. The text is not escaped: tags and names in it come from strangers.

use std::collections::BTreeSet;

use super::gate::is_unpaired;
use super::{Circumstances, Floor, Gate, Outcome, floor, number, p_value, signed};
use crate::compare::{Comparison, MIN_CLUSTERS, ScoreTable};

/// Reasons, the weightiest first; a passing run has one.
pub(super) fn reasons(
    table: &ScoreTable,
    comparisons: &[Comparison],
    gates: &[Gate],
    floors: &[Floor],
    circumstances: &Circumstances,
) -> Vec<String> {
    let mut weighed: Vec<(Outcome, String)> = Vec::new();
    if table.rows.is_empty() {
        weighed.push((Outcome::Unjudged, "there was no case to compare".into()));
    }
    if let Some(variable) = &circumstances.missing_key {
        let why = "which the pull requests of forks do not get, so not every model was asked";
        weighed.push((Outcome::Unjudged, format!("this needs a maintainer: there is no {variable}, {why}")));
    }
    if let Some(why) = circumstances.why_incomplete() {
        // What a run that was cut short by its budget or by a failure measured is not what decided it.
        let decides = circumstances.fatal.is_some() || circumstances.is_budget_spent;
        let weight = if decides { Outcome::Fail } else { Outcome::Inconclusive };
        weighed.push((weight, why));
    }
    if let Some(why) = &circumstances.without_base {
        let weight = if floor::fails(floors) { Outcome::Inconclusive } else { Outcome::Fail };
        weighed.push((weight, why.clone()));
    }
    // Without the key, all that could not be judged has the one reason.
    let is_keyless = circumstances.missing_key.is_some();
    if !is_keyless {
        weighed.extend(unscored(table, gates, floors));
        weighed.extend(unpaired(table, gates));
    }
    let of_gates = gates
        .iter()
        .filter(|gate| !is_keyless || gate.outcome != Outcome::Unjudged)
        .filter_map(|gate| Some((gate.outcome, of_gate(table, &comparisons[gate.comparison], gate.outcome)?)));
    weighed.extend(of_gates);
    weighed.extend(floors.iter().filter_map(|floor| Some((floor.outcome, of_floor(table, floor)?))));
    weighed.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    if weighed.is_empty() {
        let is_gated = !(gates.is_empty() && floors.is_empty());
        let text = if is_gated { passed(gates, floors) } else { "there was no gate to judge".into() };
        weighed.push((Outcome::Pass, text));
    }
    weighed.into_iter().map(|(_, text)| text).collect()
}

fn passed(gates: &[Gate], floors: &[Floor]) -> String {
    let count = gates.len() + floors.len();
    match count {
        1 => "the one gated comparison is inside its margin".into(),
        _ => format!("all {count} gated comparisons are inside their margins"),
    }
}

/// What a comparison is of: a scorer's name, and the slice.
fn subject(table: &ScoreTable, comparison: &Comparison) -> String {
    let name = &table.columns[comparison.column].name;
    match &comparison.slice {
        None => name.clone(),
        Some(slice) => format!("{name} on {slice}"),
    }
}

fn of_gate(table: &ScoreTable, comparison: &Comparison, outcome: Outcome) -> Option<String> {
    let subject = subject(table, comparison);
    let (measured, test) = (comparison.measured.as_ref(), comparison.test.as_ref());
    let (Some(measured), Some(test)) = (measured, test) else {
        let why = match comparison.pairs {
            0 => "no case was scored in both arms".to_owned(),
            pairs if table.is_paired => {
                format!("{pairs} cases were scored in both arms, but they are{}", of_clusters(comparison))
            }
            _ => format!("the two samples are{}", of_clusters(comparison)),
        };
        return (outcome == Outcome::Unjudged).then(|| format!("{subject}: {why}"));
    };
    let share = measured.ratio.map(|ratio| format!(" ({} %)", signed((1000.0 * (ratio.value - 1.0)).round() / 10.0)));
    let share = share.unwrap_or_default();
    let moved = format!("{subject} went from {} to {}{share}", number(measured.baseline), number(measured.candidate));
    let interval = measured.interval.map_or_else(
        || "no interval".to_owned(),
        |interval| format!("95 % interval of the change {} to {}", signed(interval.low), signed(interval.high)),
    );
    let (margin, cases) = (number(test.margin), comparison.pairs);
    match outcome {
        Outcome::Fail => {
            let p = p_value(test.adjusted_p);
            Some(format!("{moved}, beyond its margin of {margin} ({interval}, adjusted p {p}, {cases} cases)"))
        }
        Outcome::Inconclusive => Some(format!(
            "{moved}; whether that is beyond its margin of {margin} is undecided ({interval}), on {cases} cases{}",
            way_out(comparison)
        )),
        Outcome::Pass | Outcome::Unjudged => None,
    }
}

/// How many clusters there are, and how many there must be.
fn of_clusters(comparison: &Comparison) -> String {
    let plural = if comparison.clusters == 1 { "" } else { "s" };
    format!(" of {} cluster{plural}, and fewer than {MIN_CLUSTERS} decide nothing", comparison.clusters)
}

/// What would settle an undecided comparison.
fn way_out(comparison: &Comparison) -> String {
    if comparison.clusters < MIN_CLUSTERS {
        return of_clusters(comparison);
    }
    comparison.cases_needed().map_or_else(String::new, |needed| format!("; about {needed} cases would settle it"))
}

fn of_floor(table: &ScoreTable, floor: &Floor) -> Option<String> {
    let name = &table.columns[floor.column].name;
    let Some(candidate) = floor.candidate.map(number) else {
        return Some(format!("{name}: no answer of the candidate was scored"));
    };
    let (side, beyond) = if floor.is_minimum { ("minimum", "below") } else { ("maximum", "above") };
    let level = number(floor.level);
    match floor.outcome {
        Outcome::Fail => Some(format!("{name} is {candidate}, {beyond} its {side} of {level}")),
        Outcome::Inconclusive => {
            Some(format!("{name} is {candidate}, {beyond} its {side} of {level}, but that may be chance"))
        }
        Outcome::Pass | Outcome::Unjudged => None,
    }
}

fn unpaired(table: &ScoreTable, gates: &[Gate]) -> Vec<(Outcome, String)> {
    let columns: BTreeSet<usize> = gates.iter().map(|gate| gate.column).collect();
    let sentence = |column: usize| {
        let (both, either) = table.paired(column);
        let name = &table.columns[column].name;
        (Outcome::Unjudged, format!("{name}: only {both} of {either} scored cases are scored in both arms"))
    };
    columns.into_iter().filter(|c| table.paired(*c).0 > 0 && is_unpaired(table, *c)).map(sentence).collect()
}

fn unscored(table: &ScoreTable, gates: &[Gate], floors: &[Floor]) -> Vec<(Outcome, String)> {
    let of_gates = gates.iter().filter(|gate| gate.outcome == Outcome::Unjudged).map(|gate| gate.column);
    let of_floors = floors.iter().filter(|floor| floor.outcome == Outcome::Unjudged).map(|floor| floor.column);
    let mut columns: Vec<usize> = of_gates.chain(of_floors).collect();
    columns.sort_unstable();
    columns.dedup();
    let sentence = |column: usize| {
        let (attempts, unscored) = table.unscored(column);
        let name = &table.columns[column].name;
        (Outcome::Unjudged, format!("{name} could not score {unscored} of {attempts} attempts"))
    };
    columns.into_iter().filter(|column| table.unscored(*column).1 > 0).map(sentence).collect()
}
