//! The runner of GitHub Actions, where the program is one of its steps: what it must not show, and what it allows.

use std::path::Path;

use super::publish::warned;
use super::{Error, output};
use crate::cli::RunArgs;
use crate::config::Config;
use crate::git;
use crate::github::{self, EventKind, GitHubContext, command};

/// The runner; elsewhere nothing is known of one.
pub(super) struct Runner {
    pub(super) context: Option<GitHubContext>,
}

impl Runner {
    /// Reads what the runner tells, and has it mask the keys before anything is said.
    pub(super) fn read(config: &Config) -> Self {
        let lookup = |name: &str| std::env::var(name).ok();
        if !GitHubContext::is_actions(&lookup) {
            return Self { context: None };
        }
        output::commands(&github::masks(config.secrets()));
        Self { context: warned("the environment of GitHub Actions", GitHubContext::read(&lookup)) }
    }

    /// Whether a key that is not there is a mistake. The pull requests of forks and of Dependabot get none.
    pub(super) fn has_keys(&self) -> bool {
        self.context.as_ref().is_none_or(|context| !context.lacks_secrets())
    }

    /// Refuses to go on where a job that has the repository's keys has checked out what a fork wrote: the configuration would
    /// be the fork's, and with it the address that the keys are sent to.
    pub(super) fn refuse_foreign_checkout(&self, config: &Config) -> Result<(), Error> {
        let Some(context) = self.context.as_ref().filter(|context| context.is_privileged()) else { return Ok(()) };
        let Some(head) = context.event.head.as_deref().filter(|head| git::contains(config.folder(), head)) else {
            return Ok(());
        };
        let name = if context.event.kind == EventKind::WorkflowRun { "workflow_run" } else { "pull_request_target" };
        Err(Error::Usage(format!(
            "this job runs on {name} with the repository's keys and has checked out commit {head} of a fork, which could send \
             them anywhere; check out the base branch, and name the commit with `run --head {head}`"
        )))
    }

    /// The same arguments with the base that the merge queue names: what is queued before is not this change's doing.
    pub(super) fn with_base(&self, args: &RunArgs) -> RunArgs {
        let mut args = args.clone();
        let queued = self.context.as_ref().filter(|context| context.event.kind == EventKind::MergeGroup);
        args.arms.base = args.arms.base.or_else(|| queued?.event.base.clone());
        args
    }

    /// Says that a maintainer has to look, where people see it who do not open the log.
    pub(super) fn call_a_maintainer(&self, variable: &str) {
        if self.context.is_some() {
            let advice = "a maintainer can run it with the keys: see docs/github.md of eval-gate";
            output::commands(&[command("warning", &format!("eval-gate needs a maintainer: no {variable}; {advice}"))]);
        }
    }

    /// Tells later steps where a part of a run is.
    pub(super) fn write_part(&self, path: &Path) {
        let file = self.context.as_ref().and_then(|context| context.output.as_ref());
        if let Some(file) = file {
            let outputs = [("report-path", path.display().to_string())];
            warned("the outputs", github::write_outputs(file, &outputs));
        }
    }
}
