//! The real Phoenix, served on this machine: traces go in by a real SDK, are sampled and run straight from the store, and the
//! scores come back to it. `tests/cli/phoenix.rs` has the faults that a real server is loath to show.
//!
//! The tests need Phoenix on PATH, which `.ci/run` sees to, and say so loudly where there is none.

#![cfg(unix)] // where a shell ends the server with the tests
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod captures;
#[expect(dead_code, reason = "tests/cli makes more trouble than these tests do")]
#[path = "../cli/model.rs"]
mod model;
mod prompts;
mod server;
mod store;
#[expect(dead_code, reason = "tests/cli has more to do with a folder than these tests have")]
#[path = "../cli/support.rs"]
mod support;
