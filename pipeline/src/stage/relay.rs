//! The thread that hands frames on as they came, in the place of decoders.
#![expect(clippy::disallowed_methods, reason = "the relay's thread starts here")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use vision::jpeg::PixelLimit;
use vision::picture::Pixels;

use super::{Frames, Job, Origin, try_frame};
use crate::event::Identity;
use crate::frame::{PixelPool, Received};
use crate::robots::Robots;

/// Takes robots' frames as they came.
pub trait Relay: Send {
    /// Hands on the newest frame of `robot`, which has connected from `peer`.
    ///
    /// While this waits, newer frames take the place of those that wait.
    fn hand_on(&mut self, robot: &Identity, peer: SocketAddr, received: &Received);
}

/// Starts the thread, which works until `frames` is closed; pictures of up to `limit` are decoded only where somebody who waits
/// for a place has to prove that it sends any.
pub(crate) fn spawn_relay(
    mut relay: Box<dyn Relay>,
    limit: PixelLimit,
    frames: &Arc<Frames>,
    robots: &Arc<Robots>,
) -> io::Result<()> {
    let (frames, robots, pool) = (Arc::clone(frames), Arc::clone(robots), PixelPool::new(limit));
    let work = move || {
        let mut spare = Pixels::default();
        while let Some((origin, job)) = frames.take(|| robots.clock.now()) {
            let started = robots.clock.now();
            match job {
                Job::Show(mut candidates) => {
                    let newest = candidates.next(robots.clock.now().saturating_sub(started));
                    candidates.ids().for_each(|id| robots.dropped(id));
                    newest.iter().for_each(|received| hand_on(&mut *relay, origin, received, &robots));
                }
                // A connection that has gone meanwhile has no use for the answer.
                Job::Try { frame, answer } => {
                    _ = answer.send(try_frame(&frame, &pool, &mut spare).map_err(|why| why.to_string()));
                }
            }
            let now = robots.clock.now();
            frames.done(origin, robots.clock.fair_start(started, now), now);
        }
    };
    thread::Builder::new().name("relay".to_owned()).spawn(work).map(drop)
}

fn hand_on(relay: &mut dyn Relay, origin: Origin, received: &Received, robots: &Robots) {
    let Origin::Robot(robot) = origin else { return };
    let Some(robot) = robots.get(robot) else { return };
    relay.hand_on(&robot.identity, robot.peer, received);
    robots.handed_on(&robot, received);
}

#[cfg(test)]
mod tests;
