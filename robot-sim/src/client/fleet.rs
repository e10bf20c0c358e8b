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

use super::resolve::Resolver;
use super::serve::Bound;
use super::stop::Stop;
use super::thread::{self, ThreadError};
use super::{ClientError, Robot, Run, Settings, descriptors, now};
use crate::progress::Progress;
use crate::report::{Ended, Report};
use crate::source::{Feed, Opened, Passes};

/// All robots of a run.
pub(crate) struct Fleet {
    pub(crate) robots: u32,
    pub(crate) settings: Settings,
    /// Where viewers dial one robot, instead of robots that dial.
    pub(crate) serve: Option<Bound>,
    pub(crate) input: Opened,
    pub(crate) passes: Passes,
    pub(crate) progress: Progress,
}

/// What became of one robot.
pub(crate) type Outcome = (Report, Result<Ended, ClientError>);

impl Fleet {
    /// Runs all robots to their end, shows the progress, and returns what became of each.
    pub(crate) fn run(self) -> anyhow::Result<Vec<Outcome>> {
        descriptors::reserve(self.robots)?;
        let stop = end_on_ctrl_c()?;
        let resolver = Resolver::new(&self.settings.to.to_string())?;
        let (feed, producer) = Feed::new(self.input);
        let decoding = producer.map(|producer| thread::start("that decodes", move || producer.run())).transpose()?;
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.context(
            "cannot start the event loop, which needs a few open files; raise the limit, which `ulimit -n` shows",
        )?;
        let run = Arc::new(Run { settings: self.settings, resolver, stop, progress: self.progress });
        let outcomes = runtime.block_on(async {
            if let Some(bound) = self.serve {
                return watch(bound.serve(&run, &feed, self.passes), &run.progress).await;
            }
            let mut robots = JoinSet::new();
            for number in 1..=self.robots {
                let robot = Robot::new(number, Arc::clone(&run));
                let reader = feed.read(self.passes);
                robots.spawn(async move { (number, robot.run(reader).await) });
            }
            Ok(watch(all(robots), &run.progress).await)
        });
        run.progress.finish();
        // The thread ends with its last reader. OpenCV must not be decoding while the program exits.
        drop(feed);
        if let Some(decoding) = decoding {
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
async fn watch<T>(work: impl Future<Output = T>, progress: &Progress) -> T {
    let started = now();
    let mut refresh = time::interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = refresh.tick() => progress.show(now() - started),
        }
    }
}

/// Ends the stream at the first Ctrl-C, and the program at the second.
fn end_on_ctrl_c() -> anyhow::Result<Stop> {
    let (stopper, stop) = Stop::new();
    let handler = move || {
        if stopper.stop() {
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
