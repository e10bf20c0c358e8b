//! Recordings that robot-sim plays again, and what the viewer makes of them.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::process::{Output, Running};
use xtask::report::Event;

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, robot_sim, streamed, viewer};

#[test]
fn a_failure_in_the_field_is_a_test_at_home() {
    let folder = Folder::new("regression");
    let file = |name: &str| folder.0.join(name).display().to_string();
    // In the field: damaged frames and all.
    let stills = fixtures::dir().join("jpeg").display().to_string();
    let field = [
        ["--images", &stills].as_slice(),
        &["--loop", "3", "--stamp", "--seed", "7", "--fault", "flip@12:20", "--fault", "truncate@5:50%"],
    ]
    .concat();
    watched(&["--record", &file("monday.mcap"), "--report", &file("monday.jsonl")], &field);
    // At home, twice.
    for day in ["tuesday", "wednesday"] {
        watched(&["--report", &file(&format!("{day}.jsonl"))], &["--replay", &file("monday.mcap")]);
    }
    let [monday, tuesday, wednesday] =
        ["monday", "tuesday", "wednesday"].map(|day| fs::read_to_string(file(&format!("{day}.jsonl"))).unwrap());
    let lines =
        |report: &str| report.lines().filter(|line| is_about_robots(line)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&tuesday), lines(&wednesday));
    assert_eq!(lines(&monday), lines(&tuesday));
    assert!(lines(&monday).iter().any(|line| line.contains(r#""event":"corrupt""#)), "{monday}");
}

#[test]
fn a_recording_is_searched_as_a_file_and_annotated() {
    let folder = Folder::new("detect");
    let recording = folder.0.join("drive.mcap");
    let stream = streamed(
        &["--record", recording.to_str().unwrap()],
        ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "5"],
    );
    assert_eq!(stream.frames.len(), 5);
    let annotated = folder.0.join("annotated");
    let mut detect = viewer();
    detect.args(["detect", "--detect", "qr"]).arg(&recording).arg("--annotate").arg(&annotated);
    let mut detect = Running::start(&mut detect).unwrap();
    assert_eq!(exit_code(&mut detect), Some(0));
    let lines = detect.lines(Output::Stdout);
    assert_eq!(lines.len(), 5, "{lines:?}");
    for (line, (n, seen)) in lines.iter().zip((0..).zip(&stream.frames)) {
        let Event::Frame(frame) = Event::parse(line).unwrap() else { panic!("{line}") };
        let payloads = |frame: &xtask::report::Frame| {
            let mut payloads: Vec<String> = frame.detections.iter().map(|found| found.payload.clone()).collect();
            payloads.sort();
            payloads
        };
        assert_eq!((frame.seq, payloads(&frame)), (n, payloads(seen)));
        assert!(line.contains(r#""topic":"/robot1/camera/image/compressed""#), "{line}");
    }
    assert_eq!(fs::read_dir(annotated).unwrap().count(), 5);
}

#[test]
fn a_recording_of_two_robots_is_two_robots_and_faults_come_on_top() {
    let folder = Folder::new("two");
    let recording = folder.0.join("two.mcap");
    let mut recorder = Viewer::start(&["--once", "2", "--record", recording.to_str().unwrap()]);
    let mut robots = robot(&recorder.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "30", "--robots", "2"]);
    assert_eq!(exit_code(&mut robots), Some(0));
    drain(&mut recorder);
    let mut viewer = Viewer::start(&["--once", "2"]);
    let replay = ["--replay", recording.to_str().unwrap(), "--rate", "2", "--fault", "garbage@3"];
    let mut robots = robot(&viewer.addr, replay);
    let ended = drain(&mut viewer);
    assert_eq!(exit_code(&mut robots), Some(0));
    let counts: Vec<(u64, u64)> = ended.iter().map(|ended| (ended.received, ended.corrupt)).collect();
    assert_eq!(counts, [(30, 1), (30, 1)]);
}

#[test]
fn what_cannot_be_replayed_says_why() {
    let folder = Folder::new("errors");
    let text = folder.0.join("text.mcap");
    fs::write(&text, "no recording").unwrap();
    for (path, says) in [(text.as_path(), "MCAP"), (Path::new("/no/such/file.mcap"), "cannot read")] {
        let mut command = robot_sim();
        command.args(["--to", "127.0.0.1:9", "--replay"]).arg(path);
        let mut replay = Running::start(&mut command).unwrap();
        assert_eq!(exit_code(&mut replay), Some(1));
        let said = replay.lines(Output::Stderr).join("\n");
        assert!(said.contains(says) && said.contains(path.to_str().unwrap()), "{said}");
    }
}

/// A viewer that watches one robot from its first frame to its last, each frame of it.
fn watched(viewer_more: &[&str], robot_more: &[&str]) {
    let mut command = viewer();
    command.args(["--headless", "--listen", "127.0.0.1:0", "--every-frame", "--once", "--report-comparable"]);
    let mut watching = Running::start(command.args(["--detect", "qr"]).args(viewer_more)).expect("the viewer starts");
    let addr = |line: &str| line.strip_prefix("listening on ")?.split(';').next().map(str::to_owned);
    let addr = watching.wait_for(Output::Stderr, PATIENCE, "its address", addr).expect("the viewer listens");
    let mut robot = robot(&addr, robot_more);
    assert_eq!((exit_code(&mut robot), exit_code(&mut watching)), (Some(0), Some(0)));
}

fn is_about_robots(line: &str) -> bool {
    !matches!(Event::parse(line), Ok(Event::Listening { .. } | Event::Recording { .. }))
}

/// Everything that a viewer reports until it ends by itself; the ends in the order of the robots.
fn drain(viewer: &mut Viewer) -> Vec<xtask::report::Ended> {
    let mut ended = Vec::new();
    while let xtask::process::Line::Text(line) = viewer.running.next_line(Output::Stdout, PATIENCE) {
        if let Event::Ended(end) = Event::parse(&line).expect("the report keeps its contract") {
            ended.push(end);
        }
    }
    assert_eq!(exit_code(&mut viewer.running), Some(0));
    ended.sort_by_key(|end| end.robot);
    ended
}

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("robot-vision-replay-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("temporary files can be written");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
