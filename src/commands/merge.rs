//! `merge`: the parts of a run on several machines become one report, as if one machine had worked through all of it.

use super::arms::Access;
use super::conclude::conclude;
use super::identity::identity;
use super::part::{Options, Parts};
use super::plan::Plan;
use super::publish::{Outcome, Publisher, close_unread};
use super::queue::{earlier, say_again};
use super::runner::Runner;
use super::{Error, output, read_config};
use crate::cli::{ConfigArgs, MergeArgs, ProviderOptions, RunArgs};
use crate::exit::ExitStatus;

pub(super) async fn merge(args: &MergeArgs) -> Result<ExitStatus, Error> {
    let paths = if args.parts.is_empty() { std::slice::from_ref(&args.config.out) } else { &args.parts };
    let parts = Parts::read(paths);
    let options = parts.as_ref().map(|parts| parts.options().clone()).unwrap_or_default();
    let run = run_args(&args.config, options);
    let config = match read_config(&args.config) {
        Ok(config) => config,
        Err(error) => return close_unread(&run, error),
    };
    let runner = Runner::read(&config);
    let publisher = Publisher::open(&runner, &config, &run).await;
    if let Some(earlier) = earlier(&runner, &config).await {
        return Ok(say_again(publisher, &earlier).await);
    }
    let outcome = match parts {
        Ok(parts) => judge(&run, parts, &runner).await,
        Err(error) => Err(error),
    };
    if let Some(publisher) = publisher {
        let _group = output::group("GitHub");
        publisher.close(&outcome).await;
    }
    outcome.map(|report| ExitStatus::from_code(report.verdict.exit_code))
}

/// Plans the run that the parts are of, and concludes it with their answers. Nothing is asked, so no key is needed.
async fn judge(run: &RunArgs, parts: Parts, runner: &Runner) -> Outcome {
    let plan = Plan::with(run, Access { needs_keys: false, machines: 1 }).await?.at_once();
    let finished = parts.finished(&plan, &identity(&plan)?)?;
    if let Some(variable) = &finished.circumstances.missing_key {
        runner.call_a_maintainer(variable);
    }
    let mut bench = plan.bench();
    let report = conclude(&plan, finished, &mut bench, run);
    output::report(&report, &run.config.out)?;
    Ok(report)
}

/// The command line of the run.
fn run_args(config: &ConfigArgs, options: Options) -> RunArgs {
    let Options { arms, sampling, provider } = options;
    let providers = ProviderOptions { provider, ..ProviderOptions::default() };
    RunArgs { looks: None, config: config.clone(), arms, sampling, providers }
}
