//! The runner of GitHub Actions, where the program is one of its steps: what it must not show, and what it allows.

use std::path::Path;

use super::publish::warned;
use super::{Error, output};
use crate::cli::{ArmOptions, RunArgs};
use crate::config::Config;
use crate::git::{self, Commit};
use crate::github::{self, EventKind, GitHubContext, command};

/// The runner; elsewhere nothing is known of one.
pub(super) struct Runner {
    pub(super) context: Option<GitHubContext>,
}

impl Runner {
    /// Reads what the runner tells, and has it mask the keys before anything is said.
    pub(super) fn read(config: &Config) -> Self {
        if GitHubContext::is_actions(&super::variable) {
            output::commands(&github::masks(config.secrets()));
        }
        Self::around()
    }

    /// Reads what the runner tells.
    pub(super) fn around() -> Self {
        let is_actions = GitHubContext::is_actions(&super::variable);
        let read = || warned("the environment of GitHub Actions", GitHubContext::read(&super::variable));
        Self { context: is_actions.then(read).flatten() }
    }

    /// Whether a key that is not there is a mistake. The pull requests of forks and of Dependabot get none.
    pub(super) fn has_keys(&self) -> bool {
        self.context.as_ref().is_none_or(|context| !context.lacks_secrets())
    }

    /// Refuses to go on where a job that has the repository's keys may have checked out what a fork wrote: the configuration
    /// would be the fork's, and with it the address that the keys are sent to. What may be checked out is the commit of the
    /// workflow itself; what is judged is named by `--head`, and is the commit that the event is about.
    pub(super) fn refuse_strangers(&self, config: &Config, arms: &ArmOptions) -> Result<(), Error> {
        let Some(context) = self.context.as_ref().filter(|context| context.is_privileged()) else { return Ok(()) };
        let here = git::head(config.folder());
        if here.is_none() || here != context.sha {
            let is = here.unwrap_or_else(|| "what git cannot tell".into());
            return Err(Error::Usage(format!(
                "this job has the repository's keys, was started by what a fork may have written, and has checked out {is}, which is \
                 not the commit of the workflow itself: a fork's configuration could send the keys anywhere; check out no \
                 ref, and name the commit to judge with `run --head COMMIT`"
            )));
        }
        let Some(head) = &context.event.head else { return Ok(()) };
        let judged = arms.head.as_deref().and_then(|name| Commit::named(config.folder(), name).ok());
        if judged.is_none_or(|commit| commit.id != *head) {
            return Err(Error::Usage(format!(
                "this job is about commit {head} and would judge something else: fetch it, and name it with `--head {head}`"
            )));
        }
        Ok(())
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
            let advice =
                "a maintainer can run it with the keys, as examples/workflows/eval-gate-fork-run.yml of eval-gate does";
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
