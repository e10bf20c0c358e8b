//! Faces: three engines behind one trait.

mod haar;
mod seeta;
mod yunet;

use std::path::PathBuf;

use super::Kind;
use super::boxes::{BoxDetector, BoxEngine};
use super::cascade::Search;
use super::opencl::Device;
use super::settings::SetupError;

/// Which engine finds faces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FaceEngine {
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
pub(crate) struct FaceSettings {
    pub(crate) engine: FaceEngine,
    /// The smallest face to find, in pixels; `None` is what the engine does best.
    pub(crate) min_size: Option<u32>,
    /// For `haar`.
    pub(crate) search: Search,
    /// For `yunet`.
    pub(crate) model: Option<PathBuf>,
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
    /// Whether it has an OpenCL version.
    pub(crate) fn knows_opencl(self) -> bool {
        matches!(self, FaceEngine::Haar | FaceEngine::Yunet)
    }
}
