//! What the engines find through OpenCL is what they find without it; PoCL plays the device.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

use std::path::PathBuf;
use std::process::{Command, Output};

use fixtures::drawn;
use serde_json::Value;

#[test]
fn faces_are_the_same_through_opencl() {
    same_through_opencl("faces", &["--face-engine", "haar"], &[], drawn::faces());
}

#[test]
fn humans_are_the_same_through_opencl() {
    same_through_opencl("humans", &["--human-engine", "haar"], &[], drawn::humans());
}

#[test]
fn a_network_is_the_same_through_opencl_where_opencv_is_told_that_any_device_will_do() {
    let stub = concat!(env!("CARGO_MANIFEST_DIR"), "/../vision/tests/yunet/stub.onnx");
    // What the stub takes for a face is anything bright.
    let squares = |n: usize| {
        let (x, y) = (n % 320 / 64, n / 320 / 64);
        if y == 1 && (x == 1 || x == 3) { 255 } else { 0 }
    };
    let drawn =
        drawn::Drawn { width: 320, height: 320, data: (0..320 * 320).map(squares).collect(), truth: [[0; 4]; 2] };
    let any = [("OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES", "1")];
    same_through_opencl("faces", &["--face-engine", "yunet", "--face-model", stub], &any, drawn);
}

#[test]
fn on_says_it_where_no_engine_runs_on_the_device() {
    let picture = Picture::write("unused", drawn::faces());
    let stub = concat!(env!("CARGO_MANIFEST_DIR"), "/../vision/tests/yunet/stub.onnx");
    for engine in [&[][..], &["--face-engine", "yunet", "--face-model", stub]] {
        let arguments = [&["--detect", "faces", "--opencl", "on"][..], engine].concat();
        let output = picture.detect(&arguments, &[PROCESSOR]);
        assert!(output.status.success(), "{output:?}; {NEEDED}");
        assert!(stderr(&output).contains("none of the engines in use runs there"), "{output:?}");
    }
}

#[test]
fn without_a_gpu_auto_says_so_only_when_asked_and_on_is_an_error() {
    let picture = Picture::write("auto", drawn::faces());
    let detect = |arguments: &[&str]| picture.detect(arguments, &[NO_DEVICE]);
    let quiet = detect(&["--detect", "faces", "--face-engine", "haar"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{quiet:?}");
    let verbose = detect(&["--detect", "faces", "--face-engine", "haar", "--verbose"]);
    assert!(verbose.status.success() && stderr(&verbose).starts_with("OpenCL: not used"), "{verbose:?}");
    let insisting = detect(&["--detect", "faces", "--opencl", "on"]);
    assert_eq!(insisting.status.code(), Some(1), "{insisting:?}");
    assert!(stderr(&insisting).starts_with("error: --opencl on: OpenCV takes no OpenCL device"), "{insisting:?}");
}

fn same_through_opencl(kinds: &str, engine: &[&str], variables: &[(&str, &str)], drawn: drawn::Drawn) {
    let picture = Picture::write(&format!("{kinds}-{}", engine[1]), drawn);
    let detect = |opencl: &str| {
        let arguments = [&["--detect", kinds, "--opencl", opencl, "--verbose"], engine].concat();
        let output = picture.detect(&arguments, &[&[PROCESSOR], variables].concat());
        assert!(output.status.success(), "{output:?}; {NEEDED}");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        (line["detections"].clone(), stderr(&output))
    };
    let (plain, said) = detect("off");
    assert_eq!(plain.as_array().map(Vec::len), Some(2), "{plain}");
    assert!(said.starts_with("OpenCL: off"), "{said}");
    let (through_opencl, said) = detect("on");
    let engine = engine[..2].join(" ");
    // Before it may come what the driver says.
    let announced = |line: &str| line.starts_with("OpenCL: on ") && line.ends_with(&format!(", for {engine}"));
    assert!(said.lines().any(announced), "{said}");
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

    fn detect(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut viewer = Command::new(env!("CARGO_BIN_EXE_viewer"));
        viewer.arg("detect").arg(&self.0).args(arguments).envs(variables.iter().copied()).output().unwrap()
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
const PROCESSOR: (&str, &str) = ("OPENCV_OPENCL_DEVICE", ":CPU:");
const NO_DEVICE: (&str, &str) = ("OPENCV_OPENCL_DEVICE", "disabled");
const NEEDED: &str = "this test needs PoCL, which `cargo xtask setup` installs, and /sys, which PoCL looks at";
