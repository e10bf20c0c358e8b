//! Humans: two engines behind one trait.

mod haar;
mod hog;

use super::Kind;
use super::boxes::{BoxDetector, BoxEngine};
use super::opencl::{Chip, Device};
use super::settings::SetupError;

/// Which engine finds humans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum HumanEngine {
    /// OpenCV's people detector on histograms of gradients: upright people, from all sides
    #[default]
    Hog,
    /// OpenCV's Haar cascades for the whole, the upper and the lower body, as the original
    Haar,
}

/// What to give for speed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum HumanSpeed {
    /// the most humans found
    #[default]
    Thorough,
    /// six tenths of the time, and some more humans missed
    Fast,
}

/// How to look for humans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HumanSettings {
    pub engine: HumanEngine,
    pub speed: HumanSpeed,
    /// For `haar`: how many neighbouring hits make one that counts; `None` is what was found best.
    pub neighbours: Option<i32>,
}

/// The detector that `settings` describe.
pub(crate) fn detector(settings: HumanSettings, device: Device) -> Result<BoxDetector, SetupError> {
    let engine: Box<dyn BoxEngine> = match settings.engine {
        HumanEngine::Hog => Box::new(hog::Hog::new(settings.speed).map_err(SetupError::Hog)?),
        HumanEngine::Haar => Box::new(haar::Haar::load(settings, device)?),
    };
    Ok(BoxDetector::new(Kind::Human, engine))
}

impl HumanEngine {
    /// Whether it can run through OpenCL there; OpenCV's version of HOG keeps the weights to itself, without which hits
    /// cannot be told from false ones.
    pub(crate) fn runs_on(self, _: Chip) -> bool {
        self == HumanEngine::Haar
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detector as _;
    use crate::detect::drawn::{self, Drawn};
    use crate::picture::Luma;

    const ALL: [HumanSettings; 4] = [
        HumanSettings { engine: HumanEngine::Hog, speed: HumanSpeed::Thorough, neighbours: None },
        HumanSettings { engine: HumanEngine::Hog, speed: HumanSpeed::Fast, neighbours: None },
        HumanSettings { engine: HumanEngine::Haar, speed: HumanSpeed::Thorough, neighbours: None },
        HumanSettings { engine: HumanEngine::Haar, speed: HumanSpeed::Fast, neighbours: None },
    ];

    #[test]
    fn every_engine_finds_the_two_drawn_people() {
        let Drawn { width, height, data, truth } = drawn::humans();
        let luma = Luma { width, height, data };
        // The cascade for the whole body alone sees one of them, and that is what its speed costs.
        for settings in &ALL[..3] {
            let mut found = detector(*settings, Device::Cpu).unwrap().detect(&luma).unwrap();
            found.sort_by_key(|human| human.shape.bounds().x);
            assert_eq!(found.len(), 2, "{settings:?}: {found:?}");
            for (human, [x, y, width, height]) in found.iter().zip(truth) {
                let (bounds, centre) = (human.shape.bounds(), human.shape.centre());
                let off = (centre.x - x - width / 2).abs().max((centre.y - y - height / 2).abs());
                assert!(off <= height / 5 && (bounds.height - height).abs() <= height / 3, "{settings:?}: {bounds:?}");
            }
        }
    }

    #[test]
    fn whom_several_cascades_see_is_one_human() {
        let Drawn { width, height, data, .. } = drawn::humans();
        let luma = Luma { width, height, data };
        let settings = HumanSettings { engine: HumanEngine::Haar, ..HumanSettings::default() };
        let hits = haar::Haar::load(settings, Device::Cpu).unwrap().find(&luma).unwrap();
        assert!(hits.len() > 2, "nobody was seen twice: {hits:?}");
        assert_eq!(detector(settings, Device::Cpu).unwrap().detect(&luma).unwrap().len(), 2);
    }

    #[test]
    fn a_picture_of_any_size_is_no_error() {
        for (width, height) in [(1, 1), (31, 300), (300, 63), (32, 64), (64, 4000)] {
            for settings in ALL {
                let luma = Luma { width, height, data: vec![128; width * height] };
                let found = detector(settings, Device::Cpu).unwrap().detect(&luma).unwrap();
                assert!(found.is_empty(), "{settings:?}");
            }
        }
    }
}
