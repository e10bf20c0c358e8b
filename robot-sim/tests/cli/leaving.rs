//! Either side comes late, goes away, and comes back.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::{END, Viewer, read_frame, wire};

/// A port without a listener.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_robot_waits_for_a_viewer_that_comes_later() {
    let folder = Folder::new("late-viewer");
    let (a, addr) = (jpeg(1, 20), free_port());
    let mut robot = Robot::start(&format!("--images {} --to {addr}", folder.write("a.jpg", &a)));
    assert!(robot.next_line().contains(&format!("no viewer at {addr} yet (")));
    let viewer = Viewer::at(addr);
    assert_eq!(viewer.receive(), [wire(&[&a]), END.to_vec()].concat());
    robot.finish().expect_code(0).expect_stderr(&format!("connected to {addr}"));
}

#[test]
fn a_robot_that_may_not_wait_fails_and_says_what_to_do() {
    let (folder, addr) = (Folder::new("no-viewer"), free_port());
    let file = folder.write("a.jpg", jpeg(1, 20));
    Robot::run(&format!("--images {file} --to {addr} --connect-timeout 0.3"))
        .expect_code(1)
        .expect_stderr(&format!("error: no viewer at {addr} within 300ms"))
        .expect_stderr("Connection refused")
        .expect_stderr("--connect-timeout")
        .expect_no_stdout();
}

#[test]
fn a_robot_that_may_not_wait_at_all_tries_once_and_says_so() {
    let (folder, addr) = (Folder::new("one-try"), free_port());
    let file = folder.write("a.jpg", jpeg(1, 20));
    Robot::run(&format!("--images {file} --to {addr} --connect-timeout 0"))
        .expect_code(1)
        .expect_stderr(&format!("error: no viewer at {addr} at the first try; start it there"));
}

#[test]
fn a_robot_goes_on_with_the_next_viewer() {
    let folder = Folder::new("next-viewer");
    let frames: Vec<Vec<u8>> = (0..40).map(|mark| jpeg(mark, 50)).collect();
    for (number, frame) in frames.iter().enumerate() {
        folder.write(&format!("{number}.jpg"), frame);
    }
    let viewer = Viewer::new();
    let addr = viewer.addr;
    let robot = Robot::start(&format!("--images {} --to {addr} --fps 25", folder.path().display()));
    let mut first = viewer.accept();
    assert_eq!(read_frame(&mut first).unwrap(), frames[0]);
    drop((first, viewer));
    let viewer = Viewer::at(addr);
    let mut second = viewer.accept();
    let mut seen = Vec::new();
    while let Some(frame) = read_frame(&mut second) {
        seen.push(frame);
    }
    drop(second);
    let first_seen = frames.iter().position(|frame| *frame == seen[0]).unwrap();
    assert!(first_seen > 0 && seen == frames[first_seen..], "frames came twice, or not in order");
    let finished = robot.finish().expect_code(0).expect_stderr("went away");
    assert!(finished.stdout.contains("; 1 reconnect, "), "{finished}");
}

#[test]
fn a_viewer_that_leaves_while_the_robot_waits_is_noticed_at_once() {
    let (viewer, folder) = (Viewer::new(), Folder::new("noticed"));
    let (one, other) = (folder.write("a.jpg", jpeg(1, 20)), folder.write("b.jpg", jpeg(2, 20)));
    // The next frame would be due only after 1000 seconds.
    let _robot = Robot::start(&format!("--images {one} {other} --to {} --fps 0.001", viewer.addr));
    let mut first = viewer.accept();
    read_frame(&mut first).unwrap();
    drop(first);
    viewer.accept();
}

#[test]
fn a_robot_that_is_left_alone_gives_up_with_code_3() {
    let (viewer, folder) = (Viewer::new(), Folder::new("left-alone"));
    let (file, addr) = (folder.write("a.jpg", jpeg(1, 20)), viewer.addr);
    let robot = Robot::start(&format!("--images {file} --loop --to {addr} --fps 50 --connect-timeout 0.3"));
    let mut first = viewer.accept();
    read_frame(&mut first).unwrap();
    drop((first, viewer));
    robot.finish().expect_code(3).expect_stderr("gave up: no viewer at").expect_stdout("sent ");
}

#[test]
fn a_robot_that_is_refused_again_and_again_asks_less_often_and_gives_up() {
    let (viewer, folder) = (Viewer::new(), Folder::new("refused"));
    let file = folder.write("a.jpg", jpeg(1, 20));
    let robot = Robot::start(&format!("--images {file} --loop --to {} --connect-timeout 1", viewer.addr));
    let refusing = std::thread::spawn(move || {
        // 0.1 s, 0.2 s and 0.4 s fit into the second, 0.8 s does not.
        for _ in 0..4 {
            drop(viewer.accept());
        }
        viewer
    });
    let finished = robot.finish().expect_code(3).expect_stderr("a viewer closes at once where its --allow or --robots");
    assert!(
        ["; 1 reconnect,", "; 2 reconnects,", "; 3 reconnects,"].iter().any(|again| finished.stdout.contains(again)),
        "{finished}"
    );
    drop(refusing);
}

#[test]
fn a_viewer_that_closes_before_the_end_cuts_the_robot_short() {
    let (viewer, folder) = (Viewer::new(), Folder::new("cut-short"));
    let file = folder.write("a.jpg", jpeg(1, 20_000_000));
    let robot = Robot::start(&format!("--images {file} --to {} --connect-timeout 0", viewer.addr));
    let mut stream = viewer.accept();
    stream.read_exact(&mut [0; 100]).unwrap();
    drop((stream, viewer));
    robot.finish().expect_code(3);
}

#[test]
fn a_viewer_that_throws_the_end_away_cuts_the_robot_short() {
    let (viewer, folder) = (Viewer::new(), Folder::new("thrown-away"));
    let file = folder.write("a.jpg", jpeg(1, 20));
    let robot = Robot::start(&format!("--images {file} --to {}", viewer.addr));
    let stream = viewer.accept();
    // Closing a socket that has unread bytes resets the connection.
    while stream.peek(&mut [0; 64]).unwrap() < 28 {}
    drop(stream);
    robot.finish().expect_code(3).expect_stderr("closed the connection before the end of the stream");
}

#[test]
fn an_interrupt_ends_the_stream_as_its_end_would() {
    let folder = Folder::new("interrupt");
    let file = folder.write("a.jpg", jpeg(1, 20));
    for (signal, option, end) in [("INT", "", END.as_slice()), ("TERM", "--no-end", &[])] {
        let viewer = Viewer::new();
        let robot = Robot::start(&format!("--images {file} --loop --to {} {option}", viewer.addr));
        let mut stream = viewer.accept();
        let first = read_frame(&mut stream).unwrap();
        robot.signal(signal);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        drop(stream);
        let frames = rest.len() / (4 + first.len());
        assert_eq!(rest, [wire(&vec![first.as_slice(); frames]), end.to_vec()].concat());
        robot.finish().expect_code(0).expect_stdout(&format!("sent {} frame", frames + 1));
    }
}

#[test]
fn a_frame_that_the_viewer_is_reading_is_finished_after_an_interrupt() {
    let (viewer, folder) = (Viewer::new(), Folder::new("interrupt-inside"));
    let large = jpeg(1, 30_000_000);
    let file = folder.write("large.jpg", &large);
    let robot = Robot::start(&format!("--images {file} --to {}", viewer.addr));
    let mut stream = viewer.accept();
    // Until the signal has been sent, too little is read for the frame to end.
    let signalled = AtomicBool::new(false);
    let bytes = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut bytes = Vec::new();
            while !signalled.load(Ordering::SeqCst) && bytes.len() < large.len() / 2 {
                let read = (&mut stream).take(10_000).read_to_end(&mut bytes).unwrap();
                assert!(read > 0, "the robot closed after {} bytes", bytes.len());
                std::thread::sleep(Duration::from_millis(1));
            }
            stream.read_to_end(&mut bytes).map(|_| bytes)
        });
        robot.signal("INT");
        signalled.store(true, Ordering::SeqCst);
        reading.join().unwrap().unwrap()
    });
    drop(stream);
    assert!(bytes == [wire(&[&large]), END.to_vec()].concat(), "the frame was not finished");
    robot.finish().expect_code(0).expect_stdout("sent 1 frame, ");
}

#[test]
fn an_interrupt_is_noticed_while_dialling_and_while_the_viewer_reads_nothing() {
    let folder = Folder::new("not-reading");
    let file = folder.write("a.jpg", jpeg(1, 20));
    let mut robot = Robot::start(&format!("--images {file} --to {}", free_port()));
    robot.next_line();
    robot.signal("INT");
    robot.finish().expect_code(0).expect_stdout("sent 0 frames");

    // More than the buffers between the two hold: once the first byte is here, the robot is inside the frame to stay.
    let large = folder.write("large.jpg", jpeg(1, 30_000_000));
    let viewer = Viewer::new();
    let robot = Robot::start(&format!("--images {large} --to {}", viewer.addr));
    let mut reads_one_byte = viewer.accept();
    reads_one_byte.read_exact(&mut [0]).unwrap();
    robot.signal("INT");
    robot.finish().expect_code(0).expect_stdout("sent 0 frames");
    drop(reads_one_byte);
}

impl Robot {
    /// Waits for a line on stderr.
    fn next_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::with_capacity(1, self.stderr()).read_line(&mut line).unwrap();
        line
    }
}
