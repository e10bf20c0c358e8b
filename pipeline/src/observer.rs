//! What looks on while the main loop shows pictures: as often as it likes, from any thread, without being waited for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use vision::detect::Kind;

use crate::clock::Clock;
use crate::health::Trouble;
use crate::robots::Robots;
use crate::session::RobotView;

/// Sees the robots as the main loop's screen does; copies look at the same pipeline.
///
/// It holds locks for moments only, as the main loop does, and takes no picture away from it.
#[derive(Clone)]
pub struct Observer {
    robots: Arc<Robots>,
    clock: Clock,
    changes: watch::Receiver<u64>,
    interrupted: Arc<AtomicBool>,
}

impl Observer {
    pub(crate) fn new(robots: Arc<Robots>, clock: Clock, interrupted: Arc<AtomicBool>) -> Self {
        let changes = robots.changes();
        Self { robots, clock, changes, interrupted }
    }

    /// Waits until there is a new picture, or a robot has come or gone, since the last call.
    ///
    /// It never ends the waiting of itself; what has changed meanwhile in smaller ways is found by looking now and then.
    pub async fn changed(&mut self) {
        // The sender lives in `robots`.
        _ = self.changes.changed().await;
    }

    /// Every robot that is connected or has left a moment ago, by number.
    pub fn views(&self) -> Vec<RobotView> {
        self.robots.views(self.clock.now())
    }

    /// The kinds that are searched for.
    pub fn detected_kinds(&self) -> BTreeSet<Kind> {
        self.robots.on()
    }

    /// What is wrong with the detectors.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.robots.troubles()
    }

    /// Switches the search for `kind` on or off.
    pub fn set_detected(&self, kind: Kind, is_on: bool) {
        self.robots.set(kind, is_on);
    }

    /// Whether the system has asked the program to end, as with Ctrl-C.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The program's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }
}
