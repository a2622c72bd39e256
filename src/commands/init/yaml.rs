//! Text of strangers, such as a file's name, as a YAML scalar.

/// Words that YAML reads as something other than text.
const RESERVED: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"];

/// The text as a scalar that YAML reads back as this text: bare where that is plainly safe, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let is_bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-./".contains(&c))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if is_bare { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Beside letters and signs, whatever YAML or a terminal might take for something else goes by its number.
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => out.extend(format!("\\U{:08x}", u32::from(c)).chars()),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(text in any::<String>()) {
            let line = format!("key: {} # a comment\n", scalar(&text));
            let read: std::collections::BTreeMap<String, serde_yaml::Value> = serde_yaml::from_str(&line).unwrap();
            prop_assert_eq!(read["key"].as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn plain_paths_stay_plain() {
        for (text, expected) in [
            ("prompts/a-b.prompt.yml", "prompts/a-b.prompt.yml"),
            ("no", "\"no\""),
            ("a: b\n", "\"a: b\\U0000000a\""),
            ("1", "\"1\""),
            ("Größe.md", "\"Größe.md\""),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }
}
