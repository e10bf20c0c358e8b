//! Key v in the window.

use xtask::process::Output;

use super::{folder, reader, text};
use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot};
use crate::screen::{Screen, Shot};
use crate::window::{has_picture, open};

#[test]
fn v_starts_and_stops_a_recording_and_the_window_shows_it() {
    let (screen, folder) = (Screen::start(), folder("key"));
    let (mut viewer, window) = open(&screen, &["--save-dir", text(&folder)]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop", "--stamp"]);
    screen.wait_until(window, "not-recording", |shot| has_picture(shot) && !says_rec(shot));
    for _ in 0..2 {
        screen.press(window, 'v');
        let started = said(&mut viewer, "recording to ");
        assert!(started.starts_with(text(&folder)), "{started}");
        screen.wait_until(window, "recording", |shot| has_picture(shot) && says_rec(shot));
        screen.press(window, 'v');
        let stopped = said(&mut viewer, "recording stopped; ");
        let (frames, file) = stopped.split_once(" in ").expect("it says how many frames are in which file");
        assert_eq!(file, started);
        screen.wait_until(window, "no-longer-recording", |shot| has_picture(shot) && !says_rec(shot));

        let recording = reader::read_one(file);
        assert!(recording.is_complete());
        let numbers = recording.numbers("robot1");
        let count = format!("{} frame{}", numbers.len(), if numbers.len() == 1 { "" } else { "s" });
        assert_eq!(frames, count);
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
    }
    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
}

/// What follows this in the next message that begins with it.
fn said(viewer: &mut Viewer, beginning: &str) -> String {
    let rest = |line: &str| line.strip_prefix(beginning).map(str::to_owned);
    viewer.running.wait_for(Output::Stderr, PATIENCE, beginning, rest).expect("the viewer says so")
}

/// Whether there is red text in the corner at the top right.
fn says_rec(shot: &Shot) -> bool {
    let corner = (0..shot.height / 8).flat_map(|y| (shot.width * 3 / 4..shot.width).map(move |x| (x, y)));
    let red =
        |[red, green, blue]: [u8; 3]| red > 180 && red > green.saturating_add(60) && red > blue.saturating_add(60);
    corner.filter(|&(x, y)| red(shot.at(x, y))).count() > 20
}
