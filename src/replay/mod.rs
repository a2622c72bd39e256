//! The replay: cases × arms × repeats, and what each call came to.

mod ask;
mod budget;
mod fan_out;
mod pairs;
mod recorded;

use serde::{Deserialize, Serialize};

use crate::provider::{Completion, Prices, Usage};

pub use self::ask::{Asked, Step, slot};
pub use self::budget::Budget;
pub use self::fan_out::{Cancel, fan_out};
pub use self::pairs::{BaselineArm, CaseAttempts, Replay};

/// One of the two sides compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    /// What the change is measured against.
    Baseline,
    /// The change.
    Candidate,
}

/// One answer of one arm to one case; a failed call is an attempt too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which side answered.
    pub arm: Arm,
    /// The repeat's number, from 0.
    pub repeat: u32,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The model answered, if only with nothing, a refusal or nonsense: that is the arm's doing, and it is scored.
    Answered(Box<Answer>),
    /// The provider failed after all retries, which is nobody's fault: unscored. The text says what failed.
    Failed(String),
    /// The case could not be asked (a variable is missing, say): not replayable. The text says why.
    NotReplayable(String),
}

/// A model's answer, and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that was asked for.
    pub model: String,
    /// What it said.
    pub completion: Completion,
    /// Price in US dollars, where the model's prices are known.
    pub cost_usd: Option<f64>,
    /// Where the answer came from.
    pub origin: Origin,
}

impl Answer {
    /// An answer with its price.
    fn new(model: &str, completion: Completion, origin: Origin, prices: &Prices) -> Self {
        let cost_usd = completion.usage.and_then(|usage| prices.cost(model, usage));
        Self { model: model.to_owned(), completion, cost_usd, origin }
    }

    /// The same answer with the time, tokens and money of an `earlier` one that a route did not accept: the user waited
    /// for both, and both were paid for.
    fn after(mut self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let before = earlier.completion.timing.total_ms;
        let timing = &mut self.completion.timing;
        timing.ttft_ms = timing.ttft_ms.map(|ttft| ttft + before);
        timing.total_ms += before;
        self.completion.usage = self.completion.usage.zip(earlier.completion.usage).map(|(now, then)| Usage {
            input: now.input + then.input,
            output: now.output + then.output,
            cached: now.cached + then.cached,
        });
        self.cost_usd = self.cost_usd.zip(earlier.cost_usd).map(|(now, then)| now + then);
        if earlier.origin == Origin::Fresh {
            self.origin = Origin::Fresh;
        }
        self
    }
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Production's own answer, read from the trace.
    Recorded,
    /// Asked for now.
    Fresh,
    /// Read from the cache or from a committed recording.
    Cached,
}
