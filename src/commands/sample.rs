//! `sample`: traces to an evalset.

use super::cases::{Chosen, choose, counts};
use super::{Error, output, read_config};
use crate::cli::SampleArgs;
use crate::config::CaseSource;
use crate::evalset::{Evalset, Existing};
use crate::exit::ExitStatus;

pub(super) async fn sample(args: &SampleArgs) -> Result<ExitStatus, Error> {
    let config = read_config(&args.config)?;
    if !matches!(config.cases, CaseSource::Traces(_)) {
        let path = config.path.display();
        return Err(Error::Usage(format!(
            "{path}: there are no traces to sample; write traces: {{ otlp: {{ files: [FILE] }} }}"
        )));
    }
    let chosen = choose(&config, &args.sampling, &args.config.out).await?;
    if chosen.cases.is_empty() {
        describe(&chosen);
        return Err(Error::NoCases);
    }
    let existing = if args.replace { Existing::Replace } else { Existing::Keep };
    let file = Evalset::write(&args.to, &chosen.cases, existing)?;
    describe(&chosen);
    output::note(&format!("wrote {}", file.display()));
    Ok(ExitStatus::Pass)
}

/// How many were seen, kept and left out, and what was redacted.
fn describe(chosen: &Chosen) {
    output::note(&format!("{} requests seen, {} kept, from {}", chosen.seen, chosen.cases.len(), chosen.of));
    for count in chosen.counts() {
        output::note(&format!("  left out: {} × {}", count.count, count.what));
    }
    for count in counts(&chosen.approximate) {
        output::note(&format!("  not all recorded: {} × {}", count.count, count.what));
    }
    for (rule, count) in &chosen.redacted {
        output::note(&format!("  redacted: {count} × {rule}"));
    }
}
