//! The report as one HTML file that asks nothing of the outside: the verdict, the figures as inline SVG, and every case,
//! which a script shows, searches and compares from data inside the file.
//!
//! Text of strangers is escaped by the template's formatter, or lies in the data, which the script only ever makes text
//! of. A content security policy that knows style and script by their hashes holds even where both should fail.

mod data;
mod forest;
mod histogram;
mod latency;
mod scale;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, Output, State, context, escape_formatter};

use super::row::{RowView, sights};
use super::{Report, Ruling, escape, view};

const TEMPLATE: &str = include_str!("../templates/report.html.j2");
const STYLE: &str = include_str!("../templates/report.css");
const SCRIPT: &str = concat!(include_str!("../templates/diff.js"), include_str!("../templates/cases.js"));

/// Renders a report as a page of its own.
pub fn html(report: &Report) -> String {
    let env = environment();
    let rendered = env.template_from_named_str("report.html", TEMPLATE).and_then(|template| {
        template.render(context! {
            style => Value::from_safe_string(STYLE.into()),
            style_hash => data::source_hash(STYLE),
            script => Value::from_safe_string(SCRIPT.into()),
            script_hash => data::source_hash(SCRIPT),
            data => Value::from_safe_string(data::cases(report)),
            ..context! { ..told(report), ..figures(report) }
        })
    });
    rendered.expect("the template is part of the program and rendered by its tests")
}

/// What is told in words and tables.
fn told(report: &Report) -> Value {
    context! {
        name => &report.name,
        eval_gate => &report.eval_gate,
        ruling => word(report.verdict.ruling),
        emoji => view::emoji(report.verdict.ruling),
        verdict => Value::from(Serde(&report.verdict)),
        setup => Value::from(Serde(&report.setup)),
        cases => Value::from(Serde(&report.cases)),
        scorers => Value::from(Serde(&report.scorers)),
        small_slices => Value::from(Serde(&report.small_slices)),
        classes => Value::from(Serde(&report.classes)),
        result_count => report.results.len(),
        looks => view::looks(report),
        weaker_test => view::weaker_test(report),
            sample => view::sample(report),
        floors => Value::from(Serde(&view::floors(report))),
        sights => Value::from(Serde(&sights(report))),
        usage => Value::from(Serde(&view::usage(report))),
        rows => Value::from(Serde(&rows(report))),
    }
}

/// What is drawn.
fn figures(report: &Report) -> Value {
    context! {
        forest => Value::from(Serde(&forest::groups(report))),
        histograms => Value::from(Serde(&histogram::histograms(report))),
        latencies => Value::from(Serde(&latency::latencies(report))),
    }
}

/// Every comparison, in the report's order: over all cases first.
fn rows(report: &Report) -> Vec<RowView> {
    let overall = report.comparisons.iter().filter(|row| row.slice.is_none());
    let slices = report.comparisons.iter().filter(|row| row.slice.is_some());
    overall.chain(slices).map(|row| RowView::new(report, row)).collect()
}

/// The ruling as a word, which is also a class of the style sheet in lower case.
fn word(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Pass => "Pass",
        Ruling::Fail => "Fail",
        Ruling::Inconclusive => "Inconclusive",
        Ruling::Error => "Error",
    }
}

/// Numbers of one arm's scores by one scorer, case by case.
fn values(report: &Report, scorer: &str, is_candidate: bool) -> Vec<f64> {
    let pairs = report.results.iter().filter_map(|result| result.scores.get(scorer));
    let level = pairs.filter_map(|pair| if is_candidate { pair.candidate } else { pair.baseline });
    level.filter(|value| value.is_finite()).collect()
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the delimiters are the defaults"),
    );
    env.set_formatter(write_visible);
    env
}

/// HTML's own escaping, after characters that people cannot see have been named and the runner's commands broken.
fn write_visible(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|_| !value.is_safe()) {
        Some(text) => escape_formatter(out, state, &Value::from(escape::quiet(text))),
        None => escape_formatter(out, state, value),
    }
}
