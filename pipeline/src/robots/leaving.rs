//! What becomes of robots whose connection is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Connected, Robot, Robots, lock};
use crate::event::End;
use crate::frame::RobotId;
use crate::mailbox::Policy;

impl Robots {
    /// The connection of `robot` is over; it keeps its place until that is [freed](Self::free_place).
    pub(crate) fn ended(&self, robot: &Robot, end: End) {
        let at = *robot.ended_at.get_or_init(|| self.clock.now());
        lock(&self.connected).tiles.left(robot.id(), at);
        self.with(robot, |session, now| session.end(end, now));
        self.wake.wake();
        self.changed();
    }

    /// Frees the place of `robot`.
    pub(crate) fn free_place(&self, robot: &Robot) {
        robot.has_place.store(false, Ordering::Relaxed);
    }

    /// Says which detectors do not come back, lets events go whose time has come, and forgets robots that have left
    /// a while ago. All that have left and wait for nothing come back, as often as it is asked: their pictures can go.
    pub(crate) fn poll(&self) -> Vec<RobotId> {
        self.say_hanging();
        let robots = self.list();
        self.give_up_waiting_for_many(&robots);
        let gone_for = |robot: &Arc<Robot>| {
            self.with(robot, |session, now| {
                let at = session.over_at().filter(|_| session.is_closed());
                at.map(|at| (now.saturating_sub(at), robot.id()))
            })
        };
        // Those that left last are known for longest.
        let mut gone: Vec<(Duration, RobotId)> = robots.iter().filter_map(gone_for).collect();
        gone.sort();
        let is_over = |(n, (ago, _)): &(usize, (Duration, RobotId))| *n >= self.places || *ago > GONE_FOR;
        let mut connected = lock(&self.connected);
        for (_, (_, id)) in gone.iter().copied().enumerate().filter(is_over) {
            connected.robots.remove(&id);
        }
        let Connected { robots: known, tiles, .. } = &mut *connected;
        tiles.free(|robot| known.contains_key(&robot), self.clock.now());
        lock(&self.health).retain(|robot| connected.robots.contains_key(&robot));
        drop(connected);
        gone.into_iter().map(|(_, id)| id).collect()
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
    /// Waits until its connection is over and its last frame is done. Only one may wait.
    pub(crate) async fn until_done(&self) {
        self.done.notified().await;
    }
}

/// How long a robot that has left is still shown, with the reason.
pub(super) const GONE_FOR: Duration = Duration::from_secs(10);
/// How many of those that have left may wait for detectors; each keeps a picture in memory.
const MOST_UNANSWERED: usize = 16;
