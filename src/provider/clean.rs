//! What is done to a fresh answer before anybody sees or stores it.

use std::fmt;
use std::sync::Arc;

use super::{Completion, Request};

type Clean = dyn Fn(&Request, &mut Completion) + Send + Sync;

/// Takes out of fresh answers what may not be kept or shown.
#[derive(Clone)]
pub struct Cleaner(Arc<Clean>);

impl Cleaner {
    /// `clean` changes an answer, knowing what was asked. What it does must depend on these two alone, or a stored answer
    /// would be another than a new one.
    pub fn new(clean: impl Fn(&Request, &mut Completion) + Send + Sync + 'static) -> Self {
        Self(Arc::new(clean))
    }

    pub(super) fn clean(&self, request: &Request, completion: &mut Completion) {
        (self.0)(request, completion);
    }
}

impl fmt::Debug for Cleaner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cleaner")
    }
}
