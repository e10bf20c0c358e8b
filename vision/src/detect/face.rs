//! Faces: three engines behind one trait.

mod haar;
mod seeta;
mod yunet;

use std::path::PathBuf;

use super::boxes::{BoxDetector, BoxEngine};
use super::cascade::Search;
use super::engines::SetupError;
use super::opencl::{Chip, Device};

/// The engine that finds faces.
#[derive(Debug, Clone, PartialEq)]
pub enum FaceEngine {
    /// SeetaFace, in pure Rust: the most accurate of those that need no file, and the fastest.
    Seeta {
        /// The smallest face to find, in pixels across; from 16 up, and [`FaceEngine::SEETA_MIN_SIZE`] by default.
        /// Smaller faces cost time, larger ones save it.
        min_size: u32,
    },
    /// OpenCV's Haar cascades for faces from the front and from both sides.
    Haar {
        /// The smallest face to find, in pixels across; the cascades see none smaller than 20 to 24, and of pictures of more
        /// than two megapixels, which are shrunk, none smaller than correspondingly more (67 with 16 megapixels).
        min_size: u32,
        /// The factor from one size to the next, above 1; usually [`FaceEngine::HAAR_SCALE`].
        scale: f64,
        /// How many neighbouring hits make a face; usually [`FaceEngine::HAAR_NEIGHBOURS`]. More mean fewer false ones.
        neighbours: u32,
    },
    /// OpenCV's neural network YuNet.
    Yunet {
        /// The model, an ONNX file from OpenCV's model zoo: [`FaceEngine::yunet_model`] names the one that fits.
        model: PathBuf,
        /// The smallest face to report, in pixels across.
        min_size: u32,
    },
}

impl FaceEngine {
    /// Smaller faces cost more time than they are found for. In four photos with 18 faces, each also mirrored, larger,
    /// smaller, darker, blurred and compressed, 32 finds 172 of 180, 40 finds 155, and OpenCV's cascades find 159.
    pub const SEETA_MIN_SIZE: u32 = 32;
    /// OpenCV's default.
    pub const HAAR_SCALE: f64 = 1.1;
    /// OpenCV's default.
    pub const HAAR_NEIGHBOURS: u32 = 3;

    /// SeetaFace as it is measured best.
    pub const fn seeta() -> Self {
        FaceEngine::Seeta { min_size: Self::SEETA_MIN_SIZE }
    }

    /// The Haar cascades with OpenCV's defaults.
    pub const fn haar() -> Self {
        FaceEngine::Haar { min_size: 0, scale: Self::HAAR_SCALE, neighbours: Self::HAAR_NEIGHBOURS }
    }

    /// The file name of the YuNet model that the installed version of OpenCV can read.
    pub fn yunet_model() -> &'static str {
        yunet::needed_model()
    }

    /// Whether it can run through OpenCL on such a chip.
    pub(crate) fn runs_on(&self, chip: Chip) -> bool {
        match self {
            FaceEngine::Seeta { .. } => false,
            FaceEngine::Haar { .. } => true,
            FaceEngine::Yunet { .. } => chip.runs_networks(),
        }
    }
}

impl Default for FaceEngine {
    fn default() -> Self {
        Self::seeta()
    }
}

/// The detector with this engine.
pub(crate) fn detector(engine: &FaceEngine, device: Device) -> Result<BoxDetector, SetupError> {
    let engine: Box<dyn BoxEngine> = match *engine {
        FaceEngine::Seeta { min_size } => Box::new(seeta::Seeta::new(min_size)),
        FaceEngine::Haar { min_size, scale, neighbours } => {
            Box::new(haar::Haar::load(Search { scale, neighbours, min_size }, device)?)
        }
        FaceEngine::Yunet { ref model, min_size } => Box::new(yunet::Yunet::load(model, min_size, device)?),
    };
    Ok(BoxDetector::faces(engine))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Detection, Detector as _, Rect, Shape};
    use crate::picture::Luma;
    use fixtures::drawn::{self, Drawn};

    const ENGINES: [FaceEngine; 2] = [FaceEngine::seeta(), FaceEngine::haar()];

    fn faces() -> Luma {
        let Drawn { width, height, data, .. } = drawn::faces();
        Luma { width, height, data }
    }

    fn find(engine: &FaceEngine, luma: &Luma) -> Vec<Detection> {
        detector(engine, Device::Cpu).unwrap().detect(&luma.clone().into()).unwrap()
    }

    /// Which of the drawn faces `found` are.
    fn places(found: &[Detection]) -> Vec<usize> {
        let place = |face: &Detection| {
            let (bounds, centre) = (face.shape.bounds(), face.shape.centre());
            drawn::faces().truth.iter().position(|[x, y, width, height]| {
                let off = (centre.x - x - width / 2).abs().max((centre.y - y - height / 2).abs());
                off <= 10 && (bounds.width - width).abs() <= 20
            })
        };
        let mut places: Vec<usize> =
            found.iter().map(|face| place(face).unwrap_or_else(|| panic!("{face:?}"))).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_engine_finds_the_two_drawn_faces() {
        for engine in &ENGINES {
            assert_eq!(places(&find(engine, &faces())), [0, 1], "{engine:?}");
        }
    }

    #[test]
    fn faces_are_in_place_however_seeta_scales_the_picture() {
        for min_size in [20, 50] {
            assert!(places(&find(&FaceEngine::Seeta { min_size }, &faces())).contains(&0), "{min_size}");
        }
    }

    #[test]
    fn faces_are_in_place_in_a_picture_that_is_shrunk_for_the_cascades() {
        // Sixteen megapixels, with the two faces at twice their size in the lower right.
        let (drawn, side, left, top) = (faces(), 4000, 3500, 3600);
        let mut luma = Luma { width: side, height: side, data: vec![drawn.data[0]; side * side] };
        for (y, x) in (0..2 * drawn.height).flat_map(|y| (0..2 * drawn.width).map(move |x| (y, x))) {
            luma.data[(top + y) * side + left + x] = drawn.data[y / 2 * drawn.width + x / 2];
        }
        let (scale, neighbours) = (FaceEngine::HAAR_SCALE, FaceEngine::HAAR_NEIGHBOURS);
        let large = find(&FaceEngine::Haar { min_size: 159, scale, neighbours }, &luma);
        assert!(!large.is_empty() && large.iter().all(|face| face.shape.bounds().width >= 159), "{large:?}");
        let mut found = find(&FaceEngine::haar(), &luma);
        for face in &mut found {
            let Rect { x, y, width, height } = face.shape.bounds();
            let (x, y) = (x - left as i32, y - top as i32);
            face.shape = Shape::Rect(Rect { x: x / 2, y: y / 2, width: width / 2, height: height / 2 });
        }
        assert_eq!(places(&found), [0, 1]);
    }

    #[test]
    fn no_face_is_smaller_than_asked_for() {
        let asking = |engine: &FaceEngine, min_size| match *engine {
            FaceEngine::Haar { scale, neighbours, .. } => FaceEngine::Haar { min_size, scale, neighbours },
            _ => FaceEngine::Seeta { min_size },
        };
        let widths = |engine: &FaceEngine| {
            find(engine, &faces()).iter().map(|face| face.shape.bounds().width).collect::<Vec<_>>()
        };
        for engine in &ENGINES {
            assert!(widths(engine).iter().any(|&width| width < 88), "{engine:?}");
            assert!(widths(&asking(engine, 88)).iter().all(|&width| width >= 88), "{engine:?}");
        }
    }

    #[test]
    fn a_face_that_several_cascades_see_is_one() {
        let search = Search { scale: FaceEngine::HAAR_SCALE, neighbours: FaceEngine::HAAR_NEIGHBOURS, min_size: 0 };
        let hits = haar::Haar::load(search, Device::Cpu).unwrap().find(&faces().into()).unwrap();
        assert!(hits.len() > 2, "no face was seen twice: {hits:?}");
        assert_eq!(find(&FaceEngine::haar(), &faces()).len(), 2);
    }

    #[test]
    fn a_picture_of_any_size_is_no_error() {
        for (width, height) in [(1, 1), (31, 300), (300, 31), (32, 32), (33, 33)] {
            for engine in &ENGINES {
                let luma = Luma { width, height, data: vec![128; width * height] };
                assert!(find(engine, &luma).is_empty(), "{engine:?}");
            }
        }
    }
}
