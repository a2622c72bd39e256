//! The report as GitHub's Markdown: the verdict first, then the table, then what changed, collapsed.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, context};

use super::changes::changes;
use super::row::{RowView, sights};
use super::view::{self, ChangeView};
use super::{ComparisonRow, Report, escape};

const TEMPLATE: &str = include_str!("templates/report.md.j2");
/// Changed cases shown of each kind; the rest are counted.
const SHOWN_CHANGES: usize = 20;

/// Renders a report. All text that a stranger may have written is escaped by the template's formatter.
pub fn markdown(report: &Report) -> String {
    let env = environment();
    let (broken, fixed) = changes(report);
    let view = |row: &ComparisonRow| RowView::new(report, row);
    let overall: Vec<RowView> = report.comparisons.iter().filter(|c| c.slice.is_none()).map(view).collect();
    let slices: Vec<RowView> = view::notable_slices(report).into_iter().map(view).collect();
    let telling = view::telling_tags(report);
    let shown = |changes: &[_]| {
        changes.iter().take(SHOWN_CHANGES).map(|change| ChangeView::new(change, &telling)).collect::<Vec<_>>()
    };
    let rendered = env.template_from_named_str("report.md", TEMPLATE).and_then(|template| {
        template.render(context! {
            headline => view::headline(report),
            emoji => view::emoji(report.verdict.ruling),
            report => without_results(report),
            looks => view::looks(report),
            weaker_test => view::weaker_test(report),
            sights => Value::from(Serde(&sights(report))),
            examples => Value::from(Serde(&view::examples(report, &slices))),
            overall => Value::from(Serde(&overall)),
            slices => Value::from(Serde(&slices)),
            slice_count => report.comparisons.iter().filter(|row| row.slice.is_some()).count(),
            usage => Value::from(Serde(&view::usage(report))),
            broken => Value::from(Serde(&shown(&broken))),
            broken_count => broken.len(),
            fixed => Value::from(Serde(&shown(&fixed))),
            fixed_count => fixed.len(),
        })
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

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the delimiters are the defaults"),
    );
    // Names the kind of escaping for macros, whose result is then not escaped again; `write_escaped` does the work.
    env.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    env.set_formatter(write_escaped);
    env.add_filter("block", |text: &str, language: &str| Value::from_safe_string(escape::block(text, language)));
    env
}

/// Numbers and what [`escape::block`] made are written as they are; all else is text within a line.
fn write_escaped(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let text = value.to_string();
    let is_harmless = value.is_safe() || value.is_number();
    let text = if is_harmless { text } else { escape::inline(&text) };
    out.write_str(&text).map_err(Error::from)
}
