//! The only clock: how long the program has been running.
#![expect(clippy::disallowed_methods, reason = "everything else takes the time as an argument")]

use std::time::{Duration, Instant, SystemTime};

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

    /// The time of day when it was started, in nanoseconds since 1970, if it and the system's clock now agree.
    pub(crate) fn epoch_ns(self) -> u64 {
        // In this order, an interruption in between makes pictures older and never younger than they are.
        let running = self.now();
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_1970.saturating_sub(running).as_nanos()).unwrap_or(u64::MAX)
    }
}
