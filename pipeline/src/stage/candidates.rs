//! A robot's frames of which the newest that decodes will be shown.

use std::collections::VecDeque;
use std::time::Duration;

use crate::frame::{FrameId, Received};

/// A robot's newest frame, and the ones before it: should it be no picture, one of them may be.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// The newest last, each with how long it takes to decode.
    frames: VecDeque<(Received, Duration)>,
    /// Of all frames together.
    bytes: usize,
    /// How many have been taken out.
    tried: usize,
    /// Whether each of those that were there when the first one was taken out is quick.
    all_quick: bool,
}

impl Candidates {
    /// Adds the newest frame; the oldest ones, for which there is no room any more, come back.
    ///
    /// `newest` takes `expected` at most to decode.
    pub(crate) fn push(&mut self, newest: Received, expected: Duration) -> Vec<Received> {
        let mut dropped = Vec::new();
        while self.frames.len() > MOST_OLDER || self.bytes > MOST_OLDER_BYTES {
            let Some((oldest, _)) = self.frames.pop_front() else { break };
            self.bytes -= oldest.frame.as_bytes().len();
            dropped.push(oldest);
        }
        self.bytes += newest.frame.as_bytes().len();
        self.frames.push_back((newest, expected));
        dropped
    }

    /// Takes out the newest one to be tried, unless others have been tried for so long that other robots come first. Where each is
    /// quick, so are all together.
    pub(crate) fn next(&mut self, tried_for: Duration) -> Option<Received> {
        let &(_, expected) = self.frames.back()?;
        if self.tried == 0 {
            self.all_quick = self.expected() < SLOW_PICTURE;
        } else {
            let is_late = self.tried >= TRIED_WHEN_SLOW && tried_for >= TRIED_FOR;
            let is_too_long = self.all_quick && tried_for + expected > SLOW_PICTURE;
            if is_late || is_too_long {
                return None;
            }
        }
        self.tried += 1;
        self.frames.pop_back().map(|(received, _)| received)
    }

    /// How long it takes to decode one of them at most. Others are tried only where that one is damaged, and hardly make it longer: see
    /// [`Self::next`].
    pub(crate) fn expected(&self) -> Duration {
        self.frames.iter().map(|(_, expected)| *expected).max().unwrap_or(Duration::MAX)
    }

    /// Those that are left, in the order in which they came.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FrameId> {
        self.frames.iter().map(|(received, _)| received.id)
    }
}

impl From<Received> for Candidates {
    fn from(received: Received) -> Self {
        let mut candidates = Self::default();
        // Where every frame is wanted nobody loses any by waiting.
        candidates.push(received, Duration::MAX);
        candidates
    }
}

/// As many as come in half a second, which a link that stood still delivers at once.
const MOST_OLDER: usize = 15;
/// What they may take in memory, beside the newest, which may be of any size; an ordinary frame has 10 to 45 KB.
const MOST_OLDER_BYTES: usize = 4 << 20;
/// One of 8 megapixels takes less than that, and one of 12 more (37 and 50 ms from frame to screen on a busy machine, November 2026).
pub(crate) const SLOW_PICTURE: Duration = Duration::from_millis(40);
/// The newest, and one older, however long that takes; of those that are quick, only what fits into the time of one.
const TRIED_WHEN_SLOW: usize = 2;
/// After this time no more are tried. To find an ordinary frame damaged takes 1 ms or less.
const TRIED_FOR: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use protocol::Frame;

    use super::*;
    use crate::frame::RobotId;

    fn received(seq: u64, bytes: usize) -> Received {
        let frame = Arc::new(Frame::new(vec![0; bytes]).unwrap());
        Received { id: FrameId { robot: RobotId(1), seq }, frame, at: Duration::ZERO, age: None }
    }

    fn seqs(frames: impl IntoIterator<Item = Received>) -> Vec<u64> {
        frames.into_iter().map(|frame| frame.id.seq).collect()
    }

    #[test]
    fn the_newest_comes_out_first_and_the_oldest_make_room() {
        let mut candidates = Candidates::default();
        let dropped: Vec<u64> =
            (0..20).flat_map(|seq| seqs(candidates.push(received(seq, 1), Duration::ZERO))).collect();
        assert_eq!(dropped, [0, 1, 2, 3]);
        assert_eq!(seqs(candidates.next(Duration::ZERO)), [19]);
        assert_eq!(candidates.ids().map(|id| id.seq).collect::<Vec<_>>(), (4..19).collect::<Vec<_>>());
    }

    #[test]
    fn beside_the_newest_little_memory_is_taken_however_large_frames_are() {
        let mut candidates = Candidates::default();
        assert!(candidates.push(received(0, MOST_OLDER_BYTES / 2), Duration::ZERO).is_empty());
        assert!(candidates.push(received(1, MOST_OLDER_BYTES / 2), Duration::ZERO).is_empty());
        assert!(candidates.push(received(2, 2 * MOST_OLDER_BYTES), Duration::ZERO).is_empty());
        assert_eq!(seqs(candidates.push(received(3, 1), Duration::ZERO)), [0, 1, 2]);
    }

    #[test]
    fn one_older_frame_is_always_tried_and_others_while_there_is_time() {
        let mut candidates = Candidates::default();
        (0..9).for_each(|seq| assert!(candidates.push(received(seq, 1), SLOW_PICTURE).is_empty()));
        let mut tried = |for_ms| seqs(candidates.next(Duration::from_millis(for_ms)));
        assert_eq!([tried(0), tried(500)], [[8], [7]]);
        assert_eq!([tried(19), tried(20)], [vec![6], vec![]]);
    }

    #[test]
    fn those_that_are_quick_take_no_longer_together_than_one_that_is_just_quick() {
        let tried = |each_ms, for_ms: [u64; 3]| {
            let mut candidates = Candidates::default();
            (0..3).for_each(|seq| drop(candidates.push(received(seq, 1), Duration::from_millis(each_ms))));
            for_ms.iter().filter(|&&ms| candidates.next(Duration::from_millis(ms)).is_some()).count()
        };
        assert_eq!(tried(39, [0, 1, 18]), 2, "the first was damaged early");
        assert_eq!(tried(39, [0, 2, 2]), 1);
        assert_eq!(tried(15, [0, 15, 30]), 2);
        assert_eq!(tried(100, [0, 90, 180]), 2, "those that are slow anyway");
    }

    #[test]
    fn the_one_that_takes_longest_counts() {
        let mut candidates = Candidates::default();
        candidates.push(received(0, 1), Duration::from_millis(90));
        candidates.push(received(1, 1), Duration::from_millis(5));
        assert_eq!(candidates.expected(), Duration::from_millis(90));
        assert_eq!(seqs(candidates.next(Duration::ZERO)), [1]);
        assert_eq!(candidates.expected(), Duration::from_millis(90));
    }
}
