//! The whole pipeline, as a main loop uses it: started once, asked for pictures, closed at the end.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use vision::Orientation;
use vision::detect::{Detector, Kind};

use crate::clock::Clock;
use crate::count::Count;
use crate::dialled::{Dialled, Target, Unreached};
use crate::event::Event;
use crate::frame::{RobotId, StreamPicture};
use crate::health::Trouble;
use crate::mailbox::Policy;
use crate::observer::Observer;
use crate::orientations::Orientations;
use crate::quota::Once;
use crate::robots::{Next, Robots};
use crate::server::{Bound, Limits, Server};
use crate::session::RobotView;
use crate::sink::recorder::RecordingEvent;
use crate::sink::{Loses, Patience, Sink, SinkError, Sinks, Unwritten};
use crate::stage::{Detectors, Frames, Origin, Relay, SLOW_PICTURE, spawn_decoders, spawn_relay};
use crate::wake::Wake;

/// How streams are received and worked on.
#[derive(Debug, Clone)]
pub struct Config {
    /// What robots may do.
    pub limits: Limits,
    /// The robots that are dialled, rather than dialling.
    pub dial: Vec<Target>,
    /// What becomes of frames that come faster than they are worked on.
    pub policy: Policy,
    /// Whether it ends by itself.
    pub once: Once,
    /// The kinds that are searched for from the start.
    pub detect: BTreeSet<Kind>,
    /// How pictures are to be turned.
    pub orientations: Orientations,
}

#[cfg(test)]
impl Config {
    /// Lets so many robots in, from anywhere, and detects nothing.
    pub(crate) fn new(robots: usize, policy: Policy, once: Once) -> Self {
        let (frame, pixels) = (protocol::FrameLimit::DEFAULT, vision::jpeg::PixelLimit::DEFAULT);
        let limits = Limits { robots, frame, pixels, idle: None, allow: Vec::new(), names: Vec::new() };
        let (detect, orientations) = (BTreeSet::new(), Orientations::default());
        Self { limits, dial: Vec::new(), policy, once, detect, orientations }
    }
}

/// Receives, decodes and searches the streams of robots, and hands what happens to sinks.
///
/// The main loop [`wait`](Self::wait)s, [`take`](Self::take)s the pictures that are ready, shows them, reports
/// that with [`shown`](Self::shown), and asks whether there is an [`ending`](Self::ending); then it calls
/// [`close`](Self::close).
/// None of these waits for a detector, a sink or the network.
pub struct Pipeline {
    robots: Arc<Robots>,
    frames: Arc<Frames>,
    detectors: Detectors,
    server: Server,
    dialled: Vec<Arc<Dialled>>,
    wake: Arc<Wake>,
    interrupted: Arc<AtomicBool>,
    clock: Clock,
}

/// Why the main loop should end.
#[derive(Debug)]
pub enum Ending {
    /// Ctrl-C, or SIGTERM.
    Interrupted,
    /// The robots that [`Once::First`] waits for have left.
    RobotsLeft {
        /// Whether the stream of any was cut short.
        cut_short: bool,
    },
    /// A sink cannot go on.
    SinkFailed(SinkError),
}

/// How patient the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// The user wants it to end: sinks that stand still are left behind.
    Now,
    /// Everything that has happened is written first, however slowly it is read, unless Ctrl-C hurries it.
    WhenWritten,
}

impl Pipeline {
    /// Starts the threads, and serves the address.
    ///
    /// # Errors
    /// Fails where the system gives no thread.
    pub fn start(
        bound: Bound,
        config: Config,
        detectors: Vec<Box<dyn Detector>>,
        sinks: Vec<Box<dyn Sink>>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let decoders = thread::available_parallelism().map_or(1, usize::from).min(MOST_DECODERS);
        // Where every frame is wanted nobody loses any by waiting, and a single decoder cannot be kept.
        let frames = match (config.policy, decoders) {
            (Policy::EveryFrame, _) | (_, 1) => Frames::new(Duration::MAX),
            (Policy::NewestWins, _) => Frames::for_several(decoders, SLOW_PICTURE),
        };
        let limit = config.limits.pixels;
        let decode = |frames: &Arc<Frames>, robots: &Arc<Robots>| {
            spawn_decoders(decoders, limit, frames, robots).map_err(|source| StartError { what: "a decoder", source })
        };
        Self::with_stage(bound, config, frames, decode, detectors, sinks, clock)
    }

    /// As [`start`](Self::start), but hands each robot's newest frame on to `relay` as it came: nothing is decoded, shown or
    /// searched.
    ///
    /// # Errors
    /// Fails where the system gives no thread.
    pub fn relaying(
        bound: Bound,
        config: Config,
        relay: Box<dyn Relay>,
        sinks: Vec<Box<dyn Sink>>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let limit = config.limits.pixels;
        let hand_on = |frames: &Arc<Frames>, robots: &Arc<Robots>| {
            spawn_relay(relay, limit, frames, robots).map_err(|source| StartError { what: "the relay", source })
        };
        Self::with_stage(bound, config, Frames::new(Duration::MAX), hand_on, Vec::new(), sinks, clock)
    }

    /// Starts the threads, of which `spawn` starts those that take from `frames`.
    fn with_stage(
        bound: Bound,
        config: Config,
        frames: Frames,
        spawn: impl FnOnce(&Arc<Frames>, &Arc<Robots>) -> Result<(), StartError>,
        detectors: Vec<Box<dyn Detector>>,
        sinks: Vec<Box<dyn Sink>>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let failed = |what| move |source| StartError { what, source };
        let wake = Arc::new(Wake::default());
        let loses = if config.policy == Policy::EveryFrame { Loses::Nothing } else { Loses::WhatIsTooMuch };
        let sinks = Sinks::start(sinks, loses, &wake).map_err(failed("a sink"))?;
        let robots = Arc::new(Robots::new(clock, sinks, Arc::clone(&wake), &config));
        let Config { limits, dial, .. } = config;
        let dialled: Vec<Arc<Dialled>> = dial.into_iter().map(Dialled::new).collect();
        let frames = Arc::new(frames);
        spawn(&frames, &robots)?;
        let detectors = Detectors::spawn(detectors, &robots).map_err(failed("a detector"))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let on_interrupt = {
            let (interrupted, wake) = (Arc::clone(&interrupted), Arc::clone(&wake));
            move || {
                interrupted.store(true, Ordering::Relaxed);
                wake.wake();
            }
        };
        let server = bound.serve(limits, dialled.clone(), Arc::clone(&robots), Arc::clone(&frames), on_interrupt);
        let server = server.map_err(failed("the network"))?;
        Ok(Self { robots, frames, detectors, server, dialled, wake, interrupted, clock })
    }

    /// Waits until there may be something to do, for `time` at most.
    pub fn wait(&self, time: Duration) {
        self.wake.wait(time);
    }

    /// The newest picture of each robot that has a new one, to be shown now; the detectors get them too.
    pub fn take(&self) -> Vec<Arc<StreamPicture>> {
        let mut taken = Vec::new();
        for robot in self.robots.list() {
            let on = self.robots.searched(robot.id());
            let here = self.robots.searched_here(&robot, &on);
            if self.robots.policy == Policy::EveryFrame && !self.detectors.have_room(robot.id(), &here) {
                continue;
            }
            let Some((picture, next)) = self.robots.take_fresh(&robot) else { continue };
            self.robots.showing(&robot, &picture, &on);
            // First the detectors, which have the longest way to go.
            for (id, kind) in self.detectors.give(&picture, &here) {
                self.robots.skip(id, kind);
            }
            if next == Next::WaitsForTheScreen {
                self.frames.free(Origin::Robot(robot.id()));
                // There is a second one behind it.
                self.wake.wake();
            }
            taken.push(picture);
        }
        taken
    }

    /// The pictures that were taken were handed to the screen.
    pub fn shown(&self, pictures: &[Arc<StreamPicture>]) {
        self.robots.shown(pictures);
    }

    /// Every robot that is connected or has left a moment ago, by number.
    pub fn views(&self) -> Vec<RobotView> {
        self.robots.views(self.clock.now())
    }

    /// The addresses that are dialled and from which no stream comes at present.
    pub fn unreached(&self) -> Vec<Unreached> {
        self.dialled.iter().filter_map(|dialled| dialled.unreached()).collect()
    }

    /// What looks on from other threads.
    pub fn observer(&self) -> Observer {
        Observer::new(Arc::clone(&self.robots), self.clock, Arc::clone(&self.interrupted))
    }

    /// The picture of `robot` that was shown last.
    pub fn picture(&self, robot: RobotId) -> Option<Arc<StreamPicture>> {
        self.robots.picture(robot)
    }

    /// The kinds that are searched for.
    pub fn detected_kinds(&self) -> BTreeSet<Kind> {
        self.robots.on()
    }

    /// Switches the search for `kind` on or off for all robots, and returns whether it is on now.
    pub fn toggle(&self, kind: Kind) -> bool {
        self.robots.toggle(kind)
    }

    /// What is wrong with the detectors.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.robots.troubles()
    }

    /// Turns the pictures of `robot` by `by` more, from the one that is shown on; how they are turned now comes back, unless
    /// that robot is forgotten.
    pub fn turn(&self, robot: RobotId, by: Orientation) -> Option<Orientation> {
        self.robots.turn(robot, by)
    }

    /// Lets events go that have waited long enough; call it every so often when nothing happens.
    pub fn poll(&self) {
        for robot in self.robots.poll() {
            self.detectors.forget(robot);
            self.frames.forget(Origin::Robot(robot));
        }
    }

    /// Reports what has become of a recording, as its [`RecordingControl`](crate::RecordingControl) said.
    pub fn report_recording(&self, event: RecordingEvent) {
        self.robots.sinks.send(Event::Recording(event));
    }

    /// Whether the system has asked the program to end, as with Ctrl-C.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Why the main loop should end, if it should.
    pub fn ending(&self) -> Option<Ending> {
        if self.is_interrupted() {
            return Some(Ending::Interrupted);
        }
        if let Some(error) = self.robots.sinks.failure() {
            return Some(Ending::SinkFailed(error));
        }
        self.robots.outcome().map(|cut_short| Ending::RobotsLeft { cut_short })
    }

    /// Closes all connections and lets the sinks end with what became of each robot.
    ///
    /// A detector may be busy for seconds with a large picture; its thread ends with the program.
    ///
    /// # Errors
    /// Fails where a sink could not write all of it.
    pub fn close(self, leave: Leave) -> Result<(), CloseError> {
        self.robots.sinks.release();
        self.server.stop();
        self.frames.close();
        self.detectors.close();
        self.robots.close();
        let is_interrupted = || self.interrupted.load(Ordering::Relaxed);
        let unwritten = self.robots.sinks.close(|| match leave {
            Leave::WhenWritten if !is_interrupted() => Patience::Endless,
            Leave::WhenWritten | Leave::Now => Patience::WhileMoving,
        });
        match (self.robots.sinks.failure(), unwritten) {
            (Some(error), _) => Err(CloseError::Sink(error)),
            (None, Some(Unwritten { sink, lines, waited })) => Err(CloseError::Unwritten { sink, lines, waited }),
            (None, None) => Ok(()),
        }
    }
}

/// The system refuses what the pipeline needs.
#[derive(Debug, thiserror::Error)]
#[error("the thread of {what} cannot be started; end other programs, or raise the limit on processes (ulimit -u)")]
pub struct StartError {
    what: &'static str,
    source: io::Error,
}

/// Not everything that happened was written.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// A sink has failed.
    #[error(transparent)]
    Sink(SinkError),
    /// What a sink writes to has stopped taking it.
    #[error(
        "{sink}: the last {} could not be written, because nothing was taken for {} s; the disk, or who reads it, stands still",
        Count(*.lines, "line"), .waited.as_secs()
    )]
    Unwritten {
        /// Which.
        sink: &'static str,
        /// How many.
        lines: u64,
        /// How long nothing was taken.
        waited: Duration,
    },
}

/// One decodes more than 1,000 pictures of 640×480 a second, so that a few are enough for dozens of robots.
const MOST_DECODERS: usize = 4;
