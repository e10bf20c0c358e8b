//! What becomes of a robot's good frames: shown or dropped.

use std::time::Duration;

use super::Session;
use crate::frame::StreamPicture;

impl Session {
    /// Frame `seq` will not be shown, though nothing is known to be wrong with it.
    pub(crate) fn dropped(&mut self, seq: u64, now: Duration) {
        if !self.journal.release(seq) {
            self.losses.decided();
        }
        self.tally.dropped += 1;
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
