//! What becomes of a robot's good frames: shown or dropped.

use std::time::Duration;

use super::Session;
use crate::frame::{Received, StreamPicture};

impl Session {
    /// Frame `seq` will not be shown, though nothing is known to be wrong with it.
    pub(crate) fn dropped(&mut self, seq: u64, now: Duration) {
        if !self.journal.release(seq) {
            self.losses.decided();
        }
        self.tally.dropped += 1;
        self.settle(now);
    }

    /// The frame was handed on to others as it came, whatever it is, and counts as shown.
    pub(crate) fn handed_on(&mut self, received: &Received, now: Duration) {
        self.has_decoded = true;
        self.count_losses_before(received.id.seq, now);
        self.losses.decided();
        self.flush_corruption();
        self.corruption.picture();
        self.picture_at = now;
        let latency = now.saturating_sub(received.at);
        self.tally.shown(latency);
        received.age.into_iter().for_each(|age| self.ages.shown(age.after(latency)));
        self.settle(now);
    }

    /// The picture was handed to the screen.
    pub(crate) fn shown(&mut self, picture: &StreamPicture, now: Duration) {
        let latency = now.saturating_sub(picture.received_at);
        let age = picture.age.map(|age| age.after(latency));
        self.tally.shown(latency);
        age.into_iter().for_each(|age| self.ages.shown(age));
        self.journal.shown(picture.id.seq, age, self.drawn(picture));
        self.settle(now);
    }
}
