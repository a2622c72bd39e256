//! Passwords: what follows the word for them, what stands before the host in a URL, and what `curl -u` is given.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::value::{self, Tie, Value};
use crate::redact::scan::Scan;

static WORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)passw(?:or)?d|passphrase|passcode|pwd|_pass(?:word|wd|phrase|code)?|\bpw|passwort|kennwort|contraseña|senha|mot de passe",
    )
});

/// The word in more languages, in the cases that it is written in: a few literals are looked for much faster.
static FOREIGN: LazyLock<Regex> =
    LazyLock::new(|| regex("contrasena|wachtwoord|Wachtwoord|пароль|Пароль|密码|密碼|口令|パスワード|비밀번호"));

/// `https://user:password@host`, `--user name:password`, `sshpass -p password`. The password may have an `@` in it too.
static OF_USER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?i)(?:[a-z0-9]://[^\s/:@"'<>\x00]*:([^\s/"'<>\x00]+)@|\s(?:-u|--user)[ =]\s*["']?[^\s:"']+:([^\s"']+)|sshpass\s+-p\s*["']?([^\s"']+))"#,
    )
});

/// What stands in a password's place without being one.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    let words = "required|optional|string|text|null|none|nil|true|false|undefined|hidden|redacted|removed|empty|missing|\
        invalid|incorrect|wrong|expired|correct|valid|changed|reset|example|varchar|&str";
    let code = r"[a-z_.]*(?:password|passwd|pwd)[a-z_.]*|.*(?:environ|getenv|process\.env|secrets\.).*";
    regex(&format!(r"(?i)^(?:{words}|{code}|[*•.xX]+|[<\[{{(*%].*|\$[{{(A-Z].*)$"))
});

/// The shortest password where it is clear that it is one, in characters.
const SHORTEST_CLEAR: usize = 4;
/// The shortest in a sentence, in characters.
const SHORTEST_TOLD: usize = 6;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant that tests compile")
}

pub(super) fn find(scan: &Scan<'_>) -> impl Iterator<Item = Range<usize>> {
    let of_users = OF_USER.captures_iter(&scan.text).filter_map(|captures| captures.iter().skip(1).flatten().next());
    let words = WORD.find_iter(&scan.text).chain(FOREIGN.find_iter(&scan.text));
    let named = words.filter_map(|word| value::after(scan, word.end()));
    of_users.map(|found| found.range()).chain(named.filter(is_password).map(|value| value.range))
}

fn is_password(value: &Value<'_>) -> bool {
    let has_digit = value.text.contains(|c: char| c.is_ascii_digit());
    let has_symbol = value.text.contains(|c: char| "!@#$%^&*+=?~|\\/-".contains(c));
    let (shortest, tells) = match value.tie {
        Tie::Clear => (SHORTEST_CLEAR, true),
        Tie::Colon => (SHORTEST_CLEAR, has_digit || has_symbol),
        Tie::Verb => (SHORTEST_TOLD, has_digit || has_symbol),
        Tie::Space => (SHORTEST_TOLD, has_digit && value.text.contains(char::is_alphabetic)),
    };
    tells && value.text.chars().count() >= shortest && !PLACEHOLDER.is_match(value.text)
}

#[cfg(test)]
mod tests {
    use crate::redact::Rule;
    use crate::redact::tests::{assert_finds, assert_finds_nothing};

    #[test]
    fn passwords() {
        assert_finds(
            Rule::Secret,
            &[
                ("password=hunter2", &["hunter2"]),
                ("PASSWORD=swordfish", &["swordfish"]),
                ("my password is Tr0ub4dor&3.", &["Tr0ub4dor&3"]),
                ("user=a&password=Ab1!c&x=1", &["Ab1!c"]),
                (r#"{"password": "correct horse battery"}"#, &["correct horse battery"]),
                (r#"{\"db_password\": \"swordfish\"}"#, &["swordfish"]),
                ("password: swordfish\nuser: ana", &["swordfish"]),
                ("Passwort: geheim99, danke", &["geheim99"]),
                ("pwd => 'abcd'", &["abcd"]),
                ("Server=x;Pwd=s3cr3t;", &["s3cr3t"]),
                ("DB_PASS=letmein", &["letmein"]),
                ("password: MyPassword1!", &["MyPassword1!"]),
                ("my password hunter2", &["hunter2"]),
                ("pw: Passw0rd!", &["Passw0rd!"]),
                ("curl -u admin:S3cretPw https://x.example", &["S3cretPw"]),
                ("postgres://app:P@ss%40w0rd!@db.internal:5432/x", &["P@ss%40w0rd!"]),
                ("postgres://app:s3cr3t@db.internal/x", &["s3cr3t"]),
                ("redis://:hunter2@10.0.0.5", &["hunter2"]),
                ("postgresql+psycopg2://app:s3cr3t@db/x", &["s3cr3t"]),
                ("sshpass -p 's3cr3t' ssh ana@db", &["s3cr3t"]),
                ("curl -u 'admin:S3cretPw' x", &["S3cretPw"]),
                ("密码：Geheim99", &["Geheim99"]),
                ("пароль: Geheim99", &["Geheim99"]),
            ],
        );
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Secret,
            &[
                "I forgot my password",
                "password: required",
                "password is required",
                "Password: please enter it here",
                "password=${PASSWORD}",
                "password=db_password",
                "password: ********",
                "password=<your password>",
                "the password is 12 characters",
                "password was reset yesterday",
                r#""password": {"type": "string"}"#,
                r#""password": "string""#,
                "https://example.com:8080/a@b",
                "password=os.environ['X']",
                "password is wrong",
                "fn f(password: &str, x: u8)",
            ],
        );
    }
}
