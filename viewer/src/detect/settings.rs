//! Which detectors there are, made from what the user asked for.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::face::{self, FaceSettings};
use super::human::{self, HumanSettings};
use super::opencl::{Device, OpenCl};
use super::qr::{QrDetector, QrEngines};
use super::{Detector, Kind};

/// How to look for each kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) qr: QrEngines,
    pub(crate) face: FaceSettings,
    pub(crate) human: HumanSettings,
    pub(crate) opencl: OpenCl,
}

/// The detectors, and what was decided on the way that a user may want to know.
pub(crate) struct Detectors {
    pub(crate) detectors: Vec<Box<dyn Detector>>,
    pub(crate) notes: Vec<String>,
}

impl Settings {
    /// A detector for each of `kinds`, ready to run.
    pub(crate) fn detectors(&self, kinds: &BTreeSet<Kind>) -> Result<Detectors, SetupError> {
        let (device, note) = self.device(kinds)?;
        let mut detectors: Vec<Box<dyn Detector>> = Vec::new();
        for kind in kinds {
            detectors.push(match kind {
                Kind::Qr => Box::new(QrDetector::new(self.qr)),
                Kind::Face => Box::new(face::detector(&self.face, device)?),
                Kind::Human => Box::new(human::detector(self.human, device)?),
            });
        }
        Ok(Detectors { detectors, notes: vec![note] })
    }

    /// Looks for OpenCL only where an engine would use it, or where the user insists on it.
    fn device(&self, kinds: &BTreeSet<Kind>) -> Result<(Device, String), SetupError> {
        let useful = kinds.contains(&Kind::Face) && self.face.engine.knows_opencl()
            || kinds.contains(&Kind::Human) && self.human.engine.knows_opencl();
        if useful {
            return self.opencl.device();
        }
        if self.opencl == OpenCl::On {
            self.opencl.device()?;
        }
        Ok((Device::Cpu, "OpenCL: not used, none of the engines has a version for it".to_owned()))
    }
}

/// Why a detector cannot be made; the user's to mend, but for the last.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error(
        "{file}: not found in {searched}; install OpenCV's cascades (Debian: opencv-data), or name their folder in \
         OPENCV_SAMPLES_DATA_PATH"
    )]
    CascadeMissing { file: String, searched: String },
    #[error("{}: no cascade that OpenCV can read; install OpenCV's cascades anew (Debian: opencv-data)", path.display())]
    CascadeUnreadable { path: PathBuf },
    #[error("--face-engine yunet needs a model; get {right} from OpenCV's model zoo and give --face-model FILE")]
    YunetWithoutModel { right: &'static str },
    #[error(
        "--face-model {}: {reason}; OpenCV {version}, which is installed, needs {right} from OpenCV's model zoo",
        path.display()
    )]
    YunetModel { path: PathBuf, right: &'static str, version: String, reason: String },
    #[error(
        "--opencl on: OpenCV finds no OpenCL device; install the driver for one, or use --opencl auto, which does \
         without where there is none"
    )]
    NoOpenCl,
    #[error("OpenCV cannot make its people detector")]
    Hog(#[source] opencv::Error),
}
