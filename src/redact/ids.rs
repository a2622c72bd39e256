//! Session and user ids: they leave the machine only as keyed hashes.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::RedactError;

/// The key under which session and user ids are hashed. Without it nobody can try out likely ids on the hashes; with the
/// same key the same id has the same hash, so that samples drawn at different times agree on who is who.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct IdKey(Box<[u8]>);

impl IdKey {
    /// The shortest key that is accepted, in bytes.
    pub const MIN_BYTES: usize = 16;

    /// A key of at least [`Self::MIN_BYTES`] bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, RedactError> {
        if bytes.len() < Self::MIN_BYTES {
            return Err(RedactError::ShortKey { length: bytes.len() });
        }
        Ok(Self(bytes.into()))
    }

    /// The key kept in a file, which is made, with a random key and for its owner's eyes only, if it is not there. It must
    /// not be committed: the folder it is in should be ignored by version control.
    pub fn kept_in(path: &Path) -> Result<Self, RedactError> {
        let fails = |action| move |source| RedactError::KeyFile { action, path: path.display().to_string(), source };
        match fs::read_to_string(path) {
            Ok(text) => Self::new(text.trim().as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).map_err(fails("write")),
            Err(error) => Err(fails("read")(error)),
        }
    }

    /// 16 hex digits of the HMAC-SHA256 of an id.
    #[expect(clippy::missing_panics_doc, reason = "it cannot")]
    pub fn hash(&self, id: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(id.as_bytes());
        let digest = mac.finalize().into_bytes();
        format!("{:016x}", u64::from_be_bytes(std::array::from_fn(|index| digest[index])))
    }
}

fn create(path: &Path) -> io::Result<IdKey> {
    let words: Result<String, _> = (0..4).map(|_| getrandom::u64().map(|word| format!("{word:016x}"))).collect();
    let text = words.map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(format!("{text}\n").as_bytes())?;
    Ok(IdKey(text.into_bytes().into()))
}

impl TryFrom<String> for IdKey {
    type Error = RedactError;

    fn try_from(text: String) -> Result<Self, RedactError> {
        Self::new(text.as_bytes())
    }
}

impl fmt::Debug for IdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_hang_on_key_and_id() {
        let key = IdKey::new(b"0123456789abcdef").unwrap();
        // printf session-1 | openssl dgst -sha256 -hmac 0123456789abcdef
        assert_eq!(key.hash("session-1"), "691d1d44c6295bcb");
        assert_ne!(key.hash("session-1"), key.hash("session-2"));
        assert_ne!(key.hash("session-1"), IdKey::new(b"fedcba9876543210").unwrap().hash("session-1"));
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_shown() {
        assert!(IdKey::new(b"short").unwrap_err().to_string().contains("has 5 bytes: give at least 16"));
        assert_eq!(format!("{:?}", IdKey::new(&[b'k'; 16]).unwrap()), "IdKey(…)");
    }

    #[test]
    fn a_kept_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inner/key");
        let first = IdKey::kept_in(&path).unwrap().hash("a");
        assert_eq!(IdKey::kept_in(&path).unwrap().hash("a"), first);
        assert_ne!(IdKey::kept_in(&folder.path().join("other")).unwrap().hash("a"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "short").unwrap();
        assert!(IdKey::kept_in(&path).is_err());
        assert!(IdKey::kept_in(folder.path()).unwrap_err().to_string().starts_with("cannot read the key"));
    }
}
