//! A robot that viewers dial by HTTP, and other senders' formats over a connection of the robot's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use protocol::{Boundary, Event, Frame, FrameLimit, MultipartDecoder};

use crate::robot::{Folder, Robot, jpeg};
use crate::viewer::Viewer;

#[test]
fn bare_jpegs_follow_each_other_and_end_with_the_connection() {
    let (viewer, folder) = (Viewer::new(), Folder::new("bare"));
    let a = jpeg(1, 300);
    let file = folder.write("a.jpg", &a);
    let robot = Robot::start(&format!("--images {file} --loop 2 --to {} --format mjpeg", viewer.addr));
    assert_eq!(viewer.receive(), [a.as_slice(), &a].concat());
    robot.finish().expect_code(0).expect_stdout("sent 2 frames, 600 bytes in ");
}

#[test]
fn parts_are_between_boundaries_and_the_last_one_ends_the_stream() {
    let (viewer, folder) = (Viewer::new(), Folder::new("parts"));
    let a = jpeg(1, 300);
    let file = folder.write("a.jpg", &a);
    let robot = Robot::start(&format!("--images {file} --to {} --format multipart", viewer.addr));
    let head = b"--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: 300\r\n\r\n";
    assert_eq!(viewer.receive(), [head, a.as_slice(), b"\r\n--boundarydonotcross--\r\n"].concat());
    robot.finish().expect_code(0);
}

#[test]
fn a_fault_that_the_format_has_not_is_a_bad_argument() {
    let finished = Robot::run("--images a.jpg --to 127.0.0.1:1 --format mjpeg --fault big-endian@1").expect_code(2);
    assert!(finished.stderr.contains("`big-endian@1` changes the length before a frame"), "{finished}");
}

#[test]
fn every_viewer_of_a_served_robot_gets_every_frame_from_the_first() {
    let folder = Folder::new("served");
    let (a, b) = (whole(1), whole(2));
    folder.write("a.jpg", &a);
    folder.write("b.jpg", &b);
    let (robot, addr) = serve(&format!("--images {} --fps 100 --loop 3", folder.path().display()));
    let asked = ["/stream", "/?action=stream", "/stream"].map(|path| ask(&addr, path));
    for answer in asked {
        let (head, frames, is_whole) = read(answer);
        assert!(head.starts_with("HTTP/1.0 200 OK") || head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert!(head.contains("content-type: multipart/x-mixed-replace;boundary=boundarydonotcross"), "{head}");
        assert!(frames == [&a, &b, &a, &b, &a, &b].map(Clone::clone) && is_whole, "{} frames", frames.len());
    }
    robot.signal("INT");
    robot.finish().expect_code(0).expect_stdout("robot 1 sent 6 frames");
}

#[test]
fn a_fault_of_a_served_robot_ends_that_viewers_stream_and_another_may_ask() {
    let folder = Folder::new("served-cut");
    let a = whole(1);
    let file = folder.write("a.jpg", &a);
    let (robot, addr) = serve(&format!("--images {file} --fps 100 --loop --fault cut@2"));
    for _ in 0..2 {
        let (_, frames, is_whole) = read(ask(&addr, "/stream"));
        assert!(frames == [a.clone(), a.clone()] && !is_whole, "{} frames, {is_whole}", frames.len());
    }
    robot.signal("INT");
    robot.finish().expect_code(0);
}

#[test]
fn ctrl_c_ends_the_streams_of_all_viewers_with_the_last_boundary() {
    let folder = Folder::new("served-end");
    let file = folder.write("a.jpg", whole(1));
    let (robot, addr) = serve(&format!("--images {file} --fps 100 --loop"));
    let mut answer = ask(&addr, "/stream");
    let mut first = [0; 1000];
    answer.read_exact(&mut first).unwrap();
    robot.signal("INT");
    let mut rest = Vec::new();
    answer.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"\r\n--boundarydonotcross--\r\n"), "{}", rest.escape_ascii());
    robot.finish().expect_code(0);
}

#[test]
fn anything_else_is_not_found_and_says_what_there_is() {
    let folder = Folder::new("served-404");
    let file = folder.write("a.jpg", whole(1));
    let (robot, addr) = serve(&format!("--images {file}"));
    let mut answer = String::new();
    ask(&addr, "/snapshot").read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 404 ") && answer.contains("/?action=stream"), "{answer}");
    robot.signal("INT");
    robot.finish().expect_code(0).expect_no_stdout();
}

#[test]
fn a_connection_that_asks_for_nothing_holds_nobody_up() {
    let folder = Folder::new("silent");
    folder.write("a.jpg", whole(1));
    let (robot, addr) = serve(&format!("--images {} --fps 100 --loop", folder.path().display()));
    let mut silent = TcpStream::connect(&addr).unwrap();
    // Connections are taken in their order: with the answer to a later one, the silent one has been taken.
    ask(&addr, "/snapshot").read_to_string(&mut String::new()).unwrap();
    robot.signal("INT");
    robot.finish().expect_code(0);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it is closed");
}

#[test]
fn a_viewer_that_does_not_read_holds_nobody_up() {
    let folder = Folder::new("unread");
    // More than any socket holds, so that with its first byte most of it waits.
    folder.write("a.jpg", [b"\xFF\xD8\xFF\xC0\0\x02\xFF\xDA\0\x02".as_slice(), &[1; 16_000_000], b"\xFF\xD9"].concat());
    let (robot, addr) = serve(&format!("--images {} --fps 100 --loop", folder.path().display()));
    let mut viewer = ask(&addr, "/stream");
    viewer.read_exact(&mut [0]).unwrap();
    robot.signal("INT");
    robot.finish().expect_code(0);
}

/// A picture whose markers say where it ends, and nothing more.
fn whole(n: u8) -> Vec<u8> {
    [b"\xFF\xD8\xFF\xC0\0\x02\xFF\xDA\0\x02".as_slice(), &[n; 200], b"\xFF\xD9"].concat()
}

/// Starts a robot that is dialled, and waits for its address.
fn serve(options: &str) -> (Robot, String) {
    let mut robot = Robot::start(&format!("--serve 127.0.0.1:0 {options}"));
    let mut line = String::new();
    let mut byte = [0];
    while !line.ends_with("/stream") && robot.stderr().read(&mut byte).is_ok_and(|read| read > 0) {
        line.push(char::from(byte[0]));
    }
    let addr = line.rsplit_once("http://").and_then(|(_, addr)| addr.strip_suffix("/stream")).map(str::to_owned);
    (robot, addr.unwrap_or_else(|| panic!("{line}")))
}

/// Asks as an old client does, whose answer is not cut into chunks.
fn ask(addr: &str, path: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n").unwrap();
    BufReader::new(stream)
}

/// The head of an answer, the pictures, and whether the stream ended as it should.
fn read(mut answer: BufReader<TcpStream>) -> (String, Vec<Vec<u8>>, bool) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(answer.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let mut body = Vec::new();
    // A connection that is cut off may be reset.
    let _ = answer.read_to_end(&mut body);
    let boundary = Boundary::new("boundarydonotcross").unwrap();
    let mut decoder = MultipartDecoder::with_boundary(FrameLimit::DEFAULT, boundary);
    let (mut frames, mut input, mut has_ended) = (Vec::new(), body.as_slice(), false);
    while let Ok(Some(event)) = decoder.decode(&mut input) {
        match event {
            Event::Frame(frame) => frames.push(Frame::into_bytes(frame)),
            Event::EndOfStream => has_ended = true,
            Event::Lost(lost) => panic!("{lost}"),
        }
    }
    (head, frames, has_ended)
}
