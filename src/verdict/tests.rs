//! The law, case by case.

use std::collections::BTreeMap;

use super::*;
use crate::compare::{Cell, Column, Family, Look, Row, Terms};
use crate::score::{Aggregate, Direction, GateConfig};

const RULES: Rules = Rules { false_block_rate: 0.05, max_unscored: 0.05 };

fn gate(yaml: &str) -> GateConfig {
    serde_yaml::from_str(yaml).unwrap()
}

fn column(yaml: &str) -> Column {
    let gate = gate(yaml);
    let direction = if gate.max_rise.is_some() { Direction::LowerIsBetter } else { Direction::HigherIsBetter };
    Column { name: "s".into(), direction, aggregate: Aggregate::Mean, scale: None, has_ratio: false, gate: Some(gate) }
}

/// A table of one scorer, from pairs of scores and the intent of each case; every case is its own cluster.
fn table(column: Column, scores: &[(f64, f64, &str)]) -> ScoreTable {
    let rows = scores.iter().enumerate().map(|(i, (baseline, candidate, intent))| Row {
        case: format!("c{i:04}"),
        cluster: format!("c{i:04}"),
        weight: 1.0,
        tags: BTreeMap::from([("intent".to_owned(), (*intent).to_owned())]),
        cells: vec![(Cell::of(*baseline), Cell::of(*candidate))],
    });
    ScoreTable::new(vec![column], rows.collect())
}

const TERMS: Terms = Terms { false_block_rate: 0.05, looks: 1, seed: 1 };

fn compare(table: &ScoreTable) -> Look {
    crate::compare::compare(table, TERMS)
}

fn verdict_of(table: &ScoreTable) -> Verdict {
    decide(table, &compare(table), RULES, &Circumstances::default())
}

fn repeat(times: usize, score: (f64, f64, &'static str)) -> impl Iterator<Item = (f64, f64, &'static str)> {
    std::iter::repeat_n(score, times)
}

#[test]
fn the_three_outcomes() {
    let unchanged: Vec<_> = repeat(50, (1.0, 1.0, "a")).collect();
    let broken: Vec<_> = repeat(30, (1.0, 1.0, "a")).chain(repeat(20, (1.0, 0.0, "a"))).collect();
    let unclear: Vec<_> = repeat(46, (1.0, 1.0, "a")).chain(repeat(3, (1.0, 0.0, "a"))).collect();
    for (scores, expected) in
        [(unchanged, Ruling::Pass), (broken, Ruling::Fail), (unclear, Ruling::Inconclusive), (vec![], Ruling::Error)]
    {
        let verdict = verdict_of(&table(column("max_drop: 0.05"), &scores));
        assert_eq!(verdict.ruling, expected, "{:?}", verdict.reasons);
    }
}

#[test]
fn a_broken_class_is_named_while_the_average_stays_inside_its_margin() {
    let scores: Vec<_> = repeat(184, (1.0, 1.0, "other")).chain(repeat(16, (1.0, 0.0, "refund"))).collect();
    let verdict = verdict_of(&table(column("{max_drop: 0.2, slices: [metadata.intent]}"), &scores));
    assert_eq!(verdict.ruling, Ruling::Fail);
    assert_eq!(
        verdict.reasons,
        [
            "s on intent=refund went from 1.000 to 0.000, beyond its margin of 0.200 (95 % interval of the change −1.000 to −1.000, adjusted p 0.0001, 16 cases)"
        ]
    );
    assert_eq!(verdict.gates.iter().filter(|gate| gate.outcome == Outcome::Fail).count(), 1);
}

#[test]
fn a_margin_for_classes_alone_is_held_in_them_and_nowhere_else() {
    let scores: Vec<_> = repeat(184, (1.0, 1.0, "other")).chain(repeat(16, (1.0, 0.0, "refund"))).collect();
    let verdict = verdict_of(&table(column("{slice_max_drop: 0.2, slices: [metadata.intent]}"), &scores));
    let outcomes: Vec<_> = verdict.gates.iter().map(|gate| gate.outcome).collect();
    assert_eq!((verdict.ruling, outcomes), (Ruling::Fail, vec![Outcome::Pass, Outcome::Fail]));
}

#[test]
fn a_significant_drop_inside_the_margin_does_not_fail() {
    let scores: Vec<_> = repeat(180, (1.0, 1.0, "a")).chain(repeat(20, (1.0, 0.0, "a"))).collect();
    assert_eq!(verdict_of(&table(column("max_drop: 0.2"), &scores)).ruling, Ruling::Pass);
}

#[test]
fn a_few_cases_decide_nothing() {
    for scores in [repeat(4, (1.0, 0.0, "a")).collect::<Vec<_>>(), repeat(4, (1.0, 1.0, "a")).collect()] {
        assert_eq!(verdict_of(&table(column("max_drop: 0.05"), &scores)).ruling, Ruling::Inconclusive);
    }
}

#[test]
fn a_rise_is_worse_where_lower_is_better_and_per_cent_are_of_the_baseline() {
    let dearer: Vec<_> = (0..60).map(|i| (100.0 + f64::from(i), 1.3 * (100.0 + f64::from(i)), "a")).collect();
    let cheaper: Vec<_> = dearer.iter().map(|(b, c, intent)| (*c, *b, *intent)).collect();
    assert_eq!(verdict_of(&table(column("max_rise: 20%"), &dearer)).ruling, Ruling::Fail);
    assert_eq!(verdict_of(&table(column("max_rise: 35%"), &dearer)).ruling, Ruling::Pass);
    assert_eq!(verdict_of(&table(column("max_rise: 0%"), &cheaper)).ruling, Ruling::Pass);
}

#[test]
fn too_much_unscored_is_an_error_and_a_little_is_not() {
    let scores: Vec<_> = repeat(100, (1.0, 1.0, "a")).collect();
    // The candidate's arm alone counts: 8 of its 100 are 4 of 200 attempts.
    for (unscored, expected) in [(5, Ruling::Pass), (8, Ruling::Error)] {
        let mut table = table(column("max_drop: 0.1"), &scores);
        for row in table.rows.iter_mut().take(unscored) {
            row.cells[0].1 = Cell { value: None, attempts: 1, unscored: 1 };
        }
        let verdict = verdict_of(&table);
        assert_eq!(verdict.ruling, expected, "{:?}", verdict.reasons);
    }
}

#[test]
fn a_candidate_that_lost_most_cases_cannot_pass() {
    for (missing, expected) in [(40, Ruling::Pass), (60, Ruling::Error)] {
        let mut table = table(column("max_drop: 0.1"), &repeat(100, (1.0, 1.0, "a")).collect::<Vec<_>>());
        table.rows.iter_mut().take(missing).for_each(|row| row.cells[0].1 = Cell::default());
        let verdict = verdict_of(&table);
        assert_eq!(verdict.ruling, expected, "{:?}", verdict.reasons);
    }
}

#[test]
fn a_spent_budget_never_fails() {
    let scores: Vec<_> = repeat(40, (1.0, 0.0, "a")).collect();
    let table = table(column("max_drop: 0.1"), &scores);
    let spent = Circumstances { is_budget_spent: true, ..Circumstances::default() };
    assert_eq!(decide(&table, &compare(&table), RULES, &spent).ruling, Ruling::Inconclusive);
}

#[test]
fn a_gate_that_scored_nothing_cannot_pass() {
    let mut table = table(column("max_drop: 0.1"), &repeat(20, (1.0, 1.0, "a")).collect::<Vec<_>>());
    table.rows.iter_mut().for_each(|row| row.cells[0] = (Cell::default(), Cell::default()));
    let verdict = verdict_of(&table);
    assert_eq!(verdict.ruling, Ruling::Error);
    assert_eq!(verdict.reasons, ["s: no case was scored in both arms"]);
}

#[test]
fn a_floor_holds_a_level_whatever_the_baseline_does() {
    let level = |passes: usize| -> Vec<_> {
        repeat(passes, (1.0, 1.0, "a")).chain(repeat(100 - passes, (0.0, 0.0, "a"))).collect()
    };
    for (passes, expected) in [(95, Ruling::Pass), (87, Ruling::Inconclusive), (60, Ruling::Fail)] {
        let verdict = verdict_of(&table(column("min: 0.9"), &level(passes)));
        assert_eq!(verdict.ruling, expected, "{passes}: {:?}", verdict.reasons);
    }
}

#[test]
fn what_could_not_be_judged_is_not_told_as_passed() {
    let mut nothing = table(column("min: 0.9"), &repeat(20, (1.0, 1.0, "a")).collect::<Vec<_>>());
    nothing.rows.iter_mut().for_each(|row| row.cells[0].1 = Cell::default());
    let mut ungated = table(column("max_drop: 0.1"), &repeat(20, (1.0, 1.0, "a")).collect::<Vec<_>>());
    ungated.columns[0].gate = None;
    for (table, reason) in
        [(nothing, "s: no answer of the candidate was scored"), (ungated, "there was no gate to judge")]
    {
        let verdict = verdict_of(&table);
        assert_eq!((verdict.ruling, verdict.reasons), (Ruling::Error, vec![reason.to_owned()]));
    }
}

#[test]
fn undecided_sentences_say_what_would_settle_them() {
    let scores: Vec<_> = repeat(46, (1.0, 1.0, "a")).chain(repeat(3, (1.0, 0.0, "a"))).collect();
    let reasons = verdict_of(&table(column("max_drop: 0.05"), &scores)).reasons;
    let expected = "s went from 1.000 to 0.939; whether that is beyond its margin of 0.050 is undecided (95 % interval of the change −0.131 to +0.008), on 49 cases; about ";
    assert!(reasons[0].starts_with(expected) && reasons[0].ends_with(" cases would settle it"), "{reasons:?}");
}

#[test]
fn a_floor_of_a_quantile_weighs_as_the_comparison_does() {
    let mut table = table(column("max: 5"), &(0..10).map(|i| (f64::from(i), f64::from(i), "a")).collect::<Vec<_>>());
    table.columns[0].aggregate = Aggregate::Quantile(0.5);
    table.rows.iter_mut().skip(5).for_each(|row| row.weight = 4.0);
    let look = compare(&table);
    let floor = decide(&table, &look, RULES, &Circumstances::default()).floors[0];
    assert_eq!(floor.candidate, look.comparisons[0].measured.map(|measured| measured.candidate));
    assert!(floor.candidate > Some(5.0), "{floor:?}");
}

#[test]
fn an_interrupted_or_unpaid_run_does_not_pass() {
    let table = table(column("max_drop: 0.05"), &repeat(50, (1.0, 1.0, "a")).collect::<Vec<_>>());
    let look = compare(&table);
    for circumstances in [
        Circumstances { is_budget_spent: true, ..Circumstances::default() },
        Circumstances { is_interrupted: true, ..Circumstances::default() },
    ] {
        assert_eq!(decide(&table, &look, RULES, &circumstances).ruling, Ruling::Inconclusive);
    }
}

#[test]
fn critical_gates_are_told_apart() {
    let scores: Vec<_> = repeat(46, (1.0, 1.0, "a")).chain(repeat(3, (1.0, 0.0, "a"))).collect();
    assert!(!verdict_of(&table(column("max_drop: 0.05"), &scores)).is_critical);
    assert!(verdict_of(&table(column("{max_drop: 0.05, critical: true}"), &scores)).is_critical);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let scores: Vec<_> = (0..80).map(|i| (f64::from(i % 3), f64::from((i * 7) % 3), "a")).collect();
    let first = table(column("max_drop: 0.05"), &scores);
    let mut rows = first.rows.clone();
    rows.reverse();
    let second = ScoreTable::new(first.columns.clone(), rows);
    assert_eq!(compare(&first), compare(&second));
}

#[test]
fn a_plain_regression_is_known_early_and_a_plain_no_change_later() {
    let broken: Vec<_> = (0..400).map(|i| (1.0, f64::from(u8::from(i % 2 == 0)), "a")).collect();
    let noisy: Vec<_> =
        (0..400).map(|i| (f64::from(u8::from(i % 9 > 0)), f64::from(u8::from(i % 7 > 0)), "a")).collect();
    let unclear: Vec<_> = (0..400).map(|i| (1.0, f64::from(u8::from(i % 16 > 0)), "a")).collect();
    for (scores, margin, expected) in [
        (&broken, 0.05, &[Ruling::Fail][..]),
        (&noisy, 0.12, &[Ruling::Inconclusive, Ruling::Pass]),
        (&unclear, 0.07, &[Ruling::Inconclusive; 4]),
    ] {
        let table = table(column(&format!("max_drop: {margin}")), scores);
        let mut family = Family::new(&table, Terms { looks: 4, ..TERMS });
        for (taken, expected) in expected.iter().enumerate() {
            let seen = table.up_to(family.order(), taken + 1, 4);
            let look = family.look(&seen);
            let verdict = decide(&seen, &look, RULES, &Circumstances::default());
            assert_eq!((verdict.ruling, look.number, look.is_last), (*expected, taken + 1, taken == 3), "{verdict:?}");
        }
    }
}

#[test]
fn a_floor_needs_its_whole_interval_to_be_held_early() {
    let scores: Vec<_> = (0..200).map(|i| (1.0, f64::from(u8::from(i % 20 > 0)), "a")).collect();
    let mut table = table(column("{min: 0.93, max_drop: 0.5}"), &scores);
    table.columns[0].scale = Some((0.0, 1.0));
    let mut family = Family::new(&table, Terms { looks: 2, ..TERMS });
    let outcomes = [1, 2].map(|taken| {
        let seen = table.up_to(family.order(), taken, 2);
        decide(&seen, &family.look(&seen), RULES, &Circumstances::default()).floors[0].outcome
    });
    assert_eq!(outcomes, [Outcome::Inconclusive, Outcome::Pass]);
}

#[test]
fn arms_of_other_cases_are_two_samples() {
    let arms = |drop: usize| {
        let rows = (0..240).map(|i| {
            let score = |passes: bool| Cell::of(f64::from(u8::from(passes)));
            let is_baseline = i < 120;
            let passes = if is_baseline { i % 10 > 0 } else { i % 10 > drop };
            Row {
                case: format!("c{i:04}"),
                cluster: format!("c{i:04}"),
                weight: 1.0,
                tags: BTreeMap::new(),
                cells: vec![if is_baseline {
                    (score(passes), Cell::default())
                } else {
                    (Cell::default(), score(passes))
                }],
            }
        });
        ScoreTable { is_paired: false, ..ScoreTable::new(vec![column("max_drop: 0.1")], rows.collect()) }
    };
    for (drop, expected) in [(0, Ruling::Pass), (1, Ruling::Inconclusive), (4, Ruling::Fail)] {
        let verdict = verdict_of(&arms(drop));
        assert_eq!(verdict.ruling, expected, "{drop}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_floor_is_not_decided_on_next_to_nothing() {
    let scores: Vec<_> = (0..32).map(|_| (4.0, 4.0, "a")).collect();
    let table = table(column("{min: 3.9}"), &scores);
    let mut family = Family::new(&table, Terms { looks: 4, ..TERMS });
    let outcomes = [1, 4].map(|taken| {
        let part = table.up_to(family.order(), taken, 4);
        decide(&part, &family.look(&part), RULES, &Circumstances::default()).floors[0].outcome
    });
    assert_eq!(outcomes, [Outcome::Inconclusive, Outcome::Pass]);
    let few = self::table(column("{min: 3.9}"), &scores[..4]);
    assert_eq!(verdict_of(&few).ruling, Ruling::Inconclusive);
}

#[test]
fn a_spent_budget_is_told_first() {
    let table = table(column("max_drop: 0.1"), &repeat(40, (1.0, 0.0, "a")).collect::<Vec<_>>());
    let spent = Circumstances { is_budget_spent: true, ..Circumstances::default() };
    let reasons = decide(&table, &compare(&table), RULES, &spent).reasons;
    assert!(reasons[0].starts_with("budget: ") && reasons[1].starts_with("s went"), "{reasons:?}");
}
