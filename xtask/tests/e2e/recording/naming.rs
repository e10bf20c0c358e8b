//! Under which topics robots are recorded, and in which files.

use std::fs;

use xtask::process::{Output, Running};

use super::{Session, folder, reader, rest, text};
use crate::programs::{Viewer, exit_code, fixture, robot, viewer};

#[test]
fn a_robots_name_is_its_topic() {
    let still = fixture("jpeg/small.jpg");
    let session =
        Session::recorded("named", &["--once", "--name", "127.0.0.1=front left"], &["--images", &still, "--loop", "2"]);
    let topics = ["/front_left/camera/image/compressed", "/front_left/detections", "/front_left/report"];
    assert_eq!(session.recording.topics(), topics);
    let frames = session.recording.frames("front_left");
    assert_eq!(frames.len(), 2);
    assert!(frames.iter().all(|frame| frame["frame_id"] == "front_left"), "{frames:?}");
}

#[test]
fn two_robots_with_one_name_are_told_apart() {
    let still = fixture("jpeg/small.jpg");
    let session = Session::recorded(
        "namesakes",
        &["--once", "2", "--name", "127.0.0.1=front left"],
        &["--images", &still, "--loop", "9", "--robots", "2", "--stamp"],
    );
    // Who sends first has the name alone.
    let is_recorded =
        |topic: &str| session.recording.topics().iter().any(|name| name.starts_with(&format!("/{topic}/")));
    let (first, second) = if is_recorded("front_left_robot2") { (1, 2) } else { (2, 1) };
    for (topic, number) in [("front_left", first), (&format!("front_left_robot{second}"), second)] {
        assert_eq!(session.recording.numbers(topic), (0..9).collect::<Vec<_>>(), "{topic}");
        assert!(session.recording.frames(topic).iter().all(|frame| frame["frame_id"] == topic), "{topic}");
        assert_eq!(session.recording.report(topic), session.about(number), "{topic}");
    }
    assert_eq!(session.recording.topics().len(), 6);
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let folder = folder("kept");
    let file = folder.join("drive.mcap");
    fs::write(&file, "keep me").unwrap();
    for copy in 2..=3 {
        let mut viewer = Viewer::start(&["--once", "--record", text(&file)]);
        let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg")]);
        let report = rest(&mut viewer);
        assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
        let name = folder.join(format!("drive-{copy}.mcap"));
        assert!(report.iter().any(|line| line["state"] == "started" && line["file"] == text(&name)), "{report:?}");
        assert!(reader::read_one(&name).is_complete());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn a_folder_that_cannot_be_made_is_reported_before_any_robot_connects() {
    let in_the_way = folder("no-folder").join("file");
    fs::write(&in_the_way, "in the way").unwrap();
    for target in [in_the_way.join("in"), in_the_way.join("drive.mcap")] {
        let mut command = viewer();
        command.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-", "--record"]).arg(&target);
        let mut viewer = Running::start(&mut command).unwrap();
        assert_eq!(exit_code(&mut viewer), Some(1));
        let stderr = viewer.lines(Output::Stderr).join("\n");
        assert!(stderr.contains("--record") && stderr.contains(text(&in_the_way)), "{stderr}");
        assert_eq!(stderr.matches("os error").count(), 1, "the cause is said once: {stderr}");
        assert_eq!(viewer.lines(Output::Stdout), Vec::<String>::new(), "a robot could have connected");
    }
}
