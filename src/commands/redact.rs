//! `redact`: a file without what redaction takes out of it, or a look at what that would be.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Error, output, read_config};
use crate::cli::RedactArgs;
use crate::exit::ExitStatus;
use crate::redact::{RedactConfig, Redactor};
use crate::report::escape::plain;

/// Characters shown on either side of what would go.
const AROUND: usize = 30;

/// What stands for a value that was taken out.
static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[A-Z]+_\d+>").expect("the pattern is tested"));

pub(super) fn redact(args: &RedactArgs) -> Result<ExitStatus, Error> {
    let text = read(&args.file)?;
    let mut redactor = Redactor::new(&rules(args)?)?;
    redactor.reserve(&text);
    let mut found = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let redacted = redacted(&mut redactor, line);
        if args.check {
            let places = shown(&redacted, line, &format!("{}:{}", args.file.display(), number + 1));
            found += places.len();
            places.iter().for_each(|place| output::data(&(plain(place) + "\n")));
        } else {
            output::data(&redacted);
        }
    }
    for (rule, count) in redactor.counts() {
        output::note(&format!("{count} × {}", rule.label().to_lowercase()));
    }
    Ok(if found > 0 { ExitStatus::Fail } else { ExitStatus::Pass })
}

/// The rules of the configuration, if there is one; all built-in ones elsewhere.
fn rules(args: &RedactArgs) -> Result<RedactConfig, Error> {
    if args.config.config.exists() { Ok(read_config(&args.config)?.redact) } else { Ok(RedactConfig::default()) }
}

/// A line as it would be stored. In JSON the name of a field says what its text is.
fn redacted(redactor: &mut Redactor, line: &str) -> String {
    match serde_json::from_str::<Value>(line) {
        Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
            let before = value.clone();
            redactor.json(&mut value);
            if value == before { line.to_owned() } else { format!("{value}\n") }
        }
        _ => redactor.text(line).into_owned(),
    }
}

/// Every value that would go, by what would stand for it: the value itself is not said, for logs are read by many.
fn shown(redacted: &str, line: &str, place: &str) -> Vec<String> {
    let was_there = |pseudonym: &str| line.contains(pseudonym);
    let found = PSEUDONYM.find_iter(redacted).filter(|found| !was_there(found.as_str()));
    let around = |found: regex::Match| {
        let before: Vec<char> = redacted[..found.start()].chars().rev().take(AROUND).collect();
        let after: String = redacted[found.end()..].trim_end().chars().take(AROUND).collect();
        format!("{place}: {}{}{after}", before.into_iter().rev().collect::<String>(), found.as_str())
    };
    found.map(around).collect()
}

fn read(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let outcome = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    outcome.map_err(|error| Error::Usage(format!("{}: cannot be read: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Error::Usage(format!("{}: is no text in UTF-8", path.display())))
}
