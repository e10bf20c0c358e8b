//! The other implementation: a robot and a PC in Python, written from the recipe and not from this workspace.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use fixtures::Fixture;
use serde_json::Value;
use xtask::process::{Line, Output, Running};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot};
use crate::stream::{expected, read};

#[test]
fn the_recipes_robot_is_understood() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    for (no_end, reason) in [(None, "end-of-stream"), (Some("--no-end"), "hang-up")] {
        let mut viewer = Viewer::once();
        let mut command = python("robot.py");
        command.arg(&viewer.addr).args(stills.iter().map(|still| still.path())).args(no_end);
        let mut robot = Running::start(&mut command).unwrap();
        let stream = viewer.stream();

        assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
        assert_eq!((stream.ended.reason.as_str(), stream.frames.len()), (reason, stills.len()));
        for (frame, still) in stream.frames.iter().zip(&stills) {
            assert_eq!(read(frame), expected(still.codes), "in {}", still.name);
        }
    }
}

#[test]
fn the_original_pc_side_gets_jpeg_files_byte_for_byte() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    let (mut pc, addr) = pc();
    let mut images: Vec<String> = vec!["--images".to_owned()];
    images.extend(stills.iter().map(|still| fixture(still.name)));
    let mut robot = robot(&addr, images);
    let (frames, end) = received(&mut pc);

    assert_eq!((exit_code(&mut pc), exit_code(&mut robot)), (Some(0), Some(0)));
    let sums: Vec<&str> = frames.iter().map(|frame| frame["sha256"].as_str().unwrap()).collect();
    assert_eq!(sums, stills.iter().map(|still| still.sha256()).collect::<Vec<_>>());
    assert_eq!((&end["ended"], &end["after"]), (&Value::from("end-of-stream"), &Value::from(0)));
}

#[test]
fn the_original_pc_side_gets_a_video_as_whole_jpegs() {
    let (mut pc, addr) = pc();
    let mut robot = robot(&addr, ["--video", &fixture("qr.mp4"), "--fps", "0", "--no-end"]);
    let (frames, end) = received(&mut pc);

    assert_eq!((exit_code(&mut pc), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!(frames.len(), 300);
    assert!(frames.iter().all(|frame| frame["whole"] == true));
    assert_eq!(end["ended"], "hang-up");
}

/// Starts the receiver, and gives its address as well.
pub(crate) fn pc() -> (Running, String) {
    let mut pc = Running::start(&mut python("pc.py")).expect("python3 starts; `cargo xtask setup` installs it");
    let port = pc.wait_for(Output::Stdout, PATIENCE, "its port", |line| json(line)["port"].as_u64());
    (pc, format!("127.0.0.1:{}", port.expect("the receiver listens")))
}

/// A line for each frame, and the last line.
fn received(pc: &mut Running) -> (Vec<Value>, Value) {
    let mut frames = Vec::new();
    loop {
        match pc.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => frames.push(json(&line)),
            end => panic!("the receiver did not report how the stream ended: {end:?}"),
        }
        if frames.last().is_some_and(|last| last.get("ended").is_some()) {
            let end = frames.pop().expect("there is a last line");
            return (frames, end);
        }
    }
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("the receiver prints JSON")
}

/// Python, with one of the programs beside these tests.
pub(crate) fn python(script: &str) -> Command {
    let mut command = Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3")));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script));
    command
}
