//! Where the report goes, and when it cannot go there.

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::Viewer;

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let (viewer, folder) = (Viewer::new(), Folder::new("no-reader"));
    let file = folder.write("a.jpg", jpeg(1, 20));
    let mut robot = Robot::start(&format!("--images {file} --to {}", viewer.addr));
    robot.stop_reading();
    viewer.receive();
    let finished = robot.finish().expect_code(0);
    assert!(!finished.stderr.contains("error"), "{finished}");
}

#[test]
fn a_reader_that_has_gone_hides_no_failure() {
    let folder = Folder::new("no-reader-failure");
    let file = folder.write("a.jpg", jpeg(1, 20));
    // The port of a viewer that has ended has no listener.
    let addr = Viewer::new().addr;
    let mut robot = Robot::start(&format!("--images {file} --to {addr} --connect-timeout 0.3"));
    robot.stop_reading();
    robot.finish().expect_code(1).expect_stderr("error: no viewer at");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error_with_its_place_and_what_to_do() {
    let (viewer, folder) = (Viewer::new(), Folder::new("full"));
    let file = folder.write("a.jpg", jpeg(1, 20));
    let full = std::fs::File::create("/dev/full").unwrap();
    let robot = Robot::start_into(&format!("--images {file} --to {}", viewer.addr), full.into());
    viewer.receive();
    robot
        .finish()
        .expect_code(1)
        .expect_stderr("error: cannot write the report to the standard output; send it")
        .expect_stderr("No space left");
}
