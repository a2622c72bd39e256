//! Strings that look random, beside a word such as `token`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::prefixed;
use super::value::{self, Tie};
use crate::redact::Rule;
use crate::redact::scan::Scan;

static STRING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)[A-Za-z0-9+/_.~-]{6,}={0,2}").expect("a constant that tests compile"));

/// The shortest string that is taken for a secret where one is merely spoken of, in bytes.
const SHORTEST_NEAR: usize = 16;
/// The shortest where the string is given as the secret's value, in bytes.
const SHORTEST_GIVEN: usize = 8;
/// The shortest of nothing but letters, in bytes, and the least entropy of such, in bits a character. `getAccountBalanceFromUser`
/// has 3.9.
const SHORTEST_JUMBLE: usize = 20;
const LEAST_ENTROPY_JUMBLE: f64 = 4.0;
/// The shortest part without punctuation that makes a string look random, in bytes.
const SHORTEST_MIXED: usize = 10;
/// The shortest of groups of capitals and digits, in bytes: `1234-5678-ABCD`.
const SHORTEST_SERIAL: usize = 12;
/// The least entropy where the string is given as the secret's value, in bits a character.
const LEAST_ENTROPY_GIVEN: f64 = 2.5;
/// The least entropy of a random string, in bits a character. Hexadecimal digits have at most 4, words about 3.
const LEAST_ENTROPY: f64 = 3.0;

pub(super) fn find(scan: &Scan<'_>) -> impl Iterator<Item = Range<usize>> {
    let given = scan.cues.secret_ends().filter_map(|end| value::after(scan, end));
    let given = given
        .filter(|value| is_given(value.text) || (value.tie == Tie::Clear && is_jumble(value.text)))
        .map(|value| value.range);
    let near = STRING.find_iter(&scan.text).filter_map(|found| {
        let start = found.start();
        let range = start..start + found.as_str().trim_end_matches('.').len();
        is_near(scan, &range).then_some(range)
    });
    given.chain(near)
}

/// Whether a value given as a secret is one, and not a word, a version or a piece of code.
fn is_given(text: &str) -> bool {
    let plain = !text.contains(|c: char| c.is_whitespace() || "()[]{}<>".contains(c)) && !text.starts_with('$');
    let serial = text.len() >= SHORTEST_SERIAL && !text.contains(|c: char| c.is_ascii_lowercase());
    let dense = serial
        || longest_mixed_part(text) >= SHORTEST_GIVEN - 1
        || text.contains(['!', '#', '$', '%', '^', '*', '@'])
        || (text.len() >= SHORTEST_NEAR && text.contains(['+', '/']));
    text.len() >= SHORTEST_GIVEN && plain && dense && may_be_random(text) && entropy(text) >= LEAST_ENTROPY_GIVEN
}

/// Whether a value is a long string of nothing but letters, which are too evenly mixed for words.
fn is_jumble(text: &str) -> bool {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && text.len() >= SHORTEST_JUMBLE && entropy(text) >= LEAST_ENTROPY_JUMBLE
}

/// Whether a string is a secret since secrets are spoken of beside it, since it was one before, or by its own form.
fn is_near(scan: &Scan<'_>, range: &Range<usize>) -> bool {
    let text = &scan.text[range.clone()];
    if scan.known.knows(Rule::Secret, text) || prefixed::is_key(text) {
        return true;
    }
    if !scan.cues.speak_of_secrets() || !may_be_random(text) {
        return false;
    }
    (scan.cues.secret_before(range.start) || scan.cues.secret_after(range.end)) && is_random(text)
}

/// What has only letters or only digits is a word or a number.
fn may_be_random(text: &str) -> bool {
    is_mixed(text) && !is_date(text) && !text.starts_with("//") && !text.contains("://") && !text.contains("::")
}

fn is_random(text: &str) -> bool {
    text.len() >= SHORTEST_NEAR
        && !is_path(text)
        && longest_mixed_part(text) >= SHORTEST_MIXED
        && entropy(text) >= LEAST_ENTROPY
}

/// Random strings may have slashes too, and then have capitals as well.
fn is_path(text: &str) -> bool {
    text.contains('/') && (text.starts_with(['/', '.']) || !text.contains(|c: char| c.is_ascii_uppercase()))
}

/// Both letters and digits: what has only one of them is a word or a number.
fn is_mixed(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// The length of the longest part between punctuation that is mixed in itself: `step-2-verification` has none.
fn longest_mixed_part(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| is_mixed(part)).map(str::len).max().unwrap_or(0)
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit)
}

/// Shannon's entropy of the bytes, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = text.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    use super::*;

    #[test]
    fn random_strings() {
        assert_finds(
            Rule::Secret,
            &[
                ("api_key=0a1b2c3d4e5f6071", &["0a1b2c3d4e5f6071"]),
                ("token: 3f2504e0-4f89-41d3-9a0c-0305e82c3301", &["3f2504e0-4f89-41d3-9a0c-0305e82c3301"]),
                (r#""client_secret": "Zq3xW8vT1nB6mK0p""#, &["Zq3xW8vT1nB6mK0p"]),
                (r#"{\"accessToken\":\"Zq3xW8vT1nB6mK0p\"}"#, &["Zq3xW8vT1nB6mK0p"]),
                ("Authorization: Bearer Zq3xW8vT1nB6mK0pL5.", &["Zq3xW8vT1nB6mK0pL5"]),
                ("the token you sent, Zq3xW8vT1nB6mK0pL5rJ, fails", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("Zq3xW8vT1nB6mK0pL5rJ is my token", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                (
                    "aws_secret_access_key = wJ4lrXUtnFEM/K7MDENG/bPxRfiCYzzzzzzzzKEY",
                    &["wJ4lrXUtnFEM/K7MDENG/bPxRfiCYzzzzzzzzKEY"],
                ),
                ("Authorization: Basic dXNlcjpwYXNzd29yZDEy", &["dXNlcjpwYXNzd29yZDEy"]),
                ("AZURE_OPENAI_KEY=0123456789abcdef0123456789abcdef", &["0123456789abcdef0123456789abcdef"]),
                ("SECRET_KEY='django-8#k2l!m3n4'", &["django-8#k2l!m3n4"]),
                ("token=abcdefghijklmnopqrstuvwx", &["abcdefghijklmnopqrstuvwx"]),
                ("access token 00D5f0!AQcAQH0dMHZf.972", &["00D5f0!AQcAQH0dMHZf.972"]),
                ("the secret is xK9#mP2$vL5", &["xK9#mP2$vL5"]),
                ("my api key: 1234-5678-ABCD-EFGH.", &["1234-5678-ABCD-EFGH"]),
                ("sig=fNQc5eTSSj1xQYBl%2BqJ1Y%3D&se=1", &["fNQc5eTSSj1xQYBl%2BqJ1Y%3D"]),
                ("--token Zq3xW8vT1nB6", &["Zq3xW8vT1nB6"]),
                ("?token=ab12cd34ef56", &["ab12cd34ef56"]),
                ("der Zugangsschlüssel lautet Zq3xW8vT1nB6mK0pL5rJ", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("clé d'API : Zq3xW8vT1nB6mK0pL5rJ", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("la clave de API es Zq3xW8vT1nB6mK0pL5rJ", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("le jeton est Zq3xW8vT1nB6mK0pL5rJ", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("密钥是Zq3xW8vT1nB6mK0pL5rJ。", &["Zq3xW8vT1nB6mK0pL5rJ"]),
                ("トークンは Zq3xW8vT1nB6mK0pL5rJ です", &["Zq3xW8vT1nB6mK0pL5rJ"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Secret,
            &[
                "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
                "max_tokens: 4096",
                "tokens=1234567890123456",
                "token expires 2026-11-20T10:11:12Z",
                "see https://docs.example.com/v2/token-authentication-guide2",
                "the secret of step-2-verification",
                "token_count 20480",
                "src/auth/v2/token_store_helpers.rs",
                "trace 4f1a2b3c5d6e7f80 of 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                "primary_key: ab12cd34ef56",
                "a token is about 4 characters of text",
                "tokenizer cl100k_base",
                "jwt: SignatureScheme::ECDSA_NISTP256_SHA256",
                "token = next_token(step12345678)",
                "token=getAccountBalanceFromUser",
                "token v2.1.0-beta3 is out",
                "secret: ${SECRET_NUMBER_12345}",
                "token: https://example.com/a1b2c3d4e5f6",
            ],
        );
    }

    #[test]
    fn entropy_of_known_strings() {
        for (text, wanted) in [("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0), ("0123456789abcdef", 4.0)] {
            assert!((entropy(text) - wanted).abs() < 1e-12, "{text}");
        }
    }
}
