//! What people see while a run works: a bar on a terminal, plain lines in a log, nothing in a library.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Hears of a run's progress. All methods may be left out.
pub trait Progress {
    /// `total` cases are to be worked through.
    fn start(&self, total: usize) {
        let _ = total;
    }
    /// One more is done.
    fn step(&self) {}
    /// No more will come.
    fn finish(&self) {}
}

/// A bar on stderr.
pub struct Bar(ProgressBar);

impl Default for Bar {
    fn default() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} cases, {elapsed} passed, {eta} to go");
        Self(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

impl Progress for Bar {
    fn start(&self, total: usize) {
        self.0.set_length(total as u64);
        self.0.enable_steady_tick(Duration::from_millis(200));
    }

    fn step(&self) {
        self.0.inc(1);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A line on stderr now and then.
pub struct Lines {
    total: Cell<usize>,
    done: Cell<usize>,
    said: Cell<Instant>,
}

/// The time between two lines.
const PAUSE: Duration = Duration::from_secs(10);

impl Default for Lines {
    fn default() -> Self {
        Self { total: Cell::new(0), done: Cell::new(0), said: Cell::new(Instant::now()) }
    }
}

impl Progress for Lines {
    fn start(&self, total: usize) {
        self.total.set(total);
    }

    fn step(&self) {
        self.done.set(self.done.get() + 1);
        if self.said.get().elapsed() >= PAUSE {
            self.said.set(Instant::now());
            // A reader that went away is no error.
            let _ = writeln!(std::io::stderr(), "{} of {} cases done", self.done.get(), self.total.get());
        }
    }
}
