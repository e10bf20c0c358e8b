//! `robot/stream.py`, the robot's own program, with a stub of picamera2 in place of the camera.

#![expect(clippy::disallowed_methods, reason = "how soon pictures come again is measured")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use xtask::cargo;
use xtask::process::{Line, Output, Running};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture};
use crate::python::{pc, python};
use crate::restarts::free_address;

#[test]
fn pictures_come_again_after_each_of_ten_restarts_of_the_viewer() {
    let addr = free_address(80);
    let mut robot = robot(&addr, camera(), ["--fps", "30"]);
    waiting(&mut robot);
    for restart in 0..10 {
        let mut viewer = Viewer::start_at(&addr, &[]);
        let listening = Instant::now();
        viewer.connected();
        viewer.frame();
        let took = listening.elapsed();
        // At most one second passes between two attempts; the rest is for a busy machine.
        assert!(took < Duration::from_secs(10), "the first picture after restart {restart} took {took:?}");
        viewer.running.kill();
    }
    let mut viewer = Viewer::start_at(&addr, &["--once"]);
    let number = viewer.connected();
    viewer.frame();
    robot.signal("TERM").expect("it runs");
    assert_eq!(viewer.rest_of(number).ended.reason, "end-of-stream");
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
}

#[test]
fn a_viewer_that_refuses_is_dialled_again_and_reported_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut robot = robot(&listener.local_addr().unwrap().to_string(), camera(), NOTHING);
    for _ in 0..6 {
        drop(listener.accept().unwrap());
    }
    robot.signal("TERM").expect("it runs");
    assert_eq!(exit_code(&mut robot), Some(0));
    let lines = robot.lines(Output::Stderr);
    let with = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert_eq!((with("sending pictures"), with("lost the viewer after a moment")), (1, 1), "{lines:#?}");
}

#[test]
fn on_a_link_for_a_quarter_of_the_stream_pictures_are_left_out_and_none_gets_old() {
    let mut viewer = Viewer::once();
    let rate = (MEAN_BYTES * 30 / 4).to_string();
    let (mut link, addr) = link(&["--to", &viewer.addr, "--rate", &rate]);
    let mut robot = robot(&addr, camera(), ["--fps", "30", "--stamp"]);
    let passed: Vec<Value> = (0..40).map(|_| next(&mut link)).collect();
    let says_so = |line: &str| line.contains("the link is slow, so pictures are left out").then_some(());
    robot.wait_for(Output::Stderr, PATIENCE, "a line about the slow link", says_so).unwrap();
    robot.signal("TERM").expect("it runs");
    let stream = viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), stream.corrupt.len()), ("end-of-stream", 0));

    let number = |frame: &Value| frame["seq"].as_u64().expect("it is stamped");
    let captured = number(&passed[39]) - number(&passed[0]);
    assert!(captured > 80, "the link takes a quarter, but of {captured} pictures it has taken 39");
    let mut ages: Vec<f64> = passed.iter().map(|frame| frame["age_ms"].as_f64().expect("it is stamped")).collect();
    ages.sort_by(f64::total_cmp);
    // The oldest quarter is what a busy machine adds. A queue would show in every picture.
    assert!(ages[30] < 300.0, "{ages:.0?}");
}

#[test]
fn a_web_server_is_called_what_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut robot = robot(&listener.local_addr().unwrap().to_string(), camera(), NOTHING);
    let (mut connection, _) = listener.accept().unwrap();
    connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    let names_it = |line: &str| line.contains("a web server and no viewer; check the port").then_some(());
    robot.wait_for(Output::Stderr, PATIENCE, "what answers", names_it).unwrap();
}

#[test]
fn a_stamp_says_when_the_picture_was_captured() {
    for pi in ["4", "5"] {
        let (mut link, addr) = link(&[]);
        let _robot = robot(&addr, [("STUB_PI", pi.into())], ["--stamp"]);
        for _ in 0..20 {
            let frame = next(&mut link);
            let age = frame["age_ms"].as_f64().expect("it is stamped");
            // The stub's camera hands a picture to the encoder 20 ms after its capture.
            assert!((20.0..1000.0).contains(&age), "{frame} on a Pi {pi}");
        }
    }
}

#[test]
fn a_viewer_that_takes_nothing_is_waited_for_as_long_as_its_machine_answers() {
    let (mut link, addr) = link(&["--block-after", "2"]);
    let mut robot = robot(&addr, camera(), ["--fps", "30"]);
    next(&mut link);
    next(&mut link);
    let gave_up = |line: &str| line.contains("dialling again").then_some(());
    let longer = Duration::from_secs(8);
    assert!(robot.wait_for(Output::Stderr, longer, "that it gives up", gave_up).is_err());
    assert!(robot.is_running());
}

#[test]
fn a_camera_is_not_blamed_for_the_time_in_which_the_program_was_stopped() {
    let mut viewer = Viewer::start(&[]);
    let mut robot = robot(&viewer.addr, camera(), ["--fps", "30"]);
    let number = viewer.connected();
    viewer.frame();
    robot.signal("STOP").expect("it runs");
    std::thread::sleep(Duration::from_secs(6));
    robot.signal("CONT").expect("it is there");
    // Pictures come again.
    (0..60).for_each(|_| _ = viewer.frame());
    robot.signal("TERM").expect("it runs");
    assert_eq!(viewer.rest_of(number).ended.reason, "end-of-stream");
    assert_eq!(exit_code(&mut robot), Some(0));
}

#[test]
fn sigterm_ends_it_in_every_state() {
    // A picture that no send buffer holds: half of it is sent when the link blocks.
    let big = folder().join("big");
    fs::create_dir_all(&big).unwrap();
    fs::write(big.join("big.jpg"), [&[0xff, 0xd8][..], &[0; 1 << 20]].concat()).unwrap();
    let (_link, blocked) = link(&["--block-after", "0"]);
    let mut robot_on_blocked_link = robot(&blocked, NO_CAMERA, [OsStr::new("--images"), big.as_ref()]);
    let sends = |line: &str| line.contains("sending pictures").then_some(());
    robot_on_blocked_link.wait_for(Output::Stderr, PATIENCE, "a line saying that it sends", sends).unwrap();
    let mut robot_that_dials = robot(&free_address(81), camera(), NOTHING);
    waiting(&mut robot_that_dials);
    for robot in [&mut robot_on_blocked_link, &mut robot_that_dials] {
        let asked = Instant::now();
        robot.signal("TERM").expect("it runs");
        assert_eq!(exit_code(robot), Some(0));
        // One second for the rest of a picture; a link on which nothing moves is given up after five.
        assert!(asked.elapsed() < Duration::from_secs(3), "it took {:?}", asked.elapsed());
    }
}

#[test]
fn ctrl_c_says_goodbye_unless_told_not_to() {
    for (more, reason) in [(None, "end-of-stream"), (Some("--no-end"), "hang-up")] {
        let mut viewer = Viewer::once();
        let mut robot = robot(&viewer.addr, camera(), more);
        let number = viewer.connected();
        viewer.frame();
        robot.interrupt().unwrap();
        assert_eq!(viewer.rest_of(number).ended.reason, reason);
        assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    }
}

#[test]
fn a_camera_that_fails_ends_it_with_the_reason() {
    let faults = [
        ("none-found", "no camera found"),
        ("busy", "does another program use it?"),
        ("lost@20", "has given no picture for 5 s"),
        ("hangs", "has given no picture for 5 s"),
    ];
    let mut viewer = Viewer::once();
    let nobody = free_address(82);
    let mut robots = faults.map(|(fault, _)| {
        let addr = if fault == "lost@20" { &viewer.addr } else { &nobody };
        robot(addr, [("STUB_FAULT", fault.into())], NOTHING)
    });
    let stream = viewer.stream();
    assert_eq!((stream.ended.reason.as_str(), stream.corrupt.len()), ("hang-up", 0));
    assert!(!stream.frames.is_empty(), "there were twenty pictures");
    for (robot, (fault, message)) in robots.iter_mut().zip(faults) {
        assert_eq!(exit_code(robot), Some(1), "{fault}");
        let lines = robot.lines(Output::Stderr);
        assert!(lines.iter().any(|line| line.contains(message)), "{fault}: {lines:#?}");
    }
}

#[test]
fn without_picamera2_it_names_the_package() {
    let mut command = Command::new(interpreter());
    // -S leaves out what is installed, in case these tests run on a Raspberry Pi.
    command.args(["-S"]).arg(root().join("stream.py")).args(["--to", "192.0.2.1"]);
    let mut robot = Running::start(&mut command).unwrap();
    assert_eq!(exit_code(&mut robot), Some(1));
    let lines = robot.lines(Output::Stderr).join("\n");
    assert!(
        lines.contains("sudo apt install python3-picamera2") && lines.contains("--system-site-packages"),
        "{lines}"
    );
}

#[test]
fn a_quarter_turn_is_asked_for_by_exif_behind_the_stamp() {
    for (rotate, orientation) in [("90", 6), ("270", 8)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _robot = robot(&listener.local_addr().unwrap().to_string(), camera(), ["--stamp", "--rotate", rotate]);
        let mut start = [0; 200];
        listener.accept().unwrap().0.read_exact(&mut start).unwrap();
        let comment = &start[4..];
        assert!(comment.starts_with(b"\xff\xd8\xff\xfe\0"), "no comment behind the first marker: {start:x?}");
        let exif = &comment[4 + usize::from(comment[5])..];
        let tag = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation][..], &[0; 7]].concat();
        let wanted = [b"\xff\xe1\0\x22Exif\0\0", &tag[..], b"\xff\xe0"].concat();
        assert!(exif.starts_with(&wanted), "with --rotate {rotate}: {exif:x?}");
    }
}

#[test]
fn bad_arguments_are_named() {
    let cases: [(&[&str], &str); 8] = [
        (&["--to", "192.0.2.1:0"], "is not an address"),
        (&["--to", "192.0.2.1:viewer"], "is not an address"),
        (&["--size", "640"], "for example 640x480"),
        (&["--fps", "0"], "is not a number from 0.1 to 240"),
        (&["--rotate", "45"], "invalid choice"),
        (&["--test-pattern", "--images", "."], "not allowed with"),
        (&["--test-pattern", "--vflip"], "not that of --test-pattern"),
        (&["--test-pattern", "--size", "160x120"], "needs a --size of 240x208 or more"),
    ];
    let mut robots = cases.map(|(arguments, _)| robot("192.0.2.1", camera(), arguments));
    for (robot, (arguments, message)) in robots.iter_mut().zip(cases) {
        assert_eq!(exit_code(robot), Some(2), "{arguments:?}");
        let lines = robot.lines(Output::Stderr).join("\n");
        assert!(lines.contains(message), "{arguments:?}: {lines}");
    }
}

#[test]
fn an_address_needs_no_port_and_may_be_a_name_or_ipv6() {
    let cases = [
        ("127.0.0.84", "127.0.0.84:8000"),
        ("localhost:9", "localhost:9"),
        ("::1", "[::1]:8000"),
        ("[::1]", "[::1]:8000"),
        ("[::1]:9", "[::1]:9"),
        ("no..name", "no..name:8000"),
    ];
    let mut robots = cases.map(|(given, _)| robot(given, NO_CAMERA, ["--test-pattern"]));
    for (robot, (given, dialled)) in robots.iter_mut().zip(cases) {
        let dials = |line: &str| line.contains(&format!("viewer at {dialled} (")).then_some(());
        let result = robot.wait_for(Output::Stderr, PATIENCE, dialled, dials);
        result.unwrap_or_else(|error| panic!("--to {given}: {error}"));
    }
}

#[test]
fn the_camera_is_told_what_the_options_say() {
    let cases: [(&str, &[&str], &str); 5] = [
        (
            "4",
            &[],
            r#"{"size":[640,480],"hflip":false,"vflip":false,"us":33333,"encoder":"MJPEGEncoder","quality":"HIGH"}"#,
        ),
        (
            "4",
            &["--size", "320x240", "--fps", "10", "--quality", "40", "--rotate", "180"],
            r#"{"size":[320,240],"hflip":true,"vflip":true,"us":100000,"encoder":"MJPEGEncoder","quality":"LOW"}"#,
        ),
        (
            "5",
            &["--quality", "30", "--rotate", "180", "--hflip"],
            r#"{"size":[640,480],"hflip":false,"vflip":true,"us":33333,"encoder":"JpegEncoder","quality":30}"#,
        ),
        (
            "5",
            &["--vflip"],
            r#"{"size":[640,480],"hflip":false,"vflip":true,"us":33333,"encoder":"JpegEncoder","quality":65}"#,
        ),
        (
            "5",
            &["--rotate", "90", "--hflip"],
            r#"{"size":[640,480],"hflip":false,"vflip":true,"us":33333,"encoder":"JpegEncoder","quality":65}"#,
        ),
    ];
    let addr = free_address(83);
    for (number, (pi, arguments, expected)) in cases.into_iter().enumerate() {
        let log = folder().join(format!("camera-{number}.json"));
        let mut robot = robot(&addr, [("STUB_PI", pi.into()), ("STUB_LOG", log.clone().into())], arguments);
        waiting(&mut robot);
        robot.signal("TERM").expect("it runs");
        assert_eq!(exit_code(&mut robot), Some(0));
        let told = fs::read_to_string(log).unwrap();
        assert_eq!(json(&told), json(expected), "with {arguments:?} on a Pi {pi}");
    }
}

#[test]
fn a_folder_of_jpegs_is_sent_byte_for_byte_again_and_again() {
    let (mut pc, addr) = pc();
    let images = camera_images();
    let mut robot = robot(&addr, NO_CAMERA, [OsStr::new("--images"), images.as_ref()]);
    let sums: Vec<Value> = (0..4).map(|_| next(&mut pc)["sha256"].clone()).collect();
    robot.signal("TERM").expect("it runs");
    assert_eq!(exit_code(&mut robot), Some(0));
    for (sum, name) in sums.iter().zip(IMAGES.iter().cycle().skip_while(|name| sum_of(name) != sums[0])) {
        assert_eq!(*sum, sum_of(name));
    }
}

#[test]
fn the_test_pattern_moves_and_costs_little() {
    let mut viewer = Viewer::start(&[]);
    let mut watched = robot(&viewer.addr, NO_CAMERA, ["--test-pattern", "--stamp"]);
    let number = viewer.connected();
    for _ in 0..90 {
        let frame = viewer.frame();
        assert_eq!(frame.size, (640, 480));
    }
    let spent = processor_time(&watched);
    assert!(spent < Duration::from_millis(900), "three seconds cost {spent:?}, more than a third of a core");
    watched.signal("TERM").expect("it runs");
    let stream = viewer.rest_of(number);
    assert_eq!((exit_code(&mut watched), stream.corrupt.len()), (Some(0), 0));

    let (mut pc, addr) = pc();
    let _sending = robot(&addr, NO_CAMERA, ["--test-pattern"]);
    let mut sums: Vec<String> = (0..20).map(|_| next(&mut pc)["sha256"].to_string()).collect();
    sums.sort();
    sums.dedup();
    assert_eq!(sums.len(), 20, "no two pictures are alike");
}

/// Starts `stream.py` towards `addr`, with the stub in place of picamera2.
fn robot<S: AsRef<OsStr>>(
    addr: &str,
    environment: impl IntoIterator<Item = (&'static str, OsString)>,
    arguments: impl IntoIterator<Item = S>,
) -> Running {
    let mut command = Command::new(interpreter());
    command.arg(root().join("stream.py")).args(["--to", addr]).args(arguments);
    command.env("PYTHONPATH", root().join("tests/stub")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("STUB_IMAGES", camera_images()).envs(environment);
    Running::start(&mut command).expect("python3 starts; `cargo xtask setup` installs it")
}

/// A camera that works.
fn camera() -> [(&'static str, OsString); 1] {
    [("STUB_PI", "4".into())]
}

/// Starts a slow link, and gives its address as well.
fn link(arguments: &[&str]) -> (Running, String) {
    let mut link = Running::start(python("slow_link.py").args(arguments)).expect("python3 starts");
    let port = next(&mut link)["port"].as_u64().expect("the first line tells the port");
    (link, format!("127.0.0.1:{port}"))
}

/// The next line of what prints JSON.
fn next(peer: &mut Running) -> Value {
    match peer.next_line(Output::Stdout, PATIENCE) {
        Line::Text(line) => json(&line),
        end => panic!("nothing came: {end:?}"),
    }
}

/// Waits until the robot says that there is no viewer yet.
fn waiting(robot: &mut Running) {
    let waits = |line: &str| line.contains("waiting for the viewer").then_some(());
    robot.wait_for(Output::Stderr, PATIENCE, "a line saying that it waits", waits).expect("it says so once");
}

/// How long the processor has worked for a program so far.
fn processor_time(program: &Running) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.id())).expect("it runs, on Linux");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // Fields 14 and 15 of proc(5), in hundredths of a second.
    let ticks = |at: usize| fields[at - 3].parse::<u64>().expect("it is a number");
    Duration::from_millis(10 * (ticks(14) + ticks(15)))
}

/// A folder with the pictures that the stub's camera takes, all of about the same size.
fn camera_images() -> PathBuf {
    let images = folder().join("camera");
    fs::create_dir_all(&images).expect("the build folder is writable");
    for name in IMAGES {
        let link = images.join(Path::new(name).file_name().expect("it is a file"));
        // Several tests may be here at once: a file is there with all its bytes, or it is not.
        let _ = std::os::unix::fs::symlink(fixture(name), link);
    }
    images
}

fn sum_of(name: &str) -> Value {
    fixtures::get(name).expect("it is in the catalogue").sha256().into()
}

fn folder() -> PathBuf {
    let folder = cargo::output_folder("e2e").join("pi");
    fs::create_dir_all(&folder).expect("the build folder is writable");
    folder
}

fn root() -> PathBuf {
    cargo::root().join("robot")
}

fn interpreter() -> OsString {
    std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

const IMAGES: [&str; 3] = ["jpeg/angle.jpg", "jpeg/greeting.jpg", "jpeg/inverted.jpg"];
/// Of these.
const MEAN_BYTES: u32 = 32_000;
const NOTHING: [&str; 0] = [];
const NO_CAMERA: [(&str, OsString); 0] = [];
