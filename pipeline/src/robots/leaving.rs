//! What becomes of robots whose connection is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Robot, Robots, lock};
use crate::event::End;
use crate::frame::RobotId;
use crate::mailbox::Policy;

impl Robots {
    /// The connection of `robot` is over; it keeps its place until it has [`left`](Self::left).
    pub(crate) fn ended(&self, robot: &Robot, end: End) {
        robot.has_ended.store(true, Ordering::Relaxed);
        self.with(robot, |session, now| session.end(end, now));
        self.wake.wake();
        self.changed();
    }

    /// `robot` needs its place no more.
    pub(crate) fn left(&self, robot: &Robot) {
        robot.has_left.store(true, Ordering::Relaxed);
    }

    /// Switches off detectors that do not come back, lets events go whose time has come, and forgets robots that have left
    /// a while ago; the forgotten ones come back.
    pub(crate) fn poll(&self) -> Vec<RobotId> {
        self.switch_off_overdue();
        let robots = self.list();
        self.give_up_waiting_for_many(&robots);
        let gone_for = |robot: &Arc<Robot>| {
            self.with(robot, |session, now| {
                let at = session.over_at().filter(|_| session.is_closed());
                at.map(|at| (robot.id(), now.saturating_sub(at)))
            })
        };
        // In the order of their numbers, so that those that came last are kept.
        let gone: Vec<(RobotId, Duration)> = robots.iter().filter_map(gone_for).collect();
        let too_many = gone.len().saturating_sub(self.places);
        let is_over = |(n, (_, ago)): &(usize, (RobotId, Duration))| *n < too_many || *ago > GONE_FOR;
        let forgotten: Vec<RobotId> = gone.into_iter().enumerate().filter(is_over).map(|(_, (id, _))| id).collect();
        let mut connected = lock(&self.connected);
        forgotten.iter().for_each(|id| _ = connected.robots.remove(id));
        drop(connected);
        forgotten
    }

    /// Of many that have left, only the newest wait for detectors: the others' last pictures take memory, and the detectors'
    /// time from robots that are there.
    fn give_up_waiting_for_many(&self, robots: &[Arc<Robot>]) {
        if self.policy == Policy::EveryFrame {
            // They keep their places while they wait, so that there are never many.
            return;
        }
        let waits = |robot: &&Arc<Robot>| {
            let session = lock(&robot.session);
            session.over_at().is_some() && !session.is_closed()
        };
        let waiting: Vec<&Arc<Robot>> = robots.iter().filter(waits).collect();
        for robot in &waiting[..waiting.len().saturating_sub(MOST_UNANSWERED)] {
            self.with(robot, |session, _| session.give_up_waiting());
        }
    }
}

impl Robot {
    /// Waits until nothing of it has to be decoded or shown any more, after its connection's end; where every frame is wanted,
    /// nor searched. Only one may wait.
    pub(crate) async fn settled(&self) {
        self.settled.notified().await;
    }
}

/// How long a robot that has left is still shown, with the reason.
const GONE_FOR: Duration = Duration::from_secs(10);
/// How many of those that have left may wait for detectors; each keeps a picture in memory.
const MOST_UNANSWERED: usize = 16;
