//! The position in the input, on the real clock and for all robots of a run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::now;
use crate::playback::{Key, Playback, Speed, Wait};

/// A [`Playback`] that can be waited for.
pub(super) struct Clock {
    zero: Instant,
    playback: Mutex<Playback>,
    /// Told when a key has been pressed or the playback begins.
    changed: watch::Sender<()>,
}

/// A robot's own view of the clock.
pub(super) struct Turn<'run> {
    clock: &'run Clock,
    robot: u32,
    changed: watch::Receiver<()>,
}

impl Clock {
    pub(super) fn new(speed: Speed) -> Self {
        Self { zero: now(), playback: Mutex::new(Playback::new(speed)), changed: watch::Sender::new(()) }
    }

    /// Begins to move; the first connection calls for that.
    pub(super) fn start(&self) {
        self.playback().start(self.now());
        self.changed.send_replace(());
    }

    pub(super) fn position(&self) -> Duration {
        self.playback().position(self.now())
    }

    pub(super) fn is_paused(&self) -> bool {
        self.playback().is_paused()
    }

    /// How far the position moves in this time.
    pub(super) fn distance(&self, time: Duration) -> Duration {
        self.playback().speed().distance(time)
    }

    /// When the position was this.
    pub(super) fn instant(&self, position: Duration) -> Instant {
        let now = now();
        now.checked_sub(self.playback().age(now - self.zero, position)).unwrap_or(now)
    }

    /// Does what a key asks for, and returns what to tell the user.
    pub(super) fn press(&self, key: Key) -> Option<String> {
        let told = self.playback().press(self.now(), key);
        self.changed.send_replace(());
        told
    }

    /// Takes a robot into account, until its turn is dropped.
    pub(super) fn turn(&self, robot: u32) -> Turn<'_> {
        self.playback().note(robot, None);
        Turn { clock: self, robot, changed: self.changed.subscribe() }
    }

    fn now(&self) -> Duration {
        now() - self.zero
    }

    fn playback(&self) -> MutexGuard<'_, Playback> {
        self.playback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// How long it is until `due`, if no key is pressed; `None` once it is there.
    pub(super) fn left(&mut self, due: Duration) -> Option<Duration> {
        self.left_before(due, due)
    }

    /// The same for a moment before the next frame, which is due at `due`.
    pub(super) fn left_before(&mut self, moment: Duration, due: Duration) -> Option<Duration> {
        let mut playback = self.clock.playback();
        let left = match playback.wait(self.clock.now(), moment) {
            Wait::Over => None,
            Wait::For(time) => Some(time.min(FOR_EVER)),
            Wait::Unknown => Some(FOR_EVER),
        };
        playback.note(self.robot, left.map(|_| due));
        left
    }

    /// Waits until a key has been pressed or the playback begins, from the last look on.
    pub(super) async fn changed(&mut self) {
        // The clock, which tells, outlives its turns.
        let _ = self.changed.changed().await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.clock.playback().forget(self.robot);
    }
}

/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
