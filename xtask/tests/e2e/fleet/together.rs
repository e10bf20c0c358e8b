//! Four robots that play a video and one with a still, two workers, and a viewer that records and has a page: one session for all
//! the claims below, and for those in `python`.
//!
//! The viewer reads codes with another engine than the workers, which tells whose answers it reports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use serde_json::{Value, json};
use xtask::cargo;
use xtask::report::{Detection, Event, Frame};
use xtask::web::{self, Answer};

use super::parts::{Fleet, end, is_frame};
use super::subscriber::{Heard, Subscriber};
use crate::programs::{exit_code, fixture, streamed};
use crate::recording::reader::{self, Recording};

/// What became known of the session.
pub(super) struct Together {
    /// The viewer's report.
    pub(super) report: Vec<Value>,
    pub(super) heard: Heard,
    recording: Recording,
    /// A picture of each robot that the page gave.
    snapshots: BTreeMap<String, Answer>,
    /// Those robots that play the video.
    films: BTreeSet<String>,
    /// The one with the still.
    pub(super) still: String,
}

pub(super) static TOGETHER: LazyLock<Together> = LazyLock::new(|| {
    let folder = cargo::output_folder("e2e").join("fleet");
    _ = fs::remove_dir_all(&folder);
    let file = folder.join("together.mcap");
    let fleet = Fleet::start(81);
    let mut subscriber = Subscriber::start(&fleet);
    let workers = [fleet.worker(&[]), fleet.worker(&[])];
    let record = ["--record", file.to_str().expect("the checkout's path is UTF-8")];
    let mut viewer =
        fleet.viewer(&[&["--detect", "qr", "--qr-engine", "rqrr", "--web", "127.0.0.1:0"][..], &record].concat());
    let page = viewer.page();
    subscriber.until_workers(2);

    let mut films = fleet.robot(&["--video", &fixture("qr.mp4"), "--stamp", "--robots", "4"]);
    let (filming, _) = viewer.all(4, is_frame);
    let mut still = fleet.robot(&["--images", &fixture(STILL), "--loop", &STILLS.to_string()]);
    let (all, _) = viewer.all(5, |line| is_frame(line) && (line["seq"] != 0));
    let snapshot =
        |name: &String| web::get(&page, &format!("/robots/{name}/snapshot.jpg"), &[]).expect("a page is there");
    let snapshots = all.iter().map(|name| (name.clone(), snapshot(name))).collect();
    viewer.all(5, |line| line["event"] == "ended");
    assert_eq!((exit_code(&mut films), exit_code(&mut still)), (Some(0), Some(0)));

    let report = viewer.end();
    let heard = subscriber.end();
    end(workers);
    fleet.end();
    let still = all.difference(&filming).next().expect("there is a fifth").clone();
    Together { report, heard, recording: reader::read_one(&file), snapshots, films: filming, still }
});

#[test]
fn every_robot_is_shown_and_every_frame_is_accounted_for() {
    let ended: Vec<&Value> = TOGETHER.report.iter().filter(|line| line["event"] == "ended").collect();
    let names: BTreeSet<&str> = ended.iter().filter_map(|ended| ended["name"].as_str()).collect();
    assert_eq!((ended.len(), names.len()), (5, 5), "{ended:?}");
    for ended in ended {
        let name = ended["name"].as_str().expect("robots of a fleet have names");
        let number = |key: &str| ended[key].as_u64().unwrap_or_default();
        let sent = TOGETHER.sent(name);
        let first_shown = TOGETHER.frames_of(name).map(seq).min().expect("it was shown");
        // Frames before the viewer knew of the robot are not among those that it counts.
        let counted = number("received") + number("undelivered");
        assert!((sent - first_shown..=sent).contains(&counted), "{first_shown}: {ended}");
        assert!(first_shown <= sent / 10, "{first_shown}: {ended}");
        assert_eq!((&ended["reason"], number("corrupt")), (&json!("end-of-stream"), 0));
        assert_eq!(number("shown") + number("dropped"), number("received"), "{ended}");
        println!(
            "{name}: {sent} sent, the first to arrive was {}; {} received, {} shown, {} lost on their way",
            sent - counted,
            number("received"),
            number("shown"),
            number("undelivered")
        );
    }
}

#[test]
fn each_robot_is_searched_by_one_worker() {
    for name in TOGETHER.names() {
        let workers: BTreeSet<&str> =
            TOGETHER.heard.objects_of(name).filter_map(|objects| objects["found"]["worker"].as_str()).collect();
        assert_eq!(workers.len(), 1, "{name}: {workers:?}");
        let seqs: Vec<u64> = TOGETHER.heard.objects_of(name).map(|objects| seq(&objects["found"])).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{name}: {seqs:?}");
        println!("{name}: {} frames searched by {workers:?}", seqs.len());
    }
}

#[test]
fn the_viewer_reports_what_the_workers_found_and_searches_nothing_itself() {
    for name in TOGETHER.names() {
        let answers: BTreeMap<u64, &Value> =
            TOGETHER.heard.objects_of(name).map(|objects| (seq(&objects["found"]), &objects["found"])).collect();
        // Before the viewer has heard a first answer it knows of nobody who searches, and does so itself.
        let is_heard = |line: &&Value| line["detections"][0]["engine"] == "zxing";
        let first = TOGETHER.frames_of(name).find(is_heard).map(seq).expect("the viewer has heard an answer");
        let searched = TOGETHER.frames_of(name).filter(|line| seq(line) >= first && line["counts"]["qr"].is_u64());
        let mut reported = 0;
        for line in searched {
            let answer = answers.get(&seq(line)).unwrap_or_else(|| panic!("no worker answered: {line}"));
            assert_eq!((objects(line), &line["counts"]), (objects(answer), &answer["counts"]), "{name}");
            reported += 1;
        }
        let shown = TOGETHER.frames_of(name).count();
        // How many a worker leaves out depends on what else the machine does.
        assert!(reported >= shown / 10, "{name}: {reported} of {shown}");
        println!("{name}: {reported} of {shown} pictures have a worker's answer");
    }
}

#[test]
fn workers_find_what_a_viewer_finds_that_a_robot_dials() {
    let alone = streamed::<&str>(&[], ["--video", &fixture("qr.mp4"), "--stamp", "--fps", "0"]);
    let mut differing: BTreeMap<String, String> = BTreeMap::new();
    let (mut pictures, mut read) = (0, 0);
    for name in &TOGETHER.films {
        for answer in TOGETHER.heard.objects_of(name).map(|objects| &objects["found"]) {
            let frame = &alone.frames[usize::try_from(seq(answer)).expect("it is small")];
            let (here, there) = (codes(&as_report(answer)), codes(frame));
            if here.len() != there.len() || !here.iter().zip(&there).all(|(here, there)| is_same(here, there)) {
                differing.insert(format!("{name} {}", seq(answer)), format!("{here:?} {there:?}"));
            }
            (pictures, read) = (pictures + 1, read + here.len());
        }
    }
    println!("{read} codes in {pictures} pictures, {} of which differ from those without a fleet", differing.len());
    // What of a picture is searched once more depends on the pictures before it, and a worker has not seen the first.
    assert!(differing.len() * 50 <= pictures, "{differing:#?}");
    assert!(read > pictures, "only {read} codes were compared");
}

#[test]
fn in_a_still_workers_find_exactly_what_a_viewer_finds() {
    let alone = streamed::<&str>(&[], ["--images", &fixture(STILL)]);
    for answer in TOGETHER.heard.objects_of(&TOGETHER.still).map(|objects| &objects["found"]) {
        let (here, there) = (as_report(answer), &alone.frames[0]);
        assert_eq!((&here.counts, &here.detections), (&there.counts, &there.detections), "{answer}");
    }
}

#[test]
fn a_recording_holds_the_pictures_as_they_were_published() {
    for name in TOGETHER.names() {
        let published: Vec<&Value> = TOGETHER.heard.pictures_of(name).map(|picture| &picture["sha256"]).collect();
        // As ROS 2 takes it.
        let recorded = TOGETHER.recording.frames(&format!("robot_{}", name.replace(['.', '-'], "_")));
        assert_eq!(recorded.len() as u64, number(TOGETHER.ended(name), "received"), "{name}");
        let both = recorded.iter().filter(|frame| published.contains(&&frame["sha256"])).count();
        println!("{name}: {both} of {} recorded pictures are byte for byte those that Python received", recorded.len());
        // What Zenoh leaves out for one receiver another one may have.
        assert!(recorded.len() - both <= TOGETHER.sent(name) as usize - published.len(), "{name}");
    }
}

#[test]
fn the_page_gives_a_robots_picture_by_its_name() {
    for (name, answer) in &TOGETHER.snapshots {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{name}");
        assert!(answer.body.starts_with(b"\xff\xd8\xff") && answer.body.ends_with(b"\xff\xd9"), "{name}");
    }
    let still = &TOGETHER.snapshots[&TOGETHER.still];
    assert!(still.body == fs::read(fixture(STILL)).expect("it is there"), "these are not the robot's own bytes");
}

impl Together {
    /// The names of all robots.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.films.iter().chain([&self.still])
    }

    /// What the viewer reported of a robot's pictures.
    fn frames_of(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.report.iter().filter(move |line| is_frame(line) && line["name"] == name)
    }

    /// How many frames a robot has sent.
    fn sent(&self, name: &str) -> u64 {
        if *name == *self.still { STILLS } else { FRAMES }
    }

    fn ended(&self, name: &str) -> &Value {
        self.report.iter().find(|line| line["event"] == "ended" && line["name"] == name).expect("it has ended")
    }
}

/// What was found, but the numbers of tracks, which each program counts for itself.
fn objects(line: &Value) -> Vec<Value> {
    let mut objects = line["detections"].as_array().expect("each line has a list").clone();
    objects.iter_mut().filter_map(Value::as_object_mut).for_each(|object| _ = object.remove("track"));
    objects
}

/// An answer as the report's reader sees it, for which a robot has a number.
fn as_report(answer: &Value) -> Frame {
    let mut line = answer.clone();
    line["event"] = "frame".into();
    let Ok(Event::Frame(frame)) = Event::parse(&line.to_string()) else { panic!("{line}") };
    frame
}

/// The codes in the order of their texts.
fn codes(frame: &Frame) -> Vec<Detection> {
    let mut codes = frame.detections.clone();
    codes.sort_by(|a, b| a.payload.cmp(&b.payload));
    codes
}

/// Whether the text is the same, and each corner but for a pixel.
fn is_same(a: &Detection, b: &Detection) -> bool {
    let corners = a.corners.iter().flatten().zip(b.corners.iter().flatten());
    a.payload == b.payload && corners.into_iter().all(|(a, b)| (a - b).abs() <= 1.0)
}

fn seq(line: &Value) -> u64 {
    number(line, "seq")
}

fn number(line: &Value, key: &str) -> u64 {
    line[key].as_u64().unwrap_or_else(|| panic!("{key} is no number: {line}"))
}

pub(super) const STILL: &str = "jpeg/two-codes.jpg";
const STILLS: u64 = 200;
/// Of the video.
const FRAMES: u64 = 300;
