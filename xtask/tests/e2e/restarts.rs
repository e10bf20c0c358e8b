//! Starting and ending the programs in any order.

#![expect(clippy::disallowed_methods, reason = "a free port is found by taking it for a moment")]

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use xtask::cargo;
use xtask::process::{Output, Running};
use xtask::random::random;
use xtask::report::Event;

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, viewer};

#[test]
fn a_robot_may_come_before_the_viewer() {
    let addr = free_address(77);
    let small = fixture("jpeg/small.jpg");
    let mut robot = robot(&addr, ["--images", &small, "--loop", "3"]);
    let waits = |line: &str| line.contains("still trying").then_some(());
    robot.wait_for(Output::Stderr, PATIENCE, "a line saying that it keeps trying", waits).unwrap();

    let mut viewer = Viewer::start_at(&addr, &["--once"]);
    let stream = viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), stream.frames.len()), ("end-of-stream", 3));
}

#[test]
fn robots_may_follow_one_another() {
    let mut viewer = Viewer::start(&[]);
    let mut numbers = Vec::new();
    for (image, frames) in [("jpeg/small.jpg", 2), ("jpeg/two-codes.jpg", 3)] {
        let mut robot = robot(&viewer.addr, ["--images", &fixture(image), "--loop", &frames.to_string()]);
        let stream = viewer.stream();
        assert_eq!(exit_code(&mut robot), Some(0));
        assert_eq!((stream.ended.reason.as_str(), stream.frames.len()), ("end-of-stream", frames));
        assert_eq!(stream.frames[0].seq, 0, "each robot's frames are counted from the start");
        numbers.push(stream.ended.robot);
    }
    assert_ne!(numbers[0], numbers[1]);
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn a_robot_that_is_killed_makes_room_for_the_next() {
    let mut viewer = Viewer::start(&[]);
    let small = fixture("jpeg/small.jpg");
    let mut first = robot(&viewer.addr, ["--images", &small, "--loop"]);
    let number = viewer.connected();
    viewer.frame();
    first.kill();
    let reason = viewer.rest_of(number).ended.reason;
    assert!(["hang-up", "truncated"].contains(&reason.as_str()), "{reason}");

    let mut second = robot(&viewer.addr, ["--images", &small, "--loop", "2"]);
    assert_eq!(viewer.stream().ended.reason, "end-of-stream");
    assert_eq!(exit_code(&mut second), Some(0));
}

#[test]
fn a_viewer_that_is_killed_may_come_back() {
    let addr = free_address(78);
    let mut first = Viewer::start_at(&addr, &[]);
    let small = fixture("jpeg/small.jpg");
    let mut robot = robot(&addr, ["--images", &small, "--loop"]);
    first.connected();
    let seen = first.frame().seq;
    first.running.kill();

    let mut second = Viewer::start_at(&addr, &["--once"]);
    let number = second.connected();
    second.frame();
    robot.interrupt().unwrap();
    let stream = second.rest_of(number);
    assert_eq!((second.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), seen), ("end-of-stream", 0));
}

#[test]
fn a_viewer_that_finds_its_port_taken_leaves_the_report_of_the_other_alone() {
    let addr = free_address(79);
    let report = cargo::output_folder("e2e").join("taken-port.jsonl");
    fs::create_dir_all(report.parent().expect("it is in a folder")).unwrap();
    let start = || {
        let mut command = viewer();
        command.args(["--headless", "--every-frame", "--detect", "qr", "--listen", &addr, "--report"]).arg(&report);
        Running::start(&mut command).expect("the viewer starts")
    };
    let mut first = start();
    let mut robot = robot(&addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "3"]);
    assert_eq!(exit_code(&mut robot), Some(0));
    let mut second = start();
    assert_eq!(exit_code(&mut second), Some(1));
    first.interrupt().unwrap();
    assert_eq!(exit_code(&mut first), Some(0));

    let text = fs::read_to_string(&report).unwrap();
    let events: Vec<Event> = text.lines().map(|line| Event::parse(line).expect("it is the report")).collect();
    let [Event::Listening { .. }, Event::Connected { .. }, .., Event::Ended(ended)] = &events[..] else {
        panic!("not the first one's report:\n{text}")
    };
    assert_eq!(ended.received, 3);
}

/// Kills either side at random moments; `ROBOT_VISION_RESTARTS=500 cargo xtask e2e either_side` does it five hundred times.
#[test]
fn either_side_may_be_killed_at_any_moment_and_is_live_within_a_second() {
    let times = std::env::var("ROBOT_VISION_RESTARTS").map_or(RESTARTS, |times| times.parse().expect("a number"));
    let addr = free_address(80);
    let small = fixture("jpeg/small.jpg");
    let start_robot = || robot(&addr, ["--images", &small, "--loop"]);
    let (mut viewer, mut robot) = (Viewer::start_at(&addr, &[]), Some(start_robot()));
    // Each round ends like that: of a robot that is killed before it has connected, no end would come.
    viewer.connected();
    viewer.frame();
    let mut viewer = Some(viewer);
    let mut waits = Vec::new();
    for n in 0..times {
        let until_killed = Duration::from_millis(random(2 * n) % 400);
        let (away, who) = (Duration::from_millis(random(2 * n + 1) % 300), random(n ^ 0xAAAA) % 6);
        thread::sleep(until_killed);
        if who != 0 {
            viewer.take().expect("it runs").running.kill();
        }
        // Most often the viewer alone, which makes a robot cautious.
        if who < 2 {
            robot.take().expect("it runs").kill();
        }
        thread::sleep(away);
        robot.get_or_insert_with(start_robot);
        let started = Instant::now();
        // A new one listens from here on.
        let is_new = viewer.is_none();
        let live = viewer.get_or_insert_with(|| Viewer::start_at(&addr, &[]));
        let both_there = if is_new { Instant::now() } else { started };
        let mut is_over = is_new;
        loop {
            assert!(both_there.elapsed() < PATIENCE, "round {n}: no end of the robot before, and no picture after it");
            match live.event() {
                Event::Ended(_) => is_over = true,
                // A picture of the robot before may still be on its way.
                Event::Frame(_) if is_over => break,
                _ => {}
            }
        }
        waits.push(both_there.elapsed());
    }
    waits.sort();
    let (median, most) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!("live after {median:?} (median) and {most:?} (most) of {times} restarts");
    assert!(most < Duration::from_secs(1), "{most:?}");
}

const RESTARTS: u64 = 60;

/// An address on loopback that is free now. The host keeps it apart from the ports the system hands out on 127.0.0.1.
pub(crate) fn free_address(host: u8) -> String {
    let taken = TcpListener::bind((format!("127.0.0.{host}").as_str(), 0)).expect("loopback is there");
    taken.local_addr().expect("it is bound").to_string()
}
