//! Expressions of the configuration: what they may use, and what is wrong with them, found when they are read.

use std::collections::BTreeSet;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};

/// What expressions are compiled in. Whatever is looked up in something absent is absent as well.
pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_fuel(Some(super::FUEL));
    env
}

/// Says what no case could make right in an expression over `names`: bad syntax, other names, unknown filters and tests.
pub(super) fn check(text: &str, names: &[&str]) -> Result<(), String> {
    let env = environment();
    let bad = |error: &Error| format!("`{text}` is not a valid expression: {}", describe(error));
    let expression = env.compile_expression(text).map_err(|error| bad(&error))?;
    let is_known = |name: &String| names.contains(&name.as_str()) || env.globals().any(|(global, _)| global == name);
    let used: BTreeSet<String> = expression.undeclared_variables(false).into_iter().collect();
    if let Some(name) = used.iter().find(|name| !is_known(name)) {
        return Err(format!("`{text}` uses the unknown name {name}; there is {}", names.join(", ")));
    }
    // Filters and tests are looked up when they run, so it is run once: what fails for want of data tells nothing.
    match expression.eval(context! {}) {
        Err(error) if is_permanent(error.kind()) => Err(bad(&error)),
        _ => Ok(()),
    }
}

fn is_permanent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction)
}

fn describe(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_no_case_could_make_right_is_found() {
        for (text, expected) in [
            ("case.messages[-1].content", None),
            ("case.documents | map(attribute='content') | join(' ')", None),
            ("case.metadata.absent.deeper", None),
            ("range(3) | length", None),
            ("case.", Some("is not a valid expression: unexpected end of input")),
            ("caes.messages", Some("uses the unknown name caes; there is case, output")),
            ("case.id | shout", Some("shout")),
        ] {
            match (check(text, &["case", "output"]), expected) {
                (Ok(()), None) => {}
                (Err(error), Some(part)) => assert!(error.contains(part), "{error}"),
                (result, _) => panic!("{text}: {result:?}"),
            }
        }
    }
}
