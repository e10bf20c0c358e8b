//! People by a network that the user brings, an ONNX file: YOLOX or NanoDet-Plus, told apart by the shape of its output.

mod layout;

use std::io;
use std::path::Path;

use opencv::core::{self, Mat, Rect as CvRect, Scalar, Size, Vector};
use opencv::dnn::{self, Net};
use opencv::imgproc;
use opencv::prelude::{MatTraitConst as _, MatTraitConstManual as _, NetTrait as _, NetTraitConst as _};

use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::detect::engines::SetupError;
use crate::opencv_error::reason;
use crate::picture::{Picture, Pixels};
use layout::Layout;

/// The network, and how its output reads.
pub(super) struct Onnx {
    network: Net,
    layout: Layout,
}

impl Onnx {
    /// Loads the model and runs it once for each layout, until its output has the shape of one.
    pub(super) fn load(path: &Path) -> Result<Self, SetupError> {
        let unfit = |reason: String| SetupError::HumanModel { path: path.to_owned(), reason };
        let no_file =
            |error: io::Error| SetupError::HumanModelFile { path: path.to_owned(), reason: error.to_string() };
        let file = std::fs::metadata(path).map_err(no_file)?;
        if !file.is_file() {
            return Err(unfit("it is no regular file".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(no_file)?;
        if bytes.is_empty() {
            return Err(unfit("it is empty (0 bytes)".to_owned()));
        }
        let not_onnx = |detail: String| {
            unfit(format!("OpenCV cannot read its {} bytes as ONNX ({detail}); was it downloaded whole?", bytes.len()))
        };
        let mut came = Vec::new();
        for layout in Layout::ALL {
            // Read again: after an error a network is in no state to go on with.
            let network = dnn::read_net_from_onnx_buffer(&Vector::from_slice(&bytes));
            let mut network = network.map_err(|error| not_onnx(reason(&error)))?;
            if network.empty().unwrap_or(true) {
                return Err(not_onnx("it holds no network".to_owned()));
            }
            let side = layout.side() as usize;
            let seen = run(&mut network, layout, &Pixels::new(side, side));
            match seen.map(|output| output.mat_size().to_vec()) {
                Ok(shape) if layout.fits(&shape) => return Ok(Self { network, layout }),
                Ok(shape) => came.push(format!("{side}×{side} gave {}", layout::written(&shape))),
                Err(error) => came.push(format!("{side}×{side} gave the error {:?}", reason(&error))),
            }
        }
        Err(unfit(format!("its output has the wrong shape: an input of {}", came.join(", one of "))))
    }
}

impl BoxEngine for Onnx {
    fn name(&self) -> &'static str {
        self.layout.name()
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let output = run(&mut self.network, self.layout, picture.pixels())?;
        if !self.layout.fits(output.mat_size().as_ref()) {
            return Err(opencv::Error::new(core::StsUnmatchedSizes, "the output has another shape than at first"));
        }
        let mut hits = self.layout.people(output.data_typed()?, scale(self.layout, picture.pixels()));
        surest_first(&mut hits);
        Ok(hits)
    }
}

/// The network's only output for a picture.
fn run(network: &mut Net, layout: Layout, pixels: &Pixels) -> opencv::Result<Mat> {
    network.set_input_def(&input(layout, pixels)?)?;
    network.forward_single_def()
}

/// Pixels of the input for one of the picture.
fn scale(layout: Layout, pixels: &Pixels) -> f64 {
    f64::from(layout.side()) / pixels.width().max(pixels.height()).max(1) as f64
}

/// The picture at the top left of a square with what is left over in grey, blue first, as both kinds of network were trained.
fn input(layout: Layout, pixels: &Pixels) -> opencv::Result<Mat> {
    let (side, scale) = (layout.side(), scale(layout, pixels));
    let scaled = |of: usize| ((of as f64 * scale).round() as i32).clamp(1, side);
    let (width, height) = (scaled(pixels.width()), scaled(pixels.height()));
    let mut square = Mat::new_rows_cols_with_default(side, side, core::CV_8UC3, Scalar::all(PADDING))?;
    let (mut small, mut colour) = (Mat::default(), Mat::default());
    let method = if scale < 1.0 { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    imgproc::resize(&pixels.mat()?, &mut small, Size::new(width, height), 0.0, 0.0, method)?;
    imgproc::cvt_color_def(&small, &mut colour, imgproc::COLOR_BGRA2BGR)?;
    colour.copy_to(&mut Mat::roi_mut(&mut square, CvRect::new(0, 0, width, height))?)?;
    let mut floats = Mat::default();
    square.convert_to_def(&mut floats, core::CV_32F)?;
    let (mean, deviation) = layout.normalisation();
    let mut shifted = Mat::default();
    core::subtract_def(&floats, &Scalar::new(mean[0], mean[1], mean[2], 0.0), &mut shifted)?;
    let mut normal = Mat::default();
    core::divide2_def(&shifted, &Scalar::new(deviation[0], deviation[1], deviation[2], 1.0), &mut normal)?;
    dnn::blob_from_image(&normal, 1.0, Size::default(), Scalar::default(), false, false, core::CV_32F)
}

/// The grey of what is left over.
const PADDING: f64 = 114.0;

#[cfg(test)]
mod tests;
