//! Faces by OpenCV's YuNet, whose model is in no package: the user provides it.

use std::path::Path;

use opencv::core::{self, Mat, Ptr, Size};
use opencv::imgproc;
use opencv::objdetect::FaceDetectorYN;
use opencv::prelude::{FaceDetectorYNTrait as _, MatTraitConst as _};

use crate::detect::Rect;
use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::detect::engines::SetupError;
use crate::detect::opencl::Device;
use crate::opencv_error::reason;
use crate::picture::{Luma, Picture};

/// A small neural network.
pub(super) struct Yunet {
    network: Ptr<FaceDetectorYN>,
    min_size: f32,
    device: Device,
}

impl Yunet {
    /// Loads the model and runs it once: a model of the wrong kind loads and fails only when it runs.
    pub(super) fn load(path: &Path, min_size: u32, device: Device) -> Result<Self, SetupError> {
        let unfit = |reason: String| {
            let (path, needed, version) = (path.to_owned(), needed_model(), version());
            SetupError::YunetModel { path, reason, version, needed }
        };
        let name = path.to_str().ok_or_else(|| unfit("its name is not UTF-8, which OpenCV needs".to_owned()))?;
        std::fs::metadata(path).map_err(|error| unfit(error.to_string()))?;
        let target = match device {
            Device::Cpu => TARGET_CPU,
            Device::OpenCl(_) => TARGET_OPENCL,
        };
        let created = FaceDetectorYN::create(name, "", TRIAL, SCORE, SUPPRESS, CANDIDATES, BACKEND_OPENCV, target);
        let network = created.map_err(|error| unfit(reason(&error)))?;
        let mut yunet = Self { network, min_size: min_size as f32, device };
        let (width, height) = (TRIAL.width as usize, TRIAL.height as usize);
        let blank = Luma { width, height, data: vec![0; width * height] };
        yunet.find(&blank.into()).map_err(|error| unfit(reason(&error)))?;
        Ok(yunet)
    }
}

impl BoxEngine for Yunet {
    fn name(&self) -> &'static str {
        "yunet"
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let luma = picture.luma();
        self.device.set_for_this_thread()?;
        let (picture, scale) = prepared(luma)?;
        self.network.set_input_size(picture.size()?)?;
        let mut found = Mat::default();
        self.network.detect(&picture, &mut found)?;
        let mut hits = Vec::new();
        for row in 0..found.rows() {
            let value = |column| found.at_2d::<f32>(row, column).copied();
            let bounds = [value(0)?, value(1)?, value(2)?, value(3)?].map(|value| value / scale);
            // Between are the eyes, the nose and the corners of the mouth.
            let score = value(found.cols() - 1)?;
            if bounds[2].min(bounds[3]) >= self.min_size {
                let [x, y, width, height] = bounds.map(|value| value.round() as i32);
                hits.push(Hit { bounds: Rect { x, y, width, height }, score });
            }
        }
        surest_first(&mut hits);
        Ok(hits)
    }
}

/// The picture as the network takes it, and its scale: in colour, of at most [`MOST_PIXELS`], and filled up with black to
/// the right and below until both sides are multiples of [`STEP`].
///
/// OpenCV before 4.8 fails on other sides, and on sides below [`LEAST_SIDE`].
fn prepared(luma: &Luma) -> opencv::Result<(Mat, f32)> {
    let (width, height) = (luma.width as i32, luma.height as i32);
    let grey = luma.mat()?;
    let scale = (MOST_PIXELS / (luma.width as f64 * luma.height as f64)).sqrt().min(1.0);
    let shrunk = |side: i32| (f64::from(side) * scale).round().max(1.0) as i32;
    let size = Size::new(shrunk(width), shrunk(height));
    let (mut small, mut colour, mut padded) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::resize(&grey, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    imgproc::cvt_color_def(&small, &mut colour, imgproc::COLOR_GRAY2BGR)?;
    let missing = |side: i32| ((side + STEP - 1) / STEP * STEP).max(LEAST_SIDE) - side;
    let (bottom, right) = (missing(size.height), missing(size.width));
    let black = core::Scalar::default();
    core::copy_make_border(&colour, &mut padded, 0, bottom, 0, right, core::BORDER_CONSTANT, black)?;
    Ok((padded, scale as f32))
}

/// The file name of the model for the installed version of OpenCV.
pub(super) fn needed_model() -> &'static str {
    model_for(core::get_version_major(), core::get_version_minor())
}

/// By the notes of the model zoo: OpenCV 4.8 reads the network's outputs in another way than earlier versions, and
/// version 5 needs a model that takes pictures of any size.
fn model_for(major: i32, minor: i32) -> &'static str {
    match (major, minor) {
        (..=3, _) | (4, ..8) => "face_detection_yunet_2022mar.onnx",
        (4, _) => "face_detection_yunet_2023mar.onnx",
        _ => "face_detection_yunet_2026may.onnx",
    }
}

fn version() -> String {
    format!("{}.{}", core::get_version_major(), core::get_version_minor())
}

/// OpenCV's numbers for its own network code, and where that runs.
const BACKEND_OPENCV: i32 = 3;
const TARGET_CPU: i32 = 0;
const TARGET_OPENCL: i32 = 1;
/// The size of the first picture, which shows whether the model is one for faces.
const TRIAL: Size = Size { width: 320, height: 320 };
/// In each direction; the network halves a picture up to six times.
const STEP: i32 = 32;
const LEAST_SIDE: i32 = 64;
/// A larger picture is shrunk: time and memory grow with the area.
const MOST_PIXELS: f64 = 4e6;
/// From 0 to 1; the value of OpenCV's own example.
const SCORE: f32 = 0.8;
/// Of two boxes that overlap more than this, the surer one stays.
const SUPPRESS: f32 = 0.3;
/// The most boxes considered before that.
const CANDIDATES: i32 = 5000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::{env, fs};

    fn refused(model: &Path) -> String {
        let Err(error) = Yunet::load(model, 0, Device::Cpu) else { unreachable!("it is no model") };
        error.to_string()
    }

    #[test]
    fn the_model_depends_on_the_version() {
        assert!(model_for(4, 7).contains("2022mar") && model_for(4, 8).contains("2023mar"));
        assert!(model_for(3, 9).contains("2022mar") && model_for(5, 0).contains("2026may"));
    }

    #[test]
    fn a_file_that_is_missing_or_no_model_is_reported_with_the_one_that_fits() {
        let path = env::temp_dir().join(format!("vision-yunet-{}.onnx", std::process::id()));
        let missing = refused(&path);
        fs::write(&path, "no model at all").unwrap();
        let garbage = refused(&path);
        let other = refused(Path::new("no-suffix"));
        fs::remove_file(&path).unwrap();
        for text in [missing, garbage, other] {
            assert!(text.contains("face_detection_yunet_202") && text.contains(&version()), "{text}");
        }
    }

    /// A file of `tests/yunet`, which `make.py` describes.
    fn stub(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/yunet").join(name)
    }

    #[test]
    fn a_network_for_something_else_is_reported_before_the_first_picture() {
        let text = refused(&stub("other.onnx"));
        assert!(text.contains("other.onnx") && text.contains("face_detection_yunet_202"), "{text}");
    }

    #[test]
    fn faces_come_back_in_pictures_of_any_size() {
        let mut yunet = Yunet::load(&stub("stub.onnx"), 0, Device::Cpu).unwrap();
        for (width, height) in [(320, 256), (640, 512), (320, 256)] {
            // On the grid of cells.
            let (left, top) = (128, 64);
            let bright = |n: usize| {
                let (x, y) = (n % width, n / width);
                if (left..left + 64).contains(&x) && (top..top + 64).contains(&y) { 255 } else { 0 }
            };
            let luma = Luma { width, height, data: (0..width * height).map(bright).collect() };
            let hits = yunet.find(&luma.clone().into()).unwrap();
            let [Hit { bounds, score }] = hits[..] else { panic!("{hits:?}") };
            assert_eq!((bounds.width, bounds.height, score), (128, 128, 1.0));
            // 4.8 and later take the first of four equal cells, half a square off.
            let (x, y) = (bounds.x + 64, bounds.y + 64);
            assert!((x - left as i32 - 32).abs() <= 16 && (y - top as i32 - 32).abs() <= 16, "{bounds:?}");
        }
    }

    #[test]
    fn a_picture_of_any_size_is_no_error() {
        let mut yunet = Yunet::load(&stub("stub.onnx"), 0, Device::Cpu).unwrap();
        for (width, height) in [(1, 1), (20, 20), (33, 65), (321, 243), (8000, 50), (3, 30_000), (4056, 3040)] {
            let luma = Luma { width, height, data: vec![0; width * height] };
            assert_eq!(yunet.find(&luma.clone().into()).unwrap(), [], "{width}×{height}");
            let (prepared, _) = prepared(&luma).unwrap();
            let (across, down) = (prepared.cols(), prepared.rows());
            assert!(across % STEP == 0 && down % STEP == 0 && across.min(down) >= LEAST_SIDE, "{across}×{down}");
            let slack = f64::from(STEP) * f64::from(across + down);
            assert!(f64::from(across) * f64::from(down) <= MOST_PIXELS + slack, "{across}×{down}");
        }
    }

    #[test]
    fn in_a_large_picture_faces_are_where_they_are() {
        let mut yunet = Yunet::load(&stub("stub.onnx"), 0, Device::Cpu).unwrap();
        let (width, height) = (4096, 3072);
        let bright = |n: usize| {
            let (x, y) = (n % width, n / width);
            if (1024..1536).contains(&x) && (512..1024).contains(&y) { 255 } else { 0 }
        };
        let hits = yunet.find(&Luma { width, height, data: (0..width * height).map(bright).collect() }.into()).unwrap();
        assert!(!hits.is_empty());
        for Hit { bounds, .. } in hits {
            let (x, y) = (bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
            assert!((1000..1560).contains(&x) && (488..1048).contains(&y), "{bounds:?}");
        }
    }

    #[test]
    fn smaller_faces_than_asked_for_are_left_out() {
        let found = |min_size| {
            let mut yunet = Yunet::load(&stub("stub.onnx"), min_size, Device::Cpu).unwrap();
            yunet.find(&Luma { width: 64, height: 64, data: vec![255; 64 * 64] }.into()).unwrap().len()
        };
        assert_eq!((found(128), found(129)), (1, 0));
    }
}
