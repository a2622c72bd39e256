//! The program as its users meet it: the real binary in a folder of its own, a fake model to ask, the exit code and what
//! is said.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod aa;
mod bad_input;
mod baseline;
mod compare;
mod config;
mod github;
mod hostile;
mod init;
mod langfuse;
mod langsmith;
mod looks;
mod model;
#[path = "../hostile/page.rs"]
mod page;
mod phoenix;
mod redact;
mod replay_base;
mod run;
mod sample;
mod shards;
mod store;
mod support;
