//! `baseline`: scores the baseline's answers and stores the scores.

use std::path::PathBuf;

use jiff::Timestamp;

use super::carry_out::{Finished, carry_out};
use super::plan::Plan;
use super::{Error, output, tally};
use crate::cli::BaselineArgs;
use crate::compare::{ScoreTable, StoredBaseline};
use crate::config::{Baseline, CaseSource};
use crate::exit::ExitStatus;

/// What is scored is the baseline as a run would have it: production's answers, or those of the prompt at the base commit.
/// The candidate is not asked.
pub(super) async fn baseline(args: &BaselineArgs) -> Result<ExitStatus, Error> {
    let plan = Plan::new(&args.run).await?;
    if matches!(plan.baseline.kind, Baseline::Stored(_)) {
        return Err(Error::Usage(
            "a stored baseline cannot be made of a stored baseline; use --baseline recorded or replay".into(),
        ));
    }
    let finished = carry_out(&plan, None).await;
    plan.providers.finish_recording()?;
    if let Some(why) = &finished.circumstances.why_incomplete() {
        return Err(Error::Incomplete(why.clone()));
    }
    let table = plan.table(&finished.worked);
    let path = args.to.clone().unwrap_or_else(|| beside_evalset(&plan));
    let stored = StoredBaseline::new(plan.baseline.of.clone(), now(), plan.panel.fingerprints(), &table);
    describe_missing(&finished);
    if stored.cases.values().all(|case| case.scores.is_empty()) {
        return Err(Error::Incomplete("no case has a score".into()));
    }
    refuse_unscored(&table, plan.config.decision.max_unscored)?;
    output::write(&path, &stored.to_json())?;
    output::note(&format!("stored the scores of {} cases in {}", stored.cases.len(), path.display()));
    Ok(ExitStatus::Pass)
}

/// What a run would not judge is not stored to be judged later.
fn refuse_unscored(table: &ScoreTable, max_unscored: f64) -> Result<(), Error> {
    for (column, spec) in table.columns.iter().enumerate().filter(|(_, spec)| spec.gate.is_some()) {
        if let Some((attempts, unscored)) = table.unscored_beyond(column, max_unscored) {
            return Err(Error::Incomplete(format!("{} could not score {unscored} of {attempts} answers", spec.name)));
        }
    }
    Ok(())
}

/// Says what has no score, and why.
fn describe_missing(finished: &Finished) {
    let (failed, not_replayable) = tally::failures(&finished.worked);
    for (why, count) in failed.iter().chain(&not_replayable) {
        output::note(&format!("  without scores: {count} × {why}"));
    }
}

fn beside_evalset(plan: &Plan) -> PathBuf {
    match &plan.config.cases {
        CaseSource::Evalset(path) if path.is_dir() => path.join("baseline.json"),
        CaseSource::Evalset(path) => path.with_file_name("baseline.json"),
        CaseSource::Traces(_) | CaseSource::Unnamed => PathBuf::from("baseline.json"),
    }
}

/// The time to the second: more would be no use to anyone.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
