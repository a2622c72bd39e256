//! Parses, sets up logging and TLS, runs, and ends with a documented exit code.

use std::io::{Result, Write, stderr};
use std::panic::AssertUnwindSafe;

use clap::Parser;
use eval_gate::report::escape::plain;
use eval_gate::{Cli, ExitStatus, run};
use tracing_subscriber::EnvFilter;

fn main() -> ExitStatus {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("EVAL_GATE_LOG").unwrap_or_else(|_| EnvFilter::new("eval_gate=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Log)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .init();
    // Fails only if a provider is already there, and then TLS works just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        // A panic has told of itself by now. It is a mistake of this program, and no verdict.
        Ok(runtime) => {
            std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(cli)))).unwrap_or(ExitStatus::Error)
        }
        Err(error) => {
            tracing::error!("cannot start: {error}");
            ExitStatus::Error
        }
    }
}

/// The log on stderr. What it quotes may be a stranger's, and runners take commands from it.
struct Log;

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> Result<usize> {
        for line in String::from_utf8_lossy(event).lines() {
            writeln!(stderr(), "{}", plain(line))?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> Result<()> {
        stderr().flush()
    }
}
