//! What keys do to the picture, the disk and the window.

use std::fs;
use std::path::PathBuf;

use xtask::cargo;
use xtask::process::Output;

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, viewer as program};
use crate::screen::{ESCAPE, F11, Screen, Shot};
use crate::window::{has_picture, open};
use crate::{files, stream};

#[test]
fn m_mirrors_the_picture_and_s_and_o_save_it_as_it_is_shown() {
    let screen = Screen::start();
    let folder = cargo::output_folder("e2e").join("saved");
    _ = fs::remove_dir_all(&folder);
    let (mut viewer, window) = open(&screen, &["--save-dir", folder.to_str().unwrap()]);
    let still = fixture("jpeg/two-codes.jpg");
    let _robot = robot(&viewer.addr, ["--images", &still, "--loop"]);
    let upright = screen.wait_until(window, "upright", has_picture);

    screen.press(window, 's');
    let as_it_came = saved(&mut viewer);
    assert!(fs::read(&as_it_came).unwrap() == fs::read(&still).unwrap(), "{} is another", as_it_came.display());

    screen.press(window, 'm');
    screen.wait_until(window, "mirrored", |shot| mirrored_share(shot, &upright) > 0.85);
    screen.press(window, 's');
    let mirrored = saved(&mut viewer);
    screen.press(window, 'o');
    let overlay = fs::read(saved(&mut viewer)).unwrap();
    let shot = screen.shot(window);
    assert!(overlay.starts_with(b"\x89PNG"));
    let side = |at: usize| u32::from_be_bytes(overlay[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((side(16), side(20)), (shot.width, shot.height));

    // Mirrored back it is the picture that the robot sent.
    let mut detect = files::run(program().args(["detect", "--flip", "h", "--detect", "qr"]).arg(&mirrored));
    assert_eq!(exit_code(&mut detect), Some(0));
    let frames = files::frames(&detect);
    assert_eq!(stream::read(&frames[0]), stream::expected(fixtures::get("jpeg/two-codes.jpg").unwrap().codes));

    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn t_with_shift_turns_the_picture() {
    let screen = Screen::start();
    let folder = cargo::output_folder("e2e").join("turned");
    _ = fs::remove_dir_all(&folder);
    let (mut viewer, window) = open(&screen, &["--save-dir", folder.to_str().unwrap()]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    screen.wait_until(window, "upright", has_picture);
    screen.press(window, 'T');
    let is_dark_at_the_left =
        |shot: &Shot| shot.rgb[shot.height / 2 * shot.width * 3..][..15].iter().all(|&part| part < 30);
    screen.wait_until(window, "turned", is_dark_at_the_left);
    screen.press(window, 's');
    let mut detect = files::run(program().args(["detect", "--detect", "qr"]).arg(saved(&mut viewer)));
    assert_eq!(exit_code(&mut detect), Some(0));
    let report = detect.lines(Output::Stdout).join("\n");
    assert!(report.contains(r#""width":480,"height":640"#), "{report}");
    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_reported_before_anything_opens() {
    let folder = cargo::output_folder("e2e");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("no-folder");
    fs::write(&file, "in the way").unwrap();
    let mut viewer = files::run(program().args(["--listen", "127.0.0.1:0", "--save-dir"]).arg(file.join("in")));
    assert_eq!(exit_code(&mut viewer), Some(1));
    let stderr = viewer.lines(Output::Stderr).join("\n");
    assert!(stderr.contains("--save-dir") && stderr.contains("yours to write"), "{stderr}");
}

#[test]
fn full_screen_is_taken_where_nobody_manages_windows_and_given_back() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &[]);
    let before = screen.shot(window);
    screen.press_key(window, F11);
    screen.wait_until(window, "full-screen", |shot| (shot.width, shot.height) == screen.size());
    screen.press_key(window, ESCAPE);
    screen.wait_until(window, "window-again", |shot| (shot.width, shot.height) == (before.width, before.height));
    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
}

#[test]
fn the_window_manager_is_asked_for_full_screen_where_there_is_one() {
    let screen = Screen::start();
    let (mut viewer, window) = open(&screen, &[]);
    let before = screen.shot(window);
    screen.pose_as_window_manager();
    screen.press_key(window, F11);
    assert_eq!(screen.asked_of_the_window_manager(), (window, "_NET_WM_STATE_FULLSCREEN".to_owned()));
    let shot = screen.shot(window);
    assert_eq!((shot.width, shot.height), (before.width, before.height), "it took the screen itself");
    screen.press(window, 'q');
    assert_eq!(exit_code(&mut viewer.running), Some(0));
}

/// The whole path of the next file that the viewer says it saved.
fn saved(viewer: &mut Viewer) -> PathBuf {
    let path = |line: &str| line.strip_prefix("saved ").map(PathBuf::from);
    let path = viewer.running.wait_for(Output::Stderr, PATIENCE, "a saved picture", path).expect("the viewer says so");
    assert!(path.is_absolute(), "{}", path.display());
    path
}

/// How much of a window is the mirror image of `other`.
fn mirrored_share(shot: &Shot, other: &Shot) -> f64 {
    if (shot.width, shot.height) != (other.width, other.height) {
        return 0.0;
    }
    let places = (0..shot.height).flat_map(|y| (0..shot.width).map(move |x| (x, y)));
    let same = places.filter(|&(x, y)| shot.at(x, y) == other.at(shot.width - 1 - x, y)).count();
    same as f64 / (shot.width * shot.height) as f64
}
