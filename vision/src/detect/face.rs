//! Faces: three engines behind one trait.

mod haar;
mod seeta;
mod yunet;

use std::path::PathBuf;

use super::Kind;
use super::boxes::{BoxDetector, BoxEngine};
use super::cascade::Search;
use super::opencl::{Chip, Device};
use super::settings::SetupError;

/// Which engine finds faces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FaceEngine {
    /// SeetaFace: the best of those that need no file, and the fastest
    #[default]
    Seeta,
    /// OpenCV's Haar cascades, from the front and from both sides, as the original
    Haar,
    /// OpenCV's YuNet, whose model --face-model names
    Yunet,
}

/// How to look for faces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaceSettings {
    pub engine: FaceEngine,
    /// The smallest face to find, in pixels; `None` is what the engine does best.
    pub min_size: Option<u32>,
    /// For `haar`.
    pub search: Search,
    /// For `yunet`.
    pub model: Option<PathBuf>,
}

/// The detector that `settings` describe.
pub(crate) fn detector(settings: &FaceSettings, device: Device) -> Result<BoxDetector, SetupError> {
    let engine: Box<dyn BoxEngine> = match settings.engine {
        FaceEngine::Seeta => Box::new(seeta::Seeta::new(settings.min_size)),
        FaceEngine::Haar => {
            let min_size = settings.min_size.map_or(0, |pixels| pixels as i32);
            Box::new(haar::Haar::load(Search { min_size, ..settings.search }, device)?)
        }
        FaceEngine::Yunet => Box::new(yunet::Yunet::load(settings.model.as_deref(), settings.min_size, device)?),
    };
    Ok(BoxDetector::new(Kind::Face, engine))
}

impl FaceEngine {
    /// Whether it can run through OpenCL there.
    pub(crate) fn runs_on(self, chip: Chip) -> bool {
        match self {
            FaceEngine::Seeta => false,
            FaceEngine::Haar => true,
            FaceEngine::Yunet => chip.runs_networks(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::drawn::{self, Drawn};
    use crate::detect::{Detection, Detector as _};
    use crate::picture::Luma;

    fn luma(Drawn { width, height, data, .. }: Drawn) -> Luma {
        Luma { width, height, data }
    }

    fn find(settings: &FaceSettings, luma: &Luma) -> Vec<Detection> {
        detector(settings, Device::Cpu).unwrap().detect(luma).unwrap()
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
        for engine in [FaceEngine::Seeta, FaceEngine::Haar] {
            let found = find(&FaceSettings { engine, ..FaceSettings::default() }, &luma(drawn::faces()));
            assert_eq!(places(&found), [0, 1], "{engine:?}");
        }
    }

    #[test]
    fn faces_are_where_they_were_before_seeta_scaled_the_picture() {
        for pixels in [20, 50] {
            let settings = FaceSettings { min_size: Some(pixels), ..FaceSettings::default() };
            assert!(places(&find(&settings, &luma(drawn::faces()))).contains(&0), "{pixels}");
        }
    }

    #[test]
    fn no_face_is_smaller_than_asked_for() {
        for engine in [FaceEngine::Seeta, FaceEngine::Haar] {
            let widths = |min_size| {
                let found = find(&FaceSettings { engine, min_size, ..FaceSettings::default() }, &luma(drawn::faces()));
                found.iter().map(|face| face.shape.bounds().width).collect::<Vec<_>>()
            };
            assert!(widths(None).iter().any(|&width| width < 88), "{engine:?}");
            assert!(widths(Some(88)).iter().all(|&width| width >= 88), "{engine:?}");
        }
    }

    #[test]
    fn a_face_that_several_cascades_see_is_one() {
        let settings = FaceSettings { engine: FaceEngine::Haar, ..FaceSettings::default() };
        let hits = haar::Haar::load(settings.search, Device::Cpu).unwrap().find(&luma(drawn::faces())).unwrap();
        assert!(hits.len() > 2, "no face was seen twice: {hits:?}");
        assert_eq!(find(&settings, &luma(drawn::faces())).len(), 2);
    }

    #[test]
    fn a_picture_of_any_size_is_no_error() {
        for (width, height) in [(1, 1), (31, 300), (300, 31), (32, 32), (33, 33)] {
            for engine in [FaceEngine::Seeta, FaceEngine::Haar] {
                let luma = Luma { width, height, data: vec![128; width * height] };
                assert!(find(&FaceSettings { engine, ..FaceSettings::default() }, &luma).is_empty(), "{engine:?}");
            }
        }
    }
}
