//! `report`: renders a report.json again.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Error, output};
use crate::cli::{Format, ReportArgs};
use crate::exit::ExitStatus;
use crate::github::limits;
use crate::report::{Report, VERSION, html, junit, markdown, terminal};

/// The exit status is that of rendering, not of the verdict: the run had that.
pub(super) fn report(args: &ReportArgs) -> Result<ExitStatus, Error> {
    let report = read_report(&args.report)?;
    output::data(&match args.format {
        Format::Text => terminal(&report),
        Format::Markdown => markdown(&report),
        Format::Html => html(&report),
        Format::Junit => junit(&report),
        Format::Json => report.to_json(),
    });
    Ok(ExitStatus::Pass)
}

/// Reads a report that may come from anywhere: no longer than reports are, and of no other fields than they have.
pub(super) fn read_report(path: &Path) -> Result<Report, Error> {
    let invalid = |problem: String| Error::Report { path: path.into(), problem };
    let mut text = String::new();
    let file = File::open(path).and_then(|file| file.take(limits::REPORT + 1).read_to_string(&mut text));
    file.map_err(|error| invalid(format!("cannot be read: {error}")))?;
    if text.len() as u64 > limits::REPORT {
        return Err(invalid(format!("is longer than {} bytes, so it is none of ours", limits::REPORT)));
    }
    let report: Report = serde_json::from_str(&text).map_err(|error| invalid(format!("not a report: {error}")))?;
    if report.version != VERSION {
        return Err(invalid(format!("this eval-gate reads reports of version {VERSION}, not {}", report.version)));
    }
    Ok(report)
}
