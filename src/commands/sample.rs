//! `sample`: traces to an evalset.

use super::cases::{Chosen, choose, counts, tell_recorded_scores};
use super::{Error, output, read_config};
use crate::cli::SampleArgs;
use crate::config::CaseSource;
use crate::evalset::{Evalset, Existing, ORIGIN_FILE, Origin};
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
    output::write(
        &args.to.join(ORIGIN_FILE),
        &origin(&chosen, args.sampling.seed.unwrap_or(config.sample.seed)).to_json(),
    )?;
    describe(&chosen);
    output::note(&format!("wrote {}", file.display()));
    Ok(ExitStatus::Pass)
}

fn origin(chosen: &Chosen, seed: u64) -> Origin {
    Origin {
        of: chosen.of.clone(),
        seed,
        seen: chosen.seen,
        population: chosen.population,
        sampled: chosen.sampled,
        cases: chosen.cases.len(),
        strata: chosen.strata.clone(),
    }
}

/// How many were seen, kept and left out, and what was redacted.
fn describe(chosen: &Chosen) {
    output::note(&format!("{} requests seen, {} kept, from {}", chosen.seen, chosen.cases.len(), chosen.of));
    for stratum in &chosen.strata {
        output::note(&format!("  {}: {} of {}", stratum.name, stratum.sampled, stratum.population));
    }
    if let Some(told) = tell_recorded_scores(&chosen.cases) {
        output::note(&format!("  {told}"));
    }
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
