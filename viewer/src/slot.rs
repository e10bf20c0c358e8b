//! The place between two stages: room for one, where the newest wins, or where the giver waits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Holds at most one `T` between one giving and one taking thread.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    policy: Policy,
    state: Mutex<State<T>>,
    changed: Condvar,
}

/// What [`Slot::put`] does when the slot is still full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The older item is handed back, so that latency never builds up.
    NewestWins,
    /// The giver waits until the slot is empty, so that nothing is lost and order is kept.
    EveryOne,
}

/// The slot was closed: nobody takes from it any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

#[derive(Debug)]
struct State<T> {
    item: Option<T>,
    closed: bool,
}

impl<T> Slot<T> {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, state: Mutex::new(State { item: None, closed: false }), changed: Condvar::new() }
    }

    /// Puts `item` in and hands back what it displaced, which the caller counts as dropped.
    ///
    /// Under [`Policy::EveryOne`] this waits instead, and never displaces.
    pub(crate) fn put(&self, item: T) -> Result<Option<T>, Closed> {
        let mut state = self.lock();
        if self.policy == Policy::EveryOne {
            while state.item.is_some() && !state.closed {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if state.closed {
            return Err(Closed);
        }
        let displaced = state.item.replace(item);
        drop(state);
        self.changed.notify_all();
        Ok(displaced)
    }

    /// Waits for an item; `None` once the slot is closed and empty.
    pub(crate) fn take(&self) -> Option<T> {
        let mut state = self.lock();
        while state.item.is_none() && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let item = state.item.take();
        drop(state);
        self.changed.notify_all();
        item
    }

    /// Takes the item if there is one now.
    pub(crate) fn try_take(&self) -> Option<T> {
        let item = self.lock().item.take();
        self.changed.notify_all();
        item
    }

    /// Ends all waiting: later puts fail, and what is inside can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn policy(&self) -> Policy {
        self.policy
    }

    /// A thread that panicked while it held the lock left a whole state behind: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "what is tested is one thread waiting for another")]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn the_newest_wins_and_what_it_displaced_comes_back() {
        let slot = Slot::new(Policy::NewestWins);
        assert_eq!(slot.put(1), Ok(None));
        assert_eq!(slot.put(2), Ok(Some(1)));
        assert_eq!(slot.take(), Some(2));
        assert_eq!(slot.try_take(), None);
    }

    #[test]
    fn every_one_passes_in_order_when_the_giver_waits() {
        let slot = Arc::new(Slot::new(Policy::EveryOne));
        let giver = thread::spawn({
            let slot = Arc::clone(&slot);
            move || {
                for n in 0..1000 {
                    assert_eq!(slot.put(n), Ok(None));
                }
                slot.close();
            }
        });
        let taken: Vec<u32> = std::iter::from_fn(|| slot.take()).collect();
        giver.join().unwrap();
        assert_eq!(taken, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn closing_frees_a_giver_who_waits() {
        let slot = Arc::new(Slot::new(Policy::EveryOne));
        slot.put(1).unwrap();
        let giver = thread::spawn({
            let slot = Arc::clone(&slot);
            move || slot.put(2)
        });
        slot.close();
        assert_eq!(giver.join().unwrap(), Err(Closed));
        assert_eq!((slot.take(), slot.take()), (Some(1), None));
    }
}
