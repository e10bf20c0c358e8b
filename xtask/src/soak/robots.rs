//! Robots that have bad luck, and come back.

#![expect(clippy::disallowed_methods, reason = "everything here is over time")]

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use xtask::cargo::Programs;
use xtask::mishaps::Sequence;
use xtask::process::Running;
use xtask::random::random;

/// All of them.
pub(super) struct Robots {
    robot_sim: PathBuf,
    all: Vec<Robot>,
    dice: Dice,
    counts: Counts,
}

/// How often what has happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) starts: u64,
    pub(super) kills: u64,
    pub(super) faults: usize,
}

struct Robot {
    pictures: Vec<PathBuf>,
    state: State,
}

enum State {
    /// Until then, unless its run ends before.
    There { running: Running, until: Instant },
    /// Until then.
    Away { until: Instant },
}

struct Dice {
    seed: u64,
    thrown: u64,
}

impl Robots {
    /// One for each set of pictures.
    pub(super) fn new<const N: usize>(
        programs: &Programs,
        seed: u64,
        pictures: [Result<Vec<PathBuf>>; N],
    ) -> Result<Self> {
        let robot = |pictures: Result<Vec<PathBuf>>| {
            pictures.map(|pictures| Robot { pictures, state: State::Away { until: Instant::now() } })
        };
        Ok(Self {
            robot_sim: programs.path("robot-sim")?.to_owned(),
            all: pictures.into_iter().map(robot).collect::<Result<_>>()?,
            dice: Dice { seed, thrown: 0 },
            counts: Counts::default(),
        })
    }

    /// Does what is due: some are killed, some come back.
    pub(super) fn step(&mut self, address: &str) -> Result<()> {
        let now = Instant::now();
        for robot in &mut self.all {
            match &mut robot.state {
                State::There { running, until } => {
                    let is_running = running.is_running();
                    if is_running && now < *until {
                        continue;
                    }
                    if is_running {
                        running.kill();
                        self.counts.kills += 1;
                    } else {
                        let status = running.exit(PATIENCE)?;
                        // 3 is a run that the viewer cut short, as some faults make it do.
                        ensure!(
                            matches!(status.code(), Some(0 | 3)),
                            "robot-sim ended with {status}\n{}",
                            running.transcript()
                        );
                    }
                    robot.state = State::Away { until: now + self.dice.time(3000) };
                }
                State::Away { until } if now >= *until => {
                    let (mut command, faults) = run(&self.robot_sim, &robot.pictures, address, &mut self.dice);
                    self.counts.faults += faults;
                    self.counts.starts += 1;
                    // About half of the runs are longer than that, and are killed.
                    let until = now + Duration::from_secs(5) + self.dice.time(85_000);
                    let running = Running::start(&mut command).context("a robot cannot start")?;
                    robot.state = State::There { running, until };
                }
                State::Away { .. } => {}
            }
        }
        Ok(())
    }

    /// Ends all of them.
    pub(super) fn end(&mut self) {
        self.all.iter_mut().for_each(|robot| robot.state = State::Away { until: Instant::now() });
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }
}

/// The next run of a robot, and how many faults it has.
fn run(robot_sim: &PathBuf, pictures: &[PathBuf], address: &str, dice: &mut Dice) -> (Command, usize) {
    let (seed, frames) = (dice.throw() >> 40, 75 + dice.throw() % 825);
    let faults = Sequence::random(seed, frames, 15);
    let faults = match dice.throw() % 4 {
        0 => faults.ending(seed, frames - 1),
        1 => faults.closed_by_viewer(seed, frames - 1),
        _ => faults,
    };
    let mut command = Command::new(robot_sim);
    // A run without an ending goes on to the end of the pictures.
    let passes = frames.div_ceil(pictures.len() as u64);
    command.arg("--images").args(pictures).args(["--loop", &passes.to_string(), "--fps", "15", "--stamp"]);
    command.args(["--to", address, "--connect-timeout", "10", "--seed", &seed.to_string()]);
    faults.faults.iter().for_each(|fault| _ = command.args(["--fault", fault]));
    (command, faults.faults.len())
}

impl Dice {
    fn throw(&mut self) -> u64 {
        self.thrown += 1;
        random(self.seed << 32 | self.thrown)
    }

    /// Up to so many milliseconds.
    fn time(&mut self, most_ms: u64) -> Duration {
        Duration::from_millis(self.throw() % most_ms)
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_runs() {
        let runs = |seed| {
            let mut dice = Dice { seed, thrown: 0 };
            let one = |_| run(&"robot-sim".into(), &["a.jpg".into()], "127.0.0.1:1", &mut dice);
            (0..5).map(one).map(|(command, _)| format!("{command:?}")).collect::<Vec<_>>()
        };
        assert_eq!(runs(1), runs(1));
        assert_ne!(runs(1), runs(2));
        let once = runs(1).concat();
        assert!(once.contains("\"--fault\" \"reconnect@"), "{once}");
    }
}
