//! `comment`: says a finished run's report on a pull request. The report may come from a run that a fork controls.

use super::publish::{ruling, told, with_footer};
use super::report::read_report;
use super::{Error, output};
use crate::cli::CommentArgs;
use crate::exit::ExitStatus;
use crate::github::{self, By, Client, Comment, EventKind, GitHubContext, GitHubError, Marker, Pull};
use crate::report::brief;

/// What is said below a verdict that nobody here computed.
const BY_THE_FORK: &str = "Reported by the fork's run: code that the fork controls computed this verdict. It blocks nothing and \
                           approves nothing.";

pub(super) async fn comment(args: &CommentArgs) -> Result<ExitStatus, Error> {
    let report = read_report(&args.report)?;
    let mut context = GitHubContext::read(&|name| std::env::var(name).ok())?;
    context.author.clone_from(&args.comment_author);
    let client = Client::new(&context)?;
    let pull = pull(args, &client, &context).await?;
    // A report given by hand is of the newest commit, unless somebody says of which.
    let head = args
        .head
        .clone()
        .or(context.event.head.filter(|_| args.pr.is_none() || context.event.kind == EventKind::WorkflowRun));
    context.event.head = Some(head.unwrap_or_else(|| pull.head.clone()));
    let remark = pull.is_fork.then_some(BY_THE_FORK);
    let comment = Comment {
        pull: pull.number,
        marker: Marker {
            key: github::key(args.key.as_deref().unwrap_or(&report.name)),
            head: context.event.head.clone().unwrap_or_default(),
            verdict: ruling(report.verdict.ruling).into(),
            by: if pull.is_fork { By::Fork } else { By::Run },
            run: context.run.clone(),
        },
        author: &context.author,
        only_changes: false,
        body: &|budget| with_footer(budget, &context, |budget| brief(&report, budget, remark)),
    };
    let address = told(github::publish(&client, &context, &comment).await?);
    if let Some(file) = &context.output {
        github::write_outputs(file, &[("comment-url", address.clone())])?;
    }
    output::data(&format!("{address}\n"));
    Ok(ExitStatus::Pass)
}

/// The pull request as the API has it: the one that is named, else the event's.
async fn pull(args: &CommentArgs, client: &Client, context: &GitHubContext) -> Result<Pull, GitHubError> {
    match args.pr {
        Some(number) => github::read_pull(client, context, number).await,
        None => github::find_pull(client, context)
            .await?
            .ok_or_else(|| GitHubError::NoPull("the event that started this workflow belongs to none".into())),
    }
}
