//! How long recordings get.

use std::fs;
use std::path::PathBuf;

use super::{folder, reader, rest, text};
use crate::programs::{Viewer, exit_code, fixture, robot};

#[test]
fn files_of_a_second_follow_one_another_without_a_gap() {
    let folder = folder("split");
    let mut viewer = Viewer::start(&["--once", "--record", text(&folder), "--record-split", "1s", "--record-sync"]);
    let sent = ["--images", &fixture("jpeg/small.jpg"), "--loop", "240", "--fps", "60", "--stamp"];
    let mut robot = robot(&viewer.addr, sent);
    rest(&mut viewer);
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));

    // A file that is begun while the viewer ends is not in the report any more.
    let stderr = viewer.stderr();
    let started = stderr.lines().filter_map(|line| line.split_once("recording to "));
    let files: Vec<PathBuf> = started.map(|(_, file)| file.into()).collect();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), files.len(), "{files:?}");
    assert!(files.len() >= 4, "{files:?}");
    let recordings = reader::read(&files);
    assert!(recordings.iter().all(reader::Recording::is_complete));
    let numbers: Vec<u64> = recordings.iter().flat_map(|recording| recording.numbers("robot1")).collect();
    assert_eq!(numbers, (0..240).collect::<Vec<_>>());
}

#[test]
fn a_limit_ends_the_recording_and_nothing_else() {
    let file = folder("limit").join("limited.mcap");
    let mut viewer = Viewer::start(&["--once", "--record", text(&file), "--record-limit", "1M"]);
    let still = fixture("jpeg/two-codes.jpg");
    let mut robot = robot(&viewer.addr, ["--images", &still, "--loop", "120", "--stamp"]);
    let report = rest(&mut viewer);
    let code = viewer.exit_code();
    assert_eq!(exit_code(&mut robot), Some(0));

    let stopped = report.iter().position(|line| line["state"] == "stopped").expect("the report says that it ended");
    assert!(report[stopped]["detail"].as_str().unwrap().contains("--record-limit"), "{}", report[stopped]);
    let stderr = viewer.stderr();
    let said = |line: &&str| line.contains("--record-limit") && line.contains(text(&file));
    assert_eq!(stderr.lines().filter(said).count(), 1, "{stderr}");
    assert!(report[stopped..].iter().filter(|line| line["event"] == "frame").count() > 10);
    let ended = report.last().unwrap();
    assert_eq!((&ended["event"], &ended["received"]), (&"ended".into(), &120.into()), "{ended}");

    let recording = reader::read_one(&file);
    assert!(recording.is_complete());
    let numbers = recording.numbers("robot1");
    assert_eq!(report[stopped]["frames"], numbers.len());
    assert_eq!(numbers, (0..).take(numbers.len()).collect::<Vec<_>>());
    // It is looked at before each frame; an index follows the frames.
    let (size, still) = (fs::metadata(&file).unwrap().len(), fs::metadata(still).unwrap().len());
    assert!((1 << 20..(1 << 20) + 4 * still).contains(&size), "{size} bytes");
    assert_eq!(code, Some(0), "the user wanted no more than that");
}
