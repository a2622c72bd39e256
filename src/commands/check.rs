//! `check`: everything that a run would read is read and checked, the plan and its price are shown, nothing is sent.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::{Error, arms, output};
use crate::cli::RunArgs;
use crate::compare::MIN_CLUSTERS;
use crate::evalset::Case;
use crate::exit::ExitStatus;
use crate::provider::Usage;
use crate::replay::{Asked, BaselineArm};

pub(super) fn check(args: &RunArgs) -> Result<ExitStatus, Error> {
    let plan = Plan::new(args)?;
    let mut lines = describe(&plan);
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
