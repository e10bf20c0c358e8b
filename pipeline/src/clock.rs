//! The only clock: how long the program has been running.
#![expect(clippy::disallowed_methods, reason = "everything else takes the time as an argument")]

use std::time::{Duration, Instant};

/// Starts at nought when it is made; copies show the same time.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since it was started.
    pub fn now(self) -> Duration {
        self.0.elapsed()
    }
}
