//! A run, ready to start: everything is read and checked, nothing is sent yet.

use std::collections::BTreeMap;

use super::arms::{self, BaselinePlan, Providers};
use super::cases::{Chosen, choose};
use super::foresight::{check_gates, check_prices, check_requests, check_slices, check_times, warn_of_equal_arms};
use super::{Error, read_config};
use crate::cli::RunArgs;
use crate::compare::StoredBaseline;
use crate::config::{Baseline, Config};
use crate::replay::Asked;
use crate::score::{Panel, Scorer};

/// A run, ready to start.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) panel: Panel,
    pub(super) candidate: Asked,
    pub(super) baseline: BaselinePlan,
    /// The scores of a stored baseline.
    pub(super) stored: Option<StoredBaseline>,
    pub(super) chosen: Chosen,
    pub(super) providers: Providers,
    pub(super) seed: u64,
}

impl Plan {
    /// Reads and checks all that a run needs.
    pub(super) fn new(args: &RunArgs) -> Result<Self, Error> {
        let mut config = read_config(&args.config)?;
        let scorers = std::mem::take(&mut config.scorers);
        check_gates(&config, &scorers)?;
        let chosen = choose(&config, &args.sampling, &args.config.out)?;
        check_slices(&config, &scorers, chosen.cases.iter().flat_map(|case| case.metadata.keys()))?;
        let mut providers = Providers::new(&args.providers, &args.config.out)?;
        let candidate = arms::candidate(&config, &args.arms, &mut providers)?;
        let baseline = arms::baseline(&config, &args.arms, &mut providers)?;
        check_times(&config, &scorers, &baseline)?;
        warn_of_equal_arms(&candidate, &baseline.arm);
        check_requests(&config, &chosen.cases, &candidate, &baseline.arm)?;
        check_prices(&config, &scorers, &chosen.cases, &candidate)?;
        let stored = read_stored(&baseline.kind, &scorers)?;
        let judges = providers.judges(&config, &scorers)?;
        let panel = Panel::new(scorers, judges);
        let seed = args.sampling.seed.unwrap_or(config.sample.seed);
        Ok(Self { config, panel, candidate, baseline, stored, chosen, providers, seed })
    }

    /// Whether the baseline was timed elsewhere or earlier than the candidate.
    pub(super) fn is_timed_apart(&self) -> bool {
        self.baseline.is_timed_apart()
    }
}

fn read_stored(kind: &Baseline, scorers: &[Scorer]) -> Result<Option<StoredBaseline>, Error> {
    let Baseline::Stored(path) = kind else { return Ok(None) };
    Ok(Some(StoredBaseline::read(path, &fingerprints(scorers))?))
}

/// The scorers' fingerprints, by name.
pub(super) fn fingerprints(scorers: &[Scorer]) -> BTreeMap<String, String> {
    scorers.iter().map(|scorer| (scorer.name.clone(), scorer.fingerprint().to_owned())).collect()
}
