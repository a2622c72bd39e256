//! `replay CASE`: one case, the edited prompt, a diff on the screen.

use similar::TextDiff;

use super::carry_out::carry_out;
use super::plan::Plan;
use super::{Error, output, tally};
use crate::cli::ReplayArgs;
use crate::exit::ExitStatus;
use crate::report::CaseResult;
use crate::verdict::number;

pub(super) async fn replay(args: &ReplayArgs) -> Result<ExitStatus, Error> {
    let mut plan = Plan::new(&args.run).await?;
    // A whole id names its case, even where other ids go on from it.
    let is_whole = plan.chosen.cases.iter().any(|case| case.id == args.case);
    plan.chosen.cases.retain(|case| if is_whole { case.id == args.case } else { case.id.starts_with(&args.case) });
    match plan.chosen.cases.as_slice() {
        [_] => {}
        [] => {
            return Err(Error::Usage(format!("there is no case `{}` among those of {}", args.case, plan.chosen.of)));
        }
        several => {
            let ids: Vec<&str> = several.iter().take(5).map(|case| case.id.as_str()).collect();
            return Err(Error::Usage(format!(
                "`{}` is more than one case: {}, …; write more of the id",
                args.case,
                ids.join(", ")
            )));
        }
    }
    let finished = carry_out(&plan, Some(plan.candidate.clone())).await;
    plan.providers.finish_recording()?;
    let results = tally::results(plan.panel.scorers(), &plan.chosen.cases, &finished.worked);
    let (failed, not_replayable) = tally::failures(&finished.worked);
    for why in failed.keys().chain(not_replayable.keys()) {
        output::note(&format!("no answer: {why}"));
    }
    for result in &results {
        output::data(&show(result));
    }
    let is_answered = failed.is_empty() && results.iter().any(|result| result.candidate.is_some());
    Ok(if is_answered { ExitStatus::Pass } else { ExitStatus::Error })
}

fn show(result: &CaseResult) -> String {
    let answer = |text: &Option<String>| text.clone().unwrap_or_else(|| "(no answer)".into()) + "\n";
    let (baseline, candidate) = (answer(&result.baseline), answer(&result.candidate));
    let diff = TextDiff::from_lines(&baseline, &candidate);
    let mut lines = vec![format!("{}: {}", result.case, result.question), String::new()];
    lines.extend(diff.unified_diff().header("baseline", "candidate").to_string().lines().map(str::to_owned));
    lines.push(String::new());
    for (scorer, pair) in &result.scores {
        let level = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        let reason = pair.candidate_reason.as_deref().unwrap_or_default();
        lines.push(format!("{scorer}: {} → {} {reason}", level(pair.baseline), level(pair.candidate)));
    }
    lines.iter().map(|line| crate::report::escape::plain(line).trim_end().to_owned() + "\n").collect()
}
