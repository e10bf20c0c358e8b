//! Senders that nobody here has written, on the robots' port: FFmpeg, GStreamer, a browser, and a camera set up wrongly.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::process::Command;

use fixtures::Fixture;
use xtask::cargo;
use xtask::process::{Output, Running};

use crate::programs::{PATIENCE, Stream, Viewer, exit_code, fixture, robot};
use crate::stream::{expected, read};

#[test]
fn ffmpegs_bare_jpegs_are_read() {
    check_video(&ffmpeg("mjpeg"));
}

#[test]
fn ffmpegs_multipart_stream_is_read() {
    check_video(&ffmpeg("mpjpeg"));
}

#[test]
fn gstreamers_bare_jpegs_are_read() {
    check_still(&gstreamer("jpegenc quality=90"));
}

#[test]
fn gstreamers_multipart_stream_is_read() {
    check_still(&gstreamer("jpegenc quality=90 ! multipartmux"));
}

#[test]
fn damage_in_the_middle_of_a_bare_stream_is_counted_and_the_stream_goes_on() {
    let still = fixtures::get("jpeg/small.jpg").unwrap();
    let jpeg = fs::read(still.path()).unwrap();
    let mut viewer = Viewer::once();
    let mut camera = viewer.dial();
    camera.write_all(&[&jpeg.repeat(2), &jpeg[..jpeg.len() / 2], &jpeg.repeat(2)].concat()).unwrap();
    camera.shutdown(Shutdown::Write).unwrap();
    let stream = viewer.stream();

    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!((stream.ended.reason.as_str(), stream.ended.received, stream.ended.corrupt), ("hang-up", 5, 1));
    assert_eq!((stream.frames.len(), &stream.corrupt[..]), (4, &[2][..]));
    assert!(stream.frames.iter().all(|frame| read(frame) == expected(still.codes)));
    let reason = format!("byte {}: {} bytes lost: the picture was cut off", 2 * jpeg.len(), jpeg.len() / 2);
    let report = viewer.running.lines(Output::Stdout).join("\n");
    assert!(report.contains(&reason), "{reason} is not in {report}");
}

#[test]
fn h264_is_named_with_what_to_do() {
    let video = fs::read(cargo::root().join("protocol/tests/golden/senders/ffmpeg-h264.bin")).unwrap();
    let mut viewer = Viewer::start(&[]);
    let mut camera = viewer.dial();
    // The viewer may close before it has read everything.
    let _ = camera.write_all(&video);
    let ended = viewer.stream().ended;
    viewer.interrupt();

    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!((ended.reason.as_str(), ended.received), ("unsupported", 0));
    assert!(viewer.stderr().contains("H.264"), "{}", viewer.stderr());
    assert!(viewer.stderr().contains("add `--codec mjpeg`"), "{}", viewer.stderr());
}

#[test]
fn a_browser_is_told_what_this_port_is_and_ends_no_viewer() {
    let mut viewer = Viewer::once();
    let mut browser = viewer.dial();
    browser.set_read_timeout(Some(PATIENCE)).unwrap();
    browser.write_all(b"GET / HTTP/1.1\r\nHost: viewer\r\nUser-Agent: a browser\r\n\r\n").unwrap();
    let mut answer = String::new();
    browser.read_to_string(&mut answer).unwrap();
    drop(browser);
    let ended = viewer.stream().ended;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("takes pictures from robots"), "{answer}");
    assert_eq!((ended.reason.as_str(), ended.received), ("unsupported", 0));

    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg")]);
    assert_eq!(viewer.stream().ended.reason, "end-of-stream");
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
}

/// The video as FFmpeg sends it in `format`; `HOST` and `PORT` stand for the viewer's.
fn ffmpeg(format: &str) -> Vec<String> {
    let input = ["ffmpeg", "-v", "error", "-nostdin", "-i", &fixture("qr.mp4"), "-frames:v", &FRAMES.to_string()]
        .map(str::to_owned);
    let output = ["-c:v", "mjpeg", "-q:v", "3", "-f", format, "tcp://HOST:PORT"].map(str::to_owned);
    input.into_iter().chain(output).collect()
}

/// A still, a few times, as GStreamer sends it through `encoder`.
fn gstreamer(encoder: &str) -> Vec<String> {
    let input = format!("location={} num-buffers={FRAMES} caps=image/jpeg,framerate=30/1", still().path().display());
    let output = ["tcpclientsink", "host=HOST", "port=PORT"].map(str::to_owned);
    let words = ["gst-launch-1.0", "-q", "multifilesrc"].into_iter().chain(input.split(' '));
    let words = words.chain(["!", "jpegdec", "!"]).chain(encoder.split(' ')).chain(["!"]);
    words.map(str::to_owned).chain(output).collect()
}

fn check_video(sender: &[String]) {
    let stream = streamed(sender);
    let fixture = fixtures::get("qr.mp4").expect("in the catalogue");
    let all = expected(fixture.codes);
    let payloads: Vec<String> = stream.frames.iter().flat_map(read).collect();
    assert!(!payloads.is_empty() && payloads.iter().all(|payload| all.contains(payload)), "{payloads:?} of {all:?}");
}

fn check_still(sender: &[String]) {
    for frame in &streamed(sender).frames {
        assert_eq!(read(frame), expected(still().codes));
    }
}

/// What a viewer reports of `sender`, of which every picture has to arrive.
fn streamed(sender: &[String]) -> Stream {
    let mut viewer = Viewer::once();
    let (host, port) = viewer.addr.split_once(':').expect("it listens on a port");
    let (program, arguments) = sender.split_first().expect("a sender is a program");
    let arguments = arguments.iter().map(|argument| argument.replace("HOST", host).replace("PORT", port));
    let started = Running::start(Command::new(program).args(arguments));
    let mut sender = started.expect("the sender starts; `cargo xtask setup` installs it");
    let stream = viewer.stream();

    assert_eq!((viewer.exit_code(), exit_code(&mut sender)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), &stream.corrupt[..]), ("hang-up", &[][..]));
    assert_eq!((stream.frames.len(), stream.ended.received), (FRAMES, FRAMES as u64));
    stream
}

fn still() -> &'static Fixture {
    fixtures::get("jpeg/two-codes.jpg").expect("in the catalogue")
}

const FRAMES: usize = 40;
