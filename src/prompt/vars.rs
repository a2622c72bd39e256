//! The variables of a prompt: those recorded in the trace, and those that the config computes from the case.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Environment, Expression, Value, context};

use super::expression::{check, environment};
use crate::evalset::Case;

/// The config's `vars:`: names, each with an expression over `case`.
pub struct Vars {
    expressions: Vec<(String, String)>,
    env: Environment<'static>,
}

/// An expression of `vars:` that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct VarsError {
    /// The variable.
    pub name: String,
    /// What is wrong with its expression.
    pub problem: String,
}

impl Vars {
    /// Checks the expressions; all that are wrong are told at once.
    pub fn new(expressions: &BTreeMap<String, String>) -> Result<Self, Vec<VarsError>> {
        let errors: Vec<VarsError> = expressions
            .iter()
            .filter_map(|(name, expression)| {
                let problem = check(expression, &["case"]).err()?;
                Some(VarsError { name: name.clone(), problem })
            })
            .collect();
        let expressions = expressions.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        if errors.is_empty() { Ok(Self { expressions, env: environment() }) } else { Err(errors) }
    }

    /// The variables that a prompt sees for this case. Recorded ones come first; an expression without a value leaves
    /// its variable undefined.
    pub(super) fn of(&self, case: &Case) -> BTreeMap<String, Value> {
        let whole = Value::from(Serde(case));
        let mut vars: BTreeMap<String, Value> =
            case.variables.iter().map(|(name, value)| (name.clone(), Value::from(Serde(value)))).collect();
        for (name, text) in &self.expressions {
            if vars.contains_key(name) {
                continue;
            }
            if let Some(value) = self.evaluate(text, &whole) {
                vars.insert(name.clone(), value);
            }
        }
        vars.insert("case".into(), whole);
        vars
    }

    fn evaluate(&self, text: &str, case: &Value) -> Option<Value> {
        let expression: Expression = self.env.compile_expression(text).ok()?;
        let value = expression.eval(context! { case }).ok()?;
        (!value.is_undefined() && !value.is_none()).then_some(value)
    }
}
