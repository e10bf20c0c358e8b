//! Wakes everyone who waits: for a time, for the viewer to close, or for the end of the run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Rung whenever something has happened that somebody may be waiting for.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    stopped: AtomicBool,
    lock: Mutex<()>,
    rung: Condvar,
}

impl Bell {
    /// Wakes all who wait, so that they look again at what they wait for.
    pub(crate) fn ring(&self) {
        // Whoever is between looking and waiting holds the lock, and would miss a bell that rings without it.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_all();
    }

    /// Asks all robots to stop; returns whether they had been asked before.
    pub(crate) fn stop(&self) -> bool {
        let before = self.stopped.swap(true, Ordering::SeqCst);
        self.ring();
        before
    }

    /// Whether all robots have been asked to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Waits for `time` or until `happened`, and returns whether it has.
    pub(crate) fn wait(&self, time: Duration, happened: impl Fn() -> bool) -> bool {
        if time.is_zero() || happened() {
            return happened();
        }
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(guard, time, |()| !happened());
        let (_guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    /// Waits until `happened`, however long that takes.
    pub(crate) fn wait_for(&self, happened: impl Fn() -> bool) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _guard = self.rung.wait_while(guard, |()| !happened()).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_wakes_those_who_wait_and_is_remembered() {
        let bell = Bell::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| bell.wait(Duration::from_secs(60), || bell.is_stopped()));
            assert!(!bell.stop());
            assert!(waiting.join().unwrap());
        });
        assert!(bell.stop());
    }

    #[test]
    fn a_wait_ends_when_its_time_is_over() {
        assert!(!Bell::default().wait(Duration::from_millis(1), || false));
        assert!(!Bell::default().wait(Duration::ZERO, || false));
        assert!(Bell::default().wait(Duration::ZERO, || true));
    }
}
