//! `report`: renders a report.json again.

use super::{Error, output};
use crate::cli::{Format, ReportArgs};
use crate::exit::ExitStatus;
use crate::report::{Report, VERSION, html, junit, markdown, terminal};

/// The exit status is that of rendering, not of the verdict: the run had that.
pub(super) fn report(args: &ReportArgs) -> Result<ExitStatus, Error> {
    let invalid = |problem: String| Error::Report { path: args.report.clone(), problem };
    let text = std::fs::read_to_string(&args.report).map_err(|error| invalid(format!("cannot be read: {error}")))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| invalid(format!("not a report: {error}")))?;
    if report.version != VERSION {
        return Err(invalid(format!("this eval-gate reads reports of version {VERSION}, not {}", report.version)));
    }
    output::data(&match args.format {
        Format::Text => terminal(&report),
        Format::Markdown => markdown(&report),
        Format::Html => html(&report),
        Format::Junit => junit(&report),
        Format::Json => report.to_json(),
    });
    Ok(ExitStatus::Pass)
}
