//! The window, on a display in memory: what it shows, and what its keys do.

#![expect(clippy::disallowed_methods, reason = "how soon a key works is measured")]

use std::process::Command;
use std::time::{Duration, Instant};

use x11rb::protocol::xproto::Window;
use xtask::process::{Output, Running};
use xtask::report::Event;

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, viewer};
use crate::screen::{Screen, Shot};
use crate::truth;

#[test]
fn filler_then_the_robots_picture_with_what_was_found_then_filler() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &["--detect", "qr"]);
    let first = screen.wait_until(window, "filler", is_rain);
    screen.wait_until(window, "filler-moves", |shot| is_rain(shot) && *shot != first);

    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    screen.wait_until(window, "live", |shot| has_picture(shot) && outlined(shot) == [true, true]);
    robot.interrupt().unwrap();
    assert_eq!(exit_code(&mut robot), Some(0));
    screen.wait_until(window, "filler-again", |shot| is_rain(shot) && outlined(shot) == [false, false]);

    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
}

#[test]
fn codes_are_read_only_while_they_are_asked_for() {
    let screen = Screen::start();
    let (viewer, window) = open(&screen, &[]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    screen.wait_until(window, "not-asked", |shot| has_picture(shot) && outlined(shot) == [false, false]);
    screen.press(window, 'r');
    screen.wait_until(window, "asked", |shot| has_picture(shot) && outlined(shot) == [true, true]);
    screen.press(window, 'r');
    screen.wait_until(window, "no-longer-asked", |shot| has_picture(shot) && outlined(shot) == [false, false]);
}

#[test]
fn codes_in_the_filler_are_not_read() {
    let screen = Screen::start();
    let still = fixture("jpeg/two-codes.jpg");
    let (mut viewer, window) = open(&screen, &["--detect", "qr", "--filler", &still]);
    screen.wait_until(window, "filler-with-codes", has_picture);
    // A robot in between: had the filler been read, its codes would be in the report before the robot's.
    let mut robot = robot(&viewer.addr, ["--images", &fixture("jpeg/no-code.jpg"), "--loop", "3"]);
    let stream = viewer.stream();
    assert_eq!(exit_code(&mut robot), Some(0));
    assert!(stream.frames.iter().all(|frame| frame.detections.is_empty()), "{stream:?}");
    let shot = screen.wait_until(window, "filler-with-codes-again", has_picture);
    assert_eq!(outlined(&shot), [false, false]);

    screen.press(window, 'q');
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn q_closes_a_window_that_receives_no_frames() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &[]);
    screen.wait_until(window, "before-q", is_rain);

    let pressed = Instant::now();
    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
    let took = pressed.elapsed();
    // `cargo xtask bench` reads this line; the bound here is for machines that are busy with all the other tests.
    println!("from q to the end of the viewer: {} ms", took.as_millis());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_display_or_a_window_that_goes_away_ends_the_viewer_with_its_last_lines_and_says_so() {
    for only_the_window in [false, true] {
        let screen = Screen::start();
        let (mut viewer, window) = open(&screen, &[]);
        let _robot =
            robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "--connect-timeout", "1"]);
        let number = viewer.connected();
        screen.wait_until(window, "before-the-end", has_picture);
        if only_the_window {
            screen.destroy(window);
        } else {
            screen.kill();
        }
        assert_eq!(viewer.rest_of(number).ended.reason, "quit");
        assert_eq!(viewer.exit_code(), Some(1));
        let said = viewer.stderr();
        assert!(said.ends_with("or use --headless where no display stays"), "{said}");
        assert!(said.contains("error: the window has gone, or the display with it"), "{said}");
    }
}

#[test]
fn a_display_that_stands_still_is_named_and_keeps_no_signal_from_ending_the_viewer() {
    for signal in ["TERM", "HUP"] {
        let screen = Screen::start();
        let (mut viewer, window) = open(&screen, &[]);
        let _robot =
            robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "--connect-timeout", "1"]);
        let number = viewer.connected();
        screen.wait_until(window, "before-it-stands-still", has_picture);
        screen.stop();
        let names_it = |line: &str| line.contains("the display does not answer").then_some(());
        viewer.running.wait_for(Output::Stderr, PATIENCE, "the display", names_it).unwrap();
        viewer.running.signal(signal).unwrap();
        assert_eq!(viewer.rest_of(number).ended.reason, "quit");
        assert_eq!(viewer.exit_code(), Some(0));
    }
}

#[test]
fn a_window_that_is_closed_ends_the_viewer_with_its_last_lines_and_says_so() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &[]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "--connect-timeout", "1"]);
    let number = viewer.connected();
    screen.wait_until(window, "before-it-is-closed", has_picture);
    screen.close(window);
    assert_eq!(viewer.rest_of(number).ended.reason, "quit");
    assert_eq!(viewer.exit_code(), Some(0));
    assert!(viewer.stderr().contains("the window was closed"), "{}", viewer.stderr());
}

#[test]
fn q_while_live_closes_the_robots_connection() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &["--detect", "qr"]);
    let small = fixture("jpeg/small.jpg");
    let mut robot = robot(&viewer.addr, ["--images", &small, "--loop", "--connect-timeout", "1"]);
    let number = viewer.connected();
    viewer.frame();
    screen.press(window, 'q');

    let stream = viewer.rest_of(number);
    assert_eq!((viewer.exit_code(), stream.ended.reason.as_str()), (Some(0), "quit"));
    assert_eq!(exit_code(&mut robot), Some(3));
}

#[test]
fn without_a_display_the_way_out_is_named() {
    let mut command = viewer();
    command.args(["--listen", "127.0.0.1:0"]).env("DISPLAY", ":64999").env_remove("WAYLAND_DISPLAY");
    let mut viewer = Running::start(&mut command).unwrap();
    assert_eq!(viewer.exit(PATIENCE).unwrap().code(), Some(1));
    let stderr = viewer.lines(Output::Stderr).join("\n");
    assert!(stderr.contains("--headless"), "{stderr}");
}

#[test]
fn a_filler_that_cannot_be_read_is_reported_before_anything_opens() {
    let missing = "no/such/filler.gif";
    let mut viewer =
        Running::start(viewer().args(["--headless", "--listen", "127.0.0.1:0", "--filler", missing])).unwrap();
    assert_eq!(viewer.exit(PATIENCE).unwrap().code(), Some(1));
    let stderr = viewer.lines(Output::Stderr).join("\n");
    assert!(stderr.contains(missing), "{stderr}");
    let listened =
        viewer.lines(Output::Stdout).iter().any(|line| matches!(Event::parse(line), Ok(Event::Listening { .. })));
    assert!(!listened, "a robot could have connected");
}

/// Starts a viewer, and waits until its window is open.
pub(crate) fn open(screen: &Screen, more: &[&str]) -> (Viewer, Window) {
    let mut command: Command = viewer();
    command.args(["--listen", "127.0.0.1:0", "--report", "-"]).args(more);
    command.env("DISPLAY", screen.name()).env_remove("WAYLAND_DISPLAY");
    let viewer = Viewer::follow(&mut command);
    (viewer, screen.window())
}

/// Whether green glyphs on black are there, and nothing outlined.
fn is_rain(shot: &Shot) -> bool {
    let green = shot
        .share(|[red, green, blue]| green > 90 && green > red.saturating_add(40) && green > blue.saturating_add(40));
    let black = shot.share(|pixel| pixel.iter().all(|&value| value < 24));
    green > 0.01 && black > 0.5
}

/// Whether the still is there to its last row, below which the filler is black: displays take a picture in pieces.
pub(crate) fn has_picture(shot: &Shot) -> bool {
    const LAST_ROW: usize = 479;
    let black = (0..shot.width).filter(|&x| shot.at(x, LAST_ROW) == [0; 3]).count();
    black < shot.width / 2 && has_codes(shot)
}

/// Whether both codes of the still are where they should be: dark and light modules in about equal shares.
fn has_codes(shot: &Shot) -> bool {
    truth::of_still("two-codes.jpg").iter().all(|corners| {
        let inner: Vec<[u8; 3]> = (1..20)
            .flat_map(|across| (1..20).map(move |down| (across, down)))
            .map(|(across, down)| {
                let (across, down) = (f64::from(across) / 20.0, f64::from(down) / 20.0);
                let (top, bottom) = (between(corners[0], corners[1], across), between(corners[3], corners[2], across));
                pixel(shot, between(top, bottom, down))
            })
            .collect();
        let share = |is: fn(u8) -> bool| {
            inner.iter().filter(|pixel| pixel.iter().all(|&value| is(value))).count() * 100 / inner.len()
        };
        share(|value| value < 100) >= 20 && share(|value| value > 140) >= 20
    })
}

/// For each code of the still, whether an outline in the overlay's colour runs along all of its true edges.
fn outlined(shot: &Shot) -> Vec<bool> {
    let codes = truth::of_still("two-codes.jpg");
    codes.iter().map(|corners| (0..4).all(|side| edge_is_drawn(shot, corners[side], corners[(side + 1) % 4]))).collect()
}

fn edge_is_drawn(shot: &Shot, from: [f64; 2], to: [f64; 2]) -> bool {
    let points = (1..20).map(|step| between(from, to, f64::from(step) / 20.0));
    let near = |point: [f64; 2]| {
        let offsets = (-NEAR_PX..=NEAR_PX).flat_map(|dx| (-NEAR_PX..=NEAR_PX).map(move |dy| (dx, dy)));
        offsets
            .into_iter()
            .any(|(dx, dy)| is_outline(pixel(shot, [point[0] + f64::from(dx), point[1] + f64::from(dy)])))
    };
    points.filter(|&point| near(point)).count() >= 15
}

fn is_outline(pixel: [u8; 3]) -> bool {
    OUTLINE.iter().zip(pixel).all(|(wanted, is)| wanted.abs_diff(is) < 24)
}

fn between(from: [f64; 2], to: [f64; 2], part: f64) -> [f64; 2] {
    [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]
}

/// The colour at a point of the picture, which is 640 pixels wide and fills the window's width.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the screen first")]
fn pixel(shot: &Shot, [x, y]: [f64; 2]) -> [u8; 3] {
    let scale = f64::from(u32::try_from(shot.width).expect("a screen is that small")) / 640.0;
    let inside = |value: f64, size: usize| ((value * scale).max(0.0) as usize).min(size - 1);
    shot.at(inside(x, shot.width), inside(y, shot.height))
}

/// The overlay's colour for QR codes.
const OUTLINE: [u8; 3] = [230, 159, 0];
const NEAR_PX: i32 = 5;
