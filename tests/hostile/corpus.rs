//! Hostile texts: those of `tests/fixtures/hostile.jsonl`, and such as are put together from their parts by a seeded generator.

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The texts of the file.
pub(crate) fn corpus() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile.jsonl");
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Pieces that are dangerous beside others more than alone.
const PIECES: &[&str] = &[
    "@",
    "#",
    "GH-",
    "1",
    "12",
    "/",
    "\\",
    "`",
    "```",
    "~~~",
    "*",
    "**",
    "_",
    "__",
    "~~",
    "<",
    ">",
    "</",
    "<!--",
    "-->",
    "&",
    "&#64;",
    "&lt;",
    ";",
    "[",
    "]",
    "(",
    ")",
    "](",
    "![",
    "[x]: ",
    "!",
    "|",
    "\\|",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "  ",
    "    ",
    "- ",
    "-",
    "---",
    "===",
    "+ ",
    "1. ",
    "1) ",
    "> ",
    "$",
    "$$",
    "^",
    "{",
    "}",
    ":",
    "::",
    "://",
    "https",
    "http",
    "www",
    ".",
    "mailto:",
    "a",
    "w",
    "abcdef",
    "0123456",
    "octocat",
    "evil.example",
    "details",
    "summary",
    "img src=x",
    "[ ] ",
    "[!NOTE]",
    "[^1]",
    "\u{202e}",
    "\u{200b}",
    "\u{200d}",
    "\u{2060}",
    "\u{fe0f}",
    "\u{301}",
    "\u{0}",
    "\u{1b}[31m",
    "\u{2028}",
    "\u{a0}",
    "ä",
    "日本",
    "م",
    "👩",
    "\u{e0041}",
    "##[",
    "error",
    "\"",
    "'",
    "%",
    ",",
    "=",
    "?",
];

/// So many texts, the same each time.
pub(crate) fn generated(count: usize) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(49);
    let corpus: Vec<String> = corpus().into_iter().filter(|text| text.len() < 200).collect();
    (0..count).map(|_| text(&mut rng, &corpus)).collect()
}

fn text(rng: &mut ChaCha8Rng, corpus: &[String]) -> String {
    let parts = 1 + below(rng, 12);
    let part = |_| match below(rng, 10) {
        0 => corpus[below(rng, corpus.len())].clone(),
        1 => char::from(u8::try_from(below(rng, 128)).unwrap()).to_string(),
        2 => char::from_u32(rng.next_u32() % 0x11_0000).unwrap_or('\u{fffd}').to_string(),
        _ => PIECES[below(rng, PIECES.len())].to_owned(),
    };
    (0..parts).map(part).collect()
}

fn below(rng: &mut ChaCha8Rng, limit: usize) -> usize {
    rng.next_u32() as usize % limit
}
