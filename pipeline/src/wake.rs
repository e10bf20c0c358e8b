//! Wakes the main loop: something has happened that it should look at.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Set by any thread, waited for by one; however often it is set before it is waited for, it wakes once.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    is_set: Mutex<bool>,
    set: Condvar,
}

impl Wake {
    pub(crate) fn wake(&self) {
        let mut is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *is_set, true) {
            self.set.notify_one();
        }
    }

    /// Waits until it is set, for `time` at most, and unsets it.
    pub(crate) fn wait(&self, time: Duration) {
        let is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.set.wait_timeout_while(is_set, time, |is_set| !*is_set);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}
