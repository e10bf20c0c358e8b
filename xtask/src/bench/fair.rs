//! Four robots with all detectors: does each robot get its share of the answers?

use anyhow::Result;
use xtask::cargo::Programs;
use xtask::score::Kind;

use super::course::{Course, Pace, Plan, Screen};
use super::{detectors, pictures};
use crate::rows::Row;

/// Streams from four robots for twenty seconds.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let (pace, screen, viewer) = (Pace::Fps(30), Screen::None, detectors::ALL);
    let plan = Plan { name: NAME, robots: 4, pictures: &pictures, passes: 2, pace, screen, viewer };
    Ok(rows(&plan.play(programs)?))
}

/// All frames shown; for each kind, the robot with the fewest answers against the one with the most.
fn rows(course: &Course) -> Vec<Row> {
    let row = |kind: Kind| {
        let name = kind.name();
        Row::at_least(format!("{NAME}: {name} answers, least to most"), course.evenness(name), 0.7, "of it")
    };
    [course.shown_row(NAME)].into_iter().chain(Kind::ALL.map(row)).collect()
}

const NAME: &str = "4 robots, all detectors";

#[cfg(test)]
mod tests {
    use super::super::course::tests::answered;
    use super::*;
    use crate::rows::Verdict;

    #[test]
    fn each_kind_has_to_answer_all_robots_about_as_often() {
        let course = answered(&[("qr", [100, 70]), ("tag", [100, 100]), ("face", [69, 100])]);
        let verdicts: Vec<_> = rows(&course).iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts[..4], [Verdict::Met, Verdict::Met, Verdict::Met, Verdict::Missed]);
        assert_eq!(verdicts[4], Verdict::Missed, "a kind without any answer is not even");
    }
}
