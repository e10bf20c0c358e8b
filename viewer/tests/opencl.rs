//! What the engines find through OpenCL is what they find without it; PoCL plays the device.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

#[path = "../src/detect/drawn.rs"]
#[expect(dead_code, reason = "the truth is for the tests of the engines")]
mod drawn;

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

#[test]
fn faces_are_the_same_through_opencl() {
    same_through_opencl("faces", "--face-engine", drawn::faces());
}

#[test]
fn humans_are_the_same_through_opencl() {
    same_through_opencl("humans", "--human-engine", drawn::humans());
}

#[test]
fn without_a_gpu_auto_says_so_only_when_asked_and_on_is_an_error() {
    let picture = Picture::write("auto", drawn::faces());
    let detect = |arguments: &[&str]| picture.detect(arguments, NO_DEVICE);
    let quiet = detect(&["--detect", "faces", "--face-engine", "haar"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{quiet:?}");
    let verbose = detect(&["--detect", "faces", "--face-engine", "haar", "--verbose"]);
    assert!(verbose.status.success() && stderr(&verbose).starts_with("OpenCL: not used"), "{verbose:?}");
    let insisting = detect(&["--detect", "faces", "--opencl", "on"]);
    assert_eq!(insisting.status.code(), Some(1), "{insisting:?}");
    assert!(stderr(&insisting).starts_with("error: --opencl on: OpenCV finds no OpenCL device"), "{insisting:?}");
}

fn same_through_opencl(kinds: &str, option: &str, drawn: drawn::Drawn) {
    let picture = Picture::write(kinds, drawn);
    let detect = |opencl: &str| {
        let arguments = ["--detect", kinds, option, "haar", "--opencl", opencl, "--verbose"];
        let output = picture.detect(&arguments, PROCESSOR);
        assert!(output.status.success(), "{output:?}; `cargo xtask setup` installs PoCL for this test");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        (line["detections"].clone(), stderr(&output))
    };
    let (plain, said) = detect("off");
    assert_eq!(plain.as_array().map(Vec::len), Some(2), "{plain}");
    assert!(said.starts_with("OpenCL: off"), "{said}");
    let (through_opencl, said) = detect("on");
    assert!(said.starts_with("OpenCL: on "), "{said}");
    assert_eq!(through_opencl, plain);
}

/// A picture in a file of its own, which goes with it.
struct Picture(PathBuf);

impl Picture {
    fn write(name: &str, drawn: drawn::Drawn) -> Self {
        let path = std::env::temp_dir().join(format!("viewer-opencl-{name}-{}.png", std::process::id()));
        let (width, height) = (drawn.width as u32, drawn.height as u32);
        image::GrayImage::from_raw(width, height, drawn.data).unwrap().save(&path).unwrap();
        Self(path)
    }

    fn detect(&self, arguments: &[&str], device: &str) -> Output {
        let mut viewer = Command::new(env!("CARGO_BIN_EXE_viewer"));
        viewer.arg("detect").arg(&self.0).args(arguments).env("OPENCV_OPENCL_DEVICE", device);
        viewer.output().unwrap()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // Nothing to be done about a file that stays.
        _ = std::fs::remove_file(&self.0);
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// OpenCV's way to say: the processor, on any platform. Without it OpenCV takes GPUs only.
const PROCESSOR: &str = ":CPU:";
const NO_DEVICE: &str = "disabled";
