//! One robot with all detectors: is the picture as live as without?

use anyhow::Result;
use xtask::cargo::Programs;

use super::Row;
use super::course::{Pace, Plan, Screen};
use super::pictures;

/// What finds codes, faces and humans.
pub(super) const ALL: &[&str] = &["--detect", "qr,faces,humans"];

/// Streams the video's pictures twice in real time, headless and in a window.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::of_codes(programs, "640x480")?;
    let mut rows = Vec::new();
    for (name, screen, limit_ms) in
        [("headless, all detectors", Screen::None, 8.0), ("window, all detectors", Screen::window()?, 10.0)]
    {
        let plan = Plan { name, robots: 1, pictures: &pictures, passes: 2, pace: Pace::Fps(30), screen, viewer: ALL };
        let course = plan.play(programs)?;
        rows.push(course.shown_row(name));
        rows.push(course.latency_row(name, limit_ms)?);
    }
    Ok(rows)
}
