//! A disk that takes no more while a robot is recorded.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::process::{Line, Output};

use super::{folder, json, reader, rest, text};
use crate::programs::{PATIENCE, Viewer, exit_code, robot, viewer};

#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let folder = folder("full");
    let (disk, file) = (folder.join("disk"), folder.join("disk/full.mcap"));
    fs::create_dir(&disk).unwrap();
    let (mut command, cause) = on_a_small_disk(&disk);
    command.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-", "--every-frame", "--once"]);
    let mut viewer = Viewer::follow(command.args(["--record", text(&file)]));
    let images = fixtures::dir().join("jpeg");
    let mut robot = robot(&viewer.addr, ["--images", text(&images), "--loop", "--fps", "60", "--stamp"]);

    let stopped = next(&mut viewer, |line| line["state"] == "stopped");
    assert_eq!((&stopped["event"], &stopped["file"]), (&"recording".into(), &text(&file).into()));
    let detail = stopped["detail"].as_str().expect("it says why");
    assert!(detail.contains(cause), "{detail}");
    // The disk is there for the viewer alone, and as long as it is.
    let copy = folder.join("copy.mcap");
    let seen_by_it = format!("/proc/{}/root{}", viewer.running.id(), text(&file));
    fs::copy(if Path::new(&seen_by_it).exists() { Path::new(&seen_by_it) } else { &file }, &copy).unwrap();
    for _ in 0..30 {
        next(&mut viewer, |line| line["event"] == "frame");
    }
    robot.interrupt().unwrap();
    let report = rest(&mut viewer);
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(1), Some(0)));

    assert!(report.iter().all(|line| line["event"] != "recording"), "it is said again: {report:?}");
    let ended = report.last().expect("the robot has left");
    assert_eq!((&ended["reason"], &ended["shown"]), (&"end-of-stream".into(), &ended["received"]), "{ended}");
    let stderr = viewer.stderr();
    let about_it: Vec<&str> = stderr.lines().filter(|line| line.contains(text(&file))).collect();
    let [begun, said] = about_it[..] else { panic!("{stderr}") };
    assert!(begun.starts_with("recording to ") && said.contains(cause), "{about_it:?}");
    assert_eq!(stderr.lines().filter(|line| line.contains(cause)).count(), 1, "{stderr}");

    let recording = reader::read_one(&copy);
    let numbers = recording.numbers("robot1");
    assert!(recording.is_begun() && numbers.len() > 30, "{} frames can be read", numbers.len());
    assert_eq!(numbers, (0..).take(numbers.len()).collect::<Vec<_>>());
    assert_eq!(stopped["frames"], numbers.len(), "so many can be read");
}

/// Reads on in the report until there is such a line.
fn next(viewer: &mut Viewer, is: impl Fn(&Value) -> bool) -> Value {
    loop {
        match viewer.running.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => {
                let line = json(&line);
                if is(&line) {
                    return line;
                }
            }
            end => panic!("the viewer does not go on: {end:?}"),
        }
    }
}

/// A viewer for which `folder` is a disk of 3 MB, and what the system says when that is full.
///
/// Where nobody may mount one, its files may not get longer than that instead.
fn on_a_small_disk(folder: &Path) -> (Command, &'static str) {
    let in_a_namespace = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let mount = "mount -t tmpfs -o size=3m tmpfs \"$0\"";
    let mut trial = Command::new("unshare");
    let trial = trial.args(in_a_namespace).arg(mount).arg(folder).output();
    if trial.as_ref().is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("unshare");
        command.args(in_a_namespace).arg(format!("{mount} && exec \"$@\"")).arg(folder).arg(viewer().get_program());
        return (command, "No space left on device");
    }
    let why =
        trial.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stderr).into_owned());
    // Written past the test's captured output: what was tested is less than what the test's name says.
    let _ = writeln!(
        io::stderr(),
        "a full disk is played by a limit on the length of files, because this machine lets a user mount none: {}",
        why.trim()
    );
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 6000; exec \"$@\"", "sh"]).arg(viewer().get_program());
    (command, "File too large")
}
