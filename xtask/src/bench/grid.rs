//! Nine robots in the window: are all frames shown, and how late?

use anyhow::Result;
use xtask::cargo::Programs;

use super::course::{Pace, Plan, Screen};
use super::pictures;
use crate::rows::Row;

/// Streams from nine robots for twenty seconds.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let (pace, screen) = (Pace::Fps(30), Screen::window()?);
    let plan = Plan { name: NAME, robots: 9, pictures: &pictures, passes: 2, pace, screen, viewer: &[] };
    let course = plan.play(programs)?;
    Ok(vec![course.shown_row(NAME), course.latency_row(NAME, 25.0)?])
}

const NAME: &str = "window, 9 robots";
