//! `viewer detect`: the detectors on files.

use std::fs;
use std::process::Command;

use fixtures::Fixture;
use xtask::cargo;
use xtask::process::{Output, Running};
use xtask::report::{Event, Frame};

use crate::programs::{exit_code, fixture, robot_sim, viewer};
use crate::stream::{expected, read};

#[test]
fn stills_are_read_as_over_the_wire_and_annotated() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    let directory = cargo::output_folder("e2e").join("annotated");
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    let mut command = viewer();
    command.arg("detect").args(stills.iter().map(|still| still.path()));
    let mut detect = run(command.args(["--detect", "qr", "--annotate"]).arg(&directory));

    assert_eq!(exit_code(&mut detect), Some(0));
    let frames = frames(&detect);
    assert_eq!(frames.len(), stills.len());
    for (frame, still) in frames.iter().zip(&stills) {
        assert_eq!(frame.source.as_deref(), Some(fixture(still.name).as_str()));
        assert_eq!(read(frame), expected(still.codes), "in {}", still.name);
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), stills.len());
}

#[test]
fn a_damaged_file_is_reported_and_the_others_are_read() {
    let (damaged, good) = (fixture("jpeg/damaged/half.jpg"), fixture("jpeg/small.jpg"));
    let mut detect = run(viewer().args(["detect", &damaged, &good, "--detect", "qr"]));

    assert_eq!(exit_code(&mut detect), Some(1));
    assert_eq!(frames(&detect).len(), 1);
    assert!(detect.lines(Output::Stderr).join("\n").contains(&damaged), "stderr does not name the file");
}

#[test]
fn a_file_name_that_is_taken_for_an_option_steers_no_terminal() {
    let name = "--\u{1b}]0;title\u{7}\u{202e}";
    for mut program in [run(viewer().args(["detect", name])), run(robot_sim().arg(name))] {
        assert_eq!(exit_code(&mut program), Some(2));
        let errors = program.lines(Output::Stderr).join("\n");
        assert!(errors.contains(r"'--\u{1b}]0;title\u{7}\u{202e}'"), "{errors}");
    }
}

#[test]
fn a_file_that_is_no_picture_is_reported_in_one_line() {
    let directory = cargo::output_folder("e2e").join("no-pictures");
    fs::create_dir_all(&directory).unwrap();
    let files = [("text.jpg", "hi"), ("empty.mp4", "")].map(|(name, text)| {
        let file = directory.join(name);
        fs::write(&file, text).unwrap();
        file
    });
    let mut detect = run(viewer().arg("detect").args(&files));

    assert_eq!(exit_code(&mut detect), Some(1));
    let errors = detect.lines(Output::Stderr);
    assert_eq!(errors.len(), 3, "one line each, and how many there were: {errors:?}");
    for (line, file) in errors.iter().zip(&files) {
        assert!(line.starts_with(&file.display().to_string()), "{line}");
    }
}

#[test]
fn files_are_called_what_they_are_and_a_damaged_video_is_read_as_far_as_it_goes() {
    let directory = cargo::output_folder("e2e").join("kinds");
    fs::create_dir_all(&directory).unwrap();
    let mut video = fs::read(fixture("qr.mp4")).unwrap();
    let third = video.len() / 3;
    video[third..2 * third].fill(0);
    // FFmpeg would film text, and follow the addresses in a playlist.
    let files = [
        ("damaged.mp4", &video[..], " of 300 frames could be read; it is cut or damaged"),
        ("two.jpg", b"\xFF\xD8", "ends after 2 bytes"),
        ("notes.txt", b"a text\n", "is text, and no picture, video or recording"),
        ("list.m3u8", b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n", "is text, and no picture, video or recording"),
        ("empty.jpg", b"", "is empty"),
    ];
    for (name, bytes, says) in files {
        let file = directory.join(name);
        fs::write(&file, bytes).unwrap();
        let mut detect = run(viewer().args(["detect", "--detect", "qr"]).arg(&file));
        assert_eq!(exit_code(&mut detect), Some(1), "{name}");
        let errors = detect.lines(Output::Stderr);
        assert!(errors[0].starts_with(&file.display().to_string()) && errors[0].contains(says), "{errors:?}");
        let read = frames(&detect).len();
        assert_eq!(read > 50 && read < 290, name == "damaged.mp4", "{name}: {read} frames");
    }
}

#[test]
fn what_may_never_end_is_no_file_to_search() {
    let mut detect = run(viewer().args(["detect", "/dev/zero"]));
    assert_eq!(exit_code(&mut detect), Some(1));
    let errors = detect.lines(Output::Stderr);
    assert!(errors[0].starts_with("/dev/zero: is a pipe or a device"), "{errors:?}");
}

#[test]
fn on_a_full_disk_a_report_ends_at_a_whole_line() {
    let report = cargo::output_folder("e2e").join("full.jsonl");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""]).arg(viewer().get_program());
    command.args(["detect", &fixture("qr.mp4"), "--detect", "qr", "--report"]).arg(&report);
    let mut detect = run(&mut command);
    assert_eq!(exit_code(&mut detect), Some(1));
    let said = detect.lines(Output::Stderr).join("\n");
    assert!(said.contains("cannot be written") && said.contains("is the disk full?"), "{said}");
    let written = fs::read_to_string(&report).unwrap();
    assert!(written.ends_with("}\n") && written.lines().all(|line| Event::parse(line).is_ok()), "{written}");
}

/// Starts a viewer that ends by itself.
pub(crate) fn run(command: &mut Command) -> Running {
    Running::start(command).expect("the viewer starts")
}

/// The pictures of a report on standard output.
pub(crate) fn frames(detect: &Running) -> Vec<Frame> {
    let events = detect.lines(Output::Stdout).into_iter().map(|line| Event::parse(&line).expect("it is the report"));
    events.filter_map(|event| if let Event::Frame(frame) = event { Some(frame) } else { None }).collect()
}
