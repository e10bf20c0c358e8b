//! One robot without pacing, every frame decoded: how many a second, beside the recipe's receiver in Python?

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::cargo::Programs;
use xtask::process::{Output, Running};

use super::Row;
use super::course::{Pace, Plan, Screen};
use super::pictures;

/// Sends the same pictures to both.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::of_codes(programs, "640x480")?;
    let (pace, screen, viewer) = (Pace::Unpaced, Screen::None, &["--every-frame"]);
    let plan = Plan { name: NAME, robots: 1, pictures: &pictures, passes: PASSES, pace, screen, viewer };
    let course = plan.play(programs)?;
    #[expect(clippy::cast_precision_loss, reason = "frames are few")]
    let rate = course.shown() as f64 / course.seconds;
    let mut rows = vec![course.shown_row(NAME), Row::at_least(format!("{NAME}: frames a second"), rate, 1250.0, "/s")];
    rows.extend(beside(rate, python(programs, &pictures)?));
    Ok(rows)
}

/// How the recipe's receiver did, or why it is not there.
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

/// Frames a second in Python; the inner error names what is missing for it.
fn python(programs: &Programs, pictures: &[PathBuf]) -> Result<Result<f64, String>> {
    let interpreter = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let mut receiver = Running::start(Command::new(interpreter).args(["-c", include_str!("recipe.py")]))?;
    let mut line = |what| {
        let json = |line: &str| serde_json::from_str::<Value>(line).ok();
        receiver.wait_for(Output::Stdout, PATIENCE, what, json).with_context(|| receiver.transcript())
    };
    let first = line("its port")?;
    if let Some(missing) = first["missing"].as_str() {
        return Ok(Err(missing.to_owned()));
    }
    let port = first["port"].as_u64().with_context(|| format!("the recipe's receiver printed no port but {first}"))?;
    let mut command = Command::new(programs.path("robot-sim")?);
    command.arg("--images").args(pictures).args(["--fps", "0", "--loop", &PASSES.to_string()]);
    let mut robot = Running::start(command.args(["--to", &format!("127.0.0.1:{port}")]))?;
    let last = line("how many frames it received")?;
    let status = robot.exit(PATIENCE).with_context(|| robot.transcript())?;
    ensure!(status.success(), "robot-sim ended with {status}\n{}", robot.transcript());
    rate(&last, pictures.len() * PASSES).map(Ok)
}

#[expect(clippy::cast_precision_loss, reason = "frames are few")]
fn rate(line: &Value, sent: usize) -> Result<f64> {
    let (frames, seconds) = line["frames"].as_u64().zip(line["seconds"].as_f64()).with_context(|| format!("{line}"))?;
    ensure!(frames == sent as u64, "the recipe's receiver got {frames} of {sent} frames");
    Ok(frames as f64 / seconds)
}

const NAME: &str = "unpaced";
const RECIPE: &str = "unpaced: the recipe in Python with Pillow";
const PASSES: usize = 10;
const PATIENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::Verdict;

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

    #[test]
    fn the_recipe_has_to_get_every_frame() {
        assert_eq!(rate(&json!({"frames": 300, "seconds": 0.5}), 300).unwrap(), 600.0);
        assert!(rate(&json!({"frames": 299, "seconds": 0.5}), 300).is_err());
        assert!(rate(&json!({"error": 1}), 300).is_err());
    }
}
