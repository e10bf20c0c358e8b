//! 64 robots at once: are all frames shown, how late, and at what cost?

use anyhow::Result;
use xtask::cargo::Programs;

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use crate::rows::Row;

/// Streams small pictures from all robots for twenty seconds, without detection.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "320x240")?;
    let (pace, screen) = (Pace::Fps(30), Screen::None);
    let plan = Plan { name: NAME, robots: 64, pictures: &pictures, passes: 2, pace, screen, viewer: &[] };
    rows(&plan.play(programs)?)
}

fn rows(course: &Course) -> Result<Vec<Row>> {
    Ok(vec![
        course.shown_row(NAME),
        Row::at_most(format!("{NAME}: processor time of the viewer"), course.cores, 1.0, "cores"),
        course.latency_row(NAME, 30.0)?,
        course.memory_row(NAME, 250.0)?,
    ])
}

const NAME: &str = "64 robots";

#[cfg(test)]
mod tests {
    use super::super::course::tests::course;
    use super::*;
    use crate::rows::Verdict;

    #[test]
    fn each_goal_has_its_row() {
        let verdicts =
            |course| rows(&course).unwrap().iter().map(|row| row.verdict == Verdict::Met).collect::<Vec<_>>();
        assert_eq!(verdicts(course(&[(10, 30.0), (10, 2.0)], 1.0)), [true; 4]);
        assert_eq!(verdicts(course(&[(9, 30.1), (10, 2.0)], 1.01)), [false, false, false, true]);
    }
}
