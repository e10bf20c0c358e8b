//! Several robots at once: each is a task on one thread, with a connection of its own.
#![expect(clippy::disallowed_methods, reason = "the tasks of the robots start here")]

use std::panic;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{self, MissedTickBehavior};

use super::clock::Clock;
use super::keyboard::{self, Keyboard};
use super::resolve::Resolver;
use super::serve::Bound;
use super::stop::Stop;
use super::thread::{self, ThreadError};
use super::{ClientError, Robot, Run, Settings, descriptors, now};
use crate::playback::Speed;
use crate::progress::Progress;
use crate::report::{Ended, Report};
use crate::schedule::Pace;
use crate::source::{Feed, Opened, Passes};

/// All robots of a run.
pub(crate) struct Fleet {
    pub(crate) robots: u32,
    pub(crate) settings: Settings,
    /// Where viewers dial one robot, instead of robots that dial.
    pub(crate) serve: Option<Bound>,
    /// One for all robots, or one for each.
    pub(crate) inputs: Vec<Opened>,
    /// How fast it is played.
    pub(crate) speed: Speed,
    pub(crate) passes: Passes,
    pub(crate) progress: Progress,
}

/// What became of one robot.
pub(crate) type Outcome = (Report, Result<Ended, ClientError>);

impl Fleet {
    /// Runs all robots to their end, shows the progress, and returns what became of each.
    pub(crate) fn run(self) -> anyhow::Result<Vec<Outcome>> {
        let is_recorded = self.inputs.iter().any(|input| input.times().is_some());
        // A robot that is far behind has a file of its own.
        descriptors::reserve(if is_recorded { self.robots.saturating_mul(3) } else { self.robots })?;
        let stop = end_on_ctrl_c()?;
        let resolver = Resolver::new(&self.settings.to.to_string())?;
        let share = self.inputs.len() as u64;
        let mut feeds = Vec::new();
        let mut decoding = Vec::new();
        for input in self.inputs {
            let first = match self.settings.pace {
                Pace::Recorded { .. } => input.times().map_or(Duration::ZERO, |times| times.first),
                Pace::Even(_) => Duration::ZERO,
            };
            let (feed, producer) = Feed::new(input, share);
            feeds.push((feed, first));
            if let Some(producer) = producer {
                decoding.push(thread::start("that decodes", move || producer.run())?);
            }
        }
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.context(
            "cannot start the event loop, which needs a few open files; raise the limit, which `ulimit -n` shows",
        )?;
        let clock = Clock::new(self.speed);
        let run = Arc::new(Run { settings: self.settings, clock, resolver, stop, progress: self.progress });
        let keyboard = if is_recorded { Keyboard::open(&run)? } else { None };
        let outcomes = runtime.block_on(async {
            if let Some(bound) = self.serve {
                return watch(bound.serve(&run, &feeds[0].0, self.passes), &run).await;
            }
            let mut robots = JoinSet::new();
            for (number, (feed, first)) in (1..=self.robots).zip(feeds.iter().cycle()) {
                let robot = Robot::new(number, Arc::clone(&run), *first);
                let reader = feed.read(self.passes);
                robots.spawn(async move { (number, robot.run(reader).await) });
            }
            Ok(watch(all(robots), &run).await)
        });
        drop(keyboard);
        run.progress.finish();
        // A thread ends with its last reader. OpenCV must not be decoding while the program exits.
        drop(feeds);
        for decoding in decoding {
            decoding.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
        }
        outcomes.context("cannot listen; raise the limit on open files, which `ulimit -n` shows")
    }
}

/// What became of each robot, in order, when all are done.
async fn all(mut robots: JoinSet<(u32, Outcome)>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while let Some(ended) = robots.join_next().await {
        outcomes.push(ended.unwrap_or_else(|error| panic::resume_unwind(error.into_panic())));
    }
    outcomes.sort_unstable_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Shows the progress until `work` is done.
async fn watch<T>(work: impl Future<Output = T>, run: &Run) -> T {
    let started = now();
    let mut refresh = time::interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = refresh.tick() => run.progress.show(now() - started, run.clock.position(), run.clock.is_paused()),
        }
    }
}

/// Ends the stream at the first Ctrl-C, and the program at the second.
fn end_on_ctrl_c() -> anyhow::Result<Stop> {
    let (stopper, stop) = Stop::new();
    let handler = move || {
        if stopper.stop() {
            keyboard::restore();
            std::process::exit(SECOND_INTERRUPT);
        }
    };
    match ctrlc::set_handler(handler) {
        Ok(()) => Ok(stop),
        Err(ctrlc::Error::System(source)) => Err(ThreadError::new("that waits for Ctrl-C", source).into()),
        Err(error) => Err(error.into()),
    }
}

/// How often the progress is shown.
const REFRESH: Duration = Duration::from_millis(100);

/// The shell's code for a program that was ended by Ctrl-C.
const SECOND_INTERRUPT: i32 = 130;
