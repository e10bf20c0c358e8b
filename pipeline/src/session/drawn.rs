//! What is drawn over a picture, and how long before it that was seen.

use std::collections::VecDeque;
use std::time::Duration;

use vision::Kind;

use super::Session;
use crate::event::Drawn;
use crate::frame::StreamPicture;

/// When the latest pictures arrived.
#[derive(Debug, Default)]
pub(super) struct Arrivals(VecDeque<(u64, Duration)>);

impl Arrivals {
    /// Frame `seq`, which is being shown, arrived at `at`.
    pub(super) fn record(&mut self, seq: u64, at: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((seq, at));
    }

    /// When frame `seq` arrived, or the oldest frame that is remembered.
    fn of(&self, seq: u64) -> Option<Duration> {
        let known = self.0.partition_point(|&(shown, _)| shown < seq);
        self.0.get(known).map(|&(_, at)| at)
    }
}

impl Session {
    /// The objects as they are drawn over `picture`.
    pub(super) fn drawn(&self, picture: &StreamPicture) -> Vec<Drawn> {
        let drawn = |tracked: vision::Tracked| {
            let seen = self.arrivals.of(tracked.seen_at).unwrap_or(picture.received_at);
            Drawn {
                kind: tracked.detection.kind,
                bounds: tracked.detection.shape.bounds(),
                track: tracked.detection.track,
                age: picture.received_at.saturating_sub(seen),
            }
        };
        self.in_view(picture, &Kind::ALL.into()).map(drawn).collect()
    }
}

/// Pictures; an object is drawn for two seconds at most after it was seen.
const REMEMBERED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_was_not_shown_is_as_old_as_the_next_one() {
        let mut arrivals = Arrivals::default();
        (0..100).for_each(|n| arrivals.record(2 * n, Duration::from_millis(n)));
        assert_eq!(arrivals.of(198), Some(Duration::from_millis(99)));
        assert_eq!(arrivals.of(195), Some(Duration::from_millis(98)));
        assert_eq!(arrivals.of(0), Some(Duration::from_millis(36)), "only so many are remembered");
        assert_eq!(arrivals.of(199), None);
    }
}
