//! One robot with all detectors at three sizes: is the picture as live as without, and how many frames are answered?

use anyhow::Result;
use xtask::cargo::Programs;

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use crate::rows::Row;

/// What finds codes, tags, faces and humans.
pub(super) const ALL: &[&str] = &["--detect", "qr,tags,faces,humans"];

/// The kinds of [`ALL`] as the report has them, and how many answers a second about each are wanted at 640x480 and at
/// 1920x1080.
const ANSWERS: &[(&str, f64, f64)] =
    &[("qr", 30.0, 25.0), ("tag", 30.0, 25.0), ("face", 20.0, 6.0), ("human", 12.0, 8.0)];

/// Streams the pictures of all videos in real time, at each size headless, and at the usual one in a window as well.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let mut rows = usual(programs)?;
    rows.extend(large(programs)?);
    rows.extend(small(programs)?);
    Ok(rows)
}

fn usual(programs: &Programs) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, screen, limit_ms) in
        [("headless, all detectors", Screen::None, 8.0), ("window, all detectors", Screen::window()?, 10.0)]
    {
        let course = play(programs, name, "640x480", screen)?;
        rows.push(course.shown_row(name));
        rows.push(course.latency_row(name, limit_ms)?);
        rows.extend(ANSWERS.iter().map(|&(kind, goal, _)| course.answers_row(name, kind, FPS, goal)));
        rows.push(Row::noted(format!("{name}: processor"), format!("{:.2} cores", course.cores)));
    }
    Ok(rows)
}

fn large(programs: &Programs) -> Result<Vec<Row>> {
    let name = "1920x1080, all detectors";
    let course = play(programs, name, "1920x1080", Screen::None)?;
    let mut rows = vec![course.shown_row(name), course.latency_row(name, 16.0)?];
    rows.extend(ANSWERS.iter().map(|&(kind, _, goal)| course.answers_row(name, kind, FPS, goal)));
    rows.push(course.memory_row(name, 260.0)?);
    Ok(rows)
}

fn small(programs: &Programs) -> Result<Vec<Row>> {
    let name = "320x240, all detectors";
    let course = play(programs, name, "320x240", Screen::None)?;
    let mut rows = vec![course.shown_row(name)];
    rows.extend(ANSWERS.iter().map(|&(kind, _, _)| course.answered_row(name, kind)));
    rows.push(course.cores_row(name, 1.0));
    Ok(rows)
}

fn play(programs: &Programs, name: &str, size: &str, screen: Screen) -> Result<Course> {
    let pictures = pictures::mixed(programs, size)?;
    Plan { name, robots: 1, pictures: &pictures, passes: 2, pace: Pace::Fps(FPS), screen, viewer: ALL }.play(programs)
}

const FPS: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_is_searched_for_has_goals() {
        let kinds = xtask::score::Kind::ALL.map(xtask::score::Kind::name);
        assert_eq!(ANSWERS.iter().map(|&(kind, _, _)| kind).collect::<Vec<_>>(), kinds);
        assert_eq!(ALL[1].split(',').count(), ANSWERS.len());
    }
}
