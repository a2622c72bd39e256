//! What a run may spend, and what it must stop for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Answer, Cancel, Origin};
use crate::provider::ProviderError;

/// Counts what a run spends, and stops it where the budget ends or where going on is useless.
#[derive(Debug)]
pub struct Budget {
    max_usd: Option<f64>,
    max_requests: Option<u64>,
    spent: Mutex<Spent>,
    cancel: Cancel,
}

#[derive(Debug, Default)]
struct Spent {
    usd: f64,
    requests: u64,
    fatal: Option<String>,
    missing_key: Option<String>,
}

impl Budget {
    /// A budget in US dollars and requests; `None` is no limit.
    pub fn new(max_usd: Option<f64>, max_requests: Option<u64>, cancel: Cancel) -> Self {
        Self { max_usd, max_requests, spent: Mutex::default(), cancel }
    }

    /// Counts an answer; one that came from the cache is free.
    pub fn spend(&self, answer: &Answer) {
        if answer.origin == Origin::Fresh {
            self.count(answer.cost_usd);
        }
    }

    /// Counts a judge's call: its price, if it was paid for and is known.
    pub fn spend_on_judge(&self, is_fresh: bool, cost_usd: Option<f64>) {
        if is_fresh {
            self.count(cost_usd);
        }
    }

    fn count(&self, cost_usd: Option<f64>) {
        let mut spent = self.spent();
        spent.requests += 1;
        spent.usd += cost_usd.unwrap_or(0.0);
        drop(spent);
        if self.is_spent() {
            self.cancel.stop();
        }
    }

    /// Notes a failure, and stops the run if all further calls would fail in the same way.
    pub fn note_failure(&self, error: &ProviderError) {
        if let ProviderError::NoKey { variable, .. } = error {
            self.spent().missing_key.get_or_insert_with(|| variable.clone());
        }
        if error.is_fatal() {
            self.spent().fatal.get_or_insert_with(|| error.to_string());
            self.cancel.stop();
        }
    }

    /// Whether the budget is used up.
    pub fn is_spent(&self) -> bool {
        let spent = self.spent();
        self.max_usd.is_some_and(|max| spent.usd >= max) || self.max_requests.is_some_and(|max| spent.requests >= max)
    }

    /// The failure for which the run was stopped.
    pub fn fatal(&self) -> Option<String> {
        self.spent().fatal.clone()
    }

    /// The environment variable for want of which a call was not made.
    pub fn missing_key(&self) -> Option<String> {
        self.spent().missing_key.clone()
    }

    /// Numbers stay sound when a thread that counted has panicked.
    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
