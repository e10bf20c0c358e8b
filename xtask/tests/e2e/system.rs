//! What the system does to the viewer: signals, and limits on what it may have.

use std::process::Command;

use xtask::process::{Output, Running};

use crate::programs::{PATIENCE, Viewer, fixture, robot, viewer};

/// `viewer` started by a shell after `before`, with a report on its standard output.
fn after(before: &str) -> Command {
    let viewer = viewer();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]).arg(viewer.get_program());
    shell.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-"]);
    shell
}

#[test]
fn a_viewer_whose_terminal_goes_away_ends_with_its_last_line() {
    let mut viewer = Viewer::start(&[]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "--connect-timeout", "1"]);
    let number = viewer.connected();
    viewer.frame();
    // The kernel and the shell both say it.
    viewer.running.signal("HUP").unwrap();
    viewer.running.signal("HUP").unwrap();
    assert_eq!(viewer.rest_of(number).ended.reason, "quit");
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn a_viewer_that_is_started_with_nohup_outlives_its_terminal() {
    let mut viewer = Viewer::follow(&mut after("trap '' HUP"));
    viewer.running.signal("HUP").unwrap();
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "--connect-timeout", "1"]);
    viewer.connected();
    viewer.frame();
    viewer.interrupt();
}

#[test]
fn a_viewer_without_room_for_open_files_says_so() {
    // With fewer than four not even the program's libraries can be loaded.
    for most in (4..64).step_by(3) {
        let mut viewer = Running::start(&mut after(&format!("ulimit -n {most}"))).unwrap();
        let mut said = String::new();
        while let Some(line) = line(&mut viewer) {
            said += &format!("{line}\n");
            if line.starts_with("listening on") {
                viewer.interrupt().unwrap();
            }
        }
        let code = viewer.exit(PATIENCE).unwrap().code();
        assert!(!said.contains("panicked"), "{most}: {said}");
        assert!(code == Some(0) || code == Some(1) && said.contains("error: "), "{most}: {code:?}: {said}");
    }
}

/// The next line of its standard error.
fn line(viewer: &mut Running) -> Option<String> {
    match viewer.next_line(Output::Stderr, PATIENCE) {
        xtask::process::Line::Text(line) => Some(line),
        xtask::process::Line::Closed => None,
        xtask::process::Line::Quiet => panic!("it neither listens nor ends"),
    }
}
