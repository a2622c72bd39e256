//! `run`: the main job.

use super::carry_out::{Finished, carry_out_by_looks};
use super::conclude::conclude;
use super::foresight::warn_of_equal_arms;
use super::identity::subject;
use super::judge::Bench;
use super::plan::Plan;
use super::providers::Access;
use super::publish::{Publisher, Said, close_unread, finish};
use super::queue::earlier;
use super::runner::Runner;
use super::shard::shard;
use super::write_back::write_back;
use super::{Error, output, read_config};
use crate::cli::{GateArgs, RunArgs};
use crate::exit::ExitStatus;

pub(super) async fn run(args: &GateArgs) -> Result<ExitStatus, Error> {
    let GateArgs { run: args, shard: share } = args;
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(error) => return close_unread(args, error),
    };
    let runner = Runner::read(&config);
    let args = &runner.with_base(args);
    if let Some(share) = share {
        return shard(args, *share, &runner).await;
    }
    let publisher = Publisher::open(&runner, &config, args).await;
    let said = judge(args, &runner).await;
    finish(publisher, said).await
}

async fn judge(args: &RunArgs, runner: &Runner) -> Result<Said, Error> {
    let planning = output::group("Plan");
    let plan = Plan::with(args, Access { needs_keys: runner.has_keys(), machines: 1 }).await?;
    warn_of_equal_arms(&plan.candidate, &plan.baseline);
    let mut bench = plan.bench();
    drop(planning);
    if let Some(earlier) = earlier(runner, &plan, args).await {
        return Ok(Said::Again(earlier));
    }
    let working = output::group("Replay and score");
    let finished = carry_out_by_looks(&plan, &mut bench).await;
    drop(working);
    // A recording that cannot be written must not cost the report, nor the other way round.
    let recorded = plan.providers.finish_recording();
    let said = say(&plan, finished, &mut bench, args, runner).await?;
    recorded?;
    Ok(said)
}

/// Concludes a run, and writes its report.
pub(super) async fn say(
    plan: &Plan,
    finished: Finished,
    bench: &mut Bench<'_>,
    args: &RunArgs,
    runner: &Runner,
) -> Result<Said, Error> {
    let circumstances = finished.circumstances.clone();
    if let Some(variable) = &circumstances.missing_key {
        runner.call_a_maintainer(variable);
    }
    let report = conclude(plan, finished, bench, args);
    output::report(&report, &args.config.out)?;
    // What was not judged in full is nothing to say again, nor to keep beside the traces.
    let is_full = circumstances.missing_key.is_none() && circumstances.without_base.is_none();
    if is_full {
        write_back(plan, &report).await;
    }
    // Only a check run keeps it, and it takes as long as planning does.
    let is_kept = is_full && runner.context.is_some() && plan.config.github.check;
    Ok(Said::Now(Box::new(report), if is_kept { subject(plan, args) } else { None }))
}
