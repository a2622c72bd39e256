//! One short function a command. They read like the way of the data: config, cases, replay, score, compare, verdict,
//! report.

mod aa;
mod arms;
mod baseline;
mod bill;
mod carry_out;
mod cases;
mod check;
mod clean;
mod comment;
mod compare;
mod conclude;
mod error;
mod foresight;
mod identity;
mod init;
mod judge;
mod merge;
mod output;
mod part;
mod plan;
mod providers;
mod publish;
mod queue;
mod redact;
mod repeat;
mod replay;
mod report;
mod run;
mod runner;
mod sample;
mod shard;
mod stored_prompt;
mod tally;
mod topics;
mod traffic;
mod work;
mod write_back;

use crate::cli::{Cli, Command, ConfigArgs};
use crate::config::Config;
use crate::exit::ExitStatus;

pub use self::error::Error;

/// Carries out what was asked for. Errors go to stderr, and their kind decides the exit status.
pub async fn run(cli: Cli) -> ExitStatus {
    let outcome = match cli.command {
        Command::Run(args) => run::run(&args).await,
        Command::Merge(args) => merge::merge(&args).await,
        Command::Sample(args) => sample::sample(&args).await,
        Command::Baseline(args) => baseline::baseline(&args).await,
        Command::Replay(args) => replay::replay(&args).await,
        Command::Check(args) => check::check(&args).await,
        Command::Aa(args) => aa::aa(&args).await,
        Command::Compare(args) => compare::compare(&args),
        Command::Report(args) => report::report(&args),
        Command::Redact(args) => redact::redact(&args),
        Command::Comment(args) => comment::comment(&args).await,
        Command::Init(args) => init::init(&args),
    };
    outcome.unwrap_or_else(|error| {
        output::error(&error);
        ExitStatus::from(&error)
    })
}

/// Reads the configuration with the process's environment.
fn read_config(args: &ConfigArgs) -> Result<Config, Error> {
    Ok(Config::read(&args.config, &variable)?)
}

/// A variable of the process's environment. An empty one counts as none: that is what Actions makes of a secret that a
/// job does not get.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
