//! Humans: four engines behind one trait.

mod haar;
mod hog;
pub(crate) mod movenet;
mod onnx;

use std::path::PathBuf;

use super::Detector;
use super::boxes::BoxDetector;
use super::engines::SetupError;
use super::opencl::{Chip, Device};

/// The engine that finds humans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HumanEngine {
    /// Google's neural network MoveNet: people of any posture, as a whole or in part, with their key points.
    Movenet {
        /// Speed or thoroughness.
        speed: HumanSpeed,
    },
    /// OpenCV's people detector on histograms of oriented gradients: upright people, from all sides.
    Hog {
        /// Speed or thoroughness.
        speed: HumanSpeed,
    },
    /// OpenCV's Haar cascades for the whole, the upper and the lower body.
    Haar {
        /// Speed or thoroughness.
        speed: HumanSpeed,
        /// How many neighbouring hits make a human; usually [`HumanEngine::HAAR_NEIGHBOURS`].
        neighbours: u32,
    },
    /// A neural network that the user brings: YOLOX or NanoDet-Plus for the classes of COCO, as their authors publish them.
    Onnx {
        /// An ONNX file.
        model: PathBuf,
    },
}

/// Whether to favour speed or thoroughness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HumanSpeed {
    /// Finds the most humans.
    #[default]
    Thorough,
    /// Takes about two thirds of the time and misses a few more humans.
    Fast,
}

impl HumanEngine {
    /// OpenCV's default of 3 lets three times as many false hits through and finds one human in forty more.
    pub const HAAR_NEIGHBOURS: u32 = 5;

    /// Whether it can run through OpenCL on such a chip. HOG cannot: OpenCV's OpenCL version of it keeps the weights to
    /// itself, without which hits cannot be told from false ones. MoveNet was not tried on a GPU.
    pub(crate) fn runs_on(&self, _: Chip) -> bool {
        matches!(self, HumanEngine::Haar { .. })
    }
}

impl Default for HumanEngine {
    fn default() -> Self {
        HumanEngine::Movenet { speed: HumanSpeed::default() }
    }
}

/// The detector with this engine.
pub(crate) fn detector(engine: &HumanEngine, device: Device) -> Result<Box<dyn Detector>, SetupError> {
    Ok(match *engine {
        HumanEngine::Movenet { speed } => Box::new(movenet::Movenet::new(speed).map_err(SetupError::Movenet)?),
        HumanEngine::Hog { speed } => {
            Box::new(BoxDetector::humans(Box::new(hog::Hog::new(speed).map_err(SetupError::Hog)?)))
        }
        HumanEngine::Haar { speed, neighbours } => {
            Box::new(BoxDetector::humans(Box::new(haar::Haar::load(speed, neighbours, device)?)))
        }
        HumanEngine::Onnx { ref model } => Box::new(BoxDetector::humans(Box::new(onnx::Onnx::load(model)?))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::boxes::BoxEngine as _;
    use crate::picture::Luma;
    use fixtures::drawn::{self, Drawn};

    const NEIGHBOURS: u32 = HumanEngine::HAAR_NEIGHBOURS;
    const ALL: [HumanEngine; 5] = [
        HumanEngine::Hog { speed: HumanSpeed::Thorough },
        HumanEngine::Hog { speed: HumanSpeed::Fast },
        HumanEngine::Haar { speed: HumanSpeed::Thorough, neighbours: NEIGHBOURS },
        HumanEngine::Haar { speed: HumanSpeed::Fast, neighbours: NEIGHBOURS },
        HumanEngine::Movenet { speed: HumanSpeed::Thorough },
    ];

    #[test]
    fn hog_and_haar_find_the_two_drawn_people() {
        let Drawn { width, height, data, truth } = drawn::humans();
        let luma = Luma { width, height, data };
        // The cascade for the whole body alone sees only one of them, which is the price of speed; MoveNet takes real people.
        for engine in &ALL[..3] {
            let mut found = detector(engine, Device::Cpu).unwrap().detect(&luma.clone().into()).unwrap();
            found.sort_by_key(|human| human.shape.bounds().x);
            assert_eq!(found.len(), 2, "{engine:?}: {found:?}");
            for (human, [x, y, width, height]) in found.iter().zip(truth) {
                let (bounds, centre) = (human.shape.bounds(), human.shape.centre());
                let off = (centre.x - x - width / 2).abs().max((centre.y - y - height / 2).abs());
                assert!(off <= height / 5 && (bounds.height - height).abs() <= height / 3, "{engine:?}: {bounds:?}");
            }
        }
    }

    #[test]
    fn a_human_that_several_cascades_see_is_one() {
        let Drawn { width, height, data, .. } = drawn::humans();
        let luma = Luma { width, height, data };
        let hits = haar::Haar::load(HumanSpeed::Thorough, NEIGHBOURS, Device::Cpu)
            .unwrap()
            .find(&luma.clone().into())
            .unwrap();
        assert!(hits.len() > 2, "nobody was seen twice: {hits:?}");
        assert_eq!(detector(&ALL[2], Device::Cpu).unwrap().detect(&luma.clone().into()).unwrap().len(), 2);
    }

    #[test]
    fn a_picture_of_any_size_is_no_error() {
        for (width, height) in [(1, 1), (31, 300), (300, 63), (32, 64), (64, 4000)] {
            for engine in &ALL {
                let luma = Luma { width, height, data: vec![128; width * height] };
                assert!(
                    detector(engine, Device::Cpu).unwrap().detect(&luma.clone().into()).unwrap().is_empty(),
                    "{engine:?}"
                );
            }
        }
    }
}
