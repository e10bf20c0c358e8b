//! Which payloads are new, and when each was in view: one that stays is reported once, not thirty times a second.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use vision::detect::Payload;

use crate::event::{Sighting, Summary};

/// A robot's payloads: those in view, and those that have been.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    in_view: HashMap<Payload, InView>,
    past: Vec<Sighting>,
    left_out: u64,
}

/// Whether a payload was in view already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    First,
    Again,
}

#[derive(Debug, Clone, Copy)]
struct InView {
    first: u64,
    last: u64,
    frames: u64,
    last_at: Duration,
}

impl Sightings {
    /// Ends the sightings of what has gone out of view by `at`; once for each answer, since it looks at all of them.
    pub(super) fn forget_gone(&mut self, at: Duration) {
        self.close(|seen| at.saturating_sub(seen.last_at) > GONE_AFTER);
    }

    /// `payload` was read in frame `seq`, as is known since `at`.
    pub(super) fn see(&mut self, payload: &Payload, seq: u64, at: Duration) -> Seen {
        match self.in_view.entry(payload.clone()) {
            Entry::Occupied(mut entry) => {
                let seen = entry.get_mut();
                // Two codes in one frame that say the same are one sighting, and the frame counts once.
                seen.frames += u64::from(seen.last != seq);
                (seen.last, seen.last_at) = (seq, at);
                Seen::Again
            }
            Entry::Vacant(entry) => {
                entry.insert(InView { first: seq, last: seq, frames: 1, last_at: at });
                Seen::First
            }
        }
    }

    /// Everything that was shown, in the order in which it came into view.
    pub(super) fn take(&mut self) -> Summary {
        self.close(|_| true);
        let mut sightings = std::mem::take(&mut self.past);
        sightings.sort_by(in_order);
        Summary { sightings, left_out: self.left_out }
    }

    /// Ends the sightings that `is_over` picks.
    fn close(&mut self, is_over: impl Fn(&InView) -> bool) {
        let Self { in_view, past, left_out } = self;
        let over = in_view.extract_if(|_, seen| is_over(seen));
        let sighting = |(payload, InView { first, last, frames, .. })| Sighting { payload, first, last, frames };
        let mut over: Vec<Sighting> = over.map(sighting).collect();
        // Those that are left out are the last ones, and not whichever a table happens to have last.
        over.sort_by(in_order);
        let room = MOST_SIGHTINGS.saturating_sub(past.len()).min(over.len());
        *left_out += (over.len() - room) as u64;
        past.extend(over.drain(..room));
    }
}

/// That in which they came into view.
fn in_order(one: &Sighting, other: &Sighting) -> Ordering {
    (one.first, one.payload.bytes()).cmp(&(other.first, other.payload.bytes()))
}

/// Longer than the blinks of a reader on a moving robot, shorter than a turn around.
const GONE_AFTER: Duration = Duration::from_secs(2);
/// A robot's summary holds at most so many, which is some megabytes of the longest payloads; the rest is counted.
const MOST_SIGHTINGS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Sees `text` in frame `seq`, at 10 frames a second.
    fn see(sightings: &mut Sightings, text: &str, seq: u64) -> Seen {
        let at = Duration::from_millis(100 * seq);
        sightings.forget_gone(at);
        sightings.see(&Payload::new(text.into(), None), seq, at)
    }

    fn summary(sightings: &mut Sightings) -> Vec<(String, u64, u64, u64)> {
        let line = |s: Sighting| (s.payload.to_string(), s.first, s.last, s.frames);
        sightings.take().sightings.into_iter().map(line).collect()
    }

    #[test]
    fn a_payload_is_new_once_and_again_after_it_was_gone() {
        let mut sightings = Sightings::default();
        let seen = [0, 10, 30, 51].map(|seq| see(&mut sightings, "a", seq));
        assert_eq!(seen, [Seen::First, Seen::Again, Seen::Again, Seen::First]);
        assert_eq!(summary(&mut sightings), [("a".into(), 0, 30, 3), ("a".into(), 51, 51, 1)]);
    }

    #[test]
    fn two_codes_that_say_the_same_are_one_sighting() {
        let mut sightings = Sightings::default();
        assert_eq!([see(&mut sightings, "a", 7), see(&mut sightings, "a", 7)], [Seen::First, Seen::Again]);
        assert_eq!(summary(&mut sightings), [("a".into(), 7, 7, 1)]);
    }

    #[test]
    fn a_summary_is_in_the_order_of_coming_into_view() {
        let mut sightings = Sightings::default();
        for (text, seq) in [("b", 3), ("a", 4), ("b", 5)] {
            see(&mut sightings, text, seq);
        }
        assert_eq!(summary(&mut sightings), [("b".into(), 3, 5, 2), ("a".into(), 4, 4, 1)]);
    }

    #[test]
    fn the_last_ones_are_left_out() {
        let mut sightings = Sightings::default();
        for n in 0..1500 {
            sightings.see(&Payload::new(format!("{n:04}").into(), None), n / 20, Duration::ZERO);
        }
        let Summary { sightings, left_out } = sightings.take();
        let texts: Vec<String> = sightings.iter().map(|sighting| sighting.payload.to_string()).collect();
        assert_eq!((texts, left_out), ((0..1000).map(|n| format!("{n:04}")).collect(), 500));
    }

    #[test]
    fn a_robot_that_shows_ever_new_codes_fills_no_memory() {
        let mut sightings = Sightings::default();
        for seq in 0..1500 {
            see(&mut sightings, &seq.to_string(), seq);
        }
        let Summary { sightings, left_out } = sightings.take();
        assert_eq!((sightings.len(), left_out), (1000, 500));
    }
}
