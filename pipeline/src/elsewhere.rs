//! What others, on other machines, find in a robot's pictures, so that nothing is searched twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use vision::detect::{Answer, Kind};

use crate::frame::RobotId;
use crate::robots::Robots;

/// Where to put what others find in the pictures of one robot.
#[derive(Clone)]
pub struct Answers {
    robots: Arc<Robots>,
    robot: RobotId,
}

/// What others found in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Which of the robot's frames it is.
    pub seq: u64,
    /// Of the picture in which it was found, in pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Of each kind that was searched for in this picture.
    pub answers: BTreeMap<Kind, Answer>,
}

impl Answers {
    pub(crate) fn new(robots: Arc<Robots>, robot: RobotId) -> Self {
        Self { robots, robot }
    }

    /// The number that the robot has here.
    pub fn robot(&self) -> RobotId {
        self.robot
    }

    /// Takes what was found by somebody who searches this robot's pictures for `kinds`; they are not searched for these here until
    /// that is over.
    ///
    /// Answers come in the order of the frames: earlier ones without an answer by then have none.
    pub fn give(&self, kinds: &BTreeSet<Kind>, found: Found) {
        self.robots.found_elsewhere(self.robot, kinds, found);
    }

    /// Nobody else searches this robot's pictures any more.
    pub fn stop(&self) {
        self.robots.nobody_searches_elsewhere(self.robot);
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answers").field(&self.robot).finish()
    }
}
