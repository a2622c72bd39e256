//! The runner's command language, which it reads in the log.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::limits::SHORTEST_MASK;
use super::pull::encoded;

/// A command with this data: `::group::Title`.
pub fn command(name: &str, data: &str) -> String {
    let data = data.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("::{name}::{data}")
}

/// The commands that keep secrets out of the log from then on: each line of a secret, as it is and as it looks in JSON, in an
/// address, and in base64.
pub fn masks<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Vec<String> {
    let lines = secrets.flat_map(|secret| secret.expose_secret().lines());
    let long = lines.map(str::trim).filter(|line| line.len() >= SHORTEST_MASK);
    long.flat_map(forms).map(|form| command("add-mask", &form)).collect()
}

fn forms(line: &str) -> Vec<String> {
    let json = Value::from(line).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    let mut forms = vec![line.to_owned(), json, encoded(line), STANDARD.encode(line), URL_SAFE_NO_PAD.encode(line)];
    // What is padded is masked without its padding too.
    forms.push(forms[3].trim_end_matches('=').to_owned());
    let mut seen = BTreeSet::new();
    forms.retain(|form| seen.insert(form.clone()));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stays_data() {
        assert_eq!(command("group", "50 %\n::error::x\r"), "::group::50 %25%0A::error::x%0D");
    }

    #[test]
    fn long_secrets_are_masked_line_by_line() {
        let secrets = ["sk-0123456789", "short", "first line\nsecond line\n"].map(SecretString::from);
        let masks = masks(secrets.iter());
        for expected in ["sk-0123456789", "c2stMDEyMzQ1Njc4OQ==", "c2stMDEyMzQ1Njc4OQ", "first line", "second%2520line"]
        {
            assert!(masks.contains(&format!("::add-mask::{expected}")), "{expected} is not in {masks:?}");
        }
        assert_eq!(masks.iter().filter(|mask| mask.contains("0123456789")).count(), 1, "each form once");
        assert!(!masks.iter().any(|mask| mask.contains("short")), "a short one would mask half of the log");
    }

    #[test]
    fn a_secret_is_masked_as_others_write_it() {
        let secret = SecretString::from("p\"a/ss+word");
        let masks = masks(std::iter::once(&secret));
        for expected in ["p\"a/ss+word", "p\\\"a/ss+word", "p%22a%2Fss%2Bword"] {
            assert!(masks.iter().any(|mask| mask.ends_with(&expected.replace('%', "%25"))), "{expected}: {masks:?}");
        }
    }
}
