//! A share of the cases, as it is written: `3/8`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Jobs that a matrix of GitHub Actions has at the most.
const MOST_SHARDS: u32 = 256;

/// One of several shares of the cases, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// Which.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let shard = numbers.filter(|(number, of)| (1..=*of).contains(number) && *of <= MOST_SHARDS);
        let (number, of) = shard.ok_or_else(|| format!("expected a share such as 3/8, of at most {MOST_SHARDS}"))?;
        Ok(Self { number, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.number, self.of)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        format!("{}/{}", shard.number, shard.of)
    }
}
