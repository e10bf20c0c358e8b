//! What became of each of a robot's frames: shown, dropped or corrupt, one of the three.

use std::time::Duration;

use super::histogram::Histogram;
use crate::event::{End, Latency};

/// The counts of one robot.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Whole frames that came off the wire.
    pub(super) received: u64,
    pub(super) shown: u64,
    pub(super) dropped: u64,
    pub(super) corrupt: u64,
    /// Frames that were lost on their way, and are none of those received.
    pub(super) undelivered: u64,
    /// Set once the connection is over, so that no frame follows.
    pub(super) end: Option<End>,
    latency: Histogram,
}

impl Tally {
    pub(super) fn shown(&mut self, latency: Duration) {
        self.shown += 1;
        self.latency.record(latency);
    }

    /// Whether the connection is over and the fate of every frame is known.
    ///
    /// Frames are still on their way through the decoder when the network has seen the end.
    pub(super) fn is_complete(&self) -> bool {
        self.end.is_some() && self.shown + self.dropped + self.corrupt >= self.received
    }

    /// Counts frames that are still on their way as dropped.
    pub(super) fn drop_the_rest(&mut self) {
        self.dropped = self.received.saturating_sub(self.shown + self.corrupt);
    }

    pub(super) fn latency(&self) -> Option<Latency> {
        self.latency.summary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EndReason;

    fn ended(received: u64) -> Tally {
        Tally { received, end: Some(End { reason: EndReason::HangUp, detail: None }), ..Tally::default() }
    }

    #[test]
    fn the_end_waits_until_every_frame_has_its_fate() {
        let mut tally = ended(3);
        (tally.shown, tally.corrupt) = (1, 1);
        assert!(!tally.is_complete());
        tally.dropped = 1;
        assert!(tally.is_complete());
    }

    #[test]
    fn an_end_that_cannot_wait_counts_the_rest_as_dropped() {
        let mut tally = ended(5);
        tally.shown = 2;
        tally.drop_the_rest();
        assert_eq!((tally.dropped, tally.is_complete()), (3, true));
    }
}
