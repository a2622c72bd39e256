//! Providers against servers that answer well, badly, late, or not at all.

mod answers;
mod anthropic;
mod failures;
mod limits;
#[expect(clippy::unwrap_used, reason = "a test that cannot set up its server has failed")]
mod server;
mod stored;
