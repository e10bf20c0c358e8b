//! Faces by OpenCV's YuNet; its model is no package, so the user brings it.

use std::path::Path;

use opencv::core::{self, Mat, Ptr, Size};
use opencv::imgproc;
use opencv::objdetect::FaceDetectorYN;
use opencv::prelude::{FaceDetectorYNTrait as _, MatTraitConst as _};

use crate::detect::Rect;
use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::detect::matrix::Matrix;
use crate::detect::opencl::Device;
use crate::detect::settings::SetupError;
use crate::picture::Luma;

/// A small neural network.
pub(super) struct Yunet {
    network: Ptr<FaceDetectorYN>,
    min_size: f32,
}

impl Yunet {
    /// Loads the model and runs it once: a model of the wrong kind loads and fails only when it runs.
    pub(super) fn load(model: Option<&Path>, min_size: Option<u32>, device: Device) -> Result<Self, SetupError> {
        let right = right_model(core::get_version_major(), core::get_version_minor());
        let path = model.ok_or(SetupError::YunetWithoutModel { right })?;
        let unfit =
            |reason: String| SetupError::YunetModel { path: path.to_owned(), right, version: version(), reason };
        let name = path.to_str().ok_or_else(|| unfit("its name is not UTF-8, which OpenCV needs".to_owned()))?;
        std::fs::metadata(path).map_err(|error| unfit(error.to_string()))?;
        let target = match device {
            Device::Cpu => TARGET_CPU,
            Device::OpenCl => TARGET_OPENCL,
        };
        let created = FaceDetectorYN::create(name, "", TRIAL, SCORE, SUPPRESS, CANDIDATES, BACKEND_OPENCV, target);
        let network = created.map_err(|error| unfit(first_line(&error)))?;
        let mut yunet = Self { network, min_size: min_size.map_or(0.0, |pixels| pixels as f32) };
        let (width, height) = (TRIAL.width as usize, TRIAL.height as usize);
        let blank = Luma { width, height, data: vec![0; width * height] };
        yunet.search(&blank).map_err(|error| unfit(first_line(&error)))?;
        Ok(yunet)
    }

    fn search(&mut self, luma: &Luma) -> opencv::Result<Vec<Hit>> {
        self.network.set_input_size(Size::new(luma.width as i32, luma.height as i32))?;
        let (mut colour, mut found) = (Mat::default(), Mat::default());
        imgproc::cvt_color_def(&Matrix::of(luma, Device::Cpu)?, &mut colour, imgproc::COLOR_GRAY2BGR)?;
        self.network.detect(&colour, &mut found)?;
        let mut hits = Vec::new();
        for row in 0..found.rows() {
            let value = |column| found.at_2d::<f32>(row, column).copied();
            let [x, y, width, height] = [value(0)?, value(1)?, value(2)?, value(3)?];
            // Between are the eyes, the nose and the corners of the mouth.
            let score = value(found.cols() - 1)?;
            if width.min(height) >= self.min_size {
                let [x, y, width, height] = [x, y, width, height].map(|value| value.round() as i32);
                hits.push(Hit { bounds: Rect { x, y, width, height }, score });
            }
        }
        surest_first(&mut hits);
        Ok(hits)
    }
}

impl BoxEngine for Yunet {
    fn name(&self) -> &'static str {
        "yunet"
    }

    fn find(&mut self, luma: &Luma) -> Result<Vec<Hit>, String> {
        self.search(luma).map_err(|error| error.to_string())
    }
}

/// The models are written for one way of reading each: OpenCV 4.8 changed it.
fn right_model(major: i32, minor: i32) -> &'static str {
    if (major, minor) < (4, 8) { "face_detection_yunet_2022mar.onnx" } else { "face_detection_yunet_2023mar.onnx" }
}

fn version() -> String {
    format!("{}.{}", core::get_version_major(), core::get_version_minor())
}

fn first_line(error: &opencv::Error) -> String {
    error.message.lines().next().unwrap_or_default().trim().to_owned()
}

/// OpenCV's numbers for its own network code, and where that runs.
const BACKEND_OPENCV: i32 = 3;
const TARGET_CPU: i32 = 0;
const TARGET_OPENCL: i32 = 1;
/// The first picture, which shows whether the model is one for faces.
const TRIAL: Size = Size { width: 320, height: 320 };
/// From 0 to 1; the value of OpenCV's own example.
const SCORE: f32 = 0.8;
/// Of two boxes that overlap more than this, the surer one stays.
const SUPPRESS: f32 = 0.3;
/// The most boxes looked at before that.
const CANDIDATES: i32 = 5000;
