//! `run`: the main job.

use super::carry_out::carry_out_by_looks;
use super::conclude::conclude;
use super::foresight::warn_of_equal_arms;
use super::plan::Plan;
use super::{Error, output};
use crate::cli::RunArgs;
use crate::exit::ExitStatus;

pub(super) async fn run(args: &RunArgs) -> Result<ExitStatus, Error> {
    let plan = Plan::new(args)?;
    warn_of_equal_arms(&plan.candidate, &plan.baseline.arm);
    let mut bench = plan.bench();
    let finished = carry_out_by_looks(&plan, &mut bench).await;
    // A recording that cannot be written must not cost the report, nor the other way round.
    let recorded = plan.providers.finish_recording();
    let report = conclude(&plan, finished, &mut bench, args);
    output::report(&report, &args.config.out)?;
    recorded?;
    Ok(ExitStatus::from_code(report.verdict.exit_code))
}
