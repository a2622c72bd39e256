//! Ordinary answers are read as they were written.

use comrak::{Options, markdown_to_html};
use eval_gate::report::escape::{block, inline};

const ORDINARY: &[&str] = &[
    "Ihre Bestellung kommt übermorgen; größere Pakete dauern länger.",
    "ご注文は明日届きます。",
    "سيصل طلبك غدا، شكرا لك",
    "می\u{200c}خواهم بدانم",
    "आपका ऑर्डर कल आएगा",
    "שָׁלוֹם",
    "👨\u{200d}👩\u{200d}👧 sagt 👍🏽 und ❤\u{fe0f}",
    "It costs $5, or US$ 4.50 (−10 %).",
    "let x = vec![1, 2]; if a < b && c != d { println!(\"{x:?}\"); }",
    "Write to support@example.com or see https://example.com/help?x=1#top.",
    "SELECT * FROM t WHERE id = 5; -- a comment",
    "{\"answer\": \"yes\", \"score\": 0.75}",
    "1. First 2) second - third",
    "C:\\Users\\me\\file_name.txt",
    "See issue #12, commit 0123456789abcdef, thanks @octocat :tada:",
];

#[test]
fn ordinary_text_is_read_to_the_letter() {
    for text in ORDINARY {
        let html = markdown_to_html(&format!("a {} z", inline(text)), &Options::default());
        let shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        assert_eq!(shown.replace('\u{2060}', ""), format!("<p>a {text} z</p>\n"));
        assert_eq!(block(text, "diff").replace('\u{2060}', ""), format!("```diff\n{text}\n```"));
    }
}

#[test]
fn lines_and_tabs_have_a_sign_each() {
    assert_eq!(inline("a\n\tb"), "a⏎⇥b");
    assert_eq!(block("a\n\tb", ""), "```\na\n\tb\n```");
}
