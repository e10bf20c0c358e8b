//! Which detectors there are, made from what the user asked for.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;

use super::face::{self, FaceSettings};
use super::human::{self, HumanSettings};
use super::opencl::{Chip, Device, Missing, OpenCl};
use super::qr::{QrDetector, QrEngines};
use super::{Detector, Kind};

/// How to look for each kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    pub qr: QrEngines,
    pub face: FaceSettings,
    pub human: HumanSettings,
    pub opencl: OpenCl,
}

/// The detectors, and what was decided on the way that a user may want to know.
pub struct Detectors {
    pub detectors: Vec<Box<dyn Detector>>,
    pub notes: Vec<String>,
    /// What a user should know though it keeps nothing from working.
    pub warnings: Vec<String>,
}

impl Settings {
    /// A detector for each of `kinds`, ready to run.
    pub fn detectors(&self, kinds: &BTreeSet<Kind>) -> Result<Detectors, SetupError> {
        let Choice { device, note, warnings } = self.device(kinds)?;
        let mut detectors: Vec<Box<dyn Detector>> = Vec::new();
        for kind in kinds {
            detectors.push(match kind {
                Kind::Qr => Box::new(QrDetector::new(self.qr)),
                Kind::Face => Box::new(face::detector(&self.face, self.face_device(device))?),
                Kind::Human => Box::new(human::detector(self.human, self.human_device(device))?),
            });
        }
        Ok(Detectors { detectors, notes: vec![note], warnings })
    }

    fn face_device(&self, device: Device) -> Device {
        device.for_engine(|chip| self.face.engine.runs_on(chip))
    }

    fn human_device(&self, device: Device) -> Device {
        device.for_engine(|chip| self.human.engine.runs_on(chip))
    }

    /// Looks for OpenCL only where an engine might use it, or where the user insists on it.
    fn device(&self, kinds: &BTreeSet<Kind>) -> Result<Choice, SetupError> {
        let unused = || "OpenCL: not used, none of the engines has a version for it".to_owned();
        if self.opencl != OpenCl::On && self.through(Device::OpenCl(Chip::Gpu), kinds).is_empty() {
            return Ok(Choice { device: Device::Cpu, note: unused(), warnings: Vec::new() });
        }
        let (device, note) = self.opencl.device()?;
        let through = self.through(device, kinds);
        if self.opencl == OpenCl::On && through.is_empty() {
            let warning = format!("{note}, but none of the engines in use runs there; {SUCH_AS}");
            return Ok(Choice { device: Device::Cpu, note: unused(), warnings: vec![warning] });
        }
        let note = if through.is_empty() { note } else { format!("{note}, for {}", through.join(" and ")) };
        Ok(Choice { device, note, warnings: Vec::new() })
    }

    /// The engines of `kinds` that run through OpenCL on `device`, by the options that choose them.
    fn through(&self, device: Device, kinds: &BTreeSet<Kind>) -> Vec<String> {
        let engines = [
            (Kind::Face, self.face_device(device), typed("--face-engine", self.face.engine)),
            (Kind::Human, self.human_device(device), typed("--human-engine", self.human.engine)),
        ];
        let through = engines.into_iter().filter(|(kind, device, _)| kinds.contains(kind) && *device != Device::Cpu);
        through.map(|(_, _, engine)| engine).collect()
    }
}

/// Where the engines that can are to run.
struct Choice {
    device: Device,
    note: String,
    warnings: Vec<String>,
}

fn typed(option: &str, value: impl ValueEnum) -> String {
    let value = value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    format!("{option} {value}")
}

const SUCH_AS: &str = "--face-engine haar and --human-engine haar do, --face-engine yunet does on a GPU";

/// Why a detector cannot be made; the user's to mend, but for the last.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
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
    #[error("--opencl on: {0}, or give --opencl auto, which does without")]
    NoOpenCl(Missing),
    #[error("OpenCV cannot make its people detector")]
    Hog(#[source] opencv::Error),
}
