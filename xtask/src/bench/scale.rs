//! What one more robot costs: does it stay the same, however many there are?

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use xtask::cargo::Programs;

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use crate::rows::Row;

/// Lets more and more robots stream slowly enough that all their frames can be shown, and prints a table of the costs.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "320x240")?;
    let mut costs = Vec::new();
    for robots in ROBOTS {
        let name = &format!("scale, {robots}");
        let (pictures, pace, screen) = (&pictures[..FPS * SECONDS], Pace::Fps(FPS), Screen::None);
        let plan = Plan { name, robots, pictures, passes: 1, pace, screen, viewer: &[] };
        costs.push(Cost::of(robots, &plan.play(programs)?)?);
    }
    println!("\n{}", table(&costs));
    Ok(vec![linear(&costs)?])
}

/// What so many robots cost the viewer.
#[derive(Clone, Copy, Debug)]
struct Cost {
    robots: usize,
    cores: f64,
    memory_mb: f64,
    p99_ms: f64,
    /// The share of frames that was shown.
    shown: f64,
}

impl Cost {
    fn of(robots: usize, course: &Course) -> Result<Self> {
        Ok(Self {
            robots,
            cores: course.cores,
            memory_mb: course.peak_mb()?,
            p99_ms: course.worst_p99_ms()?,
            shown: course.shown_share(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "robots are few")]
    fn cores_a_robot(&self) -> f64 {
        self.cores / self.robots as f64
    }
}

fn table(costs: &[Cost]) -> String {
    let mut text = format!("320x240, {FPS} frames a second from each robot, headless, no detection\n");
    let _ = writeln!(
        text,
        "{:>8} {:>10} {:>14} {:>10} {:>14} {:>8}",
        "robots", "cores", "ms/s a robot", "MB", "worst p99 ms", "shown"
    );
    for cost in costs {
        let _ = writeln!(
            text,
            "{:>8} {:>10.3} {:>14.2} {:>10.1} {:>14.2} {:>7.1}%",
            cost.robots,
            cost.cores,
            cost.cores_a_robot() * 1000.0,
            cost.memory_mb,
            cost.p99_ms,
            cost.shown * 100.0
        );
    }
    text
}

/// Compares what a robot costs among many with what it costs among few. Frames that are not shown make it look cheap, so
/// that all have to be.
fn linear(costs: &[Cost]) -> Result<Row> {
    let of = |robots| costs.iter().find(|cost| cost.robots == robots).context("these robots were measured");
    let (few, many) = (of(FEW)?, of(MANY)?);
    let ratio = many.cores_a_robot() / few.cores_a_robot().max(f64::EPSILON);
    let all_shown = few.shown >= 1.0 && many.shown >= 1.0;
    let shown = if all_shown { "" } else { ", frames lost" };
    let what = format!("scale: CPU a robot, {MANY} robots to {FEW}");
    Ok(Row::judged(what, format!("{ratio:.2} times{shown}"), format!("<= {RATIO} times"), ratio <= RATIO && all_shown))
}

const ROBOTS: [usize; 5] = [1, 4, FEW, 64, MANY];
const FEW: usize = 16;
const MANY: usize = 256;
const RATIO: f64 = 1.5;
/// Of 256 robots these are 1280 frames a second, which one core should manage.
const FPS: usize = 5;
const SECONDS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    fn cost(robots: usize, cores: f64, shown: f64) -> Cost {
        Cost { robots, cores, memory_mb: 80.0, p99_ms: 2.0, shown }
    }

    #[test]
    fn a_robot_among_many_may_cost_half_as_much_again() {
        let verdict = |many, shown| linear(&[cost(16, 0.16, 1.0), cost(256, many, shown)]).unwrap().verdict;
        assert_eq!((verdict(3.83, 1.0), verdict(3.85, 1.0)), (Verdict::Met, Verdict::Missed));
        assert_eq!(verdict(2.0, 0.99), Verdict::Missed, "frames that are not shown cost less");
    }

    #[test]
    fn each_number_of_robots_has_a_line() {
        let text = table(&ROBOTS.map(|robots| cost(robots, 0.01, 1.0)));
        assert_eq!(text.lines().count(), 2 + ROBOTS.len(), "{text}");
        assert!(text.lines().last().unwrap().contains("256"), "{text}");
    }
}
