//! Compiled expressions, for the scorers that take them. The language and its variables: [`super::expression`].

use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::Score;
use super::error::Problem;
use super::subject::{self, Exchange};
use crate::evalset::Case;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment
});

/// The variables an expression may name.
const VARIABLES: [&str; 4] = ["case", "output", "timing", "usage"];

/// A compiled expression over `case`, `output`, `timing` and `usage`.
#[derive(Debug)]
pub(super) struct Expr {
    source: String,
    compiled: minijinja::Expression<'static, 'static>,
    reads_answer: bool,
}

impl Expr {
    /// Compiles, and refuses what no case could make right: bad syntax, unknown variables, filters, tests, functions.
    pub(super) fn compile(source: &str) -> Result<Self, Problem> {
        let bad = |message: String| Problem::Expression { source_text: source.to_owned(), message };
        let compiled =
            ENVIRONMENT.compile_expression_owned(source.to_owned()).map_err(|e| bad(describe(&e, source)))?;
        let names = compiled.undeclared_variables(false);
        let mut unknown: Vec<_> = names.iter().filter(|name| !is_known(name)).map(String::as_str).collect();
        unknown.sort_unstable();
        if !unknown.is_empty() {
            return Err(bad(format!("unknown name {}; there are {}", unknown.join(", "), VARIABLES.join(", "))));
        }
        let reads_answer = names.iter().any(|name| VARIABLES[1..].contains(&name.as_str()));
        // Filters and tests are looked up when they run, so it is run once: what fails for want of data tells nothing.
        match compiled.eval(subject::case_context(&Case::default())) {
            Err(error) if is_permanent(error.kind()) => Err(bad(describe(&error, source))),
            _ => Ok(Self { source: source.to_owned(), compiled, reads_answer }),
        }
    }

    /// What the user wrote.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it needs more than the case.
    pub(super) fn reads_answer(&self) -> bool {
        self.reads_answer
    }

    /// Evaluates it, or says why it cannot be evaluated.
    pub(super) fn eval(&self, context: &Value) -> Result<Value, String> {
        self.compiled.eval(context.clone()).map_err(|error| describe(&error, &self.source))
    }

    /// Evaluates it over an answer; if that fails, the score to give. An answer that is not JSON where JSON is read is
    /// malformed and scores 0; anything else is a mistake that only this data brings out.
    pub(super) fn eval_answer(&self, exchange: &Exchange<'_>) -> Result<Value, Score> {
        self.eval(exchange.context()).map_err(|error| match exchange.json() {
            Err(why) if self.source.contains("output.json") => Score::because(0.0, &format!("not JSON: {why}")),
            _ => Score::unscored(format!("{} cannot be evaluated: {error}", self.source)),
        })
    }
}

fn is_known(name: &str) -> bool {
    VARIABLES.contains(&name) || ENVIRONMENT.globals().any(|(global, _)| global == name)
}

fn is_permanent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction)
}

/// The error with its place in the expression, counted in characters from 1.
fn describe(error: &Error, source: &str) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
    match error.range().and_then(|range| source.get(..range.start)) {
        Some(before) => format!("{what} (at character {})", before.chars().count() + 1),
        None => what,
    }
}
