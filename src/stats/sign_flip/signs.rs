//! Vectors of signs, one bit a cluster: 0 keeps the sign, 1 turns it. The first vector keeps them all.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Where the sign vectors come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Signs {
    /// All 2^G of them: bit g of vector v is the sign of cluster g.
    All {
        /// G.
        clusters: usize,
    },
    /// Drawn from a seed, after the identity.
    Drawn {
        /// Vectors, with the identity.
        vectors: usize,
        /// Seed of the stream.
        seed: u64,
    },
}

impl Signs {
    /// All vectors if they are no more than the identity and `flips` others, else that many drawn ones.
    pub(super) fn choose(clusters: usize, flips: usize, seed: u64) -> Self {
        let all = u32::try_from(clusters).ok().and_then(|clusters| 1_usize.checked_shl(clusters));
        match all {
            Some(all) if all <= flips.saturating_add(1) => Self::All { clusters },
            _ => Self::Drawn { vectors: flips.saturating_add(1), seed },
        }
    }

    pub(super) fn vectors(self) -> usize {
        match self {
            Self::All { clusters } => 1 << clusters,
            Self::Drawn { vectors, .. } => vectors,
        }
    }

    /// Signs of eight successive clusters, of which `first` is the first, one byte for each vector.
    ///
    /// Drawn blocks have a stream of their own each, so that they do not depend on how many clusters are to come.
    pub(super) fn block(self, block: usize, first: usize) -> Vec<u8> {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the low byte is what is wanted")]
            Self::All { clusters } => (0..1_usize << clusters).map(|vector| (vector >> first) as u8).collect(),
            Self::Drawn { vectors, seed } => {
                let mut bytes = vec![0; vectors];
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream(block as u64);
                random.fill_bytes(&mut bytes[1..]);
                bytes
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_clusters_are_enumerated() {
        assert_eq!(Signs::choose(13, 9_999, 1), Signs::All { clusters: 13 });
        assert_eq!(Signs::choose(14, 9_999, 1).vectors(), 10_000);
        assert_eq!(Signs::choose(0, 9_999, 1).vectors(), 1);
        assert_eq!(Signs::choose(1000, 99, 1).vectors(), 100);
    }

    #[test]
    fn drawn_signs_are_fair_and_the_first_vector_keeps_them() {
        let bytes = Signs::Drawn { vectors: 20_001, seed: 5 }.block(3, 24);
        assert_eq!(bytes[0], 0);
        let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        assert!((ones.abs_diff(80_000)) < 1_000, "{ones} of 160,000 bits");
    }

    #[test]
    fn the_stream_is_pinned() {
        // A change here changes verdicts that users have seen: it is a breaking change.
        assert_eq!(Signs::Drawn { vectors: 5, seed: 1 }.block(0, 0), PINNED);
    }

    const PINNED: [u8; 5] = [0, 177, 13, 164, 140];
}
