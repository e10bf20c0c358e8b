//! Robots and cameras that serve their stream over HTTP, and wait to be asked for it.

use std::collections::BTreeMap;
use std::process::Command;

use fixtures::Fixture;
use xtask::process::{Output, Running};
use xtask::report::Event;

use crate::programs::{self, PATIENCE, Stream, Viewer, exit_code, fixture, viewer};
use crate::python::python;
use crate::restarts::free_address;
use crate::stream::{expected, read};

#[test]
fn every_servers_dialect_is_understood() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    for mode in ["mjpg-streamer", "ustreamer", "esp32", "no-lengths"] {
        let (mut camera, port) = camera(mode, 0, 2, stills.iter().map(|still| still.name));
        let url = format!("http://127.0.0.1:{port}/?action=stream");
        let mut viewer = dialling(&["--once", "--every-frame", "--connect", &format!("desk={url}")]);
        let stream = viewer.stream();

        assert_eq!((stream.ended.reason.as_str(), viewer.exit_code()), ("hang-up", Some(0)), "{mode}");
        assert_eq!(stream.frames.len(), 2 * stills.len(), "{mode}");
        for (frame, still) in stream.frames.iter().zip(stills.iter().cycle()) {
            assert_eq!(read(frame), expected(still.codes), "in {} from {mode}", still.name);
        }
        let said = viewer.stderr();
        assert!(said.contains(&format!("robot 1 (desk) connected: {url}")), "{said}");
        assert!(!said.contains("listening"), "{said}");
        camera.kill();
    }
}

#[test]
fn a_camera_that_is_restarted_is_dialled_again() {
    let (mut camera, port) = camera("esp32", 0, 1000, ["jpeg/small.jpg"]);
    let mut viewer = dialling(&["--connect", &format!("http://127.0.0.1:{port}/stream")]);
    for number in 1..=3 {
        let robot = loop {
            match viewer.event() {
                Event::Connected { robot } => break robot,
                Event::Unreachable { .. } => {}
                other => panic!("no camera connected: {other:?}"),
            }
        };
        assert_eq!(robot, number);
        viewer.frame();
        camera.kill();
        let Stream { ended, .. } = viewer.rest_of(robot);
        assert!(["hang-up", "truncated"].contains(&ended.reason.as_str()), "{ended:?}");
        (camera, _) = self::camera("esp32", port, 1000, ["jpeg/small.jpg"]);
    }
    camera.kill();
    viewer.interrupt();
}

#[test]
fn robot_sim_plays_a_camera_with_faults_and_two_viewers_see_the_same() {
    let small = fixture("jpeg/small.jpg");
    let faults = ["--loop", "30", "--fps", "60", "--stamp", "--fault", "garbage@10", "--fault", "truncate@20:50%"];
    let (mut camera, url) = programs::camera(["--images", &small].into_iter().chain(faults));
    let viewers = [(); 2].map(|()| dialling(&["--once", "--every-frame", "--connect", &url]));
    for mut viewer in viewers {
        let stream = viewer.stream();
        assert_eq!((stream.frames.len(), stream.corrupt.len()), (28, 2), "{:?}", stream.ended);
        assert!(stream.frames.iter().any(|frame| frame.age_ms.is_some()));
        assert_eq!(viewer.exit_code(), Some(0));
    }
    camera.interrupt().unwrap();
    assert_eq!(exit_code(&mut camera), Some(0));
}

#[test]
fn what_is_no_stream_is_named_once_and_dialled_again() {
    let (mut camera, port) = camera("mjpg-streamer", 0, 1000, ["jpeg/small.jpg"]);
    let (private, private_port) = self::camera("private", 0, 1000, ["jpeg/small.jpg"]);
    let nobody = free_address(84);
    let wrong = [
        (format!("http://127.0.0.1:{port}/"), "that is a page (text/html), and no stream; it is :81/stream on"),
        (format!("http://127.0.0.1:{port}/snapshot"), "that is a single picture, and no stream; it is :81/stream on"),
        (format!("http://127.0.0.1:{port}/video"), "the server answers 404 Not Found; check the path: it is"),
        (format!("http://127.0.0.1:{port}/moved"), r#"the server points to "/stream"; look in a browser"#),
        (format!("http://127.0.0.1:{port}/nowhere"), "the server answers 302 Found; check the path: it is"),
        (format!("http://127.0.0.1:{port}/gzip"), "the server compresses its stream (gzip), though JPEGs are"),
        (format!("http://127.0.0.1:{private_port}/stream"), "the server wants a user and a password"),
        (
            format!("http://u:wrong@127.0.0.1:{private_port}/?action=stream"),
            "the server rejects this user and password",
        ),
        (format!("http://{nobody}/stream"), "Connection refused (os error 111); is it switched on"),
    ];
    let arguments: Vec<&str> = wrong.iter().flat_map(|(url, _)| ["--connect", url.as_str()]).collect();
    let mut viewer = dialling(&arguments);
    let mut said = BTreeMap::new();
    while said.len() < wrong.len() {
        let Event::Unreachable { url, detail } = viewer.event() else { panic!("only failures can come") };
        assert_eq!(said.insert(url.clone(), detail), None, "{url} was named twice");
    }
    for (url, start) in &wrong {
        let url = &url.replace("u:wrong@", "");
        assert!(said[url].starts_with(start), "{url}: {}", said[url]);
    }
    // Dialled again, and not named again.
    let asked = |line: &str| (line == "GET /video").then_some(());
    for _ in 0..3 {
        camera.wait_for(Output::Stdout, PATIENCE, "another request", asked).unwrap();
    }
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
    assert_eq!(viewer.stderr().matches("/video: the server answers 404").count(), 1, "{}", viewer.stderr());
    [camera, private].iter_mut().for_each(Running::kill);
}

#[test]
fn a_password_opens_the_stream_and_is_not_shown() {
    let (mut camera, port) = camera("private", 0, 1, ["jpeg/small.jpg", "jpeg/small.jpg"]);
    let url = format!("http://pupil:s%3Acret@127.0.0.1:{port}/stream");
    let mut viewer = dialling(&["--once", "--connect", &url]);
    let stream = viewer.stream();
    assert_eq!((stream.ended.received, viewer.exit_code()), (2, Some(0)));
    let transcript = [viewer.stderr(), viewer.running.lines(Output::Stdout).join("\n")].concat();
    assert!(transcript.contains(&format!("http://127.0.0.1:{port}/stream")), "{transcript}");
    assert!(!transcript.contains("pupil") && !transcript.contains("cret"), "{transcript}");
    camera.kill();
}

/// Starts a camera, and gives its port as well.
fn camera<'a>(mode: &str, port: u16, rounds: u32, stills: impl IntoIterator<Item = &'a str>) -> (Running, u16) {
    let mut command: Command = python("http_camera.py");
    command.args([mode, &port.to_string(), &rounds.to_string()]).args(stills.into_iter().map(fixture));
    let mut camera = Running::start(&mut command).expect("python3 starts; `cargo xtask setup` installs it");
    let port = camera.wait_for(Output::Stdout, PATIENCE, "its port", |line| line.parse().ok());
    (camera, port.expect("the camera listens"))
}

/// A viewer that dials and does not listen.
fn dialling(more: &[&str]) -> Viewer {
    let mut command = viewer();
    command.args(["--headless", "--report", "-", "--detect", "qr"]).args(more);
    Viewer { running: Running::start(&mut command).expect("the viewer starts"), addr: String::new() }
}
