//! The report as GitHub's Markdown: the verdict first, then the table, then what changed, collapsed.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, context};

use super::changes::{Change, changes};
use super::fit::{self, Detail};
use super::row::{RowView, sights};
use super::view::{self, ChangeView};
use super::{ComparisonRow, Report, escape};

/// Characters of a line of an error.
const SHOWN_ERROR: usize = 500;
const TEMPLATE: &str = include_str!("templates/report.md.j2");

/// Renders a report as a whole. All text that a stranger may have written is escaped by the template's formatter.
pub fn markdown(report: &Report) -> String {
    brief(report, usize::MAX, None)
}

/// Renders a report in at most `budget` bytes: each section has its share, and what does not fit is counted. `remark` is said
/// below the verdict.
pub fn brief(report: &Report, budget: usize, remark: Option<&str>) -> String {
    let (broken, fixed) = changes(report);
    fit::fit(budget, |detail| render(report, [&broken, &fixed], remark, detail))
}

/// What is said where there is no report, for an error ended the run.
pub fn error(message: &str, budget: usize) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(|line| format!("- {}\n", escape::inline(&escape::shorten(line, SHOWN_ERROR))));
    let start = "## ⚠️ Error: the run could not be judged.\n\n".to_owned();
    lines.fold(start, |text, line| if text.len() + line.len() <= budget { text + &line } else { text })
}

/// Renders all sections in this detail.
fn render(report: &Report, [broken, fixed]: [&[Change]; 2], remark: Option<&str>, detail: Detail) -> Vec<String> {
    let env = environment(detail);
    let view = |row: &ComparisonRow| RowView::new(report, row);
    let overall: Vec<RowView> = report.comparisons.iter().filter(|c| c.slice.is_none()).map(view).collect();
    let slices: Vec<RowView> = view::notable_slices(report).into_iter().map(view).collect();
    let telling = view::telling_tags(report);
    let shown = |changes: &[Change]| {
        changes.iter().take(detail.changes).map(|change| ChangeView::new(change, &telling)).collect::<Vec<_>>()
    };
    let rendered = env.template_from_named_str("report.md", TEMPLATE).and_then(|template| {
        let mut captured = template.render_captured(context! {
            headline => view::headline(report),
            emoji => view::emoji(report.verdict.ruling),
            remark => remark,
            rows => detail.rows,
            report => without_results(report),
            looks => view::looks(report),
            weaker_test => view::weaker_test(report),
            sample => view::sample(report),
            sights => Value::from(Serde(&sights(report))),
            examples => Value::from(Serde(&view::examples(report, &slices))),
            overall => Value::from(Serde(&overall)),
            slices => Value::from(Serde(&slices)),
            slice_count => report.comparisons.iter().filter(|row| row.slice.is_some()).count(),
            usage => Value::from(Serde(&view::usage(report))),
            broken => Value::from(Serde(&shown(broken))),
            broken_count => broken.len(),
            fixed => Value::from(Serde(&shown(fixed))),
            fixed_count => fixed.len(),
        })?;
        captured.with_state_mut(|state| fit::sections().map(|section| state.render_block(section)).collect())
    });
    rendered.expect("the template is part of the program and rendered by its tests")
}

/// The template never needs all cases at once, and a large run has many.
fn without_results(report: &Report) -> Value {
    context! {
        eval_gate => &report.eval_gate,
        verdict => Value::from(Serde(&report.verdict)),
        setup => Value::from(Serde(&report.setup)),
        cases => Value::from(Serde(&report.cases)),
        scorers => Value::from(Serde(&report.scorers)),
        floors => Value::from(Serde(&report.floors)),
        small_slices => Value::from(Serde(&report.small_slices)),
    }
}

fn environment(detail: Detail) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the delimiters are the defaults"),
    );
    // Names the kind of escaping for macros, whose result is then not escaped again; `write_escaped` does the work.
    env.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    env.set_formatter(move |out, _: &mut State, value| write_escaped(out, value, detail.text));
    // With them a template could say that a stranger's text needs no escaping.
    ["safe", "tojson", "escape", "e"].into_iter().for_each(|filter| env.remove_filter(filter));
    env.add_filter("block", move |text: &str, language: &str| {
        Value::from_safe_string(escape::block(&escape::shorten(text, detail.block), language))
    });
    env.add_filter("more", |count: usize, rows: usize| match count.saturating_sub(rows) {
        0 => Value::from_safe_string(String::new()),
        more => Value::from_safe_string(format!("\n… and {more} more.\n")),
    });
    env
}

/// What a macro or one of our filters made is written as it is; all else is text within a line, cut before it is escaped. Where
/// there is none, a dash keeps its place.
fn write_escaped(out: &mut Output, value: &Value, limit: usize) -> Result<(), Error> {
    let text = value.to_string();
    let text = match text.as_str() {
        _ if value.is_safe() => text,
        "" => "–".to_owned(),
        text => escape::inline(&escape::shorten(text, limit)),
    };
    out.write_str(&text).map_err(Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, Error> {
        let detail = Detail { rows: 9, text: 20, changes: 9, block: 9 };
        environment(detail)
            .render_str(template, context! { text => "<b> @x", list => ["<i>", "|"], number => 12_345_678 })
    }

    #[test]
    fn a_template_cannot_leave_out_the_escape() {
        let escaped = "&#60;b&#62; &#64;\u{2060}x";
        for template in [
            "{{ text }}",
            "{% autoescape false %}{{ text }}{% endautoescape %}",
            "{% autoescape 'html' %}{{ text }}{% endautoescape %}",
            "{% macro m(t) %}{{ t }}{% endmacro %}{{ m(text) }}",
            "{% set t %}{{ text }}{% endset %}{{ t }}",
        ] {
            assert_eq!(rendered(template).expect(template), escaped, "{template}");
        }
        assert_eq!(rendered("{{ list | join(', ') }}").expect("a list"), "&#60;i&#62;, &#124;");
        assert_eq!(rendered("{{ number }}").expect("a number"), "123456\u{2060}78");
        for template in ["{{ text | safe }}", "{{ text | tojson }}", "{{ text | escape }}", "{{ text | e }}"] {
            assert!(rendered(template).is_err(), "{template}");
        }
    }
}
