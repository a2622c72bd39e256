//! A rendering as a GFM parser reads it, with all that GitHub adds and with raw HTML let through.

use std::sync::LazyLock;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use regex::Regex;

/// What may not stand in text that GitHub looks through, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    (r"@[\p{L}\p{N}_-]", "a mention"),
    (r"#[\p{L}\p{N}]", "a reference"),
    (r"(?i)\bgh-\d", "a reference"),
    (r"(?i)\b[0-9a-f]{7,40}\b", "a commit"),
    (r"(?i)\b(https?|ftp)://", "a link"),
    (r"(?i)\b(mailto|xmpp):[\p{L}\p{N}]", "a link"),
    (r"(?i)www\.", "a link"),
    (r"\\[a-zA-Z]", "a command of TeX"),
    (r"\p{M}{5}", "a tower of marks"),
    (UNSEEN, "what nobody sees"),
];
/// What may not stand in code either: people answer by mail, and other bots read the body as it was written.
const FORBIDDEN_IN_CODE: &[(&str, &str)] =
    &[(r"@[\p{L}\p{N}_-]", "a mention"), (r"#\d", "a reference"), (UNSEEN, "what nobody sees")];
/// What may not stand in the body as it was written.
const FORBIDDEN_IN_SOURCE: &[(&str, &str)] = &[
    (r"(?m)^\s*/\w", "another bot's command"),
    (r"(?m)^\s*::", "the runner's command"),
    (r"##\[", "the runner's older command"),
    (r"\r", "a carriage return"),
];
const UNSEEN: &str = "[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{200e}\u{200f}\
                      \u{2028}-\u{202e}\u{2061}-\u{206f}\u{2800}\u{3164}\u{feff}\u{ffa0}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]";
/// The tags of our own frame.
const FRAME: &[&str] = &["<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>"];

static TAGS: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>?").unwrap());
static REFERENCES: LazyLock<Regex> = LazyLock::new(|| Regex::new("&#([0-9]+);").unwrap());
static RULES: LazyLock<[Vec<(Regex, &str)>; 3]> = LazyLock::new(|| {
    [FORBIDDEN, FORBIDDEN_IN_CODE, FORBIDDEN_IN_SOURCE]
        .map(|rules| rules.iter().map(|(pattern, what)| (Regex::new(pattern).unwrap(), *what)).collect())
});

/// What a parser made of a text.
pub(crate) struct Page {
    source: String,
    /// Kinds of nodes in their order, set in by their depth.
    kinds: Vec<String>,
    /// The text of each paragraph, cell, heading and HTML block.
    texts: Vec<String>,
    code: Vec<String>,
    tags: Vec<String>,
    links: Vec<String>,
}

impl Page {
    pub(crate) fn read(source: &str) -> Self {
        let arena = Arena::new();
        let root = parse_document(&arena, source, &options());
        let mut page =
            Self { source: source.to_owned(), kinds: vec![], texts: vec![], code: vec![], tags: vec![], links: vec![] };
        page.visit(root, 0);
        page
    }

    fn visit<'a>(&mut self, node: &'a AstNode<'a>, depth: usize) {
        let value = node.data.borrow().value.clone();
        let kind = self.kind(&value);
        let kind = format!("{}{kind}", "  ".repeat(depth));
        // Text may be in one piece or in several.
        if !(kind.ends_with("text") && self.kinds.last() == Some(&kind)) {
            self.kinds.push(kind);
        }
        node.children().for_each(|child| self.visit(child, depth + 1));
    }

    fn kind(&mut self, value: &NodeValue) -> String {
        match value {
            NodeValue::Text(text) => {
                self.texts.last_mut().unwrap().push_str(text);
                "text".into()
            }
            NodeValue::SoftBreak => "break".into(),
            NodeValue::Code(code) => format!("code {}", code.literal),
            NodeValue::CodeBlock(block) => {
                self.code.push(block.literal.clone());
                format!("block {} {}", block.info, if block.fenced { "fenced" } else { "set in" })
            }
            NodeValue::HtmlBlock(block) => {
                self.texts.push(text_of_html(&block.literal));
                self.html(&block.literal)
            }
            NodeValue::HtmlInline(html) => self.html(html),
            NodeValue::Link(link) => {
                self.links.push(link.url.clone());
                "link".into()
            }
            NodeValue::Heading(heading) => {
                self.texts.push(String::new());
                format!("heading {}", heading.level)
            }
            NodeValue::Paragraph | NodeValue::TableCell => {
                self.texts.push(String::new());
                value.xml_node_name().into()
            }
            NodeValue::TableRow(is_header) => if *is_header { "header" } else { "row" }.into(),
            other => other.xml_node_name().into(),
        }
    }

    fn html(&mut self, html: &str) -> String {
        let tags: Vec<String> = TAGS.find_iter(html).map(|tag| tag.as_str().to_owned()).collect();
        self.tags.extend(tags.iter().cloned());
        format!("html {}", tags.concat())
    }

    /// Kinds of nodes, without text.
    pub(crate) fn skeleton(&self) -> Vec<String> {
        self.kinds.clone()
    }

    /// Whether the first thing that anybody sees is a heading which begins so.
    pub(crate) fn is_headed(&self, start: &str) -> bool {
        let first = self.kinds.iter().find(|kind| !kind.contains("html <!--") && *kind != "document");
        first.is_some_and(|kind| kind == "  heading 2")
            && self.texts.iter().find(|text| !text.trim().is_empty()).is_some_and(|text| text.starts_with(start))
    }

    /// Checks that nothing stands anywhere that GitHub would make something of. So many links are our own.
    pub(crate) fn check(&self, links: usize) {
        let source = &self.source;
        for (rules, texts) in RULES.iter().zip([&self.texts, &self.code, &vec![source.clone()]]) {
            for (rule, what) in rules {
                for text in texts {
                    let found = rule.find(text).map(|found| &text[found.start()..]).filter(|_| !is_footer(text));
                    assert!(found.is_none(), "{what} in {text:?}: {found:?}\n{source}");
                }
            }
        }
        assert!(
            self.links.len() == links && self.links.iter().all(|url| url.starts_with("https://github.test/")),
            "{source}"
        );
        assert_eq!(source.matches("<!--").count(), 2 * links, "{source}");
        let is_ours = |tag: &String| FRAME.contains(&tag.as_str()) || tag.starts_with("<!-- eval-gate:");
        assert!(self.tags.iter().all(is_ours), "{:?}\n{source}", self.tags);
        for name in ["details", "summary", "sub"] {
            let count = |tag: String| self.tags.iter().filter(|found| **found == tag).count();
            assert_eq!(count(format!("<{name}>")), count(format!("</{name}>")), "{source}");
        }
    }

    /// Checks that all nodes are of the kinds that our template has, each where the template has it.
    pub(crate) fn check_frame(&self) {
        const KNOWN: &str = "document|  heading 2|  paragraph|  list|  table|  block diff fenced|  block sh fenced|    item|    header|\
                             \u{20}   row|    text|    emph|    strong|    code min|    code max|    link|    html <sub>|    html </sub>|\
                             \u{20}     paragraph|      table_cell|      text|        text|        code min|        code max|\
                             \u{20}       strong|          text|      list|        item|          paragraph|            text";
        let known: Vec<&str> = KNOWN.split('|').collect();
        for kind in &self.kinds {
            let is_html = kind.starts_with("  html <") || kind.starts_with("html <");
            assert!(is_html || known.contains(&kind.as_str()), "{kind:?}\n{}", self.source);
        }
        let count = |wanted: &str| self.kinds.iter().filter(|kind| *kind == wanted).count();
        assert_eq!(count("  heading 2"), 1, "{}", self.source);
        assert!(count("      list") <= 1, "only the examples of a class are set in\n{}", self.source);
    }
}

/// The line that links the commit and the run, which are meant to be linked.
fn is_footer(text: &str) -> bool {
    text == "Commit 111111111111, the run"
}

fn text_of_html(html: &str) -> String {
    let text = TAGS.replace_all(html, "");
    let character = |found: &regex::Captures| char::from_u32(found[1].parse().unwrap()).unwrap().to_string();
    REFERENCES.replace_all(&text, character).into_owned()
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    (extension.table, extension.strikethrough, extension.autolink, extension.tasklist) = (true, true, true, true);
    (extension.footnotes, extension.alerts, extension.math_dollars, extension.math_code) = (true, true, true, true);
    options.render.r#unsafe = true;
    options
}
