//! What is wrong on the command line or with a file is reported before a robot dials.

use crate::robot::{Finished, Folder, Robot, jpeg};

fn run(args: &str) -> Finished {
    Robot::run(&format!("--to 127.0.0.1:9 {args}"))
}

#[test]
fn bad_arguments_have_code_2_and_say_what_is_expected() {
    run("").expect_code(2).expect_stderr("--images");
    run("--images a.jpg --fault flip").expect_code(2).expect_stderr("write flip@FRAMES[:BITS]");
    run("--images a.jpg --size 5").expect_code(2).expect_stderr("320x240");
}

#[test]
fn a_bad_scenario_has_code_2_and_names_file_and_line() {
    let folder = Folder::new("bad-scenario");
    let file = folder.write("bad.toml", "seed = 1\nfaults = [\"flip@12\", \"stal@3\"]");
    run(&format!("--images a.jpg --scenario {file}"))
        .expect_code(2)
        .expect_stderr(&file)
        .expect_stderr("line 2")
        .expect_stderr("there is no fault `stal`");
    run("--images a.jpg --scenario none.toml")
        .expect_code(2)
        .expect_stderr("cannot read the scenario none.toml; check its name")
        .expect_stderr("No such file");
}

#[test]
fn a_file_that_is_no_jpeg_is_named_with_the_reason_and_what_to_do() {
    let folder = Folder::new("no-jpeg");
    let good = folder.write("good.jpg", jpeg(1, 20));
    for (name, bytes, reason) in [
        ("text.jpg", b"hello".as_slice(), "is not a JPEG, which begins with the bytes FF D8 FF; name another file"),
        ("empty.jpg", b"", "is empty; name a JPEG file"),
        ("picture.png", b"\x89PNG\r\n\x1a\n", "is not a JPEG but a PNG; convert it"),
        ("film.mp4", b"\0\0\0\x20ftypisom", "is not a JPEG but a video; play it with --video"),
    ] {
        let file = folder.write(name, bytes);
        run(&format!("--images {good} {file}")).expect_code(1).expect_stderr(&format!("error: {file} {reason}"));
    }
    run("--images none.jpg")
        .expect_code(1)
        .expect_stderr("cannot read none.jpg; check its name")
        .expect_stderr("No such file");
    for input in ["--images /dev/null", "--replay /dev/null"] {
        run(input).expect_code(1).expect_stderr("it is a folder, a pipe or a device, and no file");
    }
}

#[test]
fn a_folder_without_pictures_is_an_error() {
    let folder = Folder::new("empty-folder");
    folder.write("notes.txt", "no picture");
    run(&format!("--images {}", folder.path().display())).expect_code(1).expect_stderr("has no file that ends in .jpg");
}

#[test]
fn a_jpeg_without_an_end_is_sent_with_a_warning() {
    let folder = Folder::new("no-eoi");
    let mut bytes = jpeg(1, 200);
    bytes.truncate(100);
    let file = folder.write("cut.jpg", &bytes);
    run(&format!("--images {file} --connect-timeout 0"))
        .expect_code(1)
        .expect_stderr("cut.jpg has no end-of-image marker");
}

/// No machine has room for stacks of 70 terabytes, so that no thread can be started.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_cannot_be_started_is_an_error_and_not_a_hang() {
    let folder = Folder::new("no-threads");
    let file = folder.write("a.jpg", jpeg(1, 20));
    Robot::start_with(&format!("--images {file} --robots 4 --to 127.0.0.1:9"), "RUST_MIN_STACK", "70000000000000")
        .finish()
        .expect_code(1)
        .expect_stderr("error: cannot start the thread that waits for Ctrl-C; ")
        .expect_stderr("`ulimit -u`");
}

/// The shell lowers the hard limit, which an ordinary user cannot raise again.
#[cfg(target_os = "linux")]
#[test]
fn more_robots_than_open_files_are_an_error_that_says_how_many_are_needed() {
    let folder = Folder::new("no-files");
    let file = folder.write("a.jpg", jpeg(1, 20));
    let script = format!("ulimit -n 100; exec {} --images {file} --robots 50 --to 127.0.0.1:9", Robot::PROGRAM);
    let finished = Robot::shell(&script).finish();
    finished
        .expect_code(1)
        .expect_stderr("error: 50 robots need 114 open files, and this process may have 100; simulate fewer robots");
}
