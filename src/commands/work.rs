//! Replays and scores the cases: the one place of a run that takes time.

use std::convert::Infallible;

use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::evalset::Case;
use crate::progress::Progress;
use crate::provider::Usage;
use crate::replay::{Attempt, Cancel, CaseAttempts, Replay, fan_out, slot};
use crate::score::{JudgeCall, Panel, Score, Scored};

/// A case that was worked through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Worked {
    pub(super) baseline: Vec<ScoredAttempt>,
    pub(super) candidate: Vec<ScoredAttempt>,
}

/// An attempt and what each scorer says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ScoredAttempt {
    pub(super) attempt: Attempt,
    pub(super) scores: Vec<Given>,
}

/// A score as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Given {
    pub(super) score: Score,
    /// What became of the judge's call, if it took one.
    pub(super) call: Option<Call>,
}

/// A judge's call, as far as the bill needs it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Call {
    /// No answer came of it.
    Failed,
    /// It was answered.
    Answered(Receipt),
}

/// What an answer took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) usage: Option<Usage>,
    pub(super) total_ms: f64,
    /// Whether it was stored, and cost nothing now.
    pub(super) is_cached: bool,
    /// In US dollars, where the price is known.
    pub(super) cost_usd: Option<f64>,
}

/// Works through the cases, `limit` at once. Cases that a stop left untouched are `None`.
pub(super) async fn work(
    cases: &[&Case],
    replay: &Replay<'_>,
    panel: &Panel,
    limit: usize,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Vec<Option<Worked>> {
    let one = async |case: &Case| {
        let CaseAttempts { baseline, candidate } = replay.case(case).await;
        let (baseline, candidate) =
            futures::join!(score_all(panel, replay, case, baseline), score_all(panel, replay, case, candidate));
        Worked { baseline, candidate }
    };
    fan_out(cases.iter().copied(), limit, cancel, one, |_| progress.step()).await
}

async fn score_all(panel: &Panel, replay: &Replay<'_>, case: &Case, attempts: Vec<Attempt>) -> Vec<ScoredAttempt> {
    let scored = attempts.into_iter().map(async |attempt| {
        let scores = panel.score(case, &attempt, slot(attempt.arm, attempt.repeat)).await;
        let given = |Scored { score, call }| Given { score, call: call.map(|call| paid(replay, &call)) };
        ScoredAttempt { attempt, scores: scores.into_iter().map(given).collect() }
    });
    join_all(scored).await
}

/// Counts a judge's call against the budget.
fn paid(replay: &Replay<'_>, call: &JudgeCall) -> Call {
    match &call.reply {
        Ok((completion, is_cached)) => {
            let cost_usd = call.cost(replay.prices);
            replay.budget.spend_on_judge(!is_cached, cost_usd);
            let (usage, total_ms) = (completion.usage, completion.timing.total_ms);
            Call::Answered(Receipt { usage, total_ms, is_cached: *is_cached, cost_usd })
        }
        Err(error) => {
            replay.budget.note_failure(error);
            Call::Failed
        }
    }
}

/// Stops the run at the first Ctrl-C, keeping what is done, and drops what is under way at the second.
/// Never ends; where Ctrl-C cannot be listened for, it stays the system's.
pub(super) async fn stop_on_ctrl_c(cancel: Cancel, said: impl Fn(&str)) -> Infallible {
    while tokio::signal::ctrl_c().await.is_ok() {
        if cancel.is_stopped() {
            cancel.abort();
        } else {
            said("stopping: what is under way is finished and reported; press Ctrl-C again to drop it");
            cancel.stop();
        }
    }
    std::future::pending().await
}
