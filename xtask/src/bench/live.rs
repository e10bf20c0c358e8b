//! One robot with QR codes: are all frames shown, how late, and in how much memory?

use anyhow::{Context as _, Result};
use xtask::cargo::Programs;

use super::course::{Pace, Plan, Screen};
use super::pictures;
use crate::rows::Row;

/// Streams the video's pictures three times in real time, headless and in a window.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let mut rows = Vec::new();
    for (name, screen) in [("headless", Screen::None), ("window", Screen::window()?)] {
        let viewer = &["--detect", "qr"];
        let plan = Plan { name, robots: 1, pictures: &pictures, passes: 3, pace: Pace::Fps(30), screen, viewer };
        let course = plan.play(programs)?;
        let p50 = course.p50_ms().context("the viewer reported no latency")?;
        rows.push(course.shown_row(name));
        rows.push(Row::noted(format!("{name}: last byte to window, p50"), format!("{p50:.2} ms")));
        rows.push(course.latency_row(name, 8.0)?);
        rows.push(course.memory_row(name, 150.0)?);
        let growth = course.memory.growth().context("the viewer's memory was not sampled")?;
        rows.push(Row::at_most(format!("{name}: resident memory, growth"), growth, 2.0, "MB"));
    }
    Ok(rows)
}
