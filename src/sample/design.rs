//! How a sample is to be drawn, checked and ready.

use super::failures::WHEN;
use super::{Filter, SampleConfig, SampleError};

/// What is drawn from which cases.
#[derive(Debug, Clone)]
pub struct Design {
    pub(super) config: SampleConfig,
    /// `where`.
    pub(super) filter: Option<Filter>,
    /// Which outcomes are bad, where that is written.
    pub(super) failures: Option<Filter>,
}

impl Design {
    /// Checks the expressions.
    pub fn new(config: SampleConfig, filter: Option<&str>) -> Result<Self, SampleError> {
        let when = config.failures.as_ref().and_then(|failures| failures.when.as_deref());
        let failures = when.map(|when| Filter::under(WHEN, when)).transpose()?;
        Ok(Self { filter: filter.map(Filter::parse).transpose()?, failures, config })
    }

    pub(super) fn expressions(&self) -> impl Iterator<Item = &Filter> {
        self.filter.iter().chain(&self.failures)
    }
}
