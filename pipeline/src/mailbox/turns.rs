//! Whose turn it is: who waits, what has been spent on whom, and who is quick.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct State<K, T> {
    pub(super) mailboxes: HashMap<K, Mailbox<T>>,
    /// Robots with an item that may be taken, the longest wait first.
    pub(super) waiting: VecDeque<K>,
    /// The most that had been spent on a robot when an item of it was taken.
    pub(super) spent: Duration,
    /// In each lane, what has been spent on all who are new, as if they were one robot, and at least on each who has left.
    pub(super) spent_on_new_ones: [Duration; 2],
    /// Until then only robots with quick items have a turn. Used with one taker only, as are the next four.
    pub(super) quick_only_until: Duration,
    /// And until then only those of them whose items have been quick since this time or longer.
    pub(super) trusted_until: Duration,
    pub(super) trusted_since: Duration,
    /// How long the last slow item took.
    pub(super) slow_took: Duration,
    /// When the last item had been worked on.
    pub(super) done_at: Duration,
    /// How many take.
    pub(super) takers: usize,
    /// Items that take this long or longer are slow.
    pub(super) slow: Duration,
    pub(super) is_closed: bool,
}

/// With one taker robots whose items were slow, and those whose items were quick; with several, robots whose next item may be slow,
/// and those whose next one is surely quick. These have turns when the others have none, and are ahead of them then. Who changes lanes
/// begins with the others there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Slow,
    Quick,
}

#[derive(Debug)]
pub(super) struct Mailbox<T> {
    pub(super) item: Option<T>,
    /// How long the item that waits takes at most, as far as that is known.
    pub(super) expected: Duration,
    /// An item of this robot was taken and is being worked on.
    pub(super) is_at_work: bool,
    /// What became of that item has not gone its way yet; that may be before the work is over.
    pub(super) is_held: bool,
    /// It was forgotten while it was worked on.
    pub(super) is_over: bool,
    /// The lane that its last item was in.
    pub(super) lane: Lane,
    /// The time that was spent on its items.
    pub(super) spent: Duration,
    /// The most that one of them took.
    pub(super) longest: Duration,
    /// When its last item had been worked on; `None` while it is new.
    pub(super) done_at: Option<Duration>,
    /// Since when its items have been quick; `None` while it is new, and after a slow one until its next quick one.
    pub(super) quick_from: Option<Duration>,
    /// Until then nothing of it is surely quick, because such an item was slow.
    pub(super) slow_until: Duration,
    /// How much of the time spent on new ones, in which lane, is that of its first item, and has not been spent on it again since.
    pub(super) as_new_one: (Lane, Duration),
}

impl<K: Copy + Eq + Hash, T> State<K, T> {
    /// Takes the item of the robot whose turn it is at `now`, if there is one.
    pub(super) fn next(&mut self, now: Duration) -> Option<(K, T)> {
        self.change_lanes(now);
        let has_slow_ones = match self.takers {
            1 => now >= self.slow_from(),
            takers => {
                let is_in_need = |mailbox: &Mailbox<T>| mailbox.lane == Lane::Quick && mailbox.sends(now);
                self.slow_at_work() + 1 < takers || !self.mailboxes.values().any(is_in_need)
            }
        };
        let are_all_trusted = self.takers > 1 || now >= self.trusted_until();
        let turn = |(at, key): (usize, &K)| {
            let mailbox = self.mailboxes.get(key)?;
            let is_trusted = are_all_trusted || mailbox.quick_from.is_some_and(|from| from <= self.trusted_since);
            let may_go = has_slow_ones || mailbox.lane == Lane::Quick && is_trusted;
            may_go.then(|| (self.start(mailbox) + self.foreseen(mailbox), at))
        };
        let (_, at) = self.waiting.iter().enumerate().filter_map(turn).min()?;
        let key = self.waiting.remove(at)?;
        let start = self.mailboxes.get(&key).map(|mailbox| self.start(mailbox))?;
        let mailbox = self.mailboxes.get_mut(&key)?;
        (mailbox.is_at_work, mailbox.is_held, mailbox.spent) = (true, true, start);
        self.spent = start.max(self.spent);
        Some((key, mailbox.item.take()?))
    }

    /// Puts those that wait into the lane that they are in by now, as far behind the others there as they were, but for no more than
    /// one of their items.
    fn change_lanes(&mut self, now: Duration) {
        for at in 0..self.waiting.len() {
            let Some(mailbox) = self.mailboxes.get(&self.waiting[at]) else { continue };
            let lane = self.lane_of_next(mailbox, now);
            if lane != mailbox.lane {
                let spent = self.begin(lane).saturating_add(self.behind(mailbox));
                let Some(mailbox) = self.mailboxes.get_mut(&self.waiting[at]) else { continue };
                (mailbox.lane, mailbox.spent) = (lane, spent);
            }
        }
    }

    /// How far a robot is behind the others in its lane; at most by one of its items.
    fn behind(&self, mailbox: &Mailbox<T>) -> Duration {
        self.start(mailbox).saturating_sub(self.begin(mailbox.lane)).min(mailbox.longest)
    }

    /// What has been spent on a robot, as it counts.
    fn start(&self, mailbox: &Mailbox<T>) -> Duration {
        match mailbox.done_at {
            None => mailbox.spent.max(self.spent_on_new_ones[mailbox.lane as usize]),
            Some(_) => mailbox.spent,
        }
    }

    /// How long its next item takes, where it is surely quick: by what is known of that, and of those before it. Who had least when it
    /// is done comes first, so that nobody with small pictures waits for all larger ones that came in the same moment.
    fn foreseen(&self, mailbox: &Mailbox<T>) -> Duration {
        match (self.takers > 1 && mailbox.lane == Lane::Quick, mailbox.done_at) {
            (false, _) => Duration::ZERO,
            (true, None) => mailbox.expected,
            (true, Some(_)) => mailbox.expected.min(mailbox.longest),
        }
    }

    /// The next item of `key` may be taken, if nothing is done about the last any more.
    pub(super) fn next_of(&mut self, key: K) {
        let Some(mailbox) = self.mailboxes.get(&key).filter(|mailbox| !mailbox.is_busy()) else { return };
        if mailbox.is_over {
            self.leave(key);
        } else if mailbox.item.is_some() {
            self.waiting.push_back(key);
        }
    }

    pub(super) fn forget(&mut self, key: K) -> Option<T> {
        let mailbox = self.mailboxes.get_mut(&key)?;
        let item = mailbox.item.take();
        if mailbox.is_busy() {
            mailbox.is_over = true;
            return item;
        }
        self.leave(key);
        self.waiting.retain(|waiting| *waiting != key);
        item
    }

    /// Who comes next may be the same robot again: it begins where this one was.
    fn leave(&mut self, key: K) {
        let Some(mailbox) = self.mailboxes.remove(&key).filter(|mailbox| mailbox.done_at.is_some()) else { return };
        let spent = self.begin(mailbox.lane).saturating_add(self.behind(&mailbox));
        let on_new_ones = &mut self.spent_on_new_ones[mailbox.lane as usize];
        *on_new_ones = spent.max(*on_new_ones);
    }

    /// Where a robot begins that comes into this lane, or back from a pause: where the one was whose item was taken last, but not
    /// behind any in its lane that still has one.
    pub(super) fn begin(&self, lane: Lane) -> Duration {
        let active = self.mailboxes.values().filter(|mailbox| mailbox.item.is_some() || mailbox.is_at_work);
        let starts = active.filter(|mailbox| mailbox.lane == lane).map(|mailbox| self.start(mailbox));
        starts.fold(self.spent, Duration::min)
    }

    /// From when on robots whose last item was slow have turns, if there is one taker: at the latest when it has had nothing to do
    /// for as long as the last slow item took.
    pub(super) fn slow_from(&self) -> Duration {
        self.quick_only_until.min(self.done_at.saturating_add(self.slow_took))
    }

    /// How many takers work on items that may be slow.
    pub(super) fn slow_at_work(&self) -> usize {
        self.mailboxes.values().filter(|mailbox| mailbox.is_at_work && mailbox.lane == Lane::Slow).count()
    }

    /// The lane of a robot that waits.
    fn lane_of_next(&self, mailbox: &Mailbox<T>, now: Duration) -> Lane {
        let is_quick = match self.takers {
            1 => mailbox.is_quick(),
            _ => mailbox.expected < self.slow && now >= mailbox.slow_until,
        };
        if is_quick { Lane::Quick } else { Lane::Slow }
    }

    /// An item of `key` has taken so long: adds it to what was spent on it, or on all who are new.
    pub(super) fn count(&mut self, key: K, took: Duration) {
        let Some(mailbox) = self.mailboxes.get_mut(&key) else { return };
        if mailbox.done_at.is_none() {
            let on_new_ones = &mut self.spent_on_new_ones[mailbox.lane as usize];
            *on_new_ones = mailbox.spent.max(*on_new_ones) + took;
            mailbox.as_new_one = (mailbox.lane, took);
        } else {
            // It has stayed: as much as is spent on it now was not spent on one who is new.
            let (lane, left) = &mut mailbox.as_new_one;
            let own = took.min(*left);
            *left -= own;
            let on_new_ones = &mut self.spent_on_new_ones[*lane as usize];
            *on_new_ones = on_new_ones.saturating_sub(own);
        }
        mailbox.spent += took;
        mailbox.longest = mailbox.longest.max(took);
    }

    /// How many robots with quick items wait.
    fn quick_ones(&self) -> u32 {
        let mailboxes = self.waiting.iter().filter_map(|key| self.mailboxes.get(key));
        u32::try_from(mailboxes.filter(|mailbox| mailbox.is_quick()).count()).unwrap_or(u32::MAX)
    }

    /// The only taker has worked on a slow item of `key` from `begin` to `end`: who had to wait for it has as much time each.
    ///
    /// If that was the time of those with quick items, of which this robot was one until then, others may be about to do the same.
    /// For as long as it took those go first that have been quick for half as long again, and two seconds longer at least; or if none of
    /// these sends, for two seconds longer.
    pub(super) fn had_slow_item(&mut self, key: K, begin: Duration, end: Duration) {
        let took = end.saturating_sub(begin);
        let left = self.quick_only_until.saturating_sub(begin);
        let quick_from = self.mailboxes.get(&key).and_then(|mailbox| mailbox.quick_from);
        let sends = |since: &Duration| {
            let mut others =
                self.mailboxes.values().filter(|other| other.quick_from.is_some_and(|from| from <= *since));
            others.any(|other| other.sends(end))
        };
        let longer = quick_from.filter(|_| !left.is_zero()).and_then(|from| {
            let earlier = [TOGETHER.max(begin.saturating_sub(from) / 2), TOGETHER];
            earlier.into_iter().filter_map(|by| from.checked_sub(by)).find(sends)
        });
        (self.trusted_until, self.trusted_since) = longer.map_or_else(Default::default, |since| (end + took, since));
        // Whatever it has used of the time for quick ones comes on top.
        let wait = left.saturating_add(took.saturating_mul(self.quick_ones()));
        self.quick_only_until = end + wait.min(LONGEST_WAIT);
        self.slow_took = took;
    }

    /// Until when only those have turns that have been quick for long; no longer than they pause.
    fn trusted_until(&self) -> Duration {
        self.trusted_until.min(self.done_at.saturating_add(PAUSE))
    }

    /// When somebody who waits has a turn, if there is one taker and nobody has one at `now`.
    pub(super) fn turn_at(&self, now: Duration) -> Duration {
        let trusted_until = self.trusted_until();
        if trusted_until > now { trusted_until.min(self.slow_from()) } else { self.slow_from() }
    }
}

impl<T> Mailbox<T> {
    pub(super) fn new() -> Self {
        Self {
            item: None,
            expected: Duration::MAX,
            is_at_work: false,
            is_held: false,
            is_over: false,
            lane: Lane::Slow,
            spent: Duration::ZERO,
            longest: Duration::ZERO,
            done_at: None,
            quick_from: None,
            slow_until: Duration::ZERO,
            as_new_one: (Lane::Slow, Duration::ZERO),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_at_work || self.is_held
    }

    /// Whether its last item was quick.
    pub(super) fn is_quick(&self) -> bool {
        self.quick_from.is_some()
    }

    /// Whether it has sent something, or did so a moment ago.
    fn sends(&self, now: Duration) -> bool {
        self.item.is_some() || self.done_at.is_some_and(|at| now.saturating_sub(at) < SENDS_FOR)
    }
}

/// The quick robots may have left meanwhile: nobody waits longer for them.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Robots that have been quick for about as long as each other may have one plan.
const TOGETHER: Duration = Duration::from_secs(2);
/// Of robots that send four pictures a second or more.
const PAUSE: Duration = Duration::from_millis(250);
/// How long after its last item one taker is kept for a robot.
const SENDS_FOR: Duration = Duration::from_secs(2);
