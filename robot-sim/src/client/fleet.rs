//! Several robots at once, each on a thread and a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::bell::Bell;
use super::{ClientError, Orders, Robot, now};
use crate::progress::Progress;
use crate::report::{Ended, Report};
use crate::source::{Passes, Reel};

/// All robots of a run.
pub(crate) struct Fleet<'a> {
    pub(crate) robots: u32,
    pub(crate) orders: &'a Orders,
    pub(crate) reel: &'a Reel,
    pub(crate) passes: Passes,
    pub(crate) progress: &'a Progress,
}

/// What became of one robot.
pub(crate) type Outcome = (Report, Result<Ended, ClientError>);

impl Fleet<'_> {
    /// Lets all robots play, shows how far they are, and returns what became of each.
    pub(crate) fn run(&self) -> anyhow::Result<Vec<Outcome>> {
        let bell = Arc::new(Bell::default());
        let pressed = Arc::clone(&bell);
        ctrlc::set_handler(move || {
            if pressed.stop() {
                std::process::exit(SECOND_INTERRUPT);
            }
        })?;
        let playing = AtomicU32::new(self.robots);
        let outcomes = thread::scope(|scope| {
            let robots = (1..=self.robots).map(|number| {
                let (bell, playing) = (&bell, &playing);
                thread::Builder::new().name(format!("robot {number}")).spawn_scoped(scope, move || {
                    let _leaving = Leaving { bell, playing };
                    self.robot(number, bell)
                })
            });
            // All are started before the first is waited for.
            let robots: Vec<_> = robots.collect();
            let started = now();
            while !bell.wait(REFRESH, || playing.load(Ordering::SeqCst) == 0) {
                self.progress.show(now() - started);
            }
            let joined = robots.into_iter().map(|robot| Ok(robot?.join().expect("a robot does not panic")));
            joined.collect()
        });
        self.progress.finish();
        outcomes
    }

    fn robot(&self, number: u32, bell: &Arc<Bell>) -> Outcome {
        match self.reel.play(self.passes) {
            Ok(mut source) => Robot::new(number, self.orders, bell, self.progress).run(source.as_mut()),
            Err(error) => (Report::default(), Err(error.into())),
        }
    }
}

/// Tells the bell that a robot is done, also when it panics.
struct Leaving<'a> {
    bell: &'a Bell,
    playing: &'a AtomicU32,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.playing.fetch_sub(1, Ordering::SeqCst);
        self.bell.ring();
    }
}

/// How often the progress is looked at.
const REFRESH: Duration = Duration::from_millis(100);

/// The shell's code for a program that was ended by Ctrl-C.
const SECOND_INTERRUPT: i32 = 130;
