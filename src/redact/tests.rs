//! The whole room at work: what holds whatever the rule.

use proptest::prelude::*;

use super::*;

pub(super) fn redactor() -> Redactor {
    Redactor::new(&RedactConfig::default()).unwrap()
}

fn only(rule: Rule) -> Redactor {
    Redactor::new(&RedactConfig { rules: Some(vec![rule]), ..RedactConfig::default() }).unwrap()
}

/// Every text has these findings and no others.
pub(super) fn assert_finds(rule: Rule, table: &[(&str, &[&str])]) {
    for (text, wanted) in table {
        let found: Vec<&str> = only(rule).find(text).iter().map(|finding| finding.of(text)).collect();
        assert_eq!(&found, wanted, "in {text}");
        let redacted = only(rule).text(text).into_owned();
        assert!(wanted.iter().all(|value| !redacted.contains(value)), "{redacted}");
    }
}

/// Every value is found from end to end, whatever is around it.
pub(super) fn assert_finds_whole(rule: Rule, values: &[String]) {
    for value in values {
        for (before, after) in
            [("", ""), ("it is ", " indeed"), ("\"", "\""), ("x=", "&y"), ("(", ")."), ("\\n", "\\n")]
        {
            let text = format!("{before}{value}{after}");
            let found: Vec<Finding> = only(rule).find(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(!only(rule).text(&text).contains(value.as_str()), "{text}");
            assert!(found[0].start >= before.len() && found[0].of(&text).starts_with(value.as_str()), "{text}");
        }
    }
}

pub(super) fn assert_finds_nothing(rule: Rule, texts: &[&str]) {
    for text in texts {
        let found: Vec<&str> = only(rule).find(text).iter().map(|finding| finding.of(text)).collect();
        assert!(found.is_empty(), "{found:?} in {text}");
    }
}

#[test]
fn values_keep_their_pseudonym_through_a_run() {
    let mut redactor = redactor();
    assert_eq!(redactor.text("I am ana@example.com, not bo@example.com"), "I am <EMAIL_1>, not <EMAIL_2>");
    assert_eq!(redactor.text("Dear Ana@Example.com, call +1 202-555-0143"), "Dear <EMAIL_1>, call <PHONE_1>");
    assert_eq!(redactor.text("I noted 2025550143."), "I noted <PHONE_1>.", "known by now, without a word beside it");
    assert_eq!(redactor.counts(), &BTreeMap::from([(Rule::Email, 3), (Rule::Phone, 2)]));
}

#[test]
fn secrets_are_known_again_without_their_context() {
    let mut redactor = redactor();
    assert_eq!(redactor.text("api_key=ab12cd34ef56"), "api_key=<SECRET_1>");
    assert_eq!(redactor.text("You gave me ab12cd34ef56."), "You gave me <SECRET_1>.");
}

#[test]
fn clean_text_is_not_copied() {
    assert!(matches!(redactor().text("Where is my order 12345?"), Cow::Borrowed(_)));
}

#[test]
fn redacted_text_stays_and_its_pseudonyms_are_not_given_away() {
    let mut redactor = redactor();
    let text = "<EMAIL_1> wrote to ana@example.com about <SECRET_1> Zq3xW8vT1nB6mK0p";
    assert_eq!(redactor.text(text), "<EMAIL_1> wrote to <EMAIL_2> about <SECRET_1> Zq3xW8vT1nB6mK0p");
    redactor.reserve("and later <EMAIL_3>");
    assert_eq!(redactor.text("bo@example.com"), "<EMAIL_4>");
    assert_eq!(redactor.text(r"{\u003cEMAIL_5\u003e}"), r"{\u003cEMAIL_5\u003e}");
    assert_eq!(redactor.text("cy@example.com"), "<EMAIL_6>");
}

#[test]
fn patterns_and_exceptions_of_the_user() {
    let config = RedactConfig {
        patterns: vec![r"ACME-\d+".into(), "(?i)project x|".into()],
        allow: vec![r".*@shop\.example".into(), r"(?:\+1 )?202-555-0100".into()],
        ..RedactConfig::default()
    };
    let mut redactor = Redactor::new(&config).unwrap();
    let text = "ACME-17 of Project X: help@shop.example, ana@example.com, +1 202-555-0100, ACME-17, <PATTERN_9>";
    let wanted = "<PATTERN_1> of <PATTERN_2>: help@shop.example, <EMAIL_1>, +1 202-555-0100, <PATTERN_1>, <PATTERN_9>";
    assert_eq!(redactor.text(text), wanted);
    let everything = RedactConfig { patterns: vec![".+".into()], ..RedactConfig::default() };
    let mut redactor = Redactor::new(&everything).unwrap();
    assert_eq!(redactor.text("a <EMAIL_1> b"), "<PATTERN_1><EMAIL_1><PATTERN_2>");
}

#[test]
fn rules_can_be_chosen() {
    assert_eq!(only(Rule::Email).text("ana@example.com 192.0.2.1"), "<EMAIL_1> 192.0.2.1");
    let mut none = Redactor::new(&RedactConfig { rules: Some(vec![]), ..RedactConfig::default() }).unwrap();
    assert_eq!(none.text("ana@example.com"), "ana@example.com");
}

#[test]
fn what_overlaps_leaves_nothing_behind() {
    let mut redactor = redactor();
    assert_eq!(redactor.text("https://ana:s3cr3t@db.example.com/x"), "https://ana:<SECRET_1>/x");
    assert_eq!(redactor.text("password=ana@example.com"), "password=<SECRET_2>");
}

#[test]
fn long_hostile_texts_take_linear_time() {
    let units = [
        "a@",
        "-----BEGIN PRIVATE KEY-----Aa: ",
        "@a.",
        "-----BEGIN PRIVATE KEY-----",
        "\\",
        "&#",
        "1 ",
        "1-",
        "+1",
        "<EMAIL_1>",
        "password=",
        "token ",
        "a1:",
        "://:",
        "eyJ",
        "sk-",
        "DE89 ",
        "a.b@c.d-",
        "( ",
        "0a",
        "x [at] y ",
        "4111 ",
        "\u{200b}",
        "١",
    ];
    for unit in units {
        let started = std::time::Instant::now();
        redactor().text(&unit.repeat(200_000 / unit.len()));
        let spent = started.elapsed();
        assert!(spent.as_secs() < 20, "{unit}: {spent:?}"); // well below one
    }
}

/// Texts in which the rules have something to do: fragments of what they look for, joined by what may hide it.
fn texts() -> impl Strategy<Value = String> {
    let fragments = proptest::sample::select(vec![
        "ana@example.com",
        "@",
        "+1 202-555-0143",
        "2025550143",
        "phone",
        "4111 1111 1111 1111",
        "4111",
        "DE89370400440532013000",
        "192.0.2.1",
        "2001:db8::1",
        "token",
        "Zq3xW8vT1nB6mK0pL5rJ",
        "sk-Zq3xW8vT1nB6mK0pL5rJ9s",
        "password=",
        "hunter2",
        "<EMAIL_1>",
        "<SECRET_2>",
        "<PHONE_",
        "1>",
        "\\n",
        "\\u0040",
        "%40",
        "\u{200b}",
        "＠",
        " ",
        "\n",
        "\"",
        ":",
        "{",
        "}",
        "order",
        ".",
        "-",
        "é",
        "世",
        "x",
        "-----BEGIN PRIVATE KEY-----",
        "://a:",
    ]);
    proptest::collection::vec(prop_oneof![4 => fragments.prop_map(str::to_owned), 1 => "\\PC{0,5}"], 0..24)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(text in texts()) {
        let once = redactor().text(&text).into_owned();
        prop_assert_eq!(redactor().text(&once), once.as_str());
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC*") {
        let findings = redactor().find(&text);
        prop_assert!(findings.iter().all(|finding| text.get(finding.start..finding.end).is_some()));
        redactor().text(&text);
    }

    #[test]
    fn a_planted_secret_never_stays(before in texts(), after in texts()) {
        for planted in ["bo.lee@mail.example.org", "sk-planted0planted1planted2planted3", "4242 4242 4242 4242"] {
            let text = format!("{before} {planted} {after}");
            let redacted = redactor().text(&text).into_owned();
            prop_assert!(!redacted.contains(planted), "{}", redacted);
        }
    }

    #[test]
    fn json_stays_json(text in texts(), more in texts()) {
        let json = serde_json::json!({"a": text, "phone": 2_025_550_143_u64, "b": [more, 4_242_424_242_424_242_u64]}).to_string();
        let redacted = redactor().text(&json).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok(), "{} from {}", redacted, json);
    }
}
