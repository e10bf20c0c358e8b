//! Several robots at once: each is what it is alone, and none is disturbed by another, or by a reader that stands still.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use xtask::cargo;
use xtask::process::{Output, Running};
use xtask::report::{Ended, Event, Frame};

use crate::programs::{PATIENCE, Stream, Viewer, exit_code, fixture, robot, viewer};

#[test]
fn four_robots_are_each_what_they_are_alone_while_a_fifth_comes_and_goes() {
    let small = ["--size", "320x240", "--fps", "0"];
    let videos = ["qr.mp4", "faces.mp4", "humans.mp4"].map(|name| ["--video".to_owned(), fixture(name)]);
    let stills = ["--images".to_owned(), fixture("jpeg/two-codes.jpg")];
    let inputs: Vec<Vec<String>> = videos
        .iter()
        .map(|video| video.iter().cloned().chain(small.map(str::to_owned)).collect())
        .chain([stills.iter().cloned().chain(["--loop".to_owned(), "40".to_owned()]).collect()])
        .collect();
    let detect = ["--detect", "qr,faces"];

    let mut viewer = Viewer::start(&[&detect[..], &["--name", "127.0.0.0/8=lab"]].concat());
    let mut robots = Vec::new();
    for (number, input) in (1..).zip(&inputs) {
        robots.push(robot(&viewer.addr, input));
        let connected = |line: &str| line.contains(&format!("robot {number} (lab) connected")).then_some(());
        viewer.running.wait_for(Output::Stderr, PATIENCE, "its connection", connected).unwrap();
    }
    robots.push(robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "3"]));
    let mut together = streams(&mut viewer, 5);
    assert!(robots.iter_mut().all(|robot| exit_code(robot) == Some(0)));
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));

    assert_eq!(together.remove(&5).expect("it came").frames.len(), 3);
    for (number, input) in (1..).zip(&inputs) {
        let mut alone = Viewer::start(&[&["--once"], &detect[..]].concat());
        let mut robot = robot(&alone.addr, input);
        let (alone_stream, in_company) = (alone.stream(), together.remove(&number).expect("it came"));
        assert_eq!((alone.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
        assert_eq!(found(&in_company), found(&alone_stream), "robot {number}, {input:?}");
    }
}

#[test]
fn once_waits_for_as_many_robots_as_it_is_told_and_refuses_any_more() {
    let mut viewer = Viewer::start(&["--once", "2"]);
    let small = fixture("jpeg/small.jpg");
    // Neither of these brings a frame.
    let (_silent, mut browser) = (viewer.dial(), viewer.dial());
    browser.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut long = robot(&viewer.addr, ["--images", &small, "--loop"]);
    while !matches!(viewer.event(), Event::Frame(_)) {}
    let mut short = robot(&viewer.addr, ["--images", &small, "--loop", "2"]);
    let ended_well = |viewer: &mut Viewer| loop {
        match viewer.event() {
            Event::Ended(ended) if ended.reason == "end-of-stream" => return ended.received,
            Event::Ended(ended) => assert_eq!(ended.received, 0),
            _ => {}
        }
    };
    assert_eq!(ended_well(&mut viewer), 2);
    // Both have come, so nobody else is let in, though one has left.
    let mut late = viewer.dial();
    late.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(late.read(&mut [0]).unwrap(), 0, "the third robot's connection is closed");
    long.interrupt().unwrap();
    ended_well(&mut viewer);
    assert_eq!((viewer.exit_code(), exit_code(&mut short), exit_code(&mut long)), (Some(0), Some(0), Some(0)));
}

#[test]
fn a_flood_beside_a_robot_does_not_disturb_it_and_is_closed() {
    let mut command = viewer();
    let mut viewer = Viewer::follow(command.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-"]));
    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "90"]);
    viewer.connected();
    let mut flood = viewer.dial();
    let junk = b"\x05\0\0\0hello".repeat(10_000);
    while flood.write_all(&junk).is_ok() {}
    let mut ended: BTreeMap<u64, Ended> = BTreeMap::new();
    let mut corrupt_lines = 0;
    while ended.len() < 2 {
        match viewer.event() {
            Event::Corrupt { robot, .. } => {
                assert_eq!(robot, 2);
                corrupt_lines += 1;
            }
            Event::Ended(end) => _ = ended.insert(end.robot, end),
            Event::Connected { .. } | Event::Frame(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(exit_code(&mut robot), Some(0));
    // How many are shown in time depends on what else the machine does, and is the mailboxes' tests' and the bench's claim.
    let beside = &ended[&1];
    assert_eq!((beside.reason.as_str(), beside.received, beside.corrupt), ("end-of-stream", 90, 0));
    assert_eq!(beside.shown + beside.dropped, 90);
    assert!(beside.shown > 0);
    let flood = &ended[&2];
    assert_eq!((flood.reason.as_str(), flood.corrupt, flood.shown), ("corrupt", 300, 0));
    assert_eq!(flood.received, flood.dropped + flood.corrupt);
    assert!(corrupt_lines < 100, "{corrupt_lines} lines of corrupt frames");
    assert!(viewer.stderr().contains("robot 2 sends no pictures: byte 0: starts with [68, 65, 6c, 6c]"));
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn a_report_that_nobody_reads_stops_neither_the_viewer_nor_ctrl_c() {
    for every_frame in [false, true] {
        let pipe = Pipe::make(if every_frame { "unread-every-frame" } else { "unread" });
        let mut command = viewer();
        command.args(["--headless", "--listen", "127.0.0.1:0", "--detect", "qr", "--report"]).arg(&pipe.path);
        if every_frame {
            command.arg("--every-frame");
        }
        let mut viewer = Running::start(&mut command).expect("the viewer starts");
        let listening = |line: &str| Some(line.strip_prefix("listening on ")?.split_once(';')?.0.to_owned());
        let addr = viewer.wait_for(Output::Stderr, PATIENCE, "its address", listening).unwrap();
        // A pipe holds 64 KiB, which is some 500 lines.
        let mut robot = robot(&addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "1500", "--fps", "500"]);
        let ended = |line: &str| line.contains("1500 frames received").then_some(());
        viewer.wait_for(Output::Stderr, PATIENCE, "the robot's end", ended).unwrap();
        assert_eq!(exit_code(&mut robot), Some(0));
        viewer.interrupt().unwrap();
        // It says that its report is not whole.
        assert_eq!(viewer.exit(Duration::from_secs(20)).expect("the viewer ends").code(), Some(1));
        let said = viewer.lines(Output::Stderr).join("\n");
        assert!(said.contains("lines could not be written, because nothing was taken for 1 s"), "{said}");
    }
}

#[test]
fn messages_that_nobody_reads_keep_no_viewer_from_ending() {
    let pipe = Pipe::make("unread-messages");
    pipe.fill();
    let recording = pipe.path.with_extension("mcap");
    for once in [true, false] {
        _ = fs::remove_file(&recording);
        // Standard error is the pipe's from the start.
        let mut command = Command::new("sh");
        command.args(["-c", "pipe=$1; shift; exec \"$@\" 2> \"$pipe\"", "sh"]).arg(&pipe.path);
        command.arg(viewer().get_program()).args([
            "--headless",
            "--listen",
            "127.0.0.1:0",
            "--report",
            "-",
            "--record",
        ]);
        command.arg(&recording).args(once.then_some("--once"));
        let mut viewer = Viewer::follow(&mut command);
        let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "3"]);
        let stream = viewer.stream();
        assert_eq!((stream.ended.received, exit_code(&mut robot)), (3, Some(0)));
        if !once {
            viewer.running.signal("TERM").unwrap();
        }
        assert_eq!(viewer.running.exit(Duration::from_secs(20)).expect("the viewer ends").code(), Some(0));
        assert!(fs::metadata(&recording).unwrap().len() > 0);
    }
}

#[test]
fn a_robot_whose_pictures_are_all_corrupt_is_named_and_closed() {
    let mut viewer = Viewer::start(&["--once"]);
    let mut robot = robot(
        &viewer.addr,
        [
            "--images",
            &fixture("jpeg/small.jpg"),
            "--loop",
            "400",
            "--fps",
            "0",
            "--fault",
            "garbage@*",
            "--connect-timeout",
            "1",
        ],
    );
    let stream = viewer.stream();
    assert_eq!((stream.ended.reason.as_str(), stream.ended.shown), ("corrupt", 0));
    assert_eq!(viewer.exit_code(), Some(3));
    assert_eq!(exit_code(&mut robot), Some(3));
    assert!(viewer.stderr().contains("robot 1 sends no pictures: byte 0: starts with"), "{}", viewer.stderr());
}

#[test]
fn a_robots_lines_are_in_the_order_of_its_frames_whatever_becomes_of_them() {
    let mut viewer = Viewer::start(&["--once", "--detect", "faces"]);
    let images = ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "60", "--fps", "0", "--fault", "garbage@*/3"];
    let mut robot = robot(&viewer.addr, images);
    let number = viewer.connected();
    let mut seqs = Vec::new();
    loop {
        match viewer.event() {
            Event::Frame(frame) => seqs.push(frame.seq),
            Event::Corrupt { seq, .. } => seqs.push(seq),
            Event::Ended(ended) if ended.robot == number => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!(seqs, (0..60).collect::<Vec<_>>());
}

/// A named pipe with a reader that does not read.
struct Pipe {
    path: PathBuf,
    _reader: File,
}

impl Pipe {
    fn make(name: &str) -> Self {
        let path = cargo::output_folder("e2e").join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
        _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo starts").success());
        let reader = File::options().read(true).write(true).open(&path).expect("the pipe can be opened");
        Self { path, _reader: reader }
    }

    /// Leaves no room for another byte.
    fn fill(&self) {
        let of = format!("of={}", self.path.display());
        let filled = Command::new("dd").args(["if=/dev/zero", "oflag=nonblock", &of]).output().expect("dd starts");
        let said = String::from_utf8_lossy(&filled.stderr);
        assert!(said.contains("unavailable"), "{said}");
    }
}

/// The streams of the next `count` robots, by number.
fn streams(viewer: &mut Viewer, count: usize) -> BTreeMap<u64, Stream> {
    let mut frames: BTreeMap<u64, Vec<Frame>> = BTreeMap::new();
    let mut whole = BTreeMap::new();
    while whole.len() < count {
        match viewer.event() {
            Event::Connected { .. } => {}
            Event::Frame(frame) => frames.entry(frame.robot).or_default().push(frame),
            Event::Ended(ended) => {
                let frames = frames.remove(&ended.robot).unwrap_or_default();
                whole.insert(ended.robot, Stream { frames, corrupt: Vec::new(), ended });
            }
            other => panic!("{other:?}"),
        }
    }
    whole
}

/// Everything that was found in a stream, in order, as text.
fn found(stream: &Stream) -> Vec<String> {
    let line = |frame: &Frame| format!("{}: {:?} {:?}", frame.seq, frame.counts, frame.detections);
    stream.frames.iter().map(line).collect()
}
