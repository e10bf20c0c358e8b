//! Corrupt frames and bytes that were lost between frames: each loss counts as one corrupt frame, in its place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use protocol::{Age, Frame, Lost};

use super::{NotAPicture, Over, Session, Verdict};
use crate::event::{CorruptEvent, Event, ReceivedEvent};

/// Losses that wait until what came before them is decoded, so that events stay in order.
#[derive(Debug, Default)]
pub(super) struct Losses {
    waiting: VecDeque<(u64, NotAPicture)>,
    /// Frames of which it is not known yet whether they are pictures.
    undecided: u64,
    /// A loss was one too many, and nobody has heard of it.
    pub(super) verdict: Option<Verdict>,
}

impl Losses {
    /// One of the frames has decoded, or has not, or never will.
    pub(super) fn decided(&mut self) {
        self.undecided = self.undecided.saturating_sub(1);
    }

    fn next_before(&mut self, seq: u64) -> Option<(u64, NotAPicture)> {
        let (lost, _) = self.waiting.front()?;
        if *lost < seq || self.undecided == 0 { self.waiting.pop_front() } else { None }
    }
}

impl Session {
    /// A whole frame came off the wire; its number comes back, and its age if it is stamped.
    pub(crate) fn received(&mut self, frame: &Arc<Frame>, at: Duration) -> (u64, Option<Age>) {
        self.losses.undecided += 1;
        self.received_at = at;
        self.tally.received += 1;
        let seq = self.next_seq;
        self.next_seq += 1;
        let (robot, times) = (self.robot.clone(), self.ages.times(frame, at));
        self.prompt.push_back(Event::Received(ReceivedEvent { robot, seq, frame: Arc::clone(frame), times }));
        (seq, self.ages.arrived(times))
    }

    /// Frame `seq` is no picture; behind those that made the robot hopeless it only counts as dropped.
    ///
    /// How many frames are read between the verdict and the connection's end depends on the machine's load, so that a
    /// count of them would say nothing about the robot.
    pub(crate) fn corrupt(&mut self, seq: u64, why: &NotAPicture, now: Duration) -> Verdict {
        self.count_losses_before(seq, now);
        self.losses.decided();
        let verdict = self.count_corrupt(seq, why, now);
        self.losses.verdict.take().unwrap_or(verdict)
    }

    /// As [`corrupt`](Self::corrupt), behind everything that comes before.
    fn count_corrupt(&mut self, seq: u64, why: &NotAPicture, now: Duration) -> Verdict {
        if self.over != Over::No {
            return Verdict::GoOn;
        }
        if self.corruption.is_hopeless() {
            self.tally.dropped += 1;
            self.settle(now);
            return Verdict::GoOn;
        }
        self.tally.corrupt += 1;
        let reason = why.to_string();
        if !self.has_decoded && self.first_corrupt.is_none() {
            self.first_corrupt = Some(reason.clone());
            self.prompt.push_back(Event::NoPictures { robot: self.robot.clone(), reason: reason.clone() });
        }
        let event = CorruptEvent { robot: self.robot.clone(), seq, reason, more: 0 };
        if let Some(event) = self.corruption.add(why, event, now) {
            self.journal.push(Event::Corrupt(event));
        }
        self.settle(now);
        match self.corruption.is_hopeless() {
            true => Verdict::Hopeless { in_a_row: self.corruption.in_a_row() },
            false => Verdict::GoOn,
        }
    }

    /// Bytes were lost where the next frame should have been.
    pub(crate) fn lost(&mut self, lost: Lost, now: Duration) -> Verdict {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.tally.received += 1;
        self.losses.waiting.push_back((seq, NotAPicture::Lost(lost)));
        self.count_losses_before(0, now);
        self.losses.verdict.take().unwrap_or(Verdict::GoOn)
    }

    /// The next frame has this number, because whoever brings it has numbered them.
    pub(crate) fn number_next(&mut self, number: u64) {
        self.next_seq = self.next_seq.max(number);
    }

    /// So many frames were lost on their way.
    pub(crate) fn undelivered(&mut self, frames: u64) {
        self.tally.undelivered = self.tally.undelivered.saturating_add(frames);
    }

    /// Whether more may be received before a decoder has decided on what waits.
    pub(crate) fn has_room_for_losses(&self) -> bool {
        self.losses.waiting.len() < MOST_WAITING
    }

    /// Counts the losses that came before frame `seq`, whose fate is known now, or all if no frame's fate is open.
    pub(super) fn count_losses_before(&mut self, seq: u64, now: Duration) {
        while let Some((seq, why)) = self.losses.next_before(seq) {
            let verdict = self.count_corrupt(seq, &why, now);
            if verdict != Verdict::GoOn {
                self.losses.verdict = Some(verdict);
            }
        }
    }
}

/// More than a link loses while a decoder works on what waits.
const MOST_WAITING: usize = 64;
