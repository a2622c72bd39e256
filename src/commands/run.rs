//! `run`: the main job.

use super::carry_out::carry_out_by_looks;
use super::conclude::conclude;
use super::foresight::warn_of_equal_arms;
use super::plan::Plan;
use super::publish::{Outcome, Publisher, close_unread};
use super::{Error, output, read_config};
use crate::cli::RunArgs;
use crate::exit::ExitStatus;

pub(super) async fn run(args: &RunArgs) -> Result<ExitStatus, Error> {
    let config = read_config(&args.config).inspect_err(|error| close_unread(args, error))?;
    let publisher = Publisher::open(&config, args).await;
    let outcome = judge(args).await;
    if let Some(publisher) = publisher {
        let _group = output::group("GitHub");
        publisher.close(&outcome).await;
    }
    outcome.map(|report| ExitStatus::from_code(report.verdict.exit_code))
}

async fn judge(args: &RunArgs) -> Outcome {
    let planning = output::group("Plan");
    let plan = Plan::new(args)?;
    warn_of_equal_arms(&plan.candidate, &plan.baseline.arm);
    let mut bench = plan.bench();
    drop(planning);
    let working = output::group("Replay and score");
    let finished = carry_out_by_looks(&plan, &mut bench).await;
    drop(working);
    // A recording that cannot be written must not cost the report, nor the other way round.
    let recorded = plan.providers.finish_recording();
    let report = conclude(&plan, finished, &mut bench, args);
    output::report(&report, &args.config.out)?;
    recorded?;
    Ok(report)
}
