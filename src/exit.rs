//! The documented exit codes, and which error has which.

use std::process::{ExitCode, Termination};

use crate::commands::Error;
use crate::config::Inconclusive;
use crate::github::GitHubError;
use crate::provider::ProviderError;
use crate::sample::SampleError;
use crate::source::SourceError;
use crate::verdict::{Circumstances, Ruling, Verdict};

/// How the program ends. The numbers are a promise: they are documented and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Pass; or inconclusive, where the config says `warn` or `pass`.
    Pass = 0,
    /// Fail: a regression beyond its margin, or a level under its floor.
    Fail = 1,
    /// Usage or configuration error; nothing was sent.
    Usage = 2,
    /// Inconclusive, where the config says `fail` or the gate is `critical`.
    Inconclusive = 3,
    /// The run could not be judged: source or provider down, no cases, budget spent, too much unscored.
    Error = 4,
}

impl ExitStatus {
    /// The exit status of a verdict under the config's rule for undecided ones. A run that was not finished, whoever
    /// stopped it, is no run that was judged: only a failure that is plain already counts. That a fork has no keys is
    /// nobody's failure.
    pub fn of(verdict: &Verdict, inconclusive: Inconclusive, circumstances: &Circumstances) -> Self {
        match verdict.ruling {
            Ruling::Fail => Self::Fail,
            Ruling::Error => Self::Error,
            Ruling::Inconclusive if circumstances.why_incomplete().is_some() => Self::Error,
            Ruling::Inconclusive if circumstances.missing_key.is_some() => Self::Pass,
            Ruling::Inconclusive if verdict.is_critical || inconclusive == Inconclusive::Fail => Self::Inconclusive,
            Ruling::Pass | Ruling::Inconclusive => Self::Pass,
        }
    }

    /// The exit status with this number; a number that none has is an error of the run.
    pub fn from_code(code: u8) -> Self {
        let all = [Self::Pass, Self::Fail, Self::Usage, Self::Inconclusive];
        all.into_iter().find(|status| status.code() == code).unwrap_or(Self::Error)
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<&Error> for ExitStatus {
    fn from(error: &Error) -> Self {
        match error {
            Error::Config(_)
            | Error::Prompt(_)
            | Error::Evalset(_)
            | Error::Redact(_)
            | Error::Provider(ProviderError::Config { .. })
            | Error::Source(
                SourceError::Missing(_)
                | SourceError::NoMatch(_)
                | SourceError::Pattern { .. }
                | SourceError::EmptyFolder(_)
                | SourceError::Setup { .. }
                | SourceError::Window
                | SourceError::Unsettled,
            )
            | Error::Sample(
                SampleError::Syntax { .. } | SampleError::Evaluation { .. } | SampleError::UnknownStratum { .. },
            )
            | Error::Usage(_)
            | Error::GitHub(GitHubError::Missing { .. } | GitHubError::Setup { .. })
            | Error::Base(_)
            | Error::Scores(_)
            | Error::Stored(_)
            | Error::Report { .. } => Self::Usage,
            Error::Source(_)
            | Error::Sample(SampleError::NothingMatches { .. })
            | Error::Provider(_)
            | Error::GitHub(_)
            | Error::NoCases
            | Error::Incomplete(_)
            | Error::Unfinished(_)
            | Error::MissingParts(_)
            | Error::Write { .. } => Self::Error,
        }
    }
}

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_one_status() {
        use Inconclusive::{Fail, Pass, Warn};
        let nothing = Circumstances::default;
        let interrupted = || Circumstances { is_interrupted: true, ..nothing() };
        let keyless = || Circumstances { missing_key: Some("KEY".into()), ..nothing() };
        // Ruling, critical, config, circumstances, status.
        let table = [
            (Ruling::Pass, false, Fail, nothing(), 0),
            (Ruling::Fail, false, Pass, nothing(), 1),
            (Ruling::Fail, true, Warn, interrupted(), 1),
            (Ruling::Error, true, Pass, nothing(), 4),
            (Ruling::Inconclusive, false, Warn, nothing(), 0),
            (Ruling::Inconclusive, false, Pass, nothing(), 0),
            (Ruling::Inconclusive, false, Fail, nothing(), 3),
            (Ruling::Inconclusive, true, Pass, nothing(), 3),
            (Ruling::Inconclusive, true, Fail, interrupted(), 4),
            (Ruling::Inconclusive, true, Fail, keyless(), 0),
            (Ruling::Inconclusive, true, Fail, Circumstances { fatal: Some("401".into()), ..keyless() }, 4),
            (Ruling::Fail, false, Warn, keyless(), 1),
        ];
        for (ruling, is_critical, inconclusive, circumstances, code) in table {
            let verdict = Verdict { ruling, is_critical, reasons: vec![], gates: vec![], floors: vec![] };
            let status = ExitStatus::of(&verdict, inconclusive, &circumstances);
            assert_eq!(status.code(), code, "{ruling:?} {inconclusive:?}");
        }
    }

    #[test]
    fn codes_come_back_and_unknown_ones_are_errors() {
        for code in 0..=4 {
            assert_eq!(ExitStatus::from_code(code).code(), code);
        }
        assert_eq!(ExitStatus::from_code(77), ExitStatus::Error);
    }

    #[test]
    fn what_the_user_wrote_is_two_and_what_the_world_did_is_four() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        for (error, code) in [
            (Error::Usage("x".into()), 2),
            (Error::Report { path: "r".into(), problem: "p".into() }, 2),
            (Error::Provider(ProviderError::Config { provider: "p".into(), message: "m".into() }), 2),
            (Error::Source(SourceError::Missing("f".into())), 2),
            (Error::NoCases, 4),
            (Error::Incomplete("x".into()), 4),
            (Error::Write { path: "f".into(), source: missing() }, 4),
        ] {
            assert_eq!(ExitStatus::from(&error).code(), code, "{error}");
        }
    }
}
