//! The pace of one provider's requests: the configured rate, and what the server's refusals teach.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The gap between requests after the first refusal of a provider that had no pace before.
const FIRST_GAP: Duration = Duration::from_millis(50);
/// The longest gap that refusals lead to.
const LONGEST_GAP: Duration = Duration::from_secs(2);
/// What a success makes of the gap: after fourteen of them the pace has doubled.
const RECOVERY: f64 = 0.95;
/// A learned gap below this is no longer worth keeping.
const NO_GAP: Duration = Duration::from_millis(1);

/// Spaces requests out, all calls of a provider together.
///
/// Without it, calls that were refused together would come back together when `Retry-After` has passed, and most would
/// be refused again until their tries are spent. So a refusal stops everybody for the time that the server asks for and
/// doubles the gap between requests; successes shrink the gap again, down to the configured rate.
#[derive(Debug)]
pub(super) struct Pace {
    floor: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The earliest moment for the next request.
    next: Instant,
    /// Nobody sends before this.
    paused_until: Instant,
    gap: Duration,
}

impl Pace {
    /// A pace of at most `per_minute` requests, evenly spread; without it as fast as the server allows.
    pub(super) fn new(per_minute: Option<u32>) -> Self {
        let floor = per_minute.map_or(Duration::ZERO, |number| Duration::from_mins(1) / number.max(1));
        let now = Instant::now();
        Self { floor, state: Mutex::new(State { next: now, paused_until: now, gap: floor }) }
    }

    /// Waits until this call may send.
    pub(super) async fn turn(&self) {
        let mut at = self.reserve(Instant::now());
        while at > Instant::now() {
            sleep_until(at).await;
            let now = Instant::now();
            if self.state().paused_until <= now {
                return;
            }
            at = self.reserve(now); // a refusal came in meanwhile
        }
    }

    /// Notes that the server refused for its load, and how long it wants to be left alone.
    pub(super) fn refused(&self, now: Instant, retry_after: Option<Duration>) {
        let mut state = self.state();
        // Requests that were under way together are refused together; that is one lesson, not one for each.
        if now >= state.paused_until {
            state.gap = (state.gap * 2).clamp(FIRST_GAP, LONGEST_GAP).max(self.floor);
        }
        let pause = retry_after.unwrap_or_default().max(state.gap);
        state.paused_until = state.paused_until.max(now + pause);
        state.next = state.next.max(state.paused_until);
    }

    /// Notes that the server answered.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        if state.gap > self.floor {
            let gap = state.gap.mul_f64(RECOVERY);
            state.gap = if gap < NO_GAP { self.floor } else { gap.max(self.floor) };
        }
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let at = state.next.max(now);
        state.next = at + state.gap;
        at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn nothing_is_slowed_without_a_reason() {
        let (pace, start) = (Pace::new(None), Instant::now());
        for _ in 0..1000 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_configured_rate_is_spread_evenly() {
        let (pace, start) = (Pace::new(Some(600)), Instant::now());
        for turn in 0..20 {
            pace.turn().await;
            assert_eq!(start.elapsed(), turn * 100 * MS);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_stops_everybody_and_spreads_them() {
        let (pace, start) = (Pace::new(None), Instant::now());
        for _ in 0..32 {
            pace.refused(Instant::now(), Some(1000 * MS));
        }
        for turn in 0..3 {
            pace.turn().await;
            assert_eq!(start.elapsed(), 1000 * MS + turn * FIRST_GAP);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_turn_heeds_a_later_refusal() {
        let (pace, start) = (Pace::new(Some(60)), Instant::now());
        pace.turn().await;
        let refusal = async {
            sleep_until(start + 500 * MS).await;
            pace.refused(Instant::now(), Some(3000 * MS));
        };
        tokio::join!(pace.turn(), refusal);
        assert_eq!(start.elapsed(), 3500 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn successes_bring_the_pace_back() {
        let pace = Pace::new(Some(60_000));
        pace.refused(Instant::now(), None);
        assert_eq!(pace.state().gap, FIRST_GAP);
        for _ in 0..100 {
            pace.answered();
        }
        assert_eq!(pace.state().gap, MS);
    }
}
