//! Which robots have lost frames a moment ago, so that it is pointed out.

use std::collections::BTreeMap;
use std::time::Duration;

use pipeline::RobotId;

use crate::scene::{Numbers, Rising};

/// The last counts of each robot's losses, and until when their rise is pointed out.
#[derive(Debug, Default)]
pub(super) struct Rises(BTreeMap<RobotId, [Loss; 2]>);

#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    count: u64,
    until: Duration,
}

impl Rises {
    /// What to point out of `robot`, whose numbers are these at `now`; the first ones rise from nought.
    pub(super) fn of(&mut self, robot: RobotId, numbers: Option<&Numbers>, now: Duration) -> Rising {
        let Some(numbers) = numbers else { return Rising::default() };
        let losses = self.0.entry(robot).or_default();
        for (loss, count) in losses.iter_mut().zip([numbers.dropped, numbers.corrupt]) {
            if count > loss.count {
                *loss = Loss { count, until: now + POINTED_OUT_FOR };
            }
        }
        let [dropped, corrupt] = losses.map(|loss| now < loss.until);
        Rising { dropped, corrupt }
    }

    /// Forgets the robots that are not `known`.
    pub(super) fn retain(&mut self, known: impl Fn(RobotId) -> bool) {
        self.0.retain(|&robot, _| known(robot));
    }
}

/// Long enough to be noticed out of the corner of an eye.
const POINTED_OUT_FOR: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_pointed_out_for_a_while_and_each_robot_has_its_own() {
        let mut rises = Rises::default();
        let mut at = |robot, dropped, corrupt, ms| {
            let numbers =
                Numbers { fps: 30.0, age: pipeline::PictureAge::SinceTaken(Duration::ZERO), dropped, corrupt };
            let Rising { dropped, corrupt } = rises.of(RobotId(robot), Some(&numbers), Duration::from_millis(ms));
            (dropped, corrupt)
        };
        assert_eq!(at(1, 0, 0, 0), (false, false));
        assert_eq!(at(1, 3, 0, 1000), (true, false));
        assert_eq!(at(2, 0, 0, 1000), (false, false));
        assert_eq!(at(1, 3, 1, 2900), (true, true));
        assert_eq!(at(1, 3, 1, 3000), (false, true));
        assert_eq!(at(1, 3, 1, 4900), (false, false));
    }
}
