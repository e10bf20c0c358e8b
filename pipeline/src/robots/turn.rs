//! Turning a robot's pictures while it runs.

use vision::Orientation;

use super::{Robots, lock};
use crate::frame::RobotId;

impl Robots {
    /// How the pictures of `robot` are to be turned.
    pub(crate) fn orientation(&self, robot: RobotId) -> Orientation {
        self.get(robot).map_or(Orientation::UPRIGHT, |robot| *lock(&robot.orientation))
    }

    /// Turns the pictures of `robot` by `by` more, and returns how they are turned now; so will be those of a robot that
    /// connects from the same address later, as one that dials again does.
    pub(crate) fn turn(&self, robot: RobotId, by: Orientation) -> Option<Orientation> {
        let robot = self.get(robot)?;
        let mut orientation = lock(&robot.orientation);
        *orientation = orientation.then(by);
        let turned = *orientation;
        drop(orientation);
        lock(&self.orientations).set(robot.who.clone(), turned);
        lock(&robot.session).turn(turned);
        Some(turned)
    }
}
