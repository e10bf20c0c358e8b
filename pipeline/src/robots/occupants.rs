//! Who has a place, for those who wait for one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Robot, Robots, lock};
use crate::frame::RobotId;

/// A robot that has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occupant {
    pub(crate) robot: RobotId,
    /// Since when it could have sent a picture and has not: [`Session::picture_at`], unless it could not be heard for longer.
    pub(crate) silent_since: Duration,
    pub(crate) is_handing_on: bool,
    /// Since when its connection is over and its last frames are on their way.
    pub(crate) leaving_since: Option<Duration>,
}

impl Robots {
    /// Those who have a place.
    pub(crate) fn occupants(&self) -> Vec<Occupant> {
        let robots = self.list();
        let present = robots.iter().filter(|robot| robot.has_place.load(Ordering::Relaxed));
        let now = self.clock.now();
        let occupant = |robot: &Arc<Robot>| {
            let picture_at = lock(&robot.session).picture_at();
            let hearing = *lock(&robot.hearing);
            Occupant {
                robot: robot.id(),
                silent_since: self.clock.fair_start(hearing.silent_since(picture_at), now),
                is_handing_on: hearing.is_waiting(),
                leaving_since: robot.leaving_since(now),
            }
        };
        present.map(occupant).collect()
    }
}

impl Occupant {
    /// One that is heard, and may stay.
    #[cfg(test)]
    pub(crate) fn new(robot: RobotId, silent_since: Duration) -> Self {
        Self { robot, silent_since, is_handing_on: false, leaving_since: None }
    }
}
