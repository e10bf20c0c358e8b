//! What arrives at the viewer when nothing goes wrong.

use std::time::{Duration, Instant, SystemTime};

use protocol::Stamp;

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::{END, Viewer, wire};

#[test]
fn stills_arrive_byte_for_byte_and_end_with_the_zero_length() {
    let (viewer, folder) = (Viewer::new(), Folder::new("stills"));
    let (a, b) = (jpeg(1, 300), jpeg(2, 7));
    let (first, second) = (folder.write("a.jpg", &a), folder.write("b.jpg", &b));
    let robot = Robot::start(&format!("--images {second} {first} --to {}", viewer.addr));
    assert_eq!(viewer.receive(), [wire(&[&b, &a]), END.to_vec()].concat());
    let finished = robot.finish().expect_code(0).expect_stdout("sent 2 frames, 315 bytes in ");
    assert!(finished.stdout.ends_with("; 0 reconnects, 0 faults\n"), "{finished}");
}

#[test]
fn no_end_just_closes() {
    let (viewer, folder) = (Viewer::new(), Folder::new("no-end"));
    let a = jpeg(1, 300);
    let robot = Robot::start(&format!("--images {} --to {} --no-end", folder.write("a.jpg", &a), viewer.addr));
    assert_eq!(viewer.receive(), wire(&[&a]));
    robot.finish().expect_code(0);
}

#[test]
fn stamps_say_when_each_picture_was_due() {
    let (viewer, folder) = (Viewer::new(), Folder::new("stamp"));
    let a = jpeg(1, 300);
    let file = folder.write("a.jpg", &a);
    // The third picture is late as well, and a camera would have taken it on time.
    let args = format!("--images {file} --to {} --fps 20 --loop 3 --stamp --fault stall@1:200ms", viewer.addr);
    let robot = Robot::start(&args);
    let mut stream = viewer.accept();
    let mut times = Vec::new();
    for seq in 0..3 {
        let frame = crate::viewer::read_frame(&mut stream).unwrap();
        let arrived = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let stamp = Stamp::read(&frame).expect("the frame is stamped");
        assert_eq!(stamp.seq, seq);
        assert!(frame.ends_with(&a[2..]), "the rest has changed");
        times.push((Duration::from_nanos(stamp.time_ns), arrived));
    }
    let gaps: Vec<i128> =
        times.windows(2).map(|two| two[1].0.as_millis() as i128 - two[0].0.as_millis() as i128).collect();
    assert!(gaps.iter().all(|gap| (30..70).contains(gap)), "{gaps:?}");
    let (taken, arrived) = times[1];
    assert!(arrived >= taken + Duration::from_millis(200), "{times:?}");
    robot.finish().expect_code(0);
}

#[test]
fn a_folder_is_sent_in_the_order_of_its_numbers_and_other_files_stay() {
    let (viewer, folder) = (Viewer::new(), Folder::new("folder"));
    let frames = [jpeg(1, 20), jpeg(2, 20), jpeg(3, 20)];
    folder.write("frame10.jpeg", &frames[2]);
    folder.write("frame2.JPG", &frames[1]);
    folder.write("frame1.jpg", &frames[0]);
    folder.write("notes.txt", "not a picture");
    let robot = Robot::start(&format!("--images {} --to {} --fps 0", folder.path().display(), viewer.addr));
    let expected = wire(&[&frames[0], &frames[1], &frames[2]]);
    assert_eq!(viewer.receive(), [expected, END.to_vec()].concat());
    robot.finish().expect_code(0);
}

#[test]
fn a_loop_plays_everything_again() {
    let (viewer, folder) = (Viewer::new(), Folder::new("loop"));
    let (a, b) = (jpeg(1, 20), jpeg(2, 30));
    let (first, second) = (folder.write("a.jpg", &a), folder.write("b.jpg", &b));
    let robot = Robot::start(&format!("--images {first} {second} --to {} --fps 0 --loop 3", viewer.addr));
    assert_eq!(viewer.receive(), [wire(&[&a, &b, &a, &b, &a, &b]), END.to_vec()].concat());
    robot.finish().expect_code(0).expect_stdout("sent 6 frames");
}

#[test]
fn frames_larger_than_any_socket_buffer_arrive_whole() {
    let (viewer, folder) = (Viewer::new(), Folder::new("large"));
    let large = jpeg(9, 30_000_000);
    let robot = Robot::start(&format!("--images {} --to {} --loop 2", folder.write("a.jpg", &large), viewer.addr));
    assert!(viewer.receive() == [wire(&[&large, &large]), END.to_vec()].concat(), "the bytes differ");
    robot.finish().expect_code(0);
}

#[test]
fn files_that_are_too_many_to_hold_are_read_when_their_turn_comes() {
    let (viewer, folder) = (Viewer::new(), Folder::new("streamed"));
    let large = jpeg(9, 33 << 20);
    let (first, second) = (folder.write("a.jpg", &large), folder.write("b.jpg", &large));
    let args = format!("--images {first} {second} --to {} --fps 0 --loop 2", viewer.addr);
    let robot = Robot::start(&args);
    assert!(viewer.receive() == [wire(&[large.as_slice(); 4]), END.to_vec()].concat(), "the bytes differ");
    robot.finish().expect_code(0);
}

#[test]
fn frames_are_paced() {
    let (viewer, folder) = (Viewer::new(), Folder::new("paced"));
    let file = folder.write("a.jpg", jpeg(1, 20));
    let robot = Robot::start(&format!("--images {file} --to {} --fps 50 --loop 26", viewer.addr));
    let mut stream = viewer.accept();
    let start = Instant::now();
    while crate::viewer::read_frame(&mut stream).is_some() {}
    // 25 intervals of 20 ms; only the lower bound holds on a machine that is busy.
    assert!(start.elapsed().as_millis() >= 450, "{:?}", start.elapsed());
    drop(stream);
    robot.finish().expect_code(0).expect_stdout("sent 26 frames");
}

#[test]
fn several_robots_send_the_same_over_connections_of_their_own() {
    let (viewer, folder) = (Viewer::new(), Folder::new("robots"));
    let (a, b) = (jpeg(1, 20), jpeg(2, 30));
    let (first, second) = (folder.write("a.jpg", &a), folder.write("b.jpg", &b));
    let robot = Robot::start(&format!("--images {first} {second} --to {} --robots 3 --fps 0", viewer.addr));
    for _ in 0..3 {
        assert_eq!(viewer.receive(), [wire(&[&a, &b]), END.to_vec()].concat());
    }
    let finished = robot.finish().expect_code(0).expect_stdout("robot 1 sent 2 frames");
    assert!(finished.stdout.contains("\nrobot 3 sent 2 frames"), "{finished}");
    assert!(finished.stdout.contains("\nall robots sent 6 frames, 174 bytes in "), "{finished}");
}

#[cfg(target_os = "linux")]
#[test]
fn two_hundred_robots_need_a_handful_of_threads() {
    let (viewer, folder) = (Viewer::new(), Folder::new("many-robots"));
    let (a, b) = (folder.write("a.jpg", jpeg(1, 20)), folder.write("b.jpg", jpeg(2, 20)));
    let robot = Robot::start(&format!("--images {a} {b} --fps 1 --robots 200 --to {}", viewer.addr));
    let streams: Vec<_> = (0..200).map(|_| viewer.accept()).collect();
    let threads = std::fs::read_dir(format!("/proc/{}/task", robot.id())).unwrap().count();
    assert!(threads <= 4, "{threads} threads");
    drop(streams);
}
