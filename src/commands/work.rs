//! Replays and scores the cases: the one place of a run that takes time.

use std::convert::Infallible;

use futures::future::join_all;

use crate::evalset::Case;
use crate::progress::Progress;
use crate::replay::{Attempt, Cancel, CaseAttempts, Replay, fan_out, slot};
use crate::score::{Panel, Scored};

/// A case that was worked through.
pub(super) struct Worked {
    pub(super) baseline: Vec<ScoredAttempt>,
    pub(super) candidate: Vec<ScoredAttempt>,
}

/// An attempt and what each scorer says of it.
pub(super) struct ScoredAttempt {
    pub(super) attempt: Attempt,
    pub(super) scores: Vec<Scored>,
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
        scores.iter().filter_map(|scored| scored.call.as_ref()).for_each(|call| match &call.reply {
            Ok((_, is_cached)) => replay.budget.spend_on_judge(!is_cached, call.cost(replay.prices)),
            Err(error) => replay.budget.note_failure(error),
        });
        ScoredAttempt { attempt, scores }
    });
    join_all(scored).await
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
