//! What robots do when things break: the viewer reports each case by its name, and never shows a damaged picture.

use std::fs;
use std::io::{Read as _, Write};

use fixtures::{End, Fixture, Kind};
use xtask::cargo;
use xtask::process::Output;
use xtask::report::Event;

use crate::programs::{self, PATIENCE, Stream, Viewer, exit_code, fixture, robot, streamed};
use crate::stream::{expected, read};
use crate::summary;

#[test]
fn a_robot_switched_off_inside_a_frame_leaves_the_frames_before() {
    let mut viewer = Viewer::once();
    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "9", "--fault", "cut@2"]);
    let stream = viewer.stream();

    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(3), Some(0)));
    summary::check("cut", &summary::each_frame(&stream));
}

#[test]
fn damaged_jpegs_between_good_ones_are_counted_and_never_shown() {
    let damaged: Vec<&Fixture> = fixtures::all().iter().filter(|fixture| fixture.kind == Kind::Damaged).collect();
    let good = fs::read(fixture("jpeg/small.jpg")).unwrap();
    let mut viewer = Viewer::once();
    let mut socket = viewer.dial();
    send(&mut socket, &good);
    for file in &damaged {
        send(&mut socket, &fs::read(file.path()).unwrap());
        send(&mut socket, &good);
    }
    socket.write_all(&[0; 4]).unwrap();
    let stream = viewer.stream();

    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!(stream.corrupt, (0..damaged.len() as u64).map(|n| 2 * n + 1).collect::<Vec<_>>(), "{damaged:?}");
    summary::check("damaged", &summary::each_frame(&stream));
}

#[test]
fn a_good_frame_is_shown_though_a_damaged_one_comes_right_behind_it() {
    let mut viewer =
        Viewer::follow(programs::viewer().args(["--headless", "--listen", "127.0.0.1:0", "--report", "-"]));
    let good = fs::read(fixture("jpeg/small.jpg")).unwrap();
    let damaged = fs::read(fixture("jpeg/damaged/zeros.jpg")).unwrap();
    let mut both = Vec::new();
    send(&mut both, &good);
    send(&mut both, &damaged);
    let mut socket = viewer.dial();
    let robot = viewer.connected();
    for seq in (0..40).step_by(2) {
        // At once, so that both wait for a decoder.
        socket.write_all(&both).unwrap();
        assert_eq!(viewer.frame().seq, seq);
        match viewer.event() {
            Event::Corrupt { seq: corrupt, .. } => assert_eq!(corrupt, seq + 1),
            other => panic!("{other:?}"),
        }
    }
    socket.write_all(&[0; 4]).unwrap();
    assert_eq!(viewer.rest_of(robot).ended.dropped, 0);
}

#[test]
fn damage_on_the_way_is_noticed() {
    let faults = ["--fault", "garbage@1", "--fault", "truncate@3:50%", "--seed", "7"];
    let images = ["--images".to_owned(), fixture("jpeg/two-codes.jpg"), "--loop".to_owned(), "5".to_owned()];
    let stream = streamed(&[], images.iter().map(String::as_str).chain(faults));
    summary::check("garbage-and-truncate", &summary::each_frame(&stream));
}

#[test]
fn a_header_above_the_limit_ends_the_connection_and_is_quoted() {
    let mut viewer = Viewer::once();
    let fault = ["--loop", "9", "--fault", "oversize@2:4294967295", "--connect-timeout", "1"];
    let small = fixture("jpeg/small.jpg");
    let mut robot = robot(&viewer.addr, ["--images", &small].into_iter().chain(fault));
    let stream = viewer.stream();

    assert_eq!(viewer.exit_code(), Some(3));
    assert!(viewer.stderr().contains("4294967295"), "the announced length is not in {:?}", viewer.stderr());
    assert_eq!(exit_code(&mut robot), Some(3), "the viewer cut the robot short");
    summary::check("oversize", &summary::each_frame(&stream));
}

#[test]
fn a_frame_that_holds_more_than_its_picture_is_corrupt() {
    let small = fs::read(fixture("jpeg/small.jpg")).unwrap();
    let mut viewer = Viewer::once();
    let mut socket = viewer.dial();
    // As if the length of the first were that of both.
    send(&mut socket, &[small.clone(), small.clone()].concat());
    send(&mut socket, &small);
    socket.write_all(&[0; 4]).unwrap();
    let stream = viewer.stream();

    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!((stream.corrupt, stream.frames.len()), (vec![0], 1));
    let stderr = viewer.stderr();
    assert!(stderr.contains("bytes follow the JPEG's end-of-image marker"), "{stderr}");
}

#[test]
fn a_picture_of_more_pixels_than_are_allowed_is_corrupt() {
    let mut viewer = Viewer::start(&["--once", "--max-pixels", "1000"]);
    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "3"]);
    let stream = viewer.stream();

    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.corrupt, stream.frames.len()), (vec![0, 1, 2], 0));
    let stderr = viewer.stderr();
    assert!(
        stderr.contains("limit 1000 in all; send smaller pictures, or raise the limit with --max-pixels"),
        "{stderr}"
    );
}

#[test]
fn every_wire_stream_ends_as_the_catalogue_says() {
    for fixture in fixtures::all() {
        let Kind::Wire { frames, end } = fixture.kind else { continue };
        // A connection that brings no frame ends no viewer.
        let mut viewer = if frames > 0 { Viewer::once() } else { Viewer::start(&[]) };
        let mut socket = viewer.dial();
        // The viewer may close before it has read everything, as it should after a header above the limit.
        let _ = socket.write_all(&fs::read(fixture.path()).unwrap());
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let stream = viewer.stream();

        assert_eq!(stream.ended.reason, end.reason(), "{}", fixture.name);
        assert_eq!(stream.frames.len(), frames as usize, "{}", fixture.name);
        for frame in &stream.frames {
            assert_eq!(read(frame), expected(fixture.codes), "{}", fixture.name);
        }
        if frames == 0 {
            viewer.interrupt();
        }
        let code = if frames == 0 || matches!(end, End::EndOfStream | End::HangUp) { 0 } else { 3 };
        assert_eq!(viewer.exit_code(), Some(code), "{}", fixture.name);
    }
}

#[test]
fn writes_of_one_byte_make_no_difference() {
    let small = fixture("jpeg/small.jpg");
    let stream = streamed(&[], ["--images", &small, "--loop", "2", "--fault", "dribble:1"]);
    assert_eq!(stream.ended.reason, "end-of-stream");
    assert_eq!(stream.frames.len(), 2);
    for frame in &stream.frames {
        assert_eq!(read(frame), expected(fixtures::get("jpeg/small.jpg").unwrap().codes));
    }
}

#[test]
fn a_robot_that_falls_silent_is_disconnected() {
    let mut viewer = Viewer::start(&["--once", "--idle-timeout", "0.5"]);
    let small = fixture("jpeg/small.jpg");
    let mut robot = robot(&viewer.addr, ["--images", &small, "--loop", "9", "--fault", "half-open@2"]);
    let stream = viewer.stream();

    assert_eq!(viewer.exit_code(), Some(3));
    assert_eq!(exit_code(&mut robot), Some(0));
    summary::check("silence", &summary::each_frame(&stream));
}

#[test]
fn a_second_robot_is_refused_while_one_is_live() {
    let mut viewer = Viewer::start(&["--robots", "1"]);
    let small = fixture("jpeg/small.jpg");
    let live = robot(&viewer.addr, ["--images", &small, "--loop"]);
    let first = viewer.connected();
    viewer.frame();

    let mut second = viewer.dial();
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap(), 0, "the second robot's connection is closed");
    let refused = loop {
        match viewer.event() {
            Event::Frame(frame) => assert_eq!(frame.robot, first),
            Event::Ended(ended) => break ended,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((refused.reason.as_str(), refused.received), ("refused", 0));
    assert_eq!(refused.robot, 0, "a refused connection has the number of no robot");
    assert_eq!(viewer.frame().robot, first, "the first one goes on");
    live.interrupt().unwrap();
    assert_eq!(viewer.rest_of(first).ended.reason, "end-of-stream");
}

#[test]
fn a_robot_that_has_gone_silent_makes_room_for_another() {
    // Longer than any test: only the other robot can end the silence.
    let mut viewer = Viewer::start(&["--robots", "1", "--idle-timeout", "3600"]);
    let small = fixture("jpeg/small.jpg");
    let mut silent = robot(&viewer.addr, ["--images", &small, "--loop", "--fault", "half-open@2"]);
    let first = viewer.connected();
    for seq in 0..2 {
        assert_eq!(viewer.frame().seq, seq);
    }

    let mut second = robot(&viewer.addr, ["--images", &small, "--loop", "--connect-timeout", "20"]);
    // It waits until the silence counts.
    let Event::Ended(ended) = viewer.event() else { panic!("the silent robot keeps its place") };
    assert_eq!((ended.reason.as_str(), ended.received, ended.shown), ("timeout", 2, 2));
    assert_eq!(ended.robot, first);
    let number = viewer.connected();
    viewer.frame();
    second.interrupt().unwrap();
    assert_eq!(viewer.rest_of(number).ended.reason, "end-of-stream");
    assert_eq!((exit_code(&mut silent), exit_code(&mut second)), (Some(0), Some(0)));
}

#[test]
fn an_address_that_is_not_allowed_is_refused() {
    let mut viewer = Viewer::start(&["--allow", "127.0.0.2/32"]);
    let mut stranger = viewer.dial();
    stranger.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(stranger.read(&mut [0]).unwrap(), 0, "the stranger's connection is closed");
    let Event::Ended(ended) = viewer.event() else { panic!("the stranger is not refused") };
    assert_eq!((ended.reason.as_str(), ended.received), ("refused", 0));

    let mut viewer = Viewer::start(&["--once", "--allow", "127.0.0.2/32", "--allow", "127.0.0.1/32"]);
    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg")]);
    assert_eq!(viewer.stream().ended.reason, "end-of-stream");
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
}

#[test]
fn damage_in_the_middle_costs_the_damaged_frames_and_no_other() {
    let mut viewer = Viewer::once();
    let (video, scenario) = (fixture("qr.mp4"), scenario("corrupt-middle"));
    let input = ["--video", &video, "--size", "320x240", "--fps", "0", "--scenario", &scenario];
    let mut robot = robot(&viewer.addr, input);
    let stream = viewer.stream();

    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    let damaged: Vec<u64> = robot.lines(Output::Stderr).iter().flat_map(|line| named(line)).collect();
    let summary = robot.lines(Output::Stdout).concat();
    assert!(
        damaged.len() > 1 && summary.ends_with(&format!(" {} faults", damaged.len())),
        "{damaged:?} is not in {summary}"
    );
    assert_eq!(stream.corrupt, damaged);
    let whole: Vec<u64> = stream.frames.iter().map(|frame| frame.seq).collect();
    assert_eq!(whole, (0..300).filter(|seq| !damaged.contains(seq)).collect::<Vec<_>>());
}

#[test]
fn in_a_stream_without_lengths_every_truncated_frame_is_corrupt_however_fast_it_comes() {
    let mut viewer = Viewer::once();
    let images = ["--images", &fixture("jpeg/small.jpg"), "--loop", "160", "--fps", "0", "--format", "mjpeg"];
    let mut robot = robot(&viewer.addr, [&images[..], &["--fault", "truncate@10-149"]].concat());
    let Stream { ended, .. } = viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((ended.received, ended.shown, ended.dropped, ended.corrupt), (160, 20, 0, 140));
}

/// The frames in a line of robot-sim's output about a fault, such as `robot-sim: frame 30: flip@30-34:40`.
fn named(line: &str) -> Vec<u64> {
    let fault = line.strip_prefix("robot-sim: frame ").and_then(|line| line.split_once(": "));
    let Some((first, fault)) = fault else { return Vec::new() };
    let frames = fault.split(['@', ':']).nth(1).expect("a fault names its frames");
    let last = frames.split_once('-').map_or(frames, |(_, last)| last);
    let number = |text: &str| text.parse().expect("frames are numbers");
    (number(first)..=number(last)).collect()
}

/// The path of one of the scenarios that are shipped, as an argument.
fn scenario(name: &str) -> String {
    let path = cargo::root().join("fixtures/scenarios").join(name).with_extension("toml");
    path.to_str().expect("the checkout's path is UTF-8").to_owned()
}

fn send(socket: &mut impl Write, image: &[u8]) {
    let length = u32::try_from(image.len()).expect("a fixture is small");
    socket.write_all(&length.to_le_bytes()).expect("the viewer reads");
    socket.write_all(image).expect("the viewer reads");
}
