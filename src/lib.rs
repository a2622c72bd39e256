//! Replays sampled production traces against a changed prompt, model or route, and decides whether the change may merge.
//!
//! The tour, in the order of the data:
//!
//! 1. [`config`] reads `eval-gate.yaml` and says all that is wrong with it at once.
//! 2. [`source`] reads traces, [`trace`] makes cases of them, [`sample`] chooses, [`redact`] takes secrets and personal
//!    data out, and [`evalset`] keeps the result.
//! 3. [`prompt`] renders the change for a case, [`provider`] asks the model, [`replay`] does so for both arms.
//! 4. [`score`] turns attempts into numbers, [`topic`] finds classes of questions, [`compare`] pairs the numbers and
//!    calls [`stats`].
//! 5. [`verdict`] applies the law, [`report`] says it, [`exit`] gives it a number.
//!
//! [`cli`] and [`commands`] are the edge; [`git`] knows the base commit; [`github`] speaks on the pull request; [`progress`]
//! is what people see meanwhile.

pub mod cli;
pub mod commands;
pub mod compare;
pub mod config;
pub mod evalset;
pub mod exit;
pub mod git;
pub mod github;
pub mod progress;
pub mod prompt;
pub mod provider;
pub mod redact;
pub mod replay;
pub mod report;
pub mod sample;
pub mod score;
pub mod source;
pub mod stats;
pub mod topic;
pub mod trace;
pub mod verdict;

pub use cli::Cli;
pub use commands::run;
pub use exit::ExitStatus;
