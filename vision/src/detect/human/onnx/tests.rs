//! Models of both layouts, and those that are none.

mod model;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::detect::Rect;
use model::network;

/// A file of a test, gone when it is over.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("vision-human-{}-{name}.onnx", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// A cell of 32 pixels is a person of 64, white a score of 1 and the grey beside the picture of none.
fn yolox() -> Vec<u8> {
    let (mut weights, mut biases) = ([0.0; 85], [0.0; 85]);
    (weights[4], biases[4], biases[5]) = (2.0 / 255.0, -1.0, 1.0);
    (biases[0], biases[1], biases[2], biases[3]) = (0.5, 0.5, 2f32.ln(), 2f32.ln());
    network(640, &[8, 16, 32], &weights, &biases)
}

/// A cell of 64 pixels is a person of 128, white a score of one half and the grey beside the picture of none.
fn nanodet() -> Vec<u8> {
    let (mut weights, mut biases) = ([0.0; 112], [0.0; 112]);
    weights[0] = 0.2;
    (0..4).for_each(|side| biases[80 + 8 * side + 1] = 50.0);
    network(416, &[8, 16, 32, 64], &weights, &biases)
}

/// Black, and white in a rectangle.
fn bright(width: usize, height: usize, at: Rect) -> Picture {
    let mut pixels = Pixels::new(width, height);
    for (n, pixel) in pixels.data_mut().iter_mut().enumerate() {
        let (x, y) = ((n % width) as i32, (n / width) as i32);
        let is_in = (at.x..at.x + at.width).contains(&x) && (at.y..at.y + at.height).contains(&y);
        *pixel = if is_in { 0x00FF_FFFF } else { 0 };
    }
    pixels.into()
}

fn refused(path: &Path) -> String {
    let Err(error) = Onnx::load(path) else { unreachable!("it is no model") };
    error.to_string()
}

#[test]
fn people_come_back_from_yolox_in_pictures_of_any_shape() {
    let file = File::new("yolox", &yolox());
    let mut onnx = Onnx::load(&file.0).unwrap();
    assert_eq!(onnx.name(), "yolox");
    // One cell of the input: 16 pixels of a picture that is doubled.
    for (width, height) in [(320, 320), (320, 160), (96, 320)] {
        let hits = onnx.find(&bright(width, height, Rect { x: 32, y: 48, width: 16, height: 16 })).unwrap();
        let [Hit { bounds, score }] = hits[..] else { panic!("{width}×{height}: {hits:?}") };
        assert_eq!(bounds, Rect { x: 24, y: 40, width: 32, height: 32 }, "{width}×{height}");
        assert!((score - 1.0).abs() < 0.1, "{score}");
    }
}

#[test]
fn people_come_back_from_nanodet() {
    let file = File::new("nanodet", &nanodet());
    let mut onnx = Onnx::load(&file.0).unwrap();
    assert_eq!(onnx.name(), "nanodet");
    let hits = onnx.find(&bright(416, 312, Rect { x: 128, y: 128, width: 64, height: 64 })).unwrap();
    let [Hit { bounds, .. }] = hits[..] else { panic!("{hits:?}") };
    assert_eq!(bounds, Rect { x: 64, y: 64, width: 128, height: 128 });
}

#[test]
fn what_is_no_model_is_reported_with_the_shapes_that_are_and_where_to_get_one() {
    let whole = yolox();
    let missing = refused(Path::new("no-such-model.onnx"));
    let garbage = refused(&File::new("garbage", b"no model at all").0);
    let empty = refused(&File::new("empty", b"").0);
    let cut = refused(&File::new("cut", &whole[..whole.len() / 2]).0);
    let other = refused(&File::new("other", &network(640, &[8, 16, 32], &[0.0; 84], &[0.0; 84])).0);
    for text in [&garbage, &empty, &cut, &other] {
        for part in ["1×8400×85", "1×3598×112", "opencv_zoo", ".onnx: "] {
            assert!(text.contains(part), "{part:?} is missing: {text}");
        }
    }
    assert!(missing.contains("No such file") && missing.contains("check its name"), "{missing}");
    assert!(other.contains("1×8400×84"), "{other}");
    assert!(empty.contains("0 bytes"), "{empty}");
    let folder = refused(&std::env::temp_dir());
    assert!(folder.contains("no regular file"), "{folder}");
    for text in [&garbage, &cut] {
        assert!(text.contains("as ONNX") || text.contains("error"), "{text}");
    }
}
