//! Humans: two engines behind one trait.

mod haar;
mod hog;

use super::Kind;
use super::boxes::{BoxDetector, BoxEngine};
use super::opencl::Device;
use super::settings::SetupError;

/// Which engine finds humans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum HumanEngine {
    /// OpenCV's people detector on histograms of gradients: upright people, from all sides
    #[default]
    Hog,
    /// OpenCV's Haar cascades for the whole, the upper and the lower body, as the original
    Haar,
}

/// What to give for speed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum HumanSpeed {
    /// the most humans found
    #[default]
    Thorough,
    /// a third of the time, and some humans missed
    Fast,
}

/// How to look for humans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HumanSettings {
    pub(crate) engine: HumanEngine,
    pub(crate) speed: HumanSpeed,
}

/// The detector that `settings` describe.
pub(crate) fn detector(settings: HumanSettings, device: Device) -> Result<BoxDetector, SetupError> {
    let engine: Box<dyn BoxEngine> = match settings.engine {
        HumanEngine::Hog => Box::new(hog::Hog::new(settings.speed).map_err(SetupError::Hog)?),
        HumanEngine::Haar => Box::new(haar::Haar::load(settings.speed, device)?),
    };
    Ok(BoxDetector::new(Kind::Human, engine))
}

impl HumanEngine {
    /// Whether it has an OpenCL version; OpenCV's for HOG keeps the weights to itself, without which hits cannot be told
    /// from false ones.
    pub(crate) fn knows_opencl(self) -> bool {
        self == HumanEngine::Haar
    }
}
