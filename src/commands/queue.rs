//! The merge queue: a tree that was judged on its pull request is not paid for again.

use super::output;
use super::publish::{Publisher, in_time, warned};
use crate::exit::ExitStatus;
use crate::git;
use crate::github::{self, Completion, Conclusion, Earlier};
use crate::report::escape::inline;

/// Says what was said of this tree on its pull request, and how the run ends then; `None` where nothing was.
pub(super) async fn say_again(publisher: &mut Option<Publisher<'_>>) -> Option<ExitStatus> {
    let earlier = publisher.as_ref()?.earlier().await?;
    Some(publisher.take()?.say_again(&earlier).await)
}

impl Publisher<'_> {
    /// What the check run on the pull request says of the very tree that the queue tries.
    async fn earlier(&self) -> Option<Earlier> {
        let client = self.client.as_ref().filter(|_| self.config.github.check)?;
        let tree = git::tree(self.config.folder())?;
        let found = github::find_earlier(client, &self.context, &self.config.name, &tree);
        warned("the verdict on the pull request", in_time(found).await).flatten()
    }

    async fn say_again(mut self, earlier: &Earlier) -> ExitStatus {
        let title = &earlier.title;
        let text = format!("{title} The same files were judged on pull request {}: {}", earlier.pull, earlier.url);
        output::data(&format!("{}\n", crate::report::escape::plain(&text)));
        let markdown = format!("{}\n", inline(&text));
        if let Some(file) = &self.context.summary {
            warned("the job summary", github::append_summary(file, &markdown));
        }
        if let (Some(check), Some(client)) = (self.check.take(), &self.client) {
            let (conclusion, summary) = (earlier.conclusion, |_| markdown.clone());
            let completion =
                Completion { conclusion, title: title.clone(), summary: &summary, annotations: Vec::new() };
            warned("the check run", in_time(check.complete(client, &self.context, &completion)).await);
        }
        if let Some(file) = &self.context.output {
            let verdict = if earlier.conclusion == Conclusion::Success { "pass" } else { "inconclusive" };
            let outputs = [("verdict", verdict), ("report-path", ""), ("comment-url", ""), ("cost-usd", "0.000000")];
            let outputs = outputs.map(|(name, value)| (name, value.to_owned()));
            warned("the outputs", github::write_outputs(file, &outputs));
        }
        ExitStatus::Pass
    }
}
