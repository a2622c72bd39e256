//! A case's place in the queue of a draw.

use sha2::{Digest, Sha256};

use crate::evalset::Case;

pub(super) type Rank = [u8; 32];

/// SHA-256 over the seed and what names the case's request for good, which is its trace and span, else its id, else its
/// content. The content alone would put all the requests that just say "hello" at the same place.
pub(super) fn of(seed: u64, case: &Case) -> Rank {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    match &case.trace {
        Some(trace) if !trace.id.is_empty() => {
            hasher.update(&trace.id);
            hasher.update([0]);
            hasher.update(trace.span.as_deref().unwrap_or_default());
        }
        _ if !case.id.is_empty() => hasher.update(&case.id),
        _ => hasher.update(case.content_id()),
    }
    hasher.finalize().into()
}
