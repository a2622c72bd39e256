//! A run, ready to start: everything is read and checked, nothing is sent yet.

use jiff::Timestamp;

use super::arms::{self, BaselinePlan};
use super::cases::{Chosen, choose};
use super::foresight::{check_gates, check_prices, check_requests, check_slices, check_times, warn_of_absent_scores};
use super::judge::{Bench, terms};
use super::providers::{Access, Providers};
use super::runner::Runner;
use super::tally;
use super::topics::{finds_slices, name_topics};
use super::work::Worked;
use super::{Error, output, read_config};
use crate::cli::RunArgs;
use crate::compare::{ScoreTable, StoredBaseline, Terms};
use crate::config::{Baseline, Config};
use crate::replay::{Asked, Budget, Replay};
use crate::score::Panel;

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
    pub(super) terms: Terms,
}

impl Plan {
    /// Reads and checks all that a run needs.
    pub(super) async fn new(args: &RunArgs) -> Result<Self, Error> {
        Self::with(args, Access::default()).await
    }

    /// The same for a run that may lack keys, or that is one of several.
    pub(super) async fn with(args: &RunArgs, access: Access) -> Result<Self, Error> {
        let mut config = read_config(&args.config)?;
        Runner::around().refuse_strangers(&config, &args.arms)?;
        let scorers = std::mem::take(&mut config.scorers);
        check_gates(&config, &scorers)?;
        let mut chosen = choose(&config, &args.sampling, &args.config.out).await?;
        let terms = terms(&config, args.looks, args.sampling.seed);
        if finds_slices(&scorers) {
            name_topics(&mut chosen.cases, terms.seed);
        }
        check_slices(&config, &scorers, chosen.cases.iter().flat_map(|case| case.metadata.keys()))?;
        let mut providers = Providers::new(&args.providers, &args.config.out, access)?;
        let candidate = arms::candidate(&config, &args.arms, &mut providers).await?;
        let baseline = arms::baseline(&config, &args.arms, &mut providers).await?;
        check_times(&config, &scorers, &baseline)?;
        warn_of_absent_scores(&scorers, &chosen.cases);
        check_requests(&config, &chosen.cases, &candidate, &baseline.arm)?;
        check_prices(&config, &scorers, &chosen.cases, &candidate, args.arms.head.is_some())?;
        let judges = providers.judges(&config, &scorers)?;
        let panel = Panel::new(scorers, judges);
        let stored = read_stored(&config, &baseline.kind, &panel)?;
        Ok(Self { config, panel, candidate, baseline, stored, chosen, providers, terms })
    }

    /// The same, judged once, at all cases: several machines cannot stop each other early.
    pub(super) fn at_once(mut self) -> Self {
        self.terms.looks = 1;
        self
    }

    /// What judges the run. Against other cases there is one look: two samples have no signs to flip.
    pub(super) fn bench(&self) -> Bench<'_> {
        let table = self.planned_table();
        let looks = if table.is_paired { self.terms.looks } else { 1 };
        Bench::new(&self.config, &table, Terms { looks, ..self.terms })
    }

    /// The table of the run before anything is scored.
    pub(super) fn planned_table(&self) -> ScoreTable {
        let columns = tally::columns(self.panel.scorers(), self.is_timed_apart());
        self.with_stored(tally::plan(columns, &self.chosen.cases))
    }

    /// The table of what was worked through.
    pub(super) fn table(&self, worked: &[Option<Worked>]) -> ScoreTable {
        let columns = tally::columns(self.panel.scorers(), self.is_timed_apart());
        self.with_stored(tally::table(columns, &self.chosen.cases, worked))
    }

    fn with_stored(&self, mut table: ScoreTable) -> ScoreTable {
        if let Some(stored) = &self.stored {
            let is_of_other_cases = stored.is_of_other_cases(self.chosen.cases.iter().map(|case| case.id.as_str()));
            stored.fill(&mut table, is_of_other_cases);
        }
        table
    }

    /// The replay of its cases, with this candidate or with the baseline alone.
    pub(super) fn replay<'a>(&'a self, candidate: Option<Asked>, budget: &'a Budget) -> Replay<'a> {
        Replay {
            baseline: self.baseline.arm.clone(),
            candidate,
            vars: &self.config.vars,
            prices: &self.config.prices,
            budget,
            repeats: self.config.decision.repeats,
        }
    }

    /// Whether the baseline was timed elsewhere or earlier than the candidate.
    pub(super) fn is_timed_apart(&self) -> bool {
        self.baseline.is_timed_apart()
    }
}

fn read_stored(config: &Config, kind: &Baseline, panel: &Panel) -> Result<Option<StoredBaseline>, Error> {
    let Baseline::Stored(path) = kind else { return Ok(None) };
    let stored = StoredBaseline::read(path, &panel.fingerprints())?;
    if let Some(days) = stored.older_than(config.baseline_max_age, Timestamp::now()) {
        let advice = "what production and its models do may have changed since; make it anew with `eval-gate baseline`";
        output::note(&format!("warning: {} is {days} days old: {advice}", path.display()));
    }
    Ok(Some(stored))
}
