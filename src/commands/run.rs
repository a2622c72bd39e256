//! `run`: the main job.

use super::arms::Access;
use super::carry_out::carry_out_by_looks;
use super::conclude::conclude;
use super::foresight::warn_of_equal_arms;
use super::plan::Plan;
use super::publish::{Outcome, Publisher, close_unread};
use super::queue::{earlier, say_again};
use super::runner::Runner;
use super::shard::shard;
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
    runner.refuse_foreign_checkout(&config)?;
    let args = &runner.with_base(args);
    if let Some(share) = share {
        return shard(&config, args, *share, &runner).await;
    }
    let publisher = Publisher::open(&runner, &config, args).await;
    if let Some(earlier) = earlier(&runner, &config).await {
        return Ok(say_again(publisher, &earlier).await);
    }
    let outcome = judge(args, &runner).await;
    if let Some(publisher) = publisher {
        let _group = output::group("GitHub");
        publisher.close(&outcome).await;
    }
    outcome.map(|report| ExitStatus::from_code(report.verdict.exit_code))
}

async fn judge(args: &RunArgs, runner: &Runner) -> Outcome {
    let planning = output::group("Plan");
    let plan = Plan::with(args, Access { needs_keys: runner.has_keys(), machines: 1 }).await?;
    warn_of_equal_arms(&plan.candidate, &plan.baseline);
    let mut bench = plan.bench();
    drop(planning);
    let working = output::group("Replay and score");
    let finished = carry_out_by_looks(&plan, &mut bench).await;
    drop(working);
    // A recording that cannot be written must not cost the report, nor the other way round.
    let recorded = plan.providers.finish_recording();
    if let Some(variable) = &finished.circumstances.missing_key {
        runner.call_a_maintainer(variable);
    }
    let report = conclude(&plan, finished, &mut bench, args);
    output::report(&report, &args.config.out)?;
    recorded?;
    Ok(report)
}
