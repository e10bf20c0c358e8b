//! What was detected, as text that is the same on every machine: no time, port, path or fraction of a pixel.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use xtask::report::{Detection, Frame};
use xtask::score::{Tally, per_second};

use crate::programs::Stream;

/// Compares `text` with the snapshot of this name.
pub(crate) fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// How the stream went, then every picture with its codes: for short streams of stills.
pub(crate) fn each_frame(stream: &Stream) -> String {
    let mut text = course(stream);
    for frame in &stream.frames {
        let (width, height) = frame.size;
        let _ = writeln!(text, "{}: {width}x{height}", frame.seq);
        text += &codes(&frame.detections);
    }
    text
}

/// How the stream went, then for each payload the seconds of video, at 30 frames a second, in which it was read often.
///
/// Where a code comes into reach or leaves it, a few frames more or less are read with another version of the video
/// decoder: the summary hides that.
pub(crate) fn over_time(stream: &Stream) -> String {
    let mut text = course(stream);
    let seconds = stream.frames.len().div_ceil(SECOND);
    let mut read: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, frame) in stream.frames.iter().enumerate() {
        for found in &frame.detections {
            read.entry(&found.payload).or_insert_with(|| vec![0; seconds])[at / SECOND] += 1;
        }
    }
    for (payload, counts) in read {
        let marks: String = counts.iter().map(|&count| if count >= OFTEN { '#' } else { '.' }).collect();
        let _ = writeln!(text, "{marks}  {payload:?}");
    }
    text
}

/// For each second of video whether most of what can be found in it was found, and the boxes of one frame.
///
/// No side of a box in that frame should lie close to half-way between two lines of the grid: the summary hides a pixel
/// more or less with another version of OpenCV.
pub(crate) fn watched(rate: usize, tallies: &[Tally], frame: &Frame) -> String {
    let mark = |second: Tally| if second.found * 3 >= (second.found + second.missed) * 2 { '#' } else { '.' };
    let marks: String = per_second(rate, tallies).into_iter().map(mark).collect();
    format!("{marks}\n{}:\n{}", frame.seq, boxes(&frame.detections))
}

/// Boxes from left to right.
fn boxes(found: &[Detection]) -> String {
    let mut sorted: Vec<&Detection> = found.iter().collect();
    sorted.sort_by(|a, b| a.area[0].total_cmp(&b.area[0]));
    sorted.iter().fold(String::new(), |mut text, found| {
        let [x, y, width, height] = found.area.map(|value| (value / BOX_GRID).round() * BOX_GRID + 0.0);
        let _ = writeln!(text, "  {} {x},{y} {width}x{height}", found.kind);
        text
    })
}

/// Codes in the order of their payloads, each with its corners.
pub(crate) fn codes(found: &[Detection]) -> String {
    let mut lines: Vec<String> =
        found.iter().map(|found| format!("  {} {:?}{}\n", found.kind, found.payload, corners(found))).collect();
    lines.sort();
    lines.concat()
}

fn course(stream: &Stream) -> String {
    let ended = &stream.ended;
    format!(
        "{}: received {}, shown {}, dropped {}, corrupt {} {:?}\n",
        ended.reason, ended.received, ended.shown, ended.dropped, ended.corrupt, stream.corrupt
    )
}

fn corners(found: &Detection) -> String {
    found.corners.iter().fold(String::new(), |mut text, [x, y]| {
        let _ = write!(text, " {},{}", grid(*x), grid(*y));
        text
    })
}

fn grid(value: f64) -> f64 {
    // Adding zero turns a negative zero into the other one.
    (value / GRID).round() * GRID + 0.0
}

/// Pixels; the readers agree on corners to within a few.
const GRID: f64 = 16.0;
/// Pixels; boxes are less exact than corners.
const BOX_GRID: f64 = 32.0;
const SECOND: usize = 30;
/// Frames of a second: of a code that only comes into reach, fewer are read.
const OFTEN: usize = 6;
