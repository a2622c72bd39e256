//! The templates of stores as minijinja's: Mustache's variables, Python's format strings, or plain text.

/// A template that renders as the store's own does.
pub(super) fn to_jinja(text: &str, format: &str) -> Result<String, String> {
    match format {
        "MUSTACHE" => mustache(text),
        "F_STRING" => format_string(text),
        "NONE" => Ok(literal(text)),
        other => Err(format!("templates of the format {other} are not known")),
    }
}

/// Text that means nothing to minijinja: whatever it reads begins with a brace.
fn literal(text: &str) -> String {
    text.replace('{', "{{ '{' }}")
}

fn variable(written: &str) -> Result<String, String> {
    let name = written.trim();
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if name.split('.').all(is_word) {
        Ok(format!("{{{{ {name} }}}}"))
    } else {
        Err(format!("`{written}` is no plain variable; sections, partials and conversions are not supported"))
    }
}

fn mustache(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        // What is never closed is text.
        let Some((name, after)) = inside.split_once("}}") else { break };
        out += &literal(before);
        out += &variable(name)?;
        rest = after;
    }
    Ok(out + &literal(rest))
}

fn format_string(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        out += before;
        rest = if let Some(after) = brace.strip_prefix("{{") {
            out += &literal("{");
            after
        } else if let Some(after) = brace.strip_prefix("}}") {
            out += "}";
            after
        } else {
            let (name, after) = brace[1..].split_once('}').ok_or("a brace of the template is not closed")?;
            out += &variable(name)?;
            after
        };
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_render_as_the_stores_own_do() {
        let context = minijinja::context! { shop => "ACME", a => minijinja::context! { b => 1 } };
        for (format, text, rendered) in [
            ("MUSTACHE", "For {{shop}}, {{ a.b }}: {\"x\": {}}", "For ACME, 1: {\"x\": {}}"),
            ("MUSTACHE", "{% if x %} {# c #} {{ open", "{% if x %} {# c #} {{ open"),
            ("F_STRING", "For {shop}: {{\"x\": 1}} {a.b}", "For ACME: {\"x\": 1} 1"),
            ("F_STRING", "{{{shop}}}", "{ACME}"),
            ("NONE", "For {{shop}} and {% x %}", "For {{shop}} and {% x %}"),
        ] {
            let template = to_jinja(text, format).unwrap();
            let told = minijinja::Environment::new().render_str(&template, &context).unwrap();
            assert_eq!(told, rendered, "{text} as {template}");
        }
    }

    #[test]
    fn what_is_more_than_a_variable_is_refused() {
        for (format, text) in [
            ("MUSTACHE", "{{#items}}x{{/items}}"),
            ("MUSTACHE", "{{{raw}}}"),
            ("MUSTACHE", "{{}}"),
            ("MUSTACHE", "{{ a | tojson }}"),
            ("F_STRING", "{x:>10}"),
            ("F_STRING", "{}"),
            ("F_STRING", "{open"),
            ("JINJA", "x"),
        ] {
            assert!(to_jinja(text, format).is_err(), "{text}");
        }
    }
}
