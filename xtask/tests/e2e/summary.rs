//! What was detected, as text that holds on any machine: no time, port, path or fraction of a pixel.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use xtask::report::Detection;

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
/// decoder: those are not to be seen here.
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

/// Codes in the order of their payloads, each with its corners.
fn codes(found: &[Detection]) -> String {
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
const SECOND: usize = 30;
/// Frames of a second: of a code that only comes into reach, fewer are read.
const OFTEN: usize = 6;
