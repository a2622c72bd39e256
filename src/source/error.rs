//! Why a source gave nothing.

use std::path::PathBuf;

use thiserror::Error;

/// Why a source gave no traces at all, or took no scores.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A named file or folder does not exist.
    #[error("no such trace file: {0}; check the path, which is relative to the configuration's folder")]
    Missing(PathBuf),
    /// A pattern that matches nothing.
    #[error("no trace file matches {0:?}; check the pattern, which is relative to the configuration's folder")]
    NoMatch(String),
    /// A pattern that cannot be understood.
    #[error("bad file pattern {pattern:?}: {reason}; use *, ** and ? as in a shell")]
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A folder that holds nothing to read.
    #[error(
        "no trace file in {0}: none ends in .json, .jsonl, .ndjson, .pb or .binpb, plain or with .gz or .zst; name the folder that the Collector writes to"
    )]
    EmptyFolder(PathBuf),
    /// The operating system refused.
    #[error("cannot read {path}: {error}; check that it is a readable file")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A file of text that cannot be read.
    #[error("{path} is {what}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        what: &'static str,
    },
    /// A store's address or key that cannot be used.
    #[error("the trace store's address {url:?}: {problem}")]
    Setup {
        /// The address as written.
        url: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A window of time that holds nothing.
    #[error("`since` is not before `until`; the window between them is empty")]
    Window,
    /// A window that a store may not show whole yet.
    #[error(
        "the window starts less than 15 minutes ago, and Langfuse may not show all of it yet; write an earlier `since`, or `until: 0s` to read what it shows"
    )]
    Unsettled,
    /// A store that cannot be asked, or that refuses.
    #[error("{store} at {url}: {problem}")]
    Store {
        /// The store.
        store: &'static str,
        /// Its address.
        url: String,
        /// What went wrong, and what to do.
        problem: String,
    },
    /// A store that has nothing in the window.
    #[error("there is no trace in {of}; write an earlier `since`, or check the project and the filter")]
    Empty {
        /// Where was looked.
        of: String,
    },
    /// Files were read, and not one line of them was an OTLP export.
    #[error(
        "no OTLP export could be read from {files}: {reason}; expected JSON with resourceSpans or resourceLogs, or the same as protobuf"
    )]
    Nothing {
        /// The file, or how many.
        files: String,
        /// The first thing that was wrong.
        reason: String,
    },
}
