//! A gateway or a router that dies and comes back: the robots are live again by themselves.

use std::time::Duration;

use xtask::process::Running;

use super::parts::{Fleet, Watcher, end, is_frame, now, wait_until};
use crate::programs::{exit_code, fixture};

#[test]
fn robots_are_live_again_soon_after_their_gateway() {
    let (mut fleet, mut viewer, worker, robots) = live(84);
    fleet.gateway.kill();
    let (_, noticed) = viewer.all(ROBOTS, |line| line["event"] == "ended" && line["reason"] == "hang-up");
    let started = now();
    fleet.restart_gateway();
    viewer.all(ROBOTS, is_frame);
    println!("gateway: gone after {noticed:.2?}, live {:.2?} after its start", started.elapsed());
    // A robot that was refused dials again after at most a second.
    assert!(noticed < SOON && started.elapsed() < SOON);
    all_end(fleet, viewer, worker, robots);
}

#[test]
fn a_gateway_that_stood_still_goes_on_with_its_robots() {
    let (fleet, mut viewer, worker, robots) = live(89);
    fleet.gateway.signal("STOP").expect("it runs");
    let (_, noticed) = viewer.all(ROBOTS, |line| line["event"] == "ended" && line["reason"] == "hang-up");
    fleet.gateway.signal("CONT").expect("it runs");
    let (_, live) = viewer.all(ROBOTS, is_frame);
    println!("gateway: missed after {noticed:.2?}, live {live:.2?} after it went on");
    assert!(noticed < SOON && live < SOON);
    all_end(fleet, viewer, worker, robots);
}

#[test]
fn robots_are_live_again_soon_after_the_router() {
    let (mut fleet, mut viewer, worker, robots) = live(85);
    fleet.router.kill();
    let (_, noticed) = viewer.all(ROBOTS, |line| line["event"] == "ended" && line["reason"] == "hang-up");
    for part in [&viewer.running, &fleet.gateway, &worker] {
        let lost = format!("lost {}: ", fleet.zenoh);
        wait_until(part, "that the router is gone", |lines| lines.iter().any(|line| line.starts_with(&lost)));
    }
    let started = now();
    fleet.restart_router();
    viewer.all(ROBOTS, is_frame);
    let live = started.elapsed();
    // The worker is back as well: the viewer reads codes with another engine.
    viewer.all(ROBOTS, |line| is_frame(line) && line["detections"][0]["engine"] == "zxing");
    let searched = started.elapsed();
    println!("router: gone after {noticed:.2?}, live {live:.2?} and searched {searched:.2?} after its start");
    assert!(noticed < SOON && live < SOON && searched < SOON);
    all_end(fleet, viewer, worker, robots);
}

/// A fleet whose robots are live in a viewer, and searched by a worker.
fn live(host: u8) -> (Fleet, Watcher, Running, Running) {
    let fleet = Fleet::start(host);
    let worker = fleet.worker(&[]);
    let mut viewer = fleet.viewer(&["--detect", "qr", "--qr-engine", "rqrr"]);
    let robots = ROBOTS.to_string();
    let robots = fleet.robot(&["--images", &fixture("jpeg/small.jpg"), "--loop", "--fps", "15", "--robots", &robots]);
    viewer.all(ROBOTS, |line| is_frame(line) && line["detections"][0]["engine"] == "zxing");
    (fleet, viewer, worker, robots)
}

/// Nothing is left that cannot be ended.
fn all_end(fleet: Fleet, mut viewer: Watcher, worker: Running, mut robots: Running) {
    robots.interrupt().expect("it runs");
    viewer.all(ROBOTS, |line| line["event"] == "ended" && line["reason"] == "end-of-stream");
    assert_eq!(exit_code(&mut robots), Some(0));
    viewer.end();
    end([worker]);
    fleet.end();
}

const ROBOTS: usize = 4;
const SOON: Duration = Duration::from_secs(3);
