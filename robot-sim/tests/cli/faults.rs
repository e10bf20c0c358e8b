//! Faults as they arrive at the viewer; what each does to a frame is tested without a process.

use std::io::Read;
use std::time::Instant;

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::{END, Viewer, read_frame, wire};

/// Sends the same picture six times with these options, and returns what one viewer gets.
fn six(name: &str, options: &str) -> (Vec<u8>, Vec<u8>) {
    let (viewer, folder) = (Viewer::new(), Folder::new(name));
    let picture = jpeg(7, 996);
    let file = folder.write("a.jpg", &picture);
    let robot = Robot::start(&format!("--images {file} --loop 6 --fps 0 --to {} {options}", viewer.addr));
    let bytes = viewer.receive();
    robot.finish().expect_code(0);
    (bytes, wire(&[&picture]))
}

#[test]
fn a_cut_ends_the_stream_inside_the_frame() {
    let (bytes, frame) = six("cut", "--fault cut@2:40%");
    assert_eq!(bytes, [frame.as_slice(), &frame, &frame[..400]].concat());
}

#[test]
fn a_hangup_ends_the_stream_between_frames() {
    let (bytes, frame) = six("hangup", "--fault hangup@2");
    assert_eq!(bytes, [frame.as_slice(), &frame].concat());
}

#[test]
fn an_early_end_is_a_zero_length_and_bytes_may_follow_it() {
    let (bytes, frame) = six("end", "--fault end@1");
    assert_eq!(bytes, [frame.as_slice(), &END].concat());
    let (bytes, frame) = six("bytes-after-end", "--fault bytes-after-end@1");
    assert_eq!(bytes, [frame.as_slice(), &END, &frame].concat());
}

#[test]
fn a_header_may_lie_or_be_turned_round() {
    let (bytes, frame) = six("headers", "--fault oversize@1:4294967295 --fault big-endian@2");
    assert_eq!(bytes[1000..1004], [0xff; 4]);
    assert_eq!(bytes[2000..2004], [0, 0, 0x03, 0xe4]);
    assert_eq!(bytes[3000..], [frame.as_slice(), &frame, &frame, &END].concat());
}

#[test]
fn a_dribble_changes_no_byte() {
    let (bytes, frame) = six("dribble", "--fault dribble:1");
    assert_eq!(bytes, [frame.repeat(6), END.to_vec()].concat());
}

#[test]
fn the_same_seed_sends_the_same_bytes_and_another_seed_does_not() {
    let options = "--fault flip@2:20 --fault zeros@3:200 --fault garbage@4 --fault jitter:1ms --seed";
    let (first, frame) = six("seed-1", &format!("{options} 1"));
    assert_eq!(first, six("seed-1-again", &format!("{options} 1")).0);
    let (other, _) = six("seed-2", &format!("{options} 2"));
    assert_ne!(first, other);
    for bytes in [first, other] {
        assert_eq!(bytes[..2000], frame.repeat(2));
        assert_eq!(bytes[5000..], [frame.as_slice(), &END].concat());
    }
}

#[test]
fn a_scenario_does_what_the_command_line_does() {
    let folder = Folder::new("scenario");
    let text = "seed = 1\nfps = 0.0\nno-end = true\nfaults = [\"flip@2:20\"]";
    let file = folder.write("scenario.toml", text);
    let (from_file, _) = six("scenario-file", &format!("--scenario {file}"));
    let (typed, _) = six("scenario-typed", "--seed 1 --no-end --fault flip@2:20");
    assert_eq!(from_file, typed);
    let (other_seed, _) = six("scenario-seed", &format!("--scenario {file} --seed 2"));
    assert_ne!(from_file, other_seed);
}

#[test]
fn a_slow_link_takes_as_long_as_its_rate_says() {
    let start = Instant::now();
    let (bytes, frame) = six("bandwidth", "--fault bandwidth:10k");
    assert_eq!(bytes, [frame.repeat(6), END.to_vec()].concat());
    // 6000 bytes at 10000 a second.
    assert!(start.elapsed().as_millis() >= 590, "{:?}", start.elapsed());
}

#[test]
fn a_stall_comes_before_its_frame() {
    let (viewer, folder) = (Viewer::new(), Folder::new("stall"));
    let file = folder.write("a.jpg", jpeg(7, 20));
    let robot = Robot::start(&format!("--images {file} --loop 2 --fps 0 --to {} --fault stall@1:400ms", viewer.addr));
    let mut stream = viewer.accept();
    read_frame(&mut stream).unwrap();
    let start = Instant::now();
    read_frame(&mut stream).unwrap();
    assert!(start.elapsed().as_millis() >= 350, "{:?}", start.elapsed());
    assert_eq!(read_frame(&mut stream), None);
    drop(stream);
    robot.finish().expect_code(0).expect_stderr("frame 1: stall@1:400ms");
}

#[test]
fn a_robot_that_reconnects_loses_no_frame() {
    let (viewer, folder) = (Viewer::new(), Folder::new("reconnect"));
    let picture = jpeg(7, 20);
    let file = folder.write("a.jpg", &picture);
    let options = "--loop 5 --fps 0 --fault reconnect@2:50ms --fault half-open@4:50ms";
    let robot = Robot::start(&format!("--images {file} --to {} {options}", viewer.addr));
    assert_eq!(viewer.receive(), wire(&[&picture, &picture]));
    assert_eq!(viewer.receive(), wire(&[&picture, &picture]));
    assert_eq!(viewer.receive(), [wire(&[&picture]), END.to_vec()].concat());
    let finished = robot.finish().expect_code(0).expect_stdout("sent 5 frames");
    assert!(finished.stdout.contains("2 reconnects, 2 faults"), "{finished}");
}

#[test]
fn a_silent_robot_closes_when_the_viewer_does() {
    let (viewer, folder) = (Viewer::new(), Folder::new("silent"));
    let picture = jpeg(7, 20);
    let file = folder.write("a.jpg", &picture);
    let robot = Robot::start(&format!("--images {file} --loop --fps 0 --to {} --fault half-open@1", viewer.addr));
    let mut stream = viewer.accept();
    assert_eq!(read_frame(&mut stream).unwrap(), picture);
    stream.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    // Neither a byte nor the end of the stream.
    assert!(stream.read(&mut [0; 1]).is_err());
    drop(stream);
    robot.finish().expect_code(0).expect_stdout("sent 1 frame, ");
}
