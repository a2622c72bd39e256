//! What is promised of hostile text: whatever the texts of a report are, its Markdown has the structure that harmless texts
//! would have, and nothing in it that GitHub links, embeds, hides or executes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod corpus;
mod legible;
mod page;
mod report;

use eval_gate::github::{By, Marker, key};
use eval_gate::report::{Report, brief, error, markdown};

use self::corpus::{corpus, generated};
use self::page::Page;
use self::report::{TEXTS, filled};

/// Budgets of all sizes, so that cuts fall everywhere. A comment that is refused is made no shorter than 4,000 bytes.
const BUDGETS: [usize; 8] = [900_000, 65_535, 60_000, 30_000, 15_000, 8_000, 4_000, 2_500];
const REMARK: &str = "Reported by the fork's run";

/// The comment as it is posted, with our marker and a last line like that of a run.
fn comment(report: &Report, budget: usize) -> String {
    let marker = Marker {
        key: key(&report.name),
        head: "1".repeat(40),
        verdict: "fail".into(),
        by: By::Fork,
        run: "4242-1".into(),
    };
    let footer = "\n<sub>Commit 111111111111, [the run](https://github.test/acme/widgets/actions/runs/1)</sub>\n";
    marker.lines() + &brief(report, budget, Some(REMARK)) + footer
}

/// Renders a report filled with these texts as a whole and within these budgets, and checks each rendering.
fn check(texts: &[String], harmless: &[String], budgets: &[usize]) {
    let report = filled(texts);
    let whole = markdown(&report);
    let page = Page::read(&whole);
    page.check(0);
    assert_eq!(page.skeleton(), *harmless, "{whole}");
    for &budget in budgets {
        let text = comment(&report, budget);
        assert!(brief(&report, budget, Some(REMARK)).len() <= budget);
        let page = Page::read(&text);
        page.check(1);
        page.check_frame();
        assert!(page.is_headed("❌ Fail: "), "{text}");
    }
    check_error(&texts[..12]);
}

/// What is said of an error that quotes these texts.
fn check_error(texts: &[String]) {
    let text = error(&texts.join("\n  "), 60_000);
    let page = Page::read(&text);
    page.check(0);
    assert!(page.is_headed("⚠️ Error: the run could not be judged."), "{text}");
    let skeleton = page.skeleton();
    let item = ["item", "paragraph", "text"];
    let depth = |line: &String| line.trim_start().to_owned();
    let rest: Vec<String> = skeleton[3..].iter().map(depth).collect();
    assert!(rest.first().is_none_or(|first| first == "list"), "{text}");
    assert!(
        rest.iter().skip(1).zip(item.iter().cycle()).all(|(found, expected)| found == expected),
        "{rest:?}\n{text}"
    );
}

/// The structure of the same report with words for texts.
fn harmless() -> Vec<String> {
    let words: Vec<String> = (0..TEXTS).map(|number| format!("word{number}z")).collect();
    Page::read(&markdown(&filled(&words))).skeleton()
}

#[test]
fn the_corpus_stays_text_wherever_it_stands() {
    let (corpus, harmless) = (corpus(), harmless());
    assert!(corpus.len() > 300, "{}", corpus.len());
    // Each text comes to stand in many places.
    for start in (0..corpus.len()).step_by(11) {
        let texts: Vec<String> = (0..TEXTS).map(|i| corpus[(start + i) % corpus.len()].clone()).collect();
        check(&texts, &harmless, &BUDGETS);
    }
}

#[test]
fn ten_thousand_generated_texts_stay_text() {
    let harmless = harmless();
    // A few texts of each report are not in its Markdown.
    let texts = generated(100 * TEXTS);
    for (number, texts) in texts.chunks(TEXTS).enumerate() {
        check(texts, &harmless, &[BUDGETS[number % 8], BUDGETS[(number + 3) % 8]]);
    }
}
