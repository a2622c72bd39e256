//! `merge`: the parts of a run on several machines become one report, as if one machine had worked through all of it.

use super::identity::identity;
use super::part::{Options, Parts};
use super::plan::Plan;
use super::providers::Access;
use super::publish::{Publisher, Said, close_unread, finish};
use super::queue::earlier;
use super::run::say;
use super::runner::Runner;
use super::{Error, read_config};
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
    let said = match parts {
        Ok(parts) => judge(&run, parts, &runner).await,
        Err(error) => Err(error),
    };
    finish(publisher, said).await
}

/// Plans the run that the parts are of, and concludes it with their answers. Nothing is asked, so no key is needed.
async fn judge(run: &RunArgs, parts: Parts, runner: &Runner) -> Result<Said, Error> {
    let plan = Plan::with(run, Access { needs_keys: false, machines: 1 }).await?.at_once();
    if let Some(earlier) = earlier(runner, &plan, run).await {
        return Ok(Said::Again(earlier));
    }
    let finished = parts.finished(&plan, &identity(&plan)?)?;
    say(&plan, finished, &mut plan.bench(), run, runner).await
}

/// The command line of the run.
fn run_args(config: &ConfigArgs, options: Options) -> RunArgs {
    let Options { arms, sampling, provider } = options;
    let providers = ProviderOptions { provider, ..ProviderOptions::default() };
    RunArgs { looks: None, config: config.clone(), arms, sampling, providers }
}
