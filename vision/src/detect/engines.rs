//! The choice of an engine for each kind, and the loading of their detectors.

use std::path::PathBuf;

use super::face::{self, FaceEngine};
use super::human::{self, HumanEngine};
use super::opencl::{Chip, Device, NoOpenCl, OpenCl, OpenClUse};
use super::qr::{QrDetector, QrEngine};
use super::tag::{TagDetector, TagEngine};
use super::{Detector, Kind};

/// The engine for each kind, with its settings, and whether engines may use OpenCL.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Engines {
    /// Reads QR codes.
    pub qr: QrEngine,
    /// Reads AprilTags.
    pub tag: TagEngine,
    /// Finds faces.
    pub face: FaceEngine,
    /// Finds humans.
    pub human: HumanEngine,
    /// Whether engines that have an OpenCL version use it.
    pub opencl: OpenCl,
}

/// Detectors that are ready to run.
pub struct Loaded {
    /// One for each kind that was asked for, in the order of the question.
    pub detectors: Vec<Box<dyn Detector>>,
    /// What became of [`Engines::opencl`].
    pub opencl: OpenClUse,
}

impl Engines {
    /// Loads a detector for each of `kinds`.
    ///
    /// # Errors
    /// Fails where a file that an engine needs is missing or unfit, and where [`OpenCl::On`] finds no device.
    pub fn load(&self, kinds: impl IntoIterator<Item = Kind>) -> Result<Loaded, SetupError> {
        let kinds: Vec<Kind> = kinds.into_iter().collect();
        let (device, opencl) = self.choose_device(&kinds)?;
        let load = |&kind: &Kind| -> Result<Box<dyn Detector>, SetupError> {
            let device = self.device_for(kind, device);
            Ok(match kind {
                Kind::Qr => Box::new(QrDetector::new(self.qr)),
                Kind::Tag => Box::new(TagDetector::new(&self.tag)),
                Kind::Face => Box::new(face::detector(&self.face, device)?),
                Kind::Human => human::detector(&self.human, device)?,
            })
        };
        let detectors = kinds.iter().map(load).collect::<Result<_, _>>()?;
        Ok(Loaded { detectors, opencl })
    }

    /// The device for the engine of `kind`: `device` if the engine has a version for it, otherwise the processor.
    fn device_for(&self, kind: Kind, device: Device) -> Device {
        let Device::OpenCl(chip) = device else { return Device::Cpu };
        let is_able = match kind {
            Kind::Qr | Kind::Tag => false,
            Kind::Face => self.face.runs_on(chip),
            Kind::Human => self.human.runs_on(chip),
        };
        if is_able { device } else { Device::Cpu }
    }

    /// Those of `kinds` whose engine runs through OpenCL on `device`.
    fn through(&self, device: Device, kinds: &[Kind]) -> Vec<Kind> {
        kinds.iter().copied().filter(|&kind| self.device_for(kind, device) != Device::Cpu).collect()
    }

    /// The device for engines that can use one. OpenCV is asked only where an engine might use a device or the caller
    /// requires one, because that loads the drivers of the machine.
    fn choose_device(&self, kinds: &[Kind]) -> Result<(Device, OpenClUse), SetupError> {
        if self.opencl == OpenCl::Auto && self.through(Device::OpenCl(Chip::Gpu), kinds).is_empty() {
            return Ok((Device::Cpu, OpenClUse::NoEngine));
        }
        let (device, used) = self.opencl.device().map_err(SetupError::NoOpenCl)?;
        Ok(match used {
            OpenClUse::Used { device: name, .. } => match self.through(device, kinds) {
                kinds if kinds.is_empty() => (Device::Cpu, OpenClUse::Idle { device: name }),
                kinds => (device, OpenClUse::Used { device: name, kinds }),
            },
            unused => (device, unused),
        })
    }
}

/// Why a detector cannot be made; the user's to mend, except for the last.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A cascade is not in any of the usual folders.
    #[error(
        "{file}: not found in {}; install OpenCV's cascades (Debian: opencv-data), or name their folder in \
         OPENCV_SAMPLES_DATA_PATH",
        listed(searched)
    )]
    CascadeMissing {
        /// The name of the file.
        file: String,
        /// The folders, in the order of the search.
        searched: Vec<PathBuf>,
    },
    /// A file has the name of a cascade and is none.
    #[error("{}: no cascade that OpenCV can read; reinstall OpenCV's cascades (Debian: opencv-data)", path.display())]
    CascadeUnreadable {
        /// The file.
        path: PathBuf,
    },
    /// YuNet's model is missing, damaged, or for another version of OpenCV.
    #[error("{}: {reason}; OpenCV {version}, which is installed, needs {needed} from OpenCV's model zoo", path.display())]
    YunetModel {
        /// The file.
        path: PathBuf,
        /// The error of OpenCV or of the system.
        reason: String,
        /// The version of OpenCV.
        version: String,
        /// The file name of the model for that version.
        needed: &'static str,
    },
    /// [`OpenCl::On`] was asked for, and there is no device.
    #[error("OpenCL is required: {0}")]
    NoOpenCl(NoOpenCl),
    /// OpenCV's fault: its people detector comes with it.
    #[error("OpenCV cannot create its people detector")]
    Hog(#[source] opencv::Error),
    /// The model for people cannot be read.
    #[error("{}: cannot be read: {reason}; check its name, and that you may read it", path.display())]
    HumanModelFile {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        reason: String,
    },
    /// The model for people is damaged, or none that is known.
    #[error(
        "{}: {reason}; expected is an output of 1×8400×85 for an input of 640×640 (YOLOX, such as \
         object_detection_yolox_2022nov.onnx from github.com/opencv/opencv_zoo) or of 1×3598×112 for 416×416 \
         (NanoDet-Plus, from github.com/RangiLyu/nanodet)",
        path.display()
    )]
    HumanModel {
        /// The file.
        path: PathBuf,
        /// The error of OpenCV, or what came in place of the expected output.
        reason: String,
    },
    /// OpenCV's fault or ours: the model is part of the program.
    #[error("OpenCV cannot read the model for people that is part of the program; choose another engine for humans")]
    Movenet(#[source] opencv::Error),
}

fn listed(folders: &[PathBuf]) -> String {
    let mut shown: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    shown.dedup();
    shown.join(", ")
}
