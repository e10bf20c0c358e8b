//! `.cargo/pkg-config` describes OpenCV where, and only where, pkg-config itself does not know it.

use std::fs;
use std::process::{Command, Output};

use xtask::cargo;

/// Asks about `module` what the `opencv` crate's build script asks, with `real` in place of pkg-config.
fn ask(real: &str, question: &[&str], module: &str) -> Output {
    let mut command = Command::new(cargo::root().join(".cargo/pkg-config"));
    command.args(question).arg(module).env("PKG_CONFIG", real).output().expect("the script runs")
}

fn answer(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn an_opencv_that_pkg_config_knows_comes_first() {
    assert_eq!(answer(&ask("echo", &["--modversion"], "opencv")), "--modversion opencv");
    assert_eq!(answer(&ask("echo", &["--libs", "--cflags"], "opencv4")), "--libs --cflags opencv4");
}

#[test]
fn what_pkg_config_does_not_know_stays_unknown() {
    for module in ["opencv5", "opencv4", "x11"] {
        let output = ask("false", &["--modversion"], module);
        assert!(!output.status.success() && output.stdout.is_empty(), "{module}: {output:?}");
    }
}

#[test]
fn without_libopencv_dev_the_headers_give_the_version() {
    let asked = ask("false", &["--modversion"], "opencv");
    // Elsewhere than on Debian and its relatives the headers may be in another place, and nothing is answered.
    let Ok(header) = fs::read_to_string("/usr/include/opencv4/opencv2/core/version.hpp") else {
        assert!(!asked.status.success(), "{asked:?}");
        return;
    };
    let number = |part: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(&format!("#define CV_VERSION_{part}")));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(answer(&asked), ["MAJOR", "MINOR", "REVISION"].map(number).join("."));
    let linked = answer(&ask("false", &["--libs", "--cflags"], "opencv"));
    assert_eq!(
        linked,
        "-I/usr/include/opencv4 -lopencv_objdetect -lopencv_dnn -lopencv_videoio -lopencv_imgproc -lopencv_core"
    );
}
