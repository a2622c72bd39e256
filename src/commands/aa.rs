//! `aa`: the baseline against itself. What is left between the arms is noise, of the models, the judges and the gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::carry_out::carry_out;
use super::foresight::check_requests;
use super::judge::{Bench, Judged};
use super::plan::Plan;
use super::{Error, output};
use crate::cli::AaArgs;
use crate::compare::{FalseBlocks, ScoreTable, Terms, false_blocks, noise};
use crate::config::Baseline;
use crate::exit::ExitStatus;
use crate::replay::{Asked, BaselineArm};
use crate::report::escape::plain;
use crate::stats::interval::wilson;
use crate::verdict::{Circumstances, Ruling, number};

pub(super) async fn aa(args: &AaArgs) -> Result<ExitStatus, Error> {
    let plan = Plan::new(&args.run).await?;
    let again = again(&plan)?;
    check_requests(&plan.config, &plan.chosen.cases, &again, &plan.baseline.arm)?;
    let finished = carry_out(&plan, Some(again)).await;
    plan.providers.finish_recording()?;
    if let Some(why) = finished.circumstances.why_incomplete() {
        return Err(Error::Incomplete(why));
    }
    let table = plan.table(&finished.worked);
    if (0..table.columns.len()).all(|column| table.paired(column).0 == 0) {
        return Err(Error::Incomplete("no case was scored in both arms".into()));
    }
    let mut bench = Bench::new(&plan.config, &plan.planned_table(), Terms { looks: 1, ..plan.terms });
    let judged = bench.look(&table, &Circumstances::default());
    if judged.verdict.ruling == Ruling::Error {
        return Err(Error::Incomplete(judged.verdict.reasons.join("; ")));
    }
    let blocks = measure(&table, plan.terms, args.trials).await?;
    let measured = Measurement::of(&plan, &table, &judged, blocks);
    output::data(&measured.to_string().lines().map(|line| plain(line) + "\n").collect::<String>());
    let path = args.run.config.out.join("aa.json");
    output::write(&path, &measured.to_json())?;
    output::note(&format!("written: {}", path.display()));
    Ok(if measured.is_drift { ExitStatus::Fail } else { ExitStatus::Pass })
}

/// Makes up the suites on a thread of their own, so that Ctrl-C is heard.
async fn measure(table: &ScoreTable, terms: Terms, trials: u64) -> Result<FalseBlocks, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let (of_thread, table) = (Arc::clone(&stop), table.clone());
    let running = tokio::task::spawn_blocking(move || false_blocks(&table, terms, trials, &of_thread));
    tokio::select! {
        blocks = running => blocks.map_err(|error| Error::Incomplete(error.to_string())),
        _ = tokio::signal::ctrl_c() => {
            stop.store(true, Ordering::Relaxed);
            Err(Error::Incomplete("interrupted while the suites were made up".into()))
        }
    }
}

/// The baseline, as an arm that is asked once more.
fn again(plan: &Plan) -> Result<Asked, Error> {
    match (&plan.baseline.kind, &plan.baseline.arm) {
        (_, BaselineArm::Asked(asked)) => Ok(asked.as_ref().clone()),
        (Baseline::Stored(_), _) | (_, BaselineArm::Absent) => {
            Err(Error::Usage("a stored baseline has scores and no prompt; use --baseline replay or recorded".into()))
        }
        // Yesterday's prompt is what was recorded, message by message.
        (_, BaselineArm::Recorded) => {
            let provider = plan.candidate.provider.clone();
            Ok(Asked { prompt: None, model: None, parameters: serde_json::Map::new(), provider, route: Vec::new() })
        }
    }
}

/// What `aa` found: `aa.json`, version 1.
#[derive(Debug, Serialize)]
struct Measurement {
    version: u32,
    /// What was compared with itself.
    baseline: String,
    /// Whether both arms were asked now; else yesterday's recorded answers met today's.
    is_replayed: bool,
    /// Whether today's answers fail the gates against the recorded ones.
    is_drift: bool,
    /// What a run of these scores would have said.
    headline: String,
    cases: usize,
    /// The promise.
    false_block_rate: f64,
    trials: u64,
    /// Shares of the trials, with 95 % intervals: blocked by a gate, and plain whatever the margin.
    blocked: Rate,
    rejected: Rate,
    scorers: Vec<ScorerNoise>,
}

#[derive(Debug, Serialize)]
struct Rate {
    count: u64,
    share: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Serialize)]
struct ScorerNoise {
    name: String,
    is_gated: bool,
    /// Whether the differences are noise alone, and not drift as well.
    is_noise: bool,
    cases: usize,
    /// Cases whose score differs between the arms.
    changed: usize,
    /// Mean size of the differences.
    mean_difference: f64,
    margin: Option<f64>,
    /// The smallest change for the worse that a run of this size would block with 80 % power.
    detectable: Option<f64>,
    /// Cases with which a change that changes nothing would pass.
    cases_needed: Option<u64>,
}

impl Rate {
    fn of(count: u64, trials: u64) -> Self {
        let interval = wilson(count, trials, 0.95);
        let (low, high) = interval.map_or((0.0, 1.0), |interval| (interval.low, interval.high));
        Self { count, share: count as f64 / trials.max(1) as f64, low, high }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [share, low, high] = [self.share, self.low, self.high].map(|share| 100.0 * share);
        write!(f, "{share:.1} % (95 % interval {low:.1} to {high:.1} %)")
    }
}

impl Measurement {
    fn of(plan: &Plan, table: &ScoreTable, judged: &Judged, blocks: FalseBlocks) -> Self {
        let is_replayed = matches!(plan.baseline.arm, BaselineArm::Asked(_));
        let ruling = judged.verdict.ruling;
        Self {
            version: 1,
            baseline: plan.baseline.of.clone(),
            is_replayed,
            is_drift: !is_replayed && ruling == Ruling::Fail,
            headline: format!("{ruling:?}: {}", judged.verdict.reasons.join("; ")),
            cases: table.rows.len(),
            false_block_rate: judged.rules.false_block_rate,
            trials: blocks.trials,
            blocked: Rate::of(blocks.blocked, blocks.trials),
            rejected: Rate::of(blocks.rejected, blocks.trials),
            scorers: scorers(table, judged, is_replayed),
        }
    }

    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the keys are strings") + "\n"
    }
}

fn scorers(table: &ScoreTable, judged: &Judged, is_noise: bool) -> Vec<ScorerNoise> {
    let overall = |column: usize| judged.look.comparisons.iter().find(|c| c.column == column && c.slice.is_none());
    let of_noise = |noise: crate::compare::Noise| {
        let (spec, comparison) = (&table.columns[noise.column], overall(noise.column));
        let test = comparison.and_then(|comparison| comparison.test);
        ScorerNoise {
            name: spec.name.clone(),
            is_gated: spec.gate.is_some(),
            is_noise,
            cases: noise.cases,
            changed: noise.changed,
            mean_difference: noise.mean_difference,
            margin: test.map(|test| test.margin),
            detectable: test.and_then(|test| test.sight.detectable()),
            cases_needed: comparison.and_then(crate::compare::Comparison::cases_to_pass),
        }
    };
    noise(table).into_iter().map(of_noise).collect()
}

impl std::fmt::Display for Measurement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { baseline, cases, trials, blocked, rejected, .. } = self;
        if self.is_replayed {
            writeln!(f, "The baseline against itself: {baseline}, {cases} cases.")?;
        } else {
            let found = if self.is_drift {
                "they differ by more than the gates allow, so that a baseline of `recorded` would blame any change for it"
            } else {
                "no gate fails"
            };
            writeln!(f, "The recorded requests asked again, against {baseline}, {cases} cases: {found}.")?;
        }
        writeln!(f, "  {}.\n", self.headline)?;
        writeln!(f, "If nothing but chance is left between the arms, a gate blocks {blocked} of runs;")?;
        let promise = 100.0 * self.false_block_rate;
        writeln!(f, "the promise is at most {promise} %. Without their margins it would be {rejected}.")?;
        writeln!(f, "Measured on {trials} suites made up of these clusters, their arms swapped at random.\n")?;
        self.scorers.iter().try_for_each(|scorer| writeln!(f, "{scorer}"))
    }
}

impl std::fmt::Display for ScorerNoise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = 100.0 * self.changed as f64 / self.cases.max(1) as f64;
        let how = if self.is_noise { "change by themselves" } else { "differ from what was recorded" };
        write!(f, "{}: {share:.0} % of {} cases {how}", self.name, self.cases)?;
        if self.changed > 0 {
            write!(f, ", by {} on average over all", number(self.mean_difference))?;
        }
        let Some(margin) = self.margin else { return f.write_str(if self.is_gated { "" } else { "; advisory" }) };
        write!(f, "; margin {}", number(margin))?;
        if let Some(detectable) = self.detectable {
            write!(f, ", and a change for the worse of {} would be blocked", number(detectable))?;
        }
        if let Some(needed) = self.cases_needed.filter(|needed| self.is_noise && *needed > self.cases as u64) {
            let why = if self.changed > 0 { "too noisy for this margin" } else { "too few" };
            write!(f, "; {why}: passing no change takes about {needed} cases")?;
        }
        Ok(())
    }
}
