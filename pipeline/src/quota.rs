//! Which robots the program waits for before it ends by itself.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use crate::event::EndReason;
use crate::frame::RobotId;

/// Whether the pipeline ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It goes on until it is closed.
    Never,
    /// When the first so many robots that brought a frame have left, and their last events are out.
    First(NonZeroUsize),
}

/// The robots that count for [`Once`]: the first that brought a whole frame. A connection that brings none, as of a port
/// scanner or a browser, does not count.
#[derive(Debug)]
pub(crate) struct Quota {
    once: Once,
    counted: BTreeSet<RobotId>,
    ended: usize,
    cut_short: bool,
}

impl Quota {
    pub(crate) fn new(once: Once) -> Self {
        Self { once, counted: BTreeSet::new(), ended: 0, cut_short: false }
    }

    /// `robot` brought its first frame: whether it is among those that count, so that it may go on.
    pub(crate) fn admits(&mut self, robot: RobotId) -> bool {
        if self.once == Once::Never {
            return true;
        }
        if !self.is_full() {
            self.counted.insert(robot);
        }
        self.counted.contains(&robot)
    }

    /// Whether all robots that are waited for have come.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self.once, Once::First(most) if self.counted.len() >= most.get())
    }

    pub(crate) fn counts(&self, robot: RobotId) -> bool {
        self.counted.contains(&robot)
    }

    /// The last event of `robot` is out.
    pub(crate) fn ended(&mut self, robot: RobotId, reason: EndReason) {
        if self.counted.contains(&robot) {
            self.ended += 1;
            self.cut_short |= reason.is_cut_short();
        }
    }

    /// Once all have left: whether the stream of any was cut short.
    pub(crate) fn outcome(&self) -> Option<bool> {
        matches!(self.once, Once::First(most) if self.ended >= most.get()).then_some(self.cut_short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: [RobotId; 4] = [RobotId(1), RobotId(2), RobotId(3), RobotId(4)];

    #[test]
    fn the_first_that_bring_a_frame_count_and_the_others_do_not() {
        let mut quota = Quota::new(Once::First(NonZeroUsize::new(2).unwrap()));
        assert_eq!(
            [quota.admits(R[1]), quota.is_full(), quota.admits(R[3]), quota.is_full()],
            [true, false, true, true]
        );
        assert!(!quota.admits(R[0]) && quota.admits(R[3]));
        quota.ended(R[0], EndReason::Truncated);
        quota.ended(R[1], EndReason::HangUp);
        assert_eq!(quota.outcome(), None);
        quota.ended(R[3], EndReason::EndOfStream);
        assert_eq!(quota.outcome(), Some(false));
    }

    #[test]
    fn one_that_is_cut_short_is_remembered_and_never_is_never() {
        let mut quota = Quota::new(Once::First(NonZeroUsize::MIN));
        quota.admits(R[0]);
        quota.ended(R[0], EndReason::Oversize);
        assert_eq!(quota.outcome(), Some(true));
        let mut never = Quota::new(Once::Never);
        assert!(R.iter().all(|&robot| never.admits(robot)) && !never.is_full());
        assert_eq!(never.outcome(), None);
    }
}
