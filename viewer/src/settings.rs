//! The detectors that the command line asks for, and what there is to say about them in terms of its options.

use std::collections::BTreeSet;

use vision::{Detector, Engines, FaceEngine, HumanEngine, Kind, Loaded, OpenClUse, SetupError};

/// Which engines to use.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) engines: Engines,
    /// Whether `--face-engine yunet` was given without its model: an error where faces are looked for.
    pub(crate) lacks_face_model: bool,
    /// Whether `--human-engine onnx` was given without its model: an error where humans are looked for.
    pub(crate) lacks_human_model: bool,
}

/// The detectors, and what the user may want to know about them.
pub(crate) struct Detectors {
    pub(crate) detectors: Vec<Box<dyn Detector>>,
    /// For `--verbose`.
    pub(crate) notes: Vec<String>,
    /// What the user should know although everything works.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// A detector for each of `kinds`, ready to run.
    pub(crate) fn detectors(&self, kinds: &BTreeSet<Kind>) -> anyhow::Result<Detectors> {
        anyhow::ensure!(
            !(self.lacks_face_model && kinds.contains(&Kind::Face)),
            "--face-engine yunet needs a model; get {} from OpenCV's model zoo and give --face-model FILE",
            FaceEngine::yunet_model()
        );
        anyhow::ensure!(
            !(self.lacks_human_model && kinds.contains(&Kind::Human)),
            "--human-engine onnx needs a model; get object_detection_yolox_2022nov.onnx from OpenCV's model zoo and give \
             --human-model FILE"
        );
        let Loaded { detectors, opencl } = self.engines.load(kinds.iter().copied()).map_err(with_option)?;
        let (notes, warnings) = self.remarks(&opencl);
        Ok(Detectors { detectors, notes, warnings })
    }

    /// The notes and the warnings about OpenCL.
    fn remarks(&self, opencl: &OpenClUse) -> (Vec<String>, Vec<String>) {
        let note = match opencl {
            OpenClUse::Off => "OpenCL: off, as asked".to_owned(),
            OpenClUse::NoEngine => "OpenCL: not used, none of the engines has a version for it".to_owned(),
            OpenClUse::NoGpu { device } => {
                format!("OpenCL: not used, {device} is not a GPU; --opencl on uses it anyway")
            }
            OpenClUse::NoDevice(missing) => format!("OpenCL: not used, {missing}"),
            OpenClUse::Idle { device } => {
                let warning = format!(
                    "OpenCL: on {device}, but none of the engines in use runs there; --face-engine haar and \
                     --human-engine haar do, --face-engine yunet does on a GPU"
                );
                return (Vec::new(), vec![warning]);
            }
            OpenClUse::Used { device, kinds } => {
                let options: Vec<&str> = kinds.iter().filter_map(|&kind| self.option(kind)).collect();
                format!("OpenCL: on {device}, for {}", options.join(" and "))
            }
        };
        (vec![note], Vec::new())
    }

    /// The option that chooses the engine for `kind`, of engines that have an OpenCL version.
    fn option(&self, kind: Kind) -> Option<&'static str> {
        match (kind, &self.engines.face, &self.engines.human) {
            (Kind::Face, FaceEngine::Haar { .. }, _) => Some("--face-engine haar"),
            (Kind::Face, FaceEngine::Yunet { .. }, _) => Some("--face-engine yunet"),
            (Kind::Human, _, HumanEngine::Haar { .. }) => Some("--human-engine haar"),
            _ => None,
        }
    }
}

/// The error with the option that it is about.
fn with_option(error: SetupError) -> anyhow::Error {
    match error {
        SetupError::YunetModel { .. } => anyhow::anyhow!("--face-model {error}"),
        SetupError::HumanModel { .. } | SetupError::HumanModelFile { .. } => anyhow::anyhow!("--human-model {error}"),
        SetupError::NoOpenCl(missing) => {
            anyhow::anyhow!("--opencl on: {missing}, or give --opencl auto, which does without")
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vision::NoOpenCl;

    #[test]
    fn yunet_without_a_model_is_an_error_that_names_both_where_faces_are_looked_for() {
        let settings = Settings { lacks_face_model: true, ..Settings::default() };
        let error = settings.detectors(&[Kind::Face].into()).err().unwrap().to_string();
        assert!(error.contains("--face-model FILE") && error.contains("face_detection_yunet_202"), "{error}");
        assert!(settings.detectors(&[Kind::Qr].into()).is_ok());
    }

    #[test]
    fn a_model_that_cannot_be_read_is_named_with_its_option() {
        let model = std::env::temp_dir().join("no such model.onnx");
        let face = FaceEngine::Yunet { model: model.clone(), min_size: 0 };
        let settings = Settings {
            engines: Engines { face, ..Engines::default() },
            lacks_face_model: false,
            lacks_human_model: false,
        };
        let error = settings.detectors(&[Kind::Face].into()).err().unwrap().to_string();
        assert!(error.starts_with(&format!("--face-model {}: ", model.display())), "{error}");
    }

    #[test]
    fn opencl_that_is_required_and_missing_names_both_ways_out() {
        for (missing, remedy) in [(NoOpenCl::Device, "OPENCV_OPENCL_DEVICE=:CPU:"), (NoOpenCl::Sysfs, "mount /sys")] {
            let error = with_option(SetupError::NoOpenCl(missing)).to_string();
            assert!(["--opencl on: ", "--opencl auto", remedy].iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn engines_on_a_device_are_named_by_their_options() {
        let human = HumanEngine::Haar { speed: vision::HumanSpeed::Fast, neighbours: 5 };
        let engines = Engines { face: FaceEngine::haar(), human, ..Engines::default() };
        let settings = Settings { engines, lacks_face_model: false, lacks_human_model: false };
        let opencl = OpenClUse::Used { device: "Name".to_owned(), kinds: vec![Kind::Face, Kind::Human] };
        let want = "OpenCL: on Name, for --face-engine haar and --human-engine haar";
        assert_eq!(settings.remarks(&opencl), (vec![want.to_owned()], Vec::new()));
    }
}
