//! One robot without pacing, every frame decoded: how many a second, beside the recipe's receiver in Python?

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use xtask::cargo::Programs;

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use super::receivers;
use crate::rows::Row;

/// Sends the same pictures to both.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let (course, rate) = viewer(programs, &pictures)?;
    let mut rows = vec![course.shown_row(NAME), Row::at_least(format!("{NAME}: frames a second"), rate, 1250.0, "/s")];
    let interpreter = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let recipe = &mut receivers::script(interpreter, "recipe.py");
    rows.extend(beside(rate, python(programs, &pictures, recipe)?));
    Ok(rows)
}

/// What came of these pictures in the viewer, and how many it showed a second.
pub(super) fn viewer(programs: &Programs, pictures: &[PathBuf]) -> Result<(Course, f64)> {
    let (pace, screen, viewer) = (Pace::Unpaced, Screen::None, &["--every-frame"]);
    let plan = Plan { name: NAME, robots: 1, pictures, passes: PASSES, pace, screen, viewer };
    let course = plan.play(programs)?;
    #[expect(clippy::cast_precision_loss, reason = "frames are few")]
    let rate = course.shown() as f64 / course.seconds;
    Ok((course, rate))
}

/// How the recipe did, or why it is not there.
fn beside(rate: f64, python: Result<f64, String>) -> Vec<Row> {
    match python {
        Ok(python) => vec![
            Row::noted(RECIPE, format!("{python:.2} /s")),
            Row::noted(format!("{NAME}: viewer to recipe"), format!("{:.2} times", rate / python)),
        ],
        Err(missing) => {
            eprintln!("bench: {NAME}: the recipe's receiver needs Python with Pillow: {missing}");
            vec![Row::noted(RECIPE, "Pillow is missing")]
        }
    }
}

/// Frames a second of a receiver in Python; the inner error names what is missing for it.
pub(super) fn python(programs: &Programs, pictures: &[PathBuf], receiver: &mut Command) -> Result<Result<f64, String>> {
    let sender = |port| {
        let mut command = Command::new(programs.path("robot-sim")?);
        command.arg("--images").args(pictures).args(["--fps", "0", "--loop", &PASSES.to_string()]);
        command.args(["--to", &format!("127.0.0.1:{port}")]);
        Ok(command)
    };
    match receivers::receive(receiver, sender)? {
        Ok(received) => received.rate(pictures.len() * PASSES).map(Ok),
        Err(missing) => Ok(Err(missing)),
    }
}

const NAME: &str = "unpaced";
const RECIPE: &str = "unpaced: the recipe in Python with Pillow";
pub(super) const PASSES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    #[test]
    fn the_recipe_is_noted_as_a_ratio() {
        let rows = beside(1500.0, Ok(300.0));
        assert_eq!(rows[1].figure, "5.00 times");
        assert!(rows.iter().all(|row| row.verdict == Verdict::Note), "its speed is no goal");
    }

    #[test]
    fn without_pillow_the_row_says_so() {
        let rows = beside(1500.0, Err("No module named 'PIL'".to_owned()));
        assert_eq!((rows.len(), rows[0].figure.as_str()), (1, "Pillow is missing"));
    }
}
