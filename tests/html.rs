//! What is promised of report.html and junit.xml: nothing that a stranger wrote gets out of its place, and nothing is asked
//! of the outside. The page is read by the tokenizer of a browser engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use eval_gate::report::{Report, html, junit};
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use serde_json::Value;

fn sample() -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every text that a stranger may have written is this one.
fn hostile(attack: &str) -> Report {
    let mut report = serde_json::to_value(sample()).unwrap();
    replace(&mut report, attack);
    serde_json::from_value(report).unwrap()
}

/// Replaces all texts but those that the format itself fixes. Names that refer to each other stay the same.
fn replace(value: &mut Value, attack: &str) {
    const FIXED: &[&str] = &["ruling", "test", "outcome", "unit"];
    match value {
        Value::String(text) => attack.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, attack)),
        Value::Object(fields) => {
            let is_named_by_strangers = |name: &str| matches!(name, "danger_rule" | "faithful" | "intent" | "note");
            let old = std::mem::take(fields);
            for (name, mut field) in old {
                if !FIXED.contains(&name.as_str()) {
                    replace(&mut field, attack);
                }
                fields.insert(if is_named_by_strangers(&name) { attack.to_owned() } else { name }, field);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

const ATTACKS: &[&str] = &[
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]><img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>' onfocus='alert(1)",
    "</style></title></textarea></noscript><iframe src=https://evil.example>",
    "{{ 7 * 7 }} {% raw %} ${x} `",
    "javascript:alert(1)",
    "\u{202e}\u{2028}\u{0}\u{fffe}&lt;b&gt; &#60;",
];

/// The tags of a page and the text of its script elements.
#[derive(Default)]
struct Page {
    tags: RefCell<Vec<Tag>>,
    scripts: RefCell<Vec<String>>,
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => {
                let is_script = self.tags.borrow().last().is_some_and(|tag| is_start(tag, "script"));
                if is_script {
                    self.scripts.borrow_mut().last_mut().unwrap().push_str(&text);
                }
            }
            Token::CommentToken(text) => panic!("a comment: {text}"),
            Token::ParseError(error) => panic!("{error}"),
            Token::TagToken(tag) => {
                let kind = match &*tag.name {
                    _ if tag.kind == TagKind::EndTag => None,
                    "script" => Some(ScriptData),
                    "style" => Some(Rawtext),
                    "title" if !self.tags.borrow().iter().any(|tag| is_start(tag, "body")) => Some(Rcdata),
                    _ => None,
                };
                if is_start(&tag, "script") {
                    self.scripts.borrow_mut().push(String::new());
                }
                self.tags.borrow_mut().push(tag);
                return kind.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
            }
            Token::DoctypeToken(_) | Token::NullCharacterToken | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

fn is_start(tag: &Tag, name: &str) -> bool {
    tag.kind == TagKind::StartTag && *tag.name == *name
}

fn read(html: &str) -> Page {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Page::default(), TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() });
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink
}

/// The page's tags with the names of their attributes, counted.
fn shape(page: &Page) -> BTreeMap<String, usize> {
    let mut shape = BTreeMap::new();
    for tag in page.tags.borrow().iter() {
        let mut names: Vec<String> = tag.attrs.iter().map(|attribute| attribute.name.local.to_string()).collect();
        names.sort();
        *shape.entry(format!("{:?} {} {}", tag.kind, tag.name, names.join(" "))).or_default() += 1;
    }
    shape
}

#[test]
fn no_text_becomes_markup() {
    let plain = shape(&read(&html(&hostile("plain"))));
    for attack in ATTACKS {
        assert_eq!(shape(&read(&html(&hostile(attack)))), plain, "{attack}");
    }
}

#[test]
fn nothing_is_asked_of_the_outside() {
    for report in [sample(), hostile("https://evil.example/x.png"), hostile("javascript:alert(1)")] {
        let html = html(&report);
        let page = read(&html);
        for tag in page.tags.borrow().iter() {
            let harmless = ["class", "id", "d", "x", "y", "dir", "lang", "type", "role", "name", "content", "title"];
            for attribute in &tag.attrs {
                let (name, value) = (attribute.name.local.to_string(), attribute.value.to_string());
                assert!(!name.starts_with("on") && name != "style", "{name} of {}", tag.name);
                assert!(
                    !["src", "srcset", "action", "ping", "poster", "background"].contains(&name.as_str()),
                    "{name}"
                );
                assert!(!name.contains("href") || value.starts_with('#'), "{name} is {value}");
                assert!(harmless.contains(&name.as_str()) || !value.starts_with("url("), "{name} is {value}");
            }
        }
        let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"));
        assert!(html.contains("default-src &#x27;none&#x27;") || html.contains("default-src 'none'"));
    }
}

#[test]
fn the_script_is_ours_alone_and_its_data_are_the_cases() {
    for attack in ATTACKS.iter().copied().chain(["plain"]) {
        let page = read(&html(&hostile(attack)));
        let scripts = page.scripts.borrow();
        assert_eq!(scripts.len(), 2, "{attack}");
        let data: Value = serde_json::from_str(&scripts[0]).unwrap();
        assert_eq!(data["cases"][0]["question"], attack);
        assert_eq!(scripts[1], read(&html(&sample())).scripts.borrow()[1]);
        for dangerous in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("] {
            assert!(!scripts[1].contains(dangerous), "{dangerous}");
        }
    }
}

#[test]
fn the_policy_names_the_script_and_the_style_that_are_there() {
    let html = html(&sample());
    let policy = html.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split("\">").next().unwrap();
    let policy = policy.replace("&#x2f;", "/").replace("&#x27;", "'");
    let hash = |text: &str| {
        use base64::Engine;
        use sha2::{Digest, Sha256};
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
    };
    let between = |open: &str, close: &str| html.rsplit_once(open).unwrap().1.split(close).next().unwrap().to_owned();
    assert!(policy.contains(&format!("script-src {};", hash(&between("<script>", "</script>")))), "{policy}");
    assert!(policy.contains(&format!("style-src {};", hash(&between("<style>", "</style>")))), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn the_verdict_is_in_words_and_the_page_is_the_same_each_time() {
    let page = html(&sample());
    for told in
        ["<title>Fail: support</title>", "Fail</h1>", "danger_rule on intent=safety went from 0.833", "look 2 of 4"]
    {
        assert!(page.contains(told), "{told}");
    }
    assert_eq!(page, html(&sample()));
}

#[test]
fn a_report_of_nothing_is_still_a_page() {
    let mut report = sample();
    report.comparisons.clear();
    report.results.clear();
    report.verdict.reasons.clear();
    let page = html(&report);
    read(&page);
    assert!(page.contains("There is nothing to compare.") && page.contains("No reason was given."));
}

#[test]
fn the_junit_file_reads_as_it_is_committed_and_is_well_formed() {
    insta::assert_snapshot!("junit.xml", junit(&sample()));
    for attack in ATTACKS {
        let xml = junit(&hostile(attack));
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut cases = 0;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    tag.attributes().for_each(|attribute| drop(attribute.unwrap()));
                    cases += usize::from(tag.name().as_ref() == b"testcase");
                }
                _ => {}
            }
        }
        assert_eq!(cases, 5, "{attack}");
    }
}
