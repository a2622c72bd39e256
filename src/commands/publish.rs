//! What a run says on GitHub: the check run, the job summary, the comment, the outputs. Nothing outside Actions, and never a
//! different exit code: what does not succeed is a warning.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::runner::Runner;
use super::{Error, bill, output};
use crate::cli::RunArgs;
use crate::config::{CommentWhen, Config, PromptSource};
use crate::exit::ExitStatus;
use crate::github::{
    self, By, CheckRun, Client, Comment, Completion, Conclusion, Earlier, GitHubContext, GitHubError, Level, Marker,
    Posted, limits,
};
use crate::report::escape::{inline, plain};
use crate::report::{Report, Ruling, brief, headline};

/// A run's place on GitHub.
pub(super) struct Publisher<'a> {
    config: &'a Config,
    args: &'a RunArgs,
    pub(super) context: GitHubContext,
    pub(super) client: Option<Client>,
    pub(super) check: Option<CheckRun>,
}

/// What a run came to: a report, or why there is none.
type Outcome = Result<Report, Error>;

/// What a run has to say.
pub(super) enum Said {
    /// Its report, and what that is of, where another run may say it again.
    Now(Box<Report>, Option<String>),
    /// What was said before.
    Again(Earlier),
}

/// Says on GitHub what a run came to, and gives its exit status.
pub(super) async fn finish(publisher: Option<Publisher<'_>>, said: Result<Said, Error>) -> Result<ExitStatus, Error> {
    let (outcome, subject) = match said {
        Ok(Said::Again(earlier)) => {
            if let Some(publisher) = publisher {
                publisher.say_again(&earlier).await;
            }
            return Ok(ExitStatus::Pass);
        }
        Ok(Said::Now(report, subject)) => (Ok(*report), subject),
        Err(error) => (Err(error), None),
    };
    if let Some(publisher) = publisher {
        let _group = output::group("GitHub");
        publisher.close(&outcome, subject).await;
    }
    outcome.map(|report| ExitStatus::from_code(report.verdict.exit_code))
}

impl<'a> Publisher<'a> {
    /// Opens the check run, if the program runs in Actions.
    pub(super) async fn open(runner: &Runner, config: &'a Config, args: &'a RunArgs) -> Option<Self> {
        let context = runner.context.clone()?;
        let is_silent = config.github.comment == CommentWhen::Never && !config.github.check;
        let client = if is_silent { None } else { warned("GitHub", Client::new(&context)) };
        let mut publisher = Self { config, args, context, client, check: None };
        publisher.check = publisher.open_check().await;
        Some(publisher)
    }

    async fn open_check(&self) -> Option<CheckRun> {
        let client = self.client.as_ref().filter(|_| self.config.github.check && !self.context.is_fork())?;
        let opening = CheckRun::open(client, &self.context, &self.config.name);
        warned("the check run", in_time(opening).await).flatten()
    }

    /// Says what the run came to.
    async fn close(mut self, outcome: &Outcome, subject: Option<String>) {
        self.write_summary(outcome);
        if let Some(check) = self.check.take() {
            let completed = in_time(self.complete(check, outcome, subject)).await;
            warned("the check run", completed);
        }
        let address = match in_time(self.comment(outcome)).await {
            Ok(posted) => posted.map(told),
            Err(error) => {
                let is_refused = self.context.is_fork() && error.status() == Some(403);
                let why = if is_refused { "a fork's own run may not comment".into() } else { error.to_string() };
                output::note(&format!("warning: the comment: {why}; the report is in the job summary"));
                None
            }
        };
        write_outputs(&self.context, self.args, outcome.as_ref(), address.unwrap_or_default());
    }

    fn write_summary(&self, outcome: &Outcome) {
        let Some(file) = &self.context.summary else { return };
        let text = self.text(outcome, github::room_in_summary(file));
        warned("the job summary", github::append_summary(file, &text));
    }

    async fn complete(&self, check: CheckRun, outcome: &Outcome, subject: Option<String>) -> Result<(), GitHubError> {
        let Some(client) = &self.client else { return Ok(()) };
        let title = plain(&self.concealed(&first_line(outcome)));
        let level = match conclusion(outcome) {
            Conclusion::Success => None,
            Conclusion::Failure => Some(Level::Failure),
            Conclusion::Neutral => Some(Level::Warning),
        };
        let mut annotations = Vec::new();
        if let Some(level) = level.filter(|_| outcome.is_ok()) {
            let remark = (level, &*self.config.name, &*title);
            let found = github::annotations(client, &self.context, &self.changed_files(), remark).await;
            annotations = warned("the changed lines", found).unwrap_or_default();
        }
        let summary = |budget| self.text(outcome, budget);
        let completion = Completion { conclusion: conclusion(outcome), title, summary: &summary, annotations, subject };
        check.complete(client, &self.context, &completion).await
    }

    /// The prompt, and the configuration with its model and route, as the repository names them.
    fn changed_files(&self) -> Vec<String> {
        let prompt = self.args.arms.prompt.as_deref();
        let prompt = prompt.or(self.config.candidate.prompt.as_ref().and_then(PromptSource::file));
        let files = prompt.into_iter().chain([self.config.path.as_path()]);
        files.filter_map(|file| in_repository(file, self.context.workspace.as_deref())).collect()
    }

    async fn comment(&self, outcome: &Outcome) -> Result<Option<Posted>, GitHubError> {
        let is_wanted = self.config.github.comment != CommentWhen::Never;
        let Some(client) = self.client.as_ref().filter(|_| is_wanted) else { return Ok(None) };
        let Some(pull) = github::find_pull(client, &self.context).await? else { return Ok(None) };
        let comment = Comment {
            pull: pull.number,
            marker: Marker {
                key: github::key(&self.config.name),
                head: self.context.event.head.clone().unwrap_or(pull.head),
                verdict: word(outcome.as_ref()).into(),
                by: By::Run,
                run: self.context.run.clone(),
            },
            author: &self.context.author,
            only_changes: self.config.github.comment == CommentWhen::OnChange,
            body: &|budget| with_footer(budget, &self.context, |budget| self.text(outcome, budget)),
        };
        github::publish(client, &self.context, &comment).await.map(Some)
    }

    /// The report or the error as Markdown; the error without any key that its message may have quoted.
    fn text(&self, outcome: &Outcome, budget: usize) -> String {
        match outcome {
            Ok(report) => brief(report, budget, None),
            // Before it is escaped: an escaped key is not found any more, and three stars are markup.
            Err(error) => crate::report::error(&self.concealed(&error.to_string()), budget),
        }
    }

    fn concealed(&self, text: &str) -> String {
        let long = |secret: &&SecretString| secret.expose_secret().len() >= limits::SHORTEST_MASK;
        let secrets = self.config.secrets().filter(long);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), "***"))
    }
}

fn write_outputs(context: &GitHubContext, args: &RunArgs, outcome: Result<&Report, &Error>, address: String) {
    let Some(file) = &context.output else { return };
    let report = args.config.out.join("report.json").display().to_string();
    let outputs = [
        ("verdict", word(outcome).to_owned()),
        ("report-path", outcome.map_or_else(|_| String::new(), |_| report)),
        ("comment-url", address),
        (
            "cost-usd",
            outcome
                .ok()
                .and_then(|report| bill::total(&report.usage))
                .map_or_else(String::new, |usd| format!("{usd:.6}")),
        ),
    ];
    warned("the outputs", github::write_outputs(file, &outputs));
}

/// Says that there is no run, for the configuration cannot be read: then nobody knows what else is wanted. All that a fork's
/// run lacks may be a secret, which is no mistake of anyone.
pub(super) fn close_unread(args: &RunArgs, error: Error) -> Result<ExitStatus, Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let context = GitHubContext::is_actions(&lookup).then(|| GitHubContext::read(&lookup).ok()).flatten();
    let Some(context) = context else { return Err(error) };
    let runner = Runner { context: Some(context.clone()) };
    let missing = error.missing_variable().filter(|_| !runner.has_keys());
    if let Some(file) = &context.summary {
        let text = match missing {
            Some(variable) => inline(&needs_maintainer(variable)) + "\n",
            None => crate::report::error(&error.to_string(), github::room_in_summary(file)),
        };
        warned("the job summary", github::append_summary(file, &text));
    }
    let Some(variable) = missing else {
        write_outputs(&context, args, Err(&error), String::new());
        return Err(error);
    };
    runner.call_a_maintainer(variable);
    output::data(&(needs_maintainer(variable) + "\n"));
    if let Some(file) = &context.output {
        warned("the outputs", github::write_outputs(file, &[("verdict", "inconclusive".to_owned())]));
    }
    Ok(ExitStatus::Pass)
}

fn needs_maintainer(variable: &str) -> String {
    format!(
        "Inconclusive: this needs a maintainer: there is no {variable}, which the pull requests of forks do not get."
    )
}

/// A text with a last line that says of which commit and which run it is.
pub(super) fn with_footer(budget: usize, context: &GitHubContext, text: impl FnOnce(usize) -> String) -> String {
    let commit = context.event.head.as_ref().map(|head| format!("Commit {}", head.get(..12).unwrap_or(head)));
    let run = context.run_url.as_ref().map(|url| format!("[the run]({url})"));
    let parts: Vec<String> = commit.into_iter().chain(run).collect();
    let footer = format!("\n<sub>{}</sub>\n", parts.join(", "));
    text(budget.saturating_sub(footer.len())) + &footer
}

/// Says what became of a comment, and gives its address.
pub(super) fn told(posted: Posted) -> String {
    let (address, what) = match posted {
        Posted::At(address) => (address, "comment"),
        Posted::Foreign(address, login) => {
            let advice = format!("set EVAL_GATE_COMMENT_AUTHOR to {login}, or the next run writes another comment");
            output::note(&format!("warning: the token writes as {login}: {advice}"));
            (address, "comment")
        }
        Posted::Same(address) => (address, "the comment gives the same verdict and stays as it is"),
        Posted::Trusted(address) => (address, "the comment has a trusted run's verdict on this commit and stays"),
        Posted::Later(address) => (address, "the comment has a later run's verdict on this commit and stays"),
        Posted::Stale => {
            (String::new(), "no comment: the pull request has a newer commit than the one that was judged")
        }
    };
    output::note(&format!("{what}: {address}"));
    address
}

/// The verdict in one word.
fn word(outcome: Result<&Report, &Error>) -> &'static str {
    outcome.map_or("error", |report| ruling(report.verdict.ruling))
}

/// A ruling in one word.
pub(super) fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Pass => "pass",
        Ruling::Fail => "fail",
        Ruling::Inconclusive => "inconclusive",
        Ruling::Error => "error",
    }
}

fn first_line(outcome: &Outcome) -> String {
    match outcome {
        Ok(report) => headline(report),
        Err(error) => format!("Error: {}", error.to_string().lines().next().unwrap_or_default()),
    }
}

/// What blocks is what the exit code blocks; an undecided run that does not block is neutral, and never by accident.
fn conclusion(outcome: &Outcome) -> Conclusion {
    match outcome {
        Ok(report) if ExitStatus::from_code(report.verdict.exit_code) != ExitStatus::Pass => Conclusion::Failure,
        Ok(report) if report.verdict.ruling == Ruling::Pass => Conclusion::Success,
        Ok(_) => Conclusion::Neutral,
        Err(_) => Conclusion::Failure,
    }
}

/// A file's path as the repository has it, with slashes.
fn in_repository(file: &Path, workspace: Option<&Path>) -> Option<String> {
    let file = file.canonicalize().ok()?;
    let root = workspace.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(file.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
}

pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, GitHubError>>) -> Result<T, GitHubError> {
    tokio::time::timeout(limits::WORK, work).await.unwrap_or(Err(GitHubError::TooLong(limits::WORK)))
}

pub(super) fn warned<T>(what: &str, outcome: Result<T, GitHubError>) -> Option<T> {
    outcome.map_err(|error| output::note(&format!("warning: {what}: {error}"))).ok()
}
