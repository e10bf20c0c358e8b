//! Workers that die, stand still, come and have no room: somebody searches every robot all the time, and nobody a frame twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xtask::process::Running;

use super::parts::{Fleet, end, is_frame, wait_until};
use super::subscriber::{Heard, Subscriber};
use crate::programs::{exit_code, fixture};

#[test]
fn no_robot_is_unwatched_for_two_seconds_and_no_frame_answered_twice_whatever_becomes_of_workers() {
    let fleet = Fleet::start(82);
    let mut subscriber = Subscriber::start(&fleet);
    // Python hears of a worker by its cores.
    let mut workers: BTreeMap<u16, Running> = [2, 3].map(|cores| (cores, worker(&fleet, cores))).into();
    subscriber.until_workers(2);
    let mut robots = fleet.robot(&["--images", &fixture("jpeg/small.jpg"), "--loop", "--fps", "15", "--robots", "4"]);
    subscriber.until("answers about each robot", |heard| of_whom(heard, 0).len() == 4);

    let killed = busiest(&subscriber.heard);
    workers.get_mut(&killed).expect("it runs").kill();
    workers.remove(&killed);
    let (&left, _) = workers.first_key_value().expect("one is left");
    until_searched_by(&mut subscriber, |cores| cores == left);
    let until_replaced = said("killed", &subscriber.heard, 0);

    workers.insert(MANY_CORES, worker(&fleet, MANY_CORES));
    subscriber.until_workers(2);
    subscriber
        .until("answers of the one that joined", |heard| cores_of(heard, heard.objects.last()) == Some(MANY_CORES));
    until_searched_by(&mut subscriber, |_| true);
    let until_joined = said("joined", &subscriber.heard, until_replaced);

    let stopped = busiest(&subscriber.heard);
    workers[&stopped].signal("STOP").expect("it runs");
    until_searched_by(&mut subscriber, |cores| cores != stopped);
    let until_taken_over = said("stopped", &subscriber.heard, until_joined);

    workers[&stopped].signal("CONT").expect("it runs");
    subscriber.until("answers of the one that went on", |heard| cores_of(heard, heard.objects.last()) == Some(stopped));
    until_searched_by(&mut subscriber, |_| true);
    said("going on", &subscriber.heard, until_taken_over);

    robots.interrupt().expect("it runs");
    assert_eq!(exit_code(&mut robots), Some(0));
    let heard = subscriber.end();
    end(workers.into_values());
    fleet.end();
    let longest = silences(&heard, 0).into_values().fold(0.0, f64::max);
    assert!(longest <= 2.0, "a robot had no answer for {longest:.2} s");
    let twice = answered_twice(&heard);
    assert!(twice.is_empty(), "answered twice: {twice:#?}");
}

#[test]
fn a_worker_that_stood_still_while_another_joined_answers_none_of_its_frames() {
    let fleet = Fleet::start(88);
    let mut subscriber = Subscriber::start(&fleet);
    let first = worker(&fleet, 1);
    let mut robots = fleet.robot(&["--images", &fixture("jpeg/small.jpg"), "--loop", "--robots", "4"]);
    subscriber.until("answers about each robot", |heard| of_whom(heard, 0).len() == 4);
    first.signal("STOP").expect("it runs");
    let second = worker(&fleet, MANY_CORES);
    subscriber.until("answers of the one that joined", |heard| {
        let of_second = |objects: &&Value| cores_of(heard, Some(objects)) == Some(MANY_CORES);
        heard.objects.iter().filter(of_second).count() >= 40
    });
    first.signal("CONT").expect("it runs");
    // These take more than half a second: what it says about the frames that it was sent meanwhile is among them.
    let so_far = subscriber.heard.objects.len();
    subscriber.until("more answers", |heard| heard.objects.len() >= so_far + 80);
    robots.interrupt().expect("it runs");
    assert_eq!(exit_code(&mut robots), Some(0));
    let heard = subscriber.end();
    end([first, second]);
    fleet.end();
    let twice = answered_twice(&heard);
    assert!(twice.is_empty(), "answered twice: {twice:#?}");
}

#[test]
fn a_viewer_searches_itself_what_a_worker_has_no_room_for() {
    let fleet = Fleet::start(83);
    let mut subscriber = Subscriber::start(&fleet);
    let worker = fleet.worker(&["--robots", "1"]);
    subscriber.until_workers(1);
    // Another engine than the worker's tells whose answers are reported.
    let mut viewer = fleet.viewer(&["--detect", "qr", "--qr-engine", "rqrr"]);
    let still = fixture("jpeg/greeting.jpg");
    let mut robots = fleet.robot(&["--images", &still, "--loop", "--fps", "15", "--robots", "2"]);
    let full = "have no place here; raise --robots, which is 1";
    wait_until(&worker, "that it is full", |lines| lines.iter().any(|line| line.ends_with(full)));
    let (searched, _) = viewer.all(1, |line| is_by(line, "zxing"));
    // From here on the viewer knows of the worker.
    let from = viewer.report.len();
    let (searched_here, _) = viewer.all(1, |line| is_by(line, "rqrr") && !searched.contains(text(&line["name"])));
    viewer.all(2, is_frame);
    robots.interrupt().expect("it runs");
    assert_eq!(exit_code(&mut robots), Some(0));
    let report = viewer.end();
    end([worker]);
    subscriber.end();
    fleet.end();
    assert!(searched.is_disjoint(&searched_here));
    let engines = |names: &BTreeSet<String>| -> BTreeSet<&str> {
        let of = report[from..].iter().filter(|line| names.contains(text(&line["name"])));
        of.flat_map(|line| line["detections"].as_array()).flatten().map(|code| text(&code["engine"])).collect()
    };
    assert_eq!((engines(&searched), engines(&searched_here)), (["zxing"].into(), ["rqrr"].into()));
}

/// A worker that counts as one with so many cores.
fn worker(fleet: &Fleet, cores: u16) -> Running {
    fleet.worker(&["--cores", &cores.to_string()])
}

/// Listens until each robot has an answer of a worker that is there and of which `is` holds.
fn until_searched_by(subscriber: &mut Subscriber, is: impl Fn(u16) -> bool) {
    let from = subscriber.heard.objects.len();
    let robots = of_whom(&subscriber.heard, 0).len();
    subscriber.until("answers about each robot", |heard| {
        let last = of_whom(heard, from);
        last.len() == robots && last.values().all(|&cores| cores.is_some_and(&is))
    });
}

/// Of each robot with an answer since the one at place `from`: the cores of the worker that has answered last, if it is there.
fn of_whom(heard: &Heard, from: usize) -> BTreeMap<&str, Option<u16>> {
    let last =
        heard.objects[from..].iter().map(|objects| (text(&objects["found"]["name"]), cores_of(heard, Some(objects))));
    last.collect()
}

fn cores_of(heard: &Heard, objects: Option<&Value>) -> Option<u16> {
    heard.workers.get(text(&objects?["found"]["worker"])).copied()
}

/// The cores of the worker that searches most robots.
fn busiest(heard: &Heard) -> u16 {
    let mut robots: BTreeMap<u16, u32> = BTreeMap::new();
    of_whom(heard, 0).into_values().flatten().for_each(|cores| *robots.entry(cores).or_default() += 1);
    robots.into_iter().max_by_key(|&(_, robots)| robots).expect("somebody searches").0
}

/// For each robot the longest time without an answer, in seconds, since the answer at place `from`.
fn silences(heard: &Heard, from: usize) -> BTreeMap<&str, f64> {
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for objects in &heard.objects {
        times.entry(text(&objects["found"]["name"])).or_default().push(objects["at"].as_f64().expect("a time"));
    }
    let since = heard.objects.get(from).and_then(|objects| objects["at"].as_f64()).unwrap_or_default();
    let longest = |times: Vec<f64>| {
        let pairs = times.windows(2).filter(|pair| pair[1] >= since);
        pairs.map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    };
    times.into_iter().map(|(name, times)| (name, longest(times))).collect()
}

/// Prints the longest silence since place `from`, and gives the place of what comes next.
#[expect(clippy::print_stdout, reason = "the time is what the test measures")]
fn said(what: &str, heard: &Heard, from: usize) -> usize {
    let longest = silences(heard, from).into_values().fold(0.0, f64::max);
    println!("a worker {what}: the longest time without an answer about a robot was {longest:.2} s");
    heard.objects.len()
}

/// The frames with more than one answer, and by which workers.
fn answered_twice(heard: &Heard) -> Vec<(String, Vec<&str>)> {
    let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for found in heard.objects.iter().map(|objects| &objects["found"]) {
        let frame = format!("{} {} {}", text(&found["name"]), text(&found["stream"]), found["seq"]);
        answers.entry(frame).or_default().push(text(&found["worker"]));
    }
    answers.into_iter().filter(|(_, workers)| workers.len() > 1).collect()
}

/// Whether this is about a picture in which this engine has found something.
fn is_by(line: &Value, engine: &str) -> bool {
    is_frame(line) && line["detections"][0]["engine"] == engine
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// So many that it has a part of any four robots, but for one time in a million.
const MANY_CORES: u16 = 100;
