//! The runner's command language, which it reads in the log.

use secrecy::{ExposeSecret, SecretString};

use super::limits::SHORTEST_MASK;

/// A command with this data: `::group::Title`.
pub fn command(name: &str, data: &str) -> String {
    let data = data.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("::{name}::{data}")
}

/// The commands that keep secrets out of the log from then on, a line of a secret each.
pub fn masks<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Vec<String> {
    let lines = secrets.flat_map(|secret| secret.expose_secret().lines());
    lines.map(str::trim).filter(|line| line.len() >= SHORTEST_MASK).map(|line| command("add-mask", line)).collect()
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
        let expected = ["::add-mask::sk-0123456789", "::add-mask::first line", "::add-mask::second line"];
        assert_eq!(masks(secrets.iter()), expected);
    }
}
