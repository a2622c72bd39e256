//! What is typed: the doc comments here are the help texts.
#![expect(missing_docs, reason = "flattened options have their docs where they are defined")]

mod shard;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde::{Deserialize, Serialize};

pub use self::shard::Shard;

/// Replays sampled production traces against a changed prompt, model or route, and says whether the change may merge.
///
/// Exit codes: 0 pass (or inconclusive, where the config lets it), 1 fail, 2 usage or configuration error and nothing was
/// sent, 3 inconclusive where that blocks, 4 the run could not be judged.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the candidate on the cases, compare it with the baseline, and give the verdict
    Run(GateArgs),
    /// Put the parts of a run on several machines together, and give the verdict
    Merge(MergeArgs),
    /// Turn recorded traces into an evalset: a folder of frozen, redacted cases
    Sample(SampleArgs),
    /// Score the baseline's answers and store the scores, to compare later candidates with
    Baseline(BaselineArgs),
    /// Ask one case again with the candidate's prompt, and show both answers as a diff
    Replay(ReplayArgs),
    /// Check the configuration and all it names, and show what a run would do and cost; sends nothing
    Check(RunArgs),
    /// Measure the gate itself: the baseline against itself, how often that would block, and how noisy each scorer is
    Aa(AaArgs),
    /// Give the verdict on scores made by any other harness
    Compare(CompareArgs),
    /// Render a finished run's report.json again
    Report(ReportArgs),
    /// Write a finished run's report.json on its pull request, as the gate's one comment
    Comment(CommentArgs),
    /// Print a file without secrets and personal data, or show what redaction would take out
    Redact(RedactArgs),
    /// Write a configuration, an example prompt and the workflow, as far as they are not there; asks nothing
    Init(InitArgs),
}

/// Options that choose the configuration.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// The configuration
    #[arg(short, long, value_name = "FILE", default_value = "eval-gate.yaml", env = "EVAL_GATE_CONFIG")]
    pub config: PathBuf,
    /// The folder for everything that a run makes
    #[arg(long, value_name = "DIR", default_value = ".eval-gate", env = "EVAL_GATE_OUT")]
    pub out: PathBuf,
}

/// Options that choose the cases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct SampleOptions {
    /// Take N cases, instead of the configuration's `sample.size`
    #[arg(long, value_name = "N")]
    pub sample: Option<NonZeroUsize>,
    /// The seed of sampling and of the sign flips, instead of the configuration's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Options that choose who answers.
#[derive(Debug, Clone, Default, Args)]
pub struct ProviderOptions {
    /// The provider to use in place of `default`, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Use recorded answers and the cache only; a miss is an error
    #[arg(long)]
    pub offline: bool,
    /// Ask again even where the cache has an answer
    #[arg(long, conflicts_with = "offline")]
    pub fresh: bool,
    /// Write every answer to FILE, for a `recorded` provider to answer from
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Options that choose the change and what it is measured against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct ArmOptions {
    /// The candidate's prompt, instead of the configuration's: a file, `phoenix:NAME@TAG` or `langfuse:NAME@LABEL`
    #[arg(long, value_name = "FILE")]
    pub prompt: Option<PathBuf>,
    /// The candidate's model, instead of the configuration's and the prompt file's
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The baseline, instead of the configuration's: recorded, replay, a baseline.json, `phoenix:NAME@TAG` or `langfuse:NAME@LABEL`
    #[arg(long, value_name = "WHAT")]
    pub baseline: Option<String>,
    /// The commit whose prompt is the baseline of `replay`
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// The commit whose prompt, and whose configuration's `candidate`, are the candidate; all else is what is checked out
    #[arg(long, value_name = "REF", conflicts_with = "prompt")]
    pub head: Option<String>,
}

/// `run`.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Work through one of N shares of the cases, and leave the verdict to `merge`
    #[arg(long, value_name = "I/N", conflicts_with = "looks")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The parts that `run --shard` wrote, or folders with them; the run's own folder where absent
    #[arg(value_name = "PART")]
    pub parts: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What `run` and `check` work with.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Look at the scores N times, instead of the configuration's `decision.looks`, and stop when the verdict is known
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub looks: Option<u32>,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub arms: ArmOptions,
    #[command(flatten)]
    pub sampling: SampleOptions,
    #[command(flatten)]
    pub providers: ProviderOptions,
}

/// `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub sampling: SampleOptions,
    /// The evalset's folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Replace the cases that are there
    #[arg(long)]
    pub replace: bool,
}

/// `baseline`.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The file to write; baseline.json beside the evalset where absent
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// `aa`.
#[derive(Debug, Args)]
pub struct AaArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Suites to make up from the measured scores, each judged as a run is
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    pub trials: u64,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The case's id, or its first characters
    pub case: String,
    #[command(flatten)]
    pub run: RunArgs,
}

/// `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The baseline's scores, JSON lines
    pub baseline: PathBuf,
    /// The candidate's scores, JSON lines
    pub candidate: PathBuf,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Look at the scores N times, instead of the configuration's `decision.looks`; 1 uses all of them at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub looks: Option<u32>,
    /// The seed of the sign flips, instead of the configuration's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A report.json
    pub report: PathBuf,
    /// The format on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `comment`.
#[derive(Debug, Args)]
pub struct CommentArgs {
    /// A report.json; it may come from a fork's run
    pub report: PathBuf,
    /// The pull request; that of the event which started the workflow where absent
    #[arg(long, value_name = "N")]
    pub pr: Option<u64>,
    /// The commit that the report is of; nothing is written if the pull request has a newer one
    #[arg(long, value_name = "SHA", value_parser = commit)]
    pub head: Option<String>,
    /// The gate whose comment it is, by its name; the report's own where absent
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,
    /// The login that writes the comments: whose token it is
    #[arg(long, value_name = "LOGIN", default_value = "github-actions[bot]", env = "EVAL_GATE_COMMENT_AUTHOR")]
    pub comment_author: String,
}

/// `redact`.
#[derive(Debug, Args)]
pub struct RedactArgs {
    /// A text, or JSON lines; - for standard input
    pub file: PathBuf,
    /// Show what would go, without the values, and end with exit code 1 if there is any
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder for the configuration; the repository's root where absent
    pub dir: Option<PathBuf>,
    /// Replace the configuration and the workflow that are there; prompts and cases stay
    #[arg(long)]
    pub force: bool,
}

/// A commit's full id, for a part of one could be several.
fn commit(text: &str) -> Result<String, String> {
    let is_commit = matches!(text.len(), 40 | 64) && text.bytes().all(|c| c.is_ascii_hexdigit());
    if is_commit { Ok(text.to_ascii_lowercase()) } else { Err("expected a commit's full id of 40 digits".into()) }
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The verdict and its table as plain text
    Text,
    /// Markdown as GitHub renders it
    #[value(alias = "md")]
    Markdown,
    /// One HTML file with every case, which needs nothing else
    Html,
    /// JUnit's XML, a test case for each gate
    Junit,
    /// JSON, version 1
    Json,
}
