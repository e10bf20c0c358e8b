//! Puts a robot's events in the order of its frames, though detectors answer late.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use protocol::Age;
use vision::detect::{Detection, Kind};

use crate::event::{Drawn, Event, FrameEvent};

/// Events waiting for their turn: a frame's event leaves once it was handed to the screen and every detector that took it
/// has answered.
///
/// It holds what was shown since the slowest detector last answered, without pictures: some dozens of events. A detector
/// that takes longer than the journal's patience, or a flood behind it, lets the frame leave without that count.
#[derive(Debug)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    /// `None` waits for ever.
    patience: Option<Duration>,
}

#[derive(Debug)]
enum Entry {
    Ready(Event),
    /// The place of a frame that decoded, and waits to be shown or dropped.
    Reserved {
        seq: u64,
    },
    Frame {
        frame: FrameEvent,
        awaited: BTreeSet<Kind>,
        since: Duration,
        is_shown: bool,
    },
}

impl Journal {
    pub(super) fn new(patience: Option<Duration>) -> Self {
        Self { entries: VecDeque::new(), patience }
    }

    /// Whether no frame's event leaves without every detector's answer.
    pub(super) fn waits_for_ever(&self) -> bool {
        self.patience.is_none()
    }

    pub(super) fn push(&mut self, event: Event) {
        self.entries.push_back(Entry::Ready(event));
    }

    /// Frame `seq` decoded: its event comes before those of later frames, whatever they turn out to be.
    pub(super) fn reserve(&mut self, seq: u64) {
        self.entries.push_back(Entry::Reserved { seq });
    }

    /// A frame that is being shown, and which kinds are being searched for in it.
    pub(super) fn push_frame(&mut self, frame: FrameEvent, awaited: BTreeSet<Kind>, since: Duration) {
        let place = self.reserved(frame.seq);
        let entry = Entry::Frame { frame, awaited, since, is_shown: false };
        match place {
            Some(place) => self.entries[place] = entry,
            None => self.entries.push_back(entry),
        }
    }

    /// Frame `seq` was handed to the screen, is this old, and has this drawn over it.
    pub(super) fn shown(&mut self, seq: u64, age: Option<Age>, drawn: Vec<Drawn>) {
        if let Some((frame, _, is_shown)) = self.frame(seq) {
            (frame.age, frame.drawn, *is_shown) = (age, drawn, true);
        }
    }

    /// Frame `seq` will not be shown; returns whether its place was reserved.
    pub(super) fn release(&mut self, seq: u64) -> bool {
        self.reserved(seq).is_some_and(|place| self.entries.remove(place).is_some())
    }

    fn reserved(&self, wanted: u64) -> Option<usize> {
        self.entries.iter().position(|entry| matches!(entry, Entry::Reserved { seq } if *seq == wanted))
    }

    /// The detector of `kind` has searched frame `seq`.
    pub(super) fn answer(&mut self, seq: u64, kind: Kind, found: Vec<Detection>) {
        self.settle(seq, kind, |frame| {
            frame.counts.insert(kind, found.len());
            frame.detections.extend(found);
        });
    }

    /// The detector of `kind` will not search frame `seq`, or failed on it.
    pub(super) fn skip(&mut self, seq: u64, kind: Kind) {
        self.settle(seq, kind, |_| ());
    }

    /// The detector of `kind` will search none of the frames before `seq`.
    pub(super) fn skip_before(&mut self, seq: u64, kind: Kind) {
        for entry in &mut self.entries {
            if let Entry::Frame { frame, awaited, .. } = entry
                && frame.seq < seq
            {
                awaited.remove(&kind);
            }
        }
    }

    fn settle(&mut self, wanted: u64, kind: Kind, change: impl FnOnce(&mut FrameEvent)) {
        if let Some((frame, awaited, _)) = self.frame(wanted)
            && awaited.remove(&kind)
        {
            change(frame);
        }
    }

    fn frame(&mut self, wanted: u64) -> Option<(&mut FrameEvent, &mut BTreeSet<Kind>, &mut bool)> {
        self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Frame { frame, awaited, is_shown, .. } if frame.seq == wanted => Some((frame, awaited, is_shown)),
            _ => None,
        })
    }

    /// The next event whose turn it is at `now`.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Event> {
        let is_flooded = self.entries.len() > MOST && self.patience.is_some();
        match self.entries.front()? {
            // The screen takes it within moments.
            Entry::Reserved { .. } | Entry::Frame { is_shown: false, .. } => return None,
            Entry::Frame { awaited, since, .. } if !awaited.is_empty() && !is_flooded => {
                let waited = now.saturating_sub(*since);
                self.patience.filter(|patience| waited >= *patience)?;
            }
            _ => {}
        }
        match self.entries.pop_front()? {
            Entry::Ready(event) => Some(event),
            Entry::Frame { frame, .. } => Some(Event::Frame(frame)),
            Entry::Reserved { .. } => None,
        }
    }

    /// Stops waiting for the screen and for detectors: what is left leaves as it is.
    pub(super) fn give_up_waiting(&mut self) {
        self.entries.retain(|entry| !matches!(entry, Entry::Reserved { .. }));
        for entry in &mut self.entries {
            if let Entry::Frame { awaited, is_shown, .. } = entry {
                awaited.clear();
                *is_shown = true;
            }
        }
    }
}

/// Events; a minute of pictures, and no more than some megabytes.
const MOST: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CorruptEvent, FrameTimes, Identity};
    use crate::frame::RobotId;
    use std::collections::BTreeMap;

    const PATIENCE: Duration = Duration::from_secs(5);
    const AT: Duration = Duration::from_secs(1);

    fn robot() -> Identity {
        Identity { id: RobotId(1), name: None }
    }

    fn frame(seq: u64) -> FrameEvent {
        let (counts, detections) = (BTreeMap::new(), Vec::new());
        FrameEvent {
            robot: robot(),
            seq,
            width: 1,
            height: 1,
            bytes: 1,
            orientation: vision::Orientation::UPRIGHT,
            times: FrameTimes { arrived_ns: 0, stamp: None },
            age: None,
            counts,
            detections,
            drawn: Vec::new(),
        }
    }

    fn corrupt(seq: u64) -> Event {
        Event::Corrupt(CorruptEvent { robot: robot(), seq, reason: String::new(), more: 0 })
    }

    fn seqs(journal: &mut Journal) -> Vec<u64> {
        let seq = |event| match event {
            Event::Frame(FrameEvent { seq, .. }) | Event::Corrupt(CorruptEvent { seq, .. }) => seq,
            other => unreachable!("{other:?}"),
        };
        std::iter::from_fn(|| journal.pop(AT)).map(seq).collect()
    }

    fn awaiting(journal: &mut Journal, seq: u64) {
        journal.push_frame(frame(seq), BTreeSet::from([Kind::Qr]), AT);
        journal.shown(seq, None, Vec::new());
    }

    #[test]
    fn a_late_answer_holds_back_what_came_after_it() {
        let mut journal = Journal::new(Some(PATIENCE));
        awaiting(&mut journal, 0);
        journal.push(corrupt(1));
        awaiting(&mut journal, 2);
        journal.skip(2, Kind::Qr);
        assert!(seqs(&mut journal).is_empty());
        journal.answer(0, Kind::Qr, Vec::new());
        assert_eq!(seqs(&mut journal), [0, 1, 2]);
    }

    #[test]
    fn a_kind_that_was_skipped_has_no_count() {
        let mut journal = Journal::new(Some(PATIENCE));
        (0..2).for_each(|seq| awaiting(&mut journal, seq));
        journal.answer(0, Kind::Qr, Vec::new());
        journal.skip(1, Kind::Qr);
        let counts = std::iter::from_fn(|| journal.pop(AT)).map(|event| match event {
            Event::Frame(frame) => frame.counts,
            other => unreachable!("{other:?}"),
        });
        assert_eq!(counts.collect::<Vec<_>>(), [BTreeMap::from([(Kind::Qr, 0)]), BTreeMap::new()]);
    }

    #[test]
    fn a_detector_that_takes_too_long_holds_nothing_up() {
        let mut journal = Journal::new(Some(PATIENCE));
        awaiting(&mut journal, 0);
        journal.push(corrupt(1));
        assert!(journal.pop(AT + PATIENCE - Duration::from_millis(1)).is_none());
        assert!(matches!(journal.pop(AT + PATIENCE), Some(Event::Frame(_))));
        journal.answer(0, Kind::Qr, Vec::new());
        assert_eq!(seqs(&mut journal), [1]);
    }

    #[test]
    fn a_flood_behind_a_slow_detector_is_not_kept() {
        let mut journal = Journal::new(Some(PATIENCE));
        awaiting(&mut journal, 0);
        (1..=MOST as u64).for_each(|seq| journal.push(corrupt(seq)));
        assert_eq!(seqs(&mut journal).len(), MOST + 1);
    }

    #[test]
    fn with_every_frame_wanted_an_event_waits_for_ever() {
        let mut journal = Journal::new(None);
        awaiting(&mut journal, 0);
        assert!(journal.pop(AT + 1000 * PATIENCE).is_none());
    }

    #[test]
    fn a_frame_waits_for_the_screen_and_has_the_age_that_it_had_there() {
        let mut journal = Journal::new(Some(PATIENCE));
        journal.push_frame(frame(0), BTreeSet::new(), AT);
        assert!(journal.pop(AT + 2 * PATIENCE).is_none());
        journal.shown(0, Some(Age::SinceTaken(AT)), Vec::new());
        let Some(Event::Frame(frame)) = journal.pop(AT) else { panic!("the frame was shown") };
        assert_eq!(frame.age, Some(Age::SinceTaken(AT)));
    }

    #[test]
    fn giving_up_waiting_lets_everything_leave() {
        let mut journal = Journal::new(Some(PATIENCE));
        awaiting(&mut journal, 0);
        journal.push_frame(frame(1), BTreeSet::new(), AT);
        journal.give_up_waiting();
        assert_eq!(seqs(&mut journal), [0, 1]);
    }
}
