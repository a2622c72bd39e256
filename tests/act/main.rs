//! The action as users have it: [act](https://github.com/nektos/act) runs the workflows of `examples/workflows` in a repository
//! which is not this one, with a GitHub and a server of releases on this machine.
//!
//! What act cannot show: `permissions`, `concurrency`, what a fork's token may do, and the real cache and artifacts, for which
//! folders stand in. The tests need act on PATH, which `.ci/run` sees to, and say so loudly where there is none.

#![cfg(unix)] // where act has a host mode
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod args;
mod fork_run;
mod install;
mod job;
mod release;
#[expect(dead_code, reason = "tests/cli makes more trouble than these tests do")]
#[path = "../cli/github/server.rs"]
mod server;
mod shards;
mod source;
mod stage;
mod verdict;
