//! The place between two stages: room for one item of each robot, taken fairly.

mod turns;

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use turns::{Lane, Mailbox, State};

/// A mailbox for each `K`, mostly a robot, with room for its newest item.
///
/// Whoever takes gets the item of the robot on which least time was spent, and of several the one that has waited longest:
/// one whose items take long has fewer of them worked on (start-time fair queueing; Goyal, Vin and Cheng 1996). All those of which
/// nothing has been taken yet have the time of one robot between them: they may be one, connected again and again.
///
/// With one taker, after a slow item only robots whose last item was quick have turns, until each of them that waited could have
/// used as much time. Otherwise each pause between their items would let in another slow one. A new robot waits as well. Should a
/// quick robot have a slow item in that time, only those go first for a while that have been quick for longer.
///
/// With several takers, one is kept for items that are surely quick, while robots send any. Otherwise as many robots with slow items as
/// there are takers would make all others wait. Those new ones whose first item is surely quick have the time of one robot among these,
/// and the others among the others.
///
/// Until the taker is [`done`](Self::done) with an item, that robot's next one waits, so that the items of one robot are never
/// worked on out of order or by two at once.
#[derive(Debug)]
pub(crate) struct Mailboxes<K, T> {
    state: Mutex<State<K, T>>,
    /// There may be something to take.
    filled: Condvar,
    /// There may be room again.
    emptied: Notify,
}

/// What waits in a mailbox.
pub(crate) trait Item {
    /// How long it takes at most, as far as that can be told before it is worked on.
    fn expected(&self) -> Duration {
        Duration::MAX
    }
}

/// What becomes of an item for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The newest picture wins, and older ones are dropped, so that latency never builds up.
    NewestWins,
    /// It waits, so that every frame is worked on, in order.
    EveryFrame,
}

/// Nobody takes any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl<K: Copy + Eq + Hash, T: Item> Mailboxes<K, T> {
    /// Empty ones for one taker, for items that are `slow` from so long on.
    pub(crate) fn new(slow: Duration) -> Self {
        Self::for_several(1, slow)
    }

    /// The same for several takers.
    pub(crate) fn for_several(takers: usize, slow: Duration) -> Self {
        let state = State {
            mailboxes: HashMap::new(),
            waiting: VecDeque::new(),
            spent: Duration::ZERO,
            spent_on_new_ones: [Duration::ZERO; 2],
            quick_only_until: Duration::ZERO,
            trusted_until: Duration::ZERO,
            trusted_since: Duration::ZERO,
            slow_took: Duration::ZERO,
            done_at: Duration::ZERO,
            takers,
            slow,
            is_closed: false,
        };
        Self { state: Mutex::new(state), filled: Condvar::new(), emptied: Notify::new() }
    }

    /// Puts `item` in and hands back what it replaced, which the caller counts as dropped.
    pub(crate) fn put(&self, key: K, item: T) -> Result<Option<T>, Closed> {
        self.put_with(key, |replaced| (item, replaced))
    }

    /// Puts in what `join` makes of the item that waits there; the other thing that it makes comes back.
    ///
    /// All others wait meanwhile: `join` moves things, and no more.
    pub(crate) fn put_with<R>(&self, key: K, join: impl FnOnce(Option<T>) -> (T, R)) -> Result<R, Closed> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Closed);
        }
        let begin = state.begin(state.mailboxes.get(&key).map_or(Lane::Slow, |mailbox| mailbox.lane));
        let mailbox = state.mailboxes.entry(key).or_insert_with(Mailbox::new);
        let (was_empty, is_busy) = (mailbox.item.is_none(), mailbox.is_busy());
        let (item, outcome) = join(mailbox.item.take());
        mailbox.expected = item.expected();
        mailbox.item = Some(item);
        if was_empty && !is_busy {
            mailbox.spent = mailbox.spent.max(begin);
            state.waiting.push_back(key);
        }
        drop(state);
        if !is_busy {
            // Also where it has replaced another one, which may have been for fewer takers.
            self.filled.notify_one();
        }
        Ok(outcome)
    }

    /// Puts `item` in as soon as there is room.
    pub(crate) async fn put_when_empty(&self, key: K, item: T) -> Result<(), Closed> {
        loop {
            // Asked for before looking, so that room that comes between the two is not missed.
            let emptied = self.emptied.notified();
            if self.has_room(key) {
                return self.put(key, item).map(drop);
            }
            emptied.await;
        }
    }

    /// Whether `put` would replace nothing; also where nothing is taken any more.
    pub(crate) fn has_room(&self, key: K) -> bool {
        let state = self.lock();
        state.is_closed || state.mailboxes.get(&key).is_none_or(|mailbox| mailbox.item.is_none())
    }

    /// Waits for the item of the robot that is next, by a clock that shows `now`; `None` once the mailboxes are closed.
    pub(crate) fn take(&self, now: impl Fn() -> Duration) -> Option<(K, T)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let time = now();
            if let Some((key, item)) = state.next(time) {
                drop(state);
                self.emptied.notify_waiters();
                return Some((key, item));
            }
            state = if state.waiting.is_empty() {
                self.filled.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let left = match state.takers {
                    1 => state.turn_at(time).saturating_sub(time),
                    // One is kept, for as long as others send.
                    _ => A_MOMENT,
                };
                self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// The item that was taken of `key` has been worked on from `begin` to `end`; its next one may be taken.
    pub(crate) fn done(&self, key: K, begin: Duration, end: Duration) {
        self.worked(key, begin, end);
        self.free(key);
    }

    /// The item that was taken of `key` has been worked on from `begin` to `end`. Its next one waits until it is
    /// [`free`](Self::free), which it may be already.
    pub(crate) fn worked(&self, key: K, begin: Duration, end: Duration) {
        let took = end.saturating_sub(begin);
        let mut state = self.lock();
        let is_quick = took < state.slow;
        if !is_quick && state.takers == 1 {
            state.had_slow_item(key, begin, end);
        }
        state.done_at = end;
        state.count(key, took);
        let Some(mailbox) = state.mailboxes.get_mut(&key) else { return };
        mailbox.quick_from = if is_quick { mailbox.quick_from.or(Some(end)) } else { None };
        if !is_quick && mailbox.lane == Lane::Quick {
            mailbox.slow_until = end + SLOW_FOR;
        }
        (mailbox.is_at_work, mailbox.done_at) = (false, Some(end));
        state.next_of(key);
        drop(state);
        // The taker may also be one that was kept.
        self.filled.notify_one();
    }

    /// What became of the item that was taken of `key` has gone its way.
    pub(crate) fn free(&self, key: K) {
        let mut state = self.lock();
        let Some(mailbox) = state.mailboxes.get_mut(&key) else { return };
        mailbox.is_held = false;
        state.next_of(key);
        drop(state);
        self.filled.notify_one();
    }

    /// Takes out what waits there of `key`, which will put nothing more in.
    pub(crate) fn forget(&self, key: K) -> Option<T> {
        let item = self.lock().forget(key);
        self.emptied.notify_waiters();
        item
    }

    /// Ends all waiting: nothing is put in or taken out any more.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
        self.emptied.notify_waiters();
    }

    /// A thread that panicked while it held the lock left a whole state behind: no change can panic half-way.
    fn lock(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a taker looks whether one is still kept.
const A_MOMENT: Duration = Duration::from_millis(20);

/// For so long after an item that should have been quick and was not, no item of its robot counts as surely quick.
const SLOW_FOR: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
