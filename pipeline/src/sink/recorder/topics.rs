//! Under which name each robot is recorded.

use std::collections::{BTreeMap, HashSet};

use crate::event::Identity;
use crate::frame::RobotId;

/// The first part of each robot's topics, while the robot is there.
#[derive(Debug, Default)]
pub(super) struct Topics {
    of: BTreeMap<RobotId, String>,
    taken: HashSet<String>,
}

impl Topics {
    /// `robot3`, or the user's name for its address as far as topics of ROS 2 may hold it; with its number as well if
    /// another robot that is there has the same name.
    pub(super) fn of(&mut self, robot: &Identity) -> &str {
        if !self.of.contains_key(&robot.id) {
            let numbered = format!("robot{}", robot.id.0);
            let mut topic = robot.name.as_deref().and_then(named).unwrap_or_else(|| numbered.clone());
            // Also where a name looks like a number.
            while !self.taken.insert(topic.clone()) {
                topic = format!("{topic}_{numbered}");
            }
            self.of.insert(robot.id, topic);
        }
        &self.of[&robot.id]
    }

    /// `robot` has left; who comes next may have its name.
    pub(super) fn forget(&mut self, robot: RobotId) {
        if let Some(topic) = self.of.remove(&robot) {
            self.taken.remove(&topic);
        }
    }
}

/// Letters, digits and underscores, and no digit at the beginning: what ROS 2 takes as a part of a topic
/// (design.ros2.org, "Topic and Service name mapping to DDS").
fn named(name: &str) -> Option<String> {
    let allowed: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    // Two in a row are not allowed.
    let parts: Vec<&str> = allowed.split('_').filter(|part| !part.is_empty()).collect();
    let topic: String = parts.join("_").chars().take(LONGEST).collect();
    match topic.chars().next()? {
        c if c.is_ascii_digit() => Some(format!("robot_{topic}")),
        _ => Some(topic),
    }
}

/// A recording takes topics of up to 1024 bytes, and nobody reads a longer one than this.
const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn robot(id: u32, name: Option<&str>) -> Identity {
        Identity { id: RobotId(id), name: name.map(Into::into) }
    }

    #[test]
    fn a_robot_is_recorded_under_its_name_as_far_as_ros_takes_it() {
        for (name, topic) in [
            (None, "robot1"),
            (Some("left"), "left"),
            (Some("front left"), "front_left"),
            (Some("Küche/2"), "K_che_2"),
            (Some("3rd"), "robot_3rd"),
            (Some("日本"), "robot1"),
            (Some(&"n".repeat(2000)), &"n".repeat(100)),
        ] {
            assert_eq!(Topics::default().of(&robot(1, name)), topic);
        }
    }

    #[test]
    fn two_robots_with_one_name_are_told_apart_and_one_that_comes_back_is_not() {
        let mut topics = Topics::default();
        assert_eq!(topics.of(&robot(1, Some("lab"))), "lab");
        assert_eq!(topics.of(&robot(2, Some("lab"))), "lab_robot2");
        assert_eq!(topics.of(&robot(1, Some("lab"))), "lab");
        topics.forget(RobotId(1));
        assert_eq!(topics.of(&robot(3, Some("lab"))), "lab");
    }

    #[test]
    fn a_robot_whose_name_is_anothers_number_has_a_topic_of_its_own() {
        let mut topics = Topics::default();
        assert_eq!(topics.of(&robot(1, Some("robot2"))), "robot2");
        assert_eq!(topics.of(&robot(2, None)), "robot2_robot2");
    }
}
