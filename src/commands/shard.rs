//! `run --shard`: one share of the cases, without a verdict.

use sha2::{Digest, Sha256};

use super::carry_out::{Finished, carry_out_share};
use super::identity::identity;
use super::part::{Options, Part};
use super::plan::Plan;
use super::providers::Access;
use super::queue::earlier;
use super::runner::Runner;
use super::{Error, output};
use crate::cli::{RunArgs, Shard};
use crate::config::CaseSource;
use crate::exit::ExitStatus;
use crate::verdict::Circumstances;

impl Shard {
    /// Which of `of` shares a cluster is part of, from 0. Its name alone decides, so that a case stays with its share, and
    /// its answers with that machine's cache, whatever comes to the evalset.
    pub(super) fn place(cluster: &str, of: u32) -> usize {
        let hash = Sha256::digest(cluster);
        let start = hash.first_chunk().expect("SHA-256 has 32 bytes");
        usize::try_from(u64::from_be_bytes(*start) % u64::from(of)).expect("shares are few")
    }

    /// The place of this share, from 0.
    pub(super) fn index(self) -> usize {
        self.number as usize - 1
    }

    /// Whether a cluster is part of this share.
    pub(super) fn holds(self, cluster: &str) -> bool {
        Self::place(cluster, self.of) == self.index()
    }
}

/// Works through a share and writes it down. An end that is no verdict's business is an error here already.
pub(super) async fn shard(args: &RunArgs, shard: Shard, runner: &Runner) -> Result<ExitStatus, Error> {
    let access = Access { needs_keys: runner.has_keys(), machines: shard.of };
    let plan = Plan::with(args, access).await?.at_once();
    check_alike(&plan, shard)?;
    let identity = identity(&plan)?;
    if let Some(earlier) = earlier(runner, &plan, args).await {
        output::note(&format!("nothing to do: pull request {} has the verdict on the same files", earlier.pull));
        let part = Part::new(shard, &plan, identity, options(args), unneeded(&plan));
        runner.write_part(&part.write(&args.config.out)?);
        return Ok(ExitStatus::Pass);
    }
    let working = output::group("Replay and score");
    let finished = carry_out_share(&plan, shard).await;
    drop(working);
    let recorded = plan.providers.finish_recording();
    let why = finished.circumstances.why_incomplete().filter(|_| !finished.circumstances.is_budget_spent);
    let part = Part::new(shard, &plan, identity, options(args), finished);
    let path = part.write(&args.config.out)?;
    recorded?;
    output::note(&format!("part {shard}: {} cases, written to {}", part.len(), path.display()));
    output::note("when all parts are there, `eval-gate merge` gives the verdict");
    runner.write_part(&path);
    why.map_or(Ok(ExitStatus::Pass), |why| Err(Error::Unfinished(why)))
}

/// Refuses what could not be merged, before it is paid for.
fn check_alike(plan: &Plan, shard: Shard) -> Result<(), Error> {
    let path = plan.config.path.display();
    if matches!(plan.config.cases, CaseSource::Traces(_)) && plan.config.redact.key.is_none() {
        return Err(Error::Usage(format!(
            "{path}: each machine would hash sessions with a key of its own, and the parts would not fit; write redact: {{ key: \"${{NAME}}\" }}"
        )));
    }
    if plan.config.budget.requests.is_some_and(|requests| requests < u64::from(shard.of)) {
        return Err(Error::Usage(format!("{path}: budget.requests is less than one for each of {} shards", shard.of)));
    }
    if plan.config.decision.looks > 1 {
        output::note("decision.looks is passed over: shards cannot stop each other, so all cases are looked at once");
    }
    Ok(())
}

/// Nothing was worked through. If `merge` does not find the verdict again, that is what it says.
fn unneeded(plan: &Plan) -> Finished {
    let circumstances = Circumstances { is_interrupted: true, ..Circumstances::default() };
    Finished { worked: plan.chosen.cases.iter().map(|_| None).collect(), circumstances, decided: None }
}

fn options(args: &RunArgs) -> Options {
    Options { arms: args.arms.clone(), sampling: args.sampling.clone(), provider: args.providers.provider.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cluster_is_in_one_share_and_shares_are_alike() {
        let of = 8;
        let mut sizes = [0_usize; 8];
        for cluster in 0..8_000 {
            let name = format!("s_{cluster}");
            let holders: Vec<u32> = (1..=of).filter(|number| Shard { number: *number, of }.holds(&name)).collect();
            assert_eq!(holders.len(), 1);
            sizes[holders[0] as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (900..1_100).contains(size)), "{sizes:?}");
    }

    #[test]
    fn shares_stay_what_they_are() {
        let of = |name: &str| (1..=4).find(|number| Shard { number: *number, of: 4 }.holds(name));
        assert_eq!(["s_17ab", "c001", ""].map(of), [Some(2), Some(1), Some(1)]);
    }

    #[test]
    fn a_share_is_written_as_a_fraction() {
        assert_eq!("3/8".parse(), Ok(Shard { number: 3, of: 8 }));
        for wrong in ["", "3", "0/8", "9/8", "3/0", "-1/8", "1/257", "3 / 8", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
