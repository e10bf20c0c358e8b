//! Recordings: what was recorded is sent, when it was recorded, by as many robots as there were.

use std::time::{Duration, Instant};

use protocol::Stamp;
use recording::{Times, Writer};

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::{END, Viewer, read_frame, wire};

const START: u64 = 1_700_000_000_000_000_000;

/// A recording of these frames: robot, milliseconds, bytes.
pub(crate) fn recorded(frames: &[(&str, u64, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (robot, ms, jpeg) in frames {
        let times = Times { arrived_ns: START + ms * 1_000_000, taken_ns: None };
        writer.frame(robot, times, jpeg).unwrap();
        writer.report(robot, times, "{}").unwrap();
        // What is cut off then has the frames before.
        writer.flush().unwrap();
    }
    writer.finish().unwrap()
}

/// When frames arrive, after the first, until the stream ends.
fn arrivals(viewer: &Viewer) -> Vec<Duration> {
    let mut stream = viewer.accept();
    let mut times = Vec::new();
    while read_frame(&mut stream).is_some() {
        times.push(Instant::now());
    }
    times.iter().map(|time| *time - times[0]).collect()
}

#[test]
fn frames_arrive_byte_for_byte_as_they_were_recorded() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay"));
    let (a, b) = (jpeg(1, 300), jpeg(2, 7));
    // Damaged ones too, which a viewer recorded as they came.
    let damaged = [0xff, 0xd8, 0xff, 0xe0, 9];
    let file = folder.write("r.mcap", recorded(&[("robot1", 0, &a), ("robot1", 20, &damaged), ("robot1", 40, &b)]));
    let robot = Robot::start(&format!("--replay {file} --to {}", viewer.addr));
    assert_eq!(viewer.receive(), [wire(&[&a, &damaged, &b]), END.to_vec()].concat());
    robot
        .finish()
        .expect_code(0)
        .expect_stdout("sent 3 frames, 324 bytes in ")
        .expect_stderr("robot 1 is /robot1/camera/image/compressed: 3 frames from 0.000 s");
}

#[test]
fn a_frame_is_neither_sent_early_nor_lost_because_the_viewer_came_back_meanwhile() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-back"));
    let (a, b) = (jpeg(1, 9), jpeg(2, 9));
    let file = folder.write("r.mcap", recorded(&[("robot1", 0, &a), ("robot1", 1500, &b)]));
    let robot = Robot::start(&format!("--replay {file} --to {}", viewer.addr));
    let mut stream = viewer.accept();
    let first = Instant::now();
    assert_eq!(read_frame(&mut stream).unwrap(), a);
    drop(stream);
    assert_eq!(read_frame(&mut viewer.accept()).unwrap(), b);
    let pause = first.elapsed();
    // Less by as much as the first was noticed late.
    assert!(pause >= Duration::from_millis(1000), "{pause:?}");
    robot.finish();
}

#[test]
fn more_topics_than_can_be_played_are_refused_and_some_can_be_chosen() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-topics"));
    let (names, a) = (Vec::from_iter((0..101).map(|number| format!("r{number}"))), jpeg(1, 9));
    let frames: Vec<(&str, u64, &[u8])> = names.iter().map(|name| (name.as_str(), 0, &a[..])).collect();
    let file = folder.write("r.mcap", recorded(&frames));
    let to = viewer.addr;
    Robot::run(&format!("--replay {file} --to {to}"))
        .expect_code(1)
        .expect_stderr("frames on 101 topics, and 100 can be played at once; choose some with --topic: /r0/camera")
        .expect_stderr(" and 81 more");
    let robot = Robot::start(&format!("--replay {file} --topic /r7/camera/image/compressed --to {to}"));
    assert_eq!(viewer.receive(), [wire(&[&a]), END.to_vec()].concat());
    robot.finish().expect_code(0);
}

#[test]
fn recordings_of_other_programs_are_sent_whatever_their_encoding() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../recording/tests/golden");
    for name in ["ros2", "ros2-big-endian", "ros2-xcdr2", "ros1", "foxglove-zstd", "foxglove-lz4"] {
        let viewer = Viewer::new();
        let robot = Robot::start(&format!("--replay {golden}/{name}.mcap --rate 10 --to {}", viewer.addr));
        let frames: [&[u8]; 2] = [&[0xff, 0xd8, 0xff, 0], &[0xff, 0xd8, 0xff, 1]];
        assert_eq!(viewer.receive(), [wire(&frames), END.to_vec()].concat(), "{name}");
        robot.finish().expect_code(0).expect_stderr("1 picture on /png not sent, which the recording calls png");
    }
}

#[test]
fn gaps_are_kept_and_twice_the_rate_takes_half_the_time() {
    let folder = Folder::new("replay-gaps");
    let a = jpeg(1, 20);
    let file = folder.write("r.mcap", recorded(&[("r", 0, &a), ("r", 200, &a), ("r", 800, &a)]));
    let play = |rate| {
        let viewer = Viewer::new();
        let robot = Robot::start(&format!("--replay {file} --rate {rate} --to {}", viewer.addr));
        let times = arrivals(&viewer);
        robot.finish().expect_code(0);
        times
    };
    let (once, twice) = (play(1), play(2));
    for (times, rate) in [(&once, 1.0), (&twice, 2.0)] {
        let [_, second, third] = times[..] else { panic!("{times:?}") };
        // The first may arrive late on a busy machine, and what follows after it then seems early.
        assert!((0.15..0.3).contains(&(second.as_secs_f64() * rate)), "{times:?}");
        assert!((0.75..1.0).contains(&(third.as_secs_f64() * rate)), "{times:?}");
    }
    let ratio = once[2].as_secs_f64() / twice[2].as_secs_f64();
    assert!((1.7..2.3).contains(&ratio), "{once:?} {twice:?}");
}

#[test]
fn each_topic_is_a_robot_that_comes_near_its_first_frame_and_leaves_after_its_last() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-topics"));
    let (a, b) = (jpeg(1, 20), jpeg(2, 30));
    let file = folder.write("r.mcap", recorded(&[("r1", 0, &a), ("r1", 100, &a), ("r2", 1500, &b), ("r2", 1600, &b)]));
    let robot = Robot::start(&format!("--replay {file} --to {}", viewer.addr));
    let started = Instant::now();
    assert_eq!(viewer.receive(), [wire(&[&a, &a]), END.to_vec()].concat());
    let first_left = started.elapsed();
    let mut second = viewer.accept();
    let second_came = started.elapsed();
    assert_eq!(read_frame(&mut second).unwrap(), b);
    let second_sent = started.elapsed();
    assert_eq!(read_frame(&mut second).unwrap(), b);
    assert_eq!(read_frame(&mut second), None);
    drop(second);
    assert!(first_left < second_came, "{first_left:?} {second_came:?}");
    assert!(second_came >= Duration::from_millis(900) && second_sent >= Duration::from_millis(1400), "{second_sent:?}");
    let finished = robot.finish().expect_code(0).expect_stdout("robot 1 sent 2 frames");
    assert!(finished.stdout.contains("\nall robots sent 4 frames, "), "{finished}");
}

#[test]
fn only_the_topic_and_the_part_that_are_asked_for_are_sent() {
    let folder = Folder::new("replay-part");
    let frames: Vec<Vec<u8>> = (0..6).map(|mark| jpeg(mark, 20)).collect();
    let list: Vec<(&str, u64, &[u8])> =
        (0..6).map(|at| (["r1", "r2"][at % 2], at as u64 * 100, frames[at].as_slice())).collect();
    let file = folder.write("r.mcap", recorded(&list));
    for (options, expected) in [
        ("--topic /r2/camera/image/compressed", vec![1, 3, 5]),
        ("--topic r1 --start-offset 0.1", vec![2, 4]),
        ("--topic /r1/camera/image/compressed --start-offset 0.1 --duration 0.3", vec![2]),
        ("--topic /r1/camera/image/compressed --duration 0.4 --loop 2", vec![0, 2, 0, 2]),
    ] {
        let viewer = Viewer::new();
        let robot = Robot::start(&format!("--replay {file} {options} --rate 5 --to {}", viewer.addr));
        let expected: Vec<&[u8]> = expected.into_iter().map(|at: usize| frames[at].as_slice()).collect();
        assert_eq!(viewer.receive(), [wire(&expected), END.to_vec()].concat(), "{options}");
        robot.finish().expect_code(0);
    }
}

#[test]
fn a_recording_that_is_cut_off_is_sent_up_to_the_cut() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-cut"));
    let (a, b) = (jpeg(1, 300), jpeg(2, 300));
    let bytes = recorded(&[("r", 0, &a), ("r", 10, &b)]);
    let cut = bytes.windows(300).position(|bytes| bytes == b).unwrap() + 150;
    let file = folder.write("cut.mcap", &bytes[..cut]);
    let robot = Robot::start(&format!("--replay {file} --to {}", viewer.addr));
    assert_eq!(viewer.receive(), [wire(&[&a]), END.to_vec()].concat());
    robot.finish().expect_code(0).expect_stderr(&format!("cut.mcap is cut off at byte {cut}; what is there is played"));
}

#[test]
fn an_even_pace_faults_and_new_stamps_work_on_recordings() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-on-top"));
    let a = jpeg(1, 50);
    let file = folder.write("r.mcap", recorded(&[("r", 0, &a), ("r", 100_000, &a), ("r", 200_000, &a)]));
    let args = format!("--replay {file} --fps 0 --stamp --fault truncate@1:10 --to {}", viewer.addr);
    let robot = Robot::start(&args);
    let mut stream = viewer.accept();
    let frames: Vec<Vec<u8>> = std::iter::from_fn(|| read_frame(&mut stream)).collect();
    drop(stream);
    let seqs: Vec<_> = frames.iter().map(|frame| Stamp::read(frame).map(|stamp| stamp.seq)).collect();
    assert_eq!((seqs.len(), seqs[0], seqs[2]), (3, Some(0), Some(2)));
    assert!(frames[1].len() < frames[0].len(), "{frames:?}");
    let finished = robot.finish().expect_code(0);
    assert!(finished.stdout.ends_with("; 0 reconnects, 1 fault\n"), "{finished}");
}

#[test]
fn what_cannot_be_replayed_is_said_with_what_there_is() {
    let folder = Folder::new("replay-errors");
    let run = |args: &str| Robot::run(&format!("--to 127.0.0.1:9 --connect-timeout 0 {args}"));
    run("--replay none.mcap").expect_code(1).expect_stderr("cannot read none.mcap; check its name");

    let text = folder.write("text.mcap", "hello, hello");
    run(&format!("--replay {text}"))
        .expect_code(1)
        .expect_stderr(&format!("cannot replay {text}"))
        .expect_stderr("byte 0: this is no MCAP file")
        .expect_stderr("68 65 6C 6C 6F 2C 20 68");

    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.report("r", Times { arrived_ns: START, taken_ns: None }, "{}").unwrap();
    let report = folder.write("report.mcap", writer.finish().unwrap());
    run(&format!("--replay {report}"))
        .expect_code(1)
        .expect_stderr("has no JPEG to replay; it holds the topics /r/report (robot_vision.Report)");

    let a = jpeg(1, 20);
    let good = folder.write("good.mcap", recorded(&[("r1", 0, &a), ("r2", 2500, &a)]));
    run(&format!("--replay {good} --topic /r3"))
        .expect_code(1)
        .expect_stderr("no frames on the topic /r3")
        .expect_stderr("/r1/camera/image/compressed, /r2/camera/image/compressed");
    run(&format!("--replay {good} --start-offset 3"))
        .expect_code(1)
        .expect_stderr("no frame in the part that was asked for; its frames are from 0 to 2.500 s");
    run(&format!("--replay {good} --robots 2"))
        .expect_code(2)
        .expect_stderr("a robot for each topic with pictures; choose topics with --topic");

    let mut damaged = recorded(&[("r1", 0, &a)]);
    let at = damaged.windows(20).position(|bytes| bytes == a).unwrap();
    damaged[at + 8] ^= 1;
    let damaged = folder.write("damaged.mcap", damaged);
    run(&format!("--replay {damaged}")).expect_code(1).expect_stderr("checksum").expect_stderr("`mcap recover`");
}

#[test]
fn a_viewer_that_comes_late_misses_nothing() {
    let folder = Folder::new("replay-late");
    let (a, b) = (jpeg(1, 20), jpeg(2, 20));
    let file = folder.write("r.mcap", recorded(&[("r", 0, &a), ("r", 50, &b)]));
    let addr = Viewer::new().addr;
    let robot = Robot::start(&format!("--replay {file} --to {addr}"));
    let viewer = Viewer::at(addr);
    assert_eq!(viewer.receive(), [wire(&[&a, &b]), END.to_vec()].concat());
    robot.finish().expect_code(0);
}

#[test]
fn an_interrupt_ends_a_long_gap_at_once() {
    let (viewer, folder) = (Viewer::new(), Folder::new("replay-interrupt"));
    let a = jpeg(1, 20);
    let file = folder.write("r.mcap", recorded(&[("r1", 0, &a), ("r1", 900_000, &a), ("r2", 950_000, &a)]));
    let robot = Robot::start(&format!("--replay {file} --to {}", viewer.addr));
    let mut stream = viewer.accept();
    assert_eq!(read_frame(&mut stream).unwrap(), a);
    robot.signal("INT");
    assert_eq!(read_frame(&mut stream), None);
    drop(stream);
    robot.finish().expect_code(0).expect_stdout("robot 1 sent 1 frame, ");
}
