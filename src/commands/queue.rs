//! The merge queue: a tree that was judged on its pull request is not paid for again.

use super::identity::subject;
use super::output;
use super::plan::Plan;
use super::publish::{Publisher, in_time, warned};
use super::runner::Runner;
use crate::cli::RunArgs;
use crate::github::{self, Client, Completion, Conclusion, Earlier, EventKind};
use crate::report::escape::{inline, plain};

/// What the check run on the pull request says of the very files that the queue tries.
pub(super) async fn earlier(runner: &Runner, plan: &Plan, args: &RunArgs) -> Option<Earlier> {
    let context = runner.context.as_ref().filter(|context| context.event.kind == EventKind::MergeGroup)?;
    if !plan.config.github.check {
        return None;
    }
    let subject = subject(plan, args)?;
    let client = warned("GitHub", Client::new(context))?;
    let found = in_time(github::find_earlier(&client, context, &plan.config.name, &subject)).await;
    warned("the verdict on the pull request", found).flatten()
}

impl Publisher<'_> {
    /// Says again what was said there.
    pub(super) async fn say_again(mut self, earlier: &Earlier) {
        let title = &earlier.title;
        let text = format!("{title} The same files were judged on pull request {}: {}", earlier.pull, earlier.url);
        output::data(&format!("{}\n", plain(&text)));
        let markdown = format!("{}\n", inline(&text));
        if let Some(file) = &self.context.summary {
            warned("the job summary", github::append_summary(file, &markdown));
        }
        if let (Some(check), Some(client)) = (self.check.take(), &self.client) {
            let (conclusion, summary) = (earlier.conclusion, |_| markdown.clone());
            let completion = Completion {
                conclusion,
                title: title.clone(),
                summary: &summary,
                annotations: Vec::new(),
                subject: None,
            };
            warned("the check run", in_time(check.complete(client, &self.context, &completion)).await);
        }
        if let Some(file) = &self.context.output {
            let verdict = if earlier.conclusion == Conclusion::Success { "pass" } else { "inconclusive" };
            let outputs = [("verdict", verdict), ("report-path", ""), ("comment-url", ""), ("cost-usd", "0.000000")];
            let outputs = outputs.map(|(name, value)| (name, value.to_owned()));
            warned("the outputs", github::write_outputs(file, &outputs));
        }
    }
}
