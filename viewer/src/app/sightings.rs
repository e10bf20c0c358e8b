//! Which payloads are new, and when each was in view: one that stays is told once, not thirty times a second.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::picture::FrameId;
use crate::report::{Sighting, Summary};
use vision::detect::Payload;

/// The payloads in view, and for each robot what has been in view before.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    seen: HashMap<Payload, View>,
    past: HashMap<u32, Past>,
}

/// Whether a payload was in view already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    First,
    Again,
}

/// A payload in view.
#[derive(Debug, Clone, Copy)]
struct View {
    robot: u32,
    first: u64,
    last: u64,
    frames: u64,
    last_at: Duration,
}

#[derive(Debug, Default)]
struct Past {
    sightings: Vec<Sighting>,
    left_out: u64,
}

impl Sightings {
    /// `payload` was read in frame `id`, as is known since `at`.
    pub(crate) fn see(&mut self, payload: &Payload, id: FrameId, at: Duration) -> Seen {
        self.close(|view| view.robot != id.robot || at.saturating_sub(view.last_at) > GONE_AFTER);
        match self.seen.entry(payload.clone()) {
            Entry::Occupied(mut entry) => {
                let view = entry.get_mut();
                // Two codes in one frame that say the same are one sighting, and the frame counts once.
                view.frames += u64::from(view.last != id.seq);
                (view.last, view.last_at) = (id.seq, at);
                Seen::Again
            }
            Entry::Vacant(entry) => {
                entry.insert(View { robot: id.robot, first: id.seq, last: id.seq, frames: 1, last_at: at });
                Seen::First
            }
        }
    }

    /// Everything that `robot` has shown, in the order in which it came into view; it is forgotten here.
    pub(crate) fn take(&mut self, robot: u32) -> Summary {
        self.close(|view| view.robot == robot);
        let mut past = self.past.remove(&robot).unwrap_or_default();
        past.sightings.sort_by(|a, b| (a.first, a.payload.bytes()).cmp(&(b.first, b.payload.bytes())));
        Summary { sightings: past.sightings, left_out: past.left_out }
    }

    /// Ends the sightings that `is_over` picks.
    fn close(&mut self, is_over: impl Fn(&View) -> bool) {
        let past = &mut self.past;
        self.seen.retain(|payload, view| {
            if !is_over(view) {
                return true;
            }
            let past = past.entry(view.robot).or_default();
            if past.sightings.len() < MOST_SIGHTINGS {
                let View { first, last, frames, .. } = *view;
                past.sightings.push(Sighting { payload: payload.clone(), first, last, frames });
            } else {
                past.left_out += 1;
            }
            false
        });
    }
}

/// Longer than the blinks of a reader on a moving robot, shorter than a turn around.
const GONE_AFTER: Duration = Duration::from_secs(2);
/// A robot's summary holds at most so many, which is some megabytes of the longest payloads; the rest is counted.
const MOST_SIGHTINGS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &str) -> Payload {
        Payload::new(text.into(), None)
    }

    /// Sees `text` in frame `seq` of `robot`, at 10 frames a second.
    fn see(sightings: &mut Sightings, text: &str, robot: u32, seq: u64) -> Seen {
        sightings.see(&payload(text), FrameId { robot, seq }, Duration::from_millis(100 * seq))
    }

    fn summary(sightings: &mut Sightings, robot: u32) -> Vec<(String, u64, u64, u64)> {
        let line = |s: Sighting| (s.payload.to_string(), s.first, s.last, s.frames);
        sightings.take(robot).sightings.into_iter().map(line).collect()
    }

    #[test]
    fn a_payload_is_new_once_and_again_after_it_was_gone() {
        let mut sightings = Sightings::default();
        let seen = [0, 10, 30, 51].map(|seq| see(&mut sightings, "a", 1, seq));
        assert_eq!(seen, [Seen::First, Seen::Again, Seen::Again, Seen::First]);
        assert_eq!(summary(&mut sightings, 1), [("a".into(), 0, 30, 3), ("a".into(), 51, 51, 1)]);
    }

    #[test]
    fn two_codes_that_say_the_same_are_one_sighting() {
        let mut sightings = Sightings::default();
        assert_eq!([see(&mut sightings, "a", 1, 7), see(&mut sightings, "a", 1, 7)], [Seen::First, Seen::Again]);
        assert_eq!(summary(&mut sightings, 1), [("a".into(), 7, 7, 1)]);
    }

    #[test]
    fn a_summary_is_in_the_order_of_coming_into_view() {
        let mut sightings = Sightings::default();
        for (text, seq) in [("b", 3), ("a", 4), ("b", 5)] {
            see(&mut sightings, text, 1, seq);
        }
        assert_eq!(summary(&mut sightings, 1), [("b".into(), 3, 5, 2), ("a".into(), 4, 4, 1)]);
    }

    #[test]
    fn what_the_next_robot_shows_is_its_own_sighting() {
        let mut sightings = Sightings::default();
        see(&mut sightings, "a", 1, 3);
        assert_eq!(see(&mut sightings, "a", 2, 0), Seen::First);
        assert_eq!(summary(&mut sightings, 1), [("a".into(), 3, 3, 1)]);
        assert_eq!(summary(&mut sightings, 2), [("a".into(), 0, 0, 1)]);
        assert_eq!(summary(&mut sightings, 2), []);
    }

    #[test]
    fn a_robot_that_shows_ever_new_codes_fills_no_memory() {
        let mut sightings = Sightings::default();
        for seq in 0..1500 {
            see(&mut sightings, &seq.to_string(), 1, seq);
        }
        let Summary { sightings, left_out } = sightings.take(1);
        assert_eq!((sightings.len(), left_out), (1000, 500));
    }
}
