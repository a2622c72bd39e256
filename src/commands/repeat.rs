//! The command that does the same again, as a line for the shell.

use std::collections::BTreeMap;

use crate::cli::{CompareArgs, RunArgs};

/// The command that repeats the run; options that only choose where answers are kept are left out.
pub(super) fn run(args: &RunArgs, seed: u64) -> String {
    let mut words =
        vec!["eval-gate run".to_owned(), format!("--config {}", quote(&args.config.config.to_string_lossy()))];
    let options: BTreeMap<&str, Option<String>> = BTreeMap::from([
        ("--base", args.arms.base.clone()),
        ("--head", args.arms.head.clone()),
        ("--looks", args.looks.map(|looks| looks.to_string())),
        ("--baseline", args.arms.baseline.clone()),
        ("--model", args.arms.model.clone()),
        ("--prompt", args.arms.prompt.as_ref().map(|path| path.to_string_lossy().into_owned())),
        ("--provider", args.providers.provider.clone()),
        ("--sample", args.sampling.sample.map(|size| size.to_string())),
    ]);
    words.extend(options.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", quote(&value?)))));
    words.push(format!("--seed {seed}"));
    words.join(" ")
}

/// The command that repeats a comparison of score files.
pub(super) fn compare(args: &CompareArgs, seed: u64) -> String {
    let [baseline, candidate, config] =
        [&args.baseline, &args.candidate, &args.config.config].map(|path| quote(&path.to_string_lossy()));
    let looks = args.looks.map_or_else(String::new, |looks| format!(" --looks {looks}"));
    format!("eval-gate compare {baseline} {candidate} --config {config}{looks} --seed {seed}")
}

/// A word for the shell, in quotes where it needs them.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn repeated(words: &[&str]) -> String {
        match Cli::try_parse_from([&["eval-gate"], words].concat()).unwrap().command {
            Command::Run(args) => run(&args.run, 7),
            Command::Compare(args) => compare(&args, 7),
            other => panic!("{other:?} is not repeated"),
        }
    }

    #[test]
    fn what_decides_is_repeated_and_where_answers_are_kept_is_not() {
        for (words, expected) in [
            (&["run"][..], "eval-gate run --config eval-gate.yaml --seed 7"),
            (
                &[
                    "run",
                    "-c",
                    "a b.yaml",
                    "--prompt",
                    "p.md",
                    "--sample",
                    "9",
                    "--seed",
                    "3",
                    "--offline",
                    "--out",
                    "x",
                ],
                "eval-gate run --config 'a b.yaml' --prompt p.md --sample 9 --seed 7",
            ),
            (
                &["run", "--base", "v1", "--baseline", "replay", "--model", "m:1", "--provider", "p"],
                "eval-gate run --config eval-gate.yaml --base v1 --baseline replay --model m:1 --provider p --seed 7",
            ),
            (
                &["compare", "old scores.jsonl", "new.jsonl", "--looks", "2"],
                "eval-gate compare 'old scores.jsonl' new.jsonl --config eval-gate.yaml --looks 2 --seed 7",
            ),
        ] {
            assert_eq!(repeated(words), expected);
        }
    }

    #[test]
    fn words_are_quoted_where_the_shell_would_read_them() {
        for (word, expected) in [
            ("a/b-c_d.yaml", "a/b-c_d.yaml"),
            ("", "''"),
            ("it's", "'it'\\''s'"),
            ("$(rm -rf /)", "'$(rm -rf /)'"),
            ("a\\b", "'a\\b'"),
            ("ä", "'ä'"),
        ] {
            assert_eq!(quote(word), expected);
        }
    }
}
