//! What robots usually do: stream to the end, hang up, or stay away.

use fixtures::{Fixture, Kind, Payload};
use xtask::process::Output;
use xtask::report::Frame;

use crate::programs::{PATIENCE, Viewer, fixture, robot, streamed};
use crate::summary;
use crate::truth;

#[test]
fn the_video_is_read_to_its_end() {
    let stream = streamed(&[], ["--video", &fixture("qr.mp4"), "--fps", "0"]);
    let Kind::Video { frames } = fixtures::get("qr.mp4").unwrap().kind else { panic!("qr.mp4 is a video") };
    let sequence: Vec<u64> = stream.frames.iter().map(|frame| frame.seq).collect();
    assert_eq!(sequence, (0..u64::from(frames)).collect::<Vec<_>>());
    assert_eq!((stream.ended.received, stream.ended.shown), (u64::from(frames), u64::from(frames)));
    truth::compare(&stream.frames);
    summary::check("video", &summary::over_time(&stream));
}

#[test]
fn stills_are_read_as_the_catalogue_lists_them() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    let files = stills.iter().map(|still| fixture(still.name));
    let stream = streamed(&[], ["--images".to_owned()].into_iter().chain(files));
    assert_eq!(stream.frames.len(), stills.len());
    for (frame, still) in stream.frames.iter().zip(&stills) {
        assert_eq!(frame.bytes, still.path().metadata().unwrap().len(), "{} did not arrive as it is", still.name);
        assert_eq!(read(frame), expected(still.codes), "in {}", still.name);
        assert_eq!(frame.counts.get("qr"), Some(&(still.codes.len() as u64)), "in {}", still.name);
    }
    summary::check("stills", &summary::each_frame(&stream));
}

#[test]
fn a_robot_that_just_closes_is_no_error() {
    let stream = streamed(&[], ["--images", &fixture("jpeg/small.jpg"), "--loop", "3", "--no-end"]);
    summary::check("no-terminator", &summary::each_frame(&stream));
}

#[test]
fn an_early_end_is_an_end() {
    let stream = streamed(&[], ["--images", &fixture("jpeg/small.jpg"), "--loop", "9", "--fault", "end@2"]);
    summary::check("early-end", &summary::each_frame(&stream));
}

#[test]
fn without_a_robot_nothing_is_reported() {
    let mut viewer = Viewer::start(&["--filler", &fixture("filler.gif")]);
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!(viewer.running.lines(Output::Stdout).len(), 1, "more than the line saying where it listens");
}

#[test]
fn quitting_while_live_writes_the_last_line_and_closes_the_connection() {
    let mut viewer = Viewer::start(&[]);
    let mut robot = robot(&viewer.addr, ["--video", &fixture("qr.mp4"), "--loop", "--connect-timeout", "1"]);
    let number = viewer.connected();
    for seq in 0..5 {
        assert_eq!(viewer.frame().seq, seq);
    }
    viewer.interrupt();
    let stream = viewer.rest_of(number);

    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!(stream.ended.reason, "quit");
    assert_eq!(stream.ended.received, stream.ended.shown + stream.ended.dropped + stream.ended.corrupt);
    // It reaches no viewer when it dials again: done, but cut short by the other side.
    assert_eq!(robot.exit(PATIENCE).unwrap().code(), Some(3));
}

/// The payloads in a picture, sorted, as [`expected`] has them.
pub(crate) fn read(frame: &Frame) -> Vec<String> {
    let mut payloads: Vec<String> = frame.detections.iter().map(|found| found.payload.clone()).collect();
    payloads.sort();
    payloads
}

/// The catalogue's payloads the way the report writes them.
pub(crate) fn expected(codes: &[Payload]) -> Vec<String> {
    let written = |code: &Payload| code.text().map_or_else(|| base64(code.as_bytes()), str::to_owned);
    let mut payloads: Vec<String> = codes.iter().map(written).collect();
    payloads.sort();
    payloads
}

/// Base64 of RFC 4648, written here: an independent encoder shows a mistake in the viewer's.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = "base64:".to_owned();
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= group.len() { char::from(DIGITS[index as usize]) } else { '=' });
        }
    }
    text
}
