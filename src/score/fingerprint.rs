//! Whether two scorers of the same name measure the same thing.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::kind::Kind;
use super::raw::RawScorer;

/// Changes when the meaning of the scores changes in a way the config does not show.
const VERSION: &str = "eval-gate scorer 1";

/// Sixteen hex digits over what was written (without gate and description) and the content of the files it names.
pub(super) fn of(written: &RawScorer, kind: &Kind) -> String {
    let written = serde_json::to_string(written).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [VERSION, &written].into_iter().chain(kind.material()) {
        hash.update((part.len() as u64).to_le_bytes()); // so that parts cannot run into one another
        hash.update(part);
    }
    hex(&hash.finalize()[..8])
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
