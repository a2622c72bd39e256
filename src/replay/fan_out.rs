//! The one place where many things are done at once: bounded, in order, and able to stop.

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;

/// Tells running work to stop. Clones tell of the same stop.
#[derive(Debug, Clone)]
pub struct Cancel {
    stage: watch::Sender<Stage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Stopping,
    Aborted,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { stage: watch::Sender::new(Stage::Running) }
    }
}

impl Cancel {
    /// Lets what was started finish, and starts nothing more: the first Ctrl-C, or an error that makes the rest useless.
    pub fn stop(&self) {
        self.raise(Stage::Stopping);
    }

    /// Drops what is under way as well: the second Ctrl-C.
    pub fn abort(&self) {
        self.raise(Stage::Aborted);
    }

    /// Whether nothing more should be started.
    pub fn is_stopped(&self) -> bool {
        *self.stage.borrow() > Stage::Running
    }

    async fn aborted(&self) {
        let mut stage = self.stage.subscribe();
        // `self` holds the sender, so the only end of the wait is the stage itself.
        let _ = stage.wait_for(|stage| *stage == Stage::Aborted).await;
    }

    fn raise(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let is_higher = to > *stage;
            *stage = to.max(*stage);
            is_higher
        });
    }
}

/// Runs `work` on every item, at most `limit` at once, and gives the results in the order of the items.
///
/// Items are started in order, and each only when there is room for it, so memory grows with `limit` and the results
/// and not with the work. `done` sees each result as it comes. After [`Cancel::stop`] no item is started; after
/// [`Cancel::abort`] what is under way is dropped. Items without a result are `None`.
///
/// All work is polled by the calling task: calls to models wait far more than they compute.
pub async fn fan_out<T, R, F>(
    items: impl IntoIterator<Item = T>,
    limit: usize,
    cancel: &Cancel,
    work: impl Fn(T) -> F,
    mut done: impl FnMut(&R),
) -> Vec<Option<R>>
where
    F: Future<Output = R>,
{
    let mut items = items.into_iter();
    let mut results = Vec::with_capacity(items.size_hint().0);
    let mut running = FuturesUnordered::new();
    let mut aborted = std::pin::pin!(cancel.aborted());
    loop {
        while running.len() < limit.max(1) && !cancel.is_stopped() {
            let Some(item) = items.next() else { break };
            let (place, result) = (results.len(), work(item));
            results.push(None);
            running.push(async move { (place, result.await) });
        }
        let next = tokio::select! {
            biased;
            () = &mut aborted => None,
            next = running.next() => next,
        };
        let Some((place, result)) = next else { break };
        done(&result);
        results[place] = Some(result);
    }
    results.extend(items.map(|_| None));
    results
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    async fn wait(ms: u64) -> u64 {
        sleep(Duration::from_millis(ms)).await;
        ms
    }

    #[tokio::test(start_paused = true)]
    async fn results_keep_the_order_of_the_items() {
        let mut finished = Vec::new();
        let results = fan_out([30, 10, 20], 3, &Cancel::default(), wait, |ms| finished.push(*ms)).await;
        assert_eq!(results, [Some(30), Some(10), Some(20)]);
        assert_eq!(finished, [10, 20, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_holds_and_is_used() {
        let (now, most, start) = (Cell::new(0), Cell::new(0), Instant::now());
        let work = |()| async {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            wait(50).await;
            now.set(now.get() - 1);
        };
        let results = fan_out(vec![(); 100], 8, &Cancel::default(), work, |()| ()).await;
        assert_eq!((results.len(), most.get()), (100, 8));
        assert_eq!(start.elapsed(), Duration::from_millis(13 * 50));
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_keeps_what_is_under_way() {
        let cancel = Cancel::default();
        let results = fan_out([10, 20, 30, 40], 2, &cancel, wait, |_| cancel.stop()).await;
        assert_eq!(results, [Some(10), Some(20), None, None]);
        let results = fan_out([10], 2, &cancel, wait, |_| ()).await;
        assert_eq!(results, [None]);
    }

    #[tokio::test(start_paused = true)]
    async fn aborting_keeps_what_is_finished() {
        let (cancel, start) = (Cancel::default(), Instant::now());
        let abort = async {
            wait(25).await;
            cancel.abort();
        };
        let (results, ()) = tokio::join!(fan_out([10, 20, 9_000, 30], 2, &cancel, wait, |_| ()), abort);
        assert_eq!(results, [Some(10), Some(20), None, None]);
        assert_eq!(start.elapsed(), Duration::from_millis(25));
    }

    #[tokio::test]
    async fn nothing_gives_nothing() {
        assert!(fan_out(Vec::<u64>::new(), 0, &Cancel::default(), wait, |_| ()).await.is_empty());
    }
}
