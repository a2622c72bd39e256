//! A bound on the traces that are read from a store.

use std::num::NonZeroUsize;

use sha2::{Digest, Sha256};

use super::Omissions;

/// Traces of one window that are read where no limit is written.
const USUAL: usize = 10_000;

/// Which part of the traces is read, to be said behind the place that they come from; nothing where it is all of them.
pub(super) fn part(listed: usize, limit: Option<NonZeroUsize>) -> String {
    let limit = limit.map_or(USUAL, NonZeroUsize::get);
    if listed > limit { format!(", {limit} of its {listed} traces") } else { String::new() }
}

/// As many as the limit allows, by a hash of their ids: whatever comes and goes, the same ones of those that stay.
pub(super) fn choose(mut ids: Vec<String>, limit: Option<NonZeroUsize>, omissions: &mut Omissions) -> Vec<String> {
    let limit = limit.map_or(USUAL, NonZeroUsize::get);
    if ids.len() > limit {
        ids.sort_by_cached_key(|id| Sha256::digest(id.as_bytes()));
        let reason = format!("trace beyond `limit: {limit}`, which chance chose");
        ids.drain(limit..).for_each(|id| omissions.add(&reason, id));
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_chooses_the_same_of_what_stays_and_counts_the_rest() {
        let ids = |range: std::ops::Range<u32>| range.map(|id| format!("{id:032x}")).collect::<Vec<_>>();
        let mut omissions = Omissions::default();
        let few = choose(ids(0..1000), NonZeroUsize::new(100), &mut omissions);
        let omission = &omissions.finish()[0];
        assert_eq!((few.len(), omission.count), (100, 900));
        assert!(omission.reason.contains("`limit: 100`"), "{omission:?}");
        let of_last = few.iter().filter(|id| id.as_str() >= ids(900..901)[0].as_str()).count();
        assert!((1..40).contains(&of_last), "not only the newest: {of_last} of the last 100");
        let later = choose(ids(0..1100), NonZeroUsize::new(100), &mut Omissions::default());
        let kept = few.iter().filter(|id| later.contains(id)).count();
        assert!(kept > 80, "{kept} stay when a tenth is added");
        let all = choose(ids(0..5), NonZeroUsize::new(5), &mut Omissions::default());
        assert_eq!(all, ids(0..5));
    }
}
