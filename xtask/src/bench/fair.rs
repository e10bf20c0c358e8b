//! Four robots with all detectors: does each robot get its share of the answers?

use anyhow::{Result, ensure};
use xtask::cargo::Programs;

use super::Row;
use super::course::{Course, Pace, Plan, Screen};
use super::{detectors, pictures};

/// Streams from four robots for twenty seconds.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let (pace, screen, viewer) = (Pace::Fps(30), Screen::None, detectors::ALL);
    let plan = Plan { name: NAME, robots: 4, pictures: &pictures, passes: 2, pace, screen, viewer };
    rows(&plan.play(programs)?)
}

/// All frames shown; for each kind, the robot with the fewest answers against the one with the most.
fn rows(course: &Course) -> Result<Vec<Row>> {
    let shares = course.shares();
    ensure!(!shares.is_empty(), "no frame line counts any kind, though all detectors are on");
    let row = |(kind, share): (&str, f64)| Row::at_least(format!("{NAME}: {kind}, least to most"), share, 0.7, "of it");
    Ok([course.shown_row(NAME)].into_iter().chain(shares.into_iter().map(row)).collect())
}

const NAME: &str = "4 robots, all detectors";
