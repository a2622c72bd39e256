//! What can go wrong with GitHub. None of it changes a verdict.

use std::path::PathBuf;
use std::time::Duration;

/// Why something could not be read from GitHub or written to it.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// The environment lacks something.
    #[error("{variable} is not set: {advice}")]
    Missing {
        /// The environment variable.
        variable: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The event's file cannot be read.
    #[error("{}: not an event of GitHub Actions: {problem}", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that the runner names cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The client cannot be made.
    #[error("cannot speak to GitHub at {url}: {problem}")]
    Setup {
        /// The API's address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// GitHub refused.
    #[error("{request}: GitHub answered {status}: {message}{}", fault.advice())]
    Refused {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub says.
        message: String,
        /// What it means.
        fault: Fault,
    },
    /// The answer did not come, so that nobody knows whether the request was carried out.
    #[error("{request}: no answer from GitHub: {problem}")]
    Lost {
        /// Method and path.
        request: String,
        /// What happened instead.
        problem: String,
    },
    /// The answer is none that GitHub gives.
    #[error("{request}: GitHub's answer lacks `{field}`")]
    Unexpected {
        /// Method and path.
        request: String,
        /// What is missing.
        field: &'static str,
    },
    /// There is not exactly one pull request to speak of.
    #[error("which pull request? {0}; name it with --pr N")]
    NoPull(String),
    /// It took too long.
    #[error("given up after {} seconds", .0.as_secs())]
    TooLong(Duration),
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The token may not do this; asking again is of no use.
    Permission,
    /// It passes by itself, after this time where GitHub says so.
    Passing(Option<Duration>),
    /// The request is wrong.
    Final,
}

impl Fault {
    fn advice(self) -> &'static str {
        match self {
            Self::Permission => {
                " (the token may not do this: give the job `pull-requests: write`, and `checks: write` for check runs; a \
                 fork's pull request never has them)"
            }
            Self::Passing(_) | Self::Final => "",
        }
    }
}

impl GitHubError {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What it means for another try.
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Refused { fault, .. } => *fault,
            Self::Lost { .. } => Fault::Passing(None),
            _ => Fault::Final,
        }
    }
}
