//! `check`: everything that a run would read is read and checked, the plan and its price are shown, nothing is sent.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::tell_recorded_scores;
use super::foresight::warn_of_equal_arms;
use super::plan::Plan;
use super::{Error, arms, output};
use crate::cli::RunArgs;
use crate::compare::{Cell, MIN_CLUSTERS, ScoreTable, forecasts};
use crate::evalset::Case;
use crate::exit::ExitStatus;
use crate::provider::Usage;
use crate::replay::{Asked, BaselineArm, Budget, Cancel};
use crate::score::{Scoring, Subject};

pub(super) async fn check(args: &RunArgs) -> Result<ExitStatus, Error> {
    let plan = Plan::new(args).await?;
    warn_of_equal_arms(&plan.candidate, &plan.baseline);
    let mut lines = describe(&plan);
    lines.extend(foresee(&plan).await);
    lines.extend(price(&plan));
    lines.iter().for_each(|line| output::data(&(crate::report::escape::plain(line) + "\n")));
    Ok(ExitStatus::Pass)
}

fn describe(plan: &Plan) -> Vec<String> {
    let cases = &plan.chosen.cases;
    let clusters: BTreeSet<&str> = cases.iter().map(Case::cluster_key).collect();
    let mut lines = vec![
        format!("{} is valid", plan.config.path.display()),
        format!(
            "cases: {} of {} seen, in {} clusters, from {}",
            cases.len(),
            plan.chosen.seen,
            clusters.len(),
            plan.chosen.of
        ),
    ];
    lines.extend(plan.chosen.counts().iter().map(|count| format!("  left out: {} × {}", count.count, count.what)));
    lines.extend(tell_recorded_scores(cases).map(|told| format!("  {told}")));
    if clusters.len() < MIN_CLUSTERS {
        lines.push(format!("  fewer than {MIN_CLUSTERS} clusters decide nothing: sample more cases"));
    }
    lines.push(format!("candidate: {}", arms::describe(&plan.candidate)));
    lines.push(format!("baseline: {}", plan.baseline.of));
    for scorer in plan.panel.scorers() {
        let role = if scorer.gate.is_some() { "gated" } else { "advisory" };
        lines.push(format!("scorer: {}, {role}", scorer.name));
    }
    lines
}

/// What the run could see, as far as the baseline's scores are known without asking anyone: those of a stored baseline,
/// and what plain scorers say of production's answers.
async fn foresee(plan: &Plan) -> Vec<String> {
    let mut table = plan.planned_table();
    if matches!(plan.baseline.arm, BaselineArm::Recorded) {
        score_recorded(plan, &mut table).await;
    }
    let looks = if table.is_paired { plan.terms.looks } else { 1 };
    let mut lines = vec![match looks {
        1 => "looks: one, at all cases".to_owned(),
        _ => format!("looks: {looks}; the run stops at the first that knows the verdict"),
    }];
    let mut unknown = Vec::new();
    for forecast in forecasts(&table, plan.terms) {
        match forecast.sight {
            Some(_) => lines.push(format!("gate: {forecast}")),
            None => unknown.push(forecast.subject),
        }
    }
    if !unknown.is_empty() {
        let advice = "not known before there are scores: `eval-gate baseline` or a first run makes them";
        lines.push(format!("gate: {}: what it could see is {advice}", unknown.join(", ")));
    }
    lines
}

/// Fills in what needs no model.
async fn score_recorded(plan: &Plan, table: &mut ScoreTable) {
    let budget = Budget::new(None, None, Cancel::default());
    let replay = plan.replay(None, &budget);
    let cases: BTreeMap<&str, &Case> = plan.chosen.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    for row in &mut table.rows {
        let Some(case) = cases.get(row.case.as_str()) else { continue };
        for attempt in &replay.case(case).await.baseline {
            let subject = Subject::new(case, attempt);
            for (scorer, pair) in plan.panel.scorers().iter().zip(&mut row.cells) {
                if let Scoring::Done(score) = scorer.score(&subject) {
                    pair.0 = score.value().map_or_else(Cell::default, Cell::of);
                }
            }
        }
    }
}

/// Calls, and what the answers would cost if each took as many tokens as production's did. Judges' prompts are not known
/// before there are answers, so their money is not in it.
fn price(plan: &Plan) -> Vec<String> {
    let repeats = plan.config.decision.repeats as usize;
    let asked: Vec<&Asked> = match &plan.baseline.arm {
        BaselineArm::Asked(baseline) => vec![&plan.candidate, baseline],
        BaselineArm::Recorded | BaselineArm::Absent => vec![&plan.candidate],
    };
    let calls = plan.chosen.cases.len() * repeats * asked.len();
    let judges = plan.panel.scorers().iter().filter(|scorer| scorer.judge().is_some()).count();
    let judged_arms = usize::from(!matches!(plan.baseline.arm, BaselineArm::Absent)) + 1;
    let judge_calls = plan.chosen.cases.len() * repeats * judged_arms * judges;
    let cost: Option<f64> = asked.iter().map(|asked| cost(plan, asked)).sum();
    let cost = cost.map_or_else(
        || "unknown: a model's price or production's token counts are missing".to_owned(),
        |usd| format!("about {:.4} US dollars", usd * repeats as f64),
    );
    vec![
        format!("calls: {calls} to answer, at most {judge_calls} to judge; what the cache has is not asked again"),
        format!("price of the answers: {cost}"),
    ]
}

fn cost(plan: &Plan, asked: &Asked) -> Option<f64> {
    let one = |case| {
        let steps = asked.steps(case, &plan.config.vars).ok()?;
        let usage = case.recorded.as_ref()?.usage?;
        let usage = Usage { input: usage.input, output: usage.output, cached: usage.cached };
        plan.config.prices.cost(&steps.first()?.request.model, usage)
    };
    plan.chosen.cases.iter().map(one).sum()
}
