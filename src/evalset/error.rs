//! What can be wrong with an evalset, said so that it can be put right.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an evalset cannot be read or written.
#[derive(Debug, Error)]
pub enum EvalsetError {
    /// The path leads nowhere.
    #[error("no evalset at {}: give a folder that holds cases.jsonl, or make one with `eval-gate sample`", .0.display())]
    Missing(PathBuf),
    /// The file has no case in it.
    #[error("{} holds no case: every line must be one, such as {EXAMPLE}", .0.display())]
    Empty(PathBuf),
    /// Lines that are not cases.
    #[error("{}", listing(.path, .problems, *.more))]
    Cases {
        /// The file.
        path: PathBuf,
        /// The first problems found, by line.
        problems: Vec<Problem>,
        /// How many more there are.
        more: usize,
    },
    /// Writing would lose what a person made.
    #[error("{} exists; its cases, and the labels and baseline beside it, belong together: choose another folder, or replace the cases with --replace", .0.display())]
    Exists(PathBuf),
    /// Nothing to write: an evalset without cases can judge nothing.
    #[error("no cases to write to {}", .0.display())]
    NothingToWrite(PathBuf),
    /// What is said of the cases' origin cannot be read.
    #[error("{}: {error}; remove it, or draw the evalset anew with `eval-gate sample --replace`", .path.display())]
    Origin {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

const EXAMPLE: &str = r#"{"messages": [{"role": "user", "content": "Where is my refund?"}]}"#;

/// One thing that is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub what: String,
}

fn listing(path: &std::path::Path, problems: &[Problem], more: usize) -> String {
    let mut lines: Vec<String> =
        problems.iter().map(|p| format!("{}:{}: {}", path.display(), p.line, p.what)).collect();
    if more > 0 {
        lines.push(format!("… and {more} more like these"));
    }
    lines.join("\n")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}
