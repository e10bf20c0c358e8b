//! What the user types about detectors, for the live picture and for files alike.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use crate::settings::Settings;
use crate::terminal::Verbosity;
use vision::{Engines, FaceEngine, HumanEngine, HumanSpeed, Kind, OpenCl, QrEngine};

/// What to look for, and how.
#[derive(Debug, Args)]
pub(super) struct Detectors {
    /// What to look for; without it nothing until a key is pressed, and everything in `viewer detect`
    ///
    /// Examples: qr, faces,humans
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    detect: Vec<KindName>,

    /// Which engines read QR codes
    #[arg(long, value_name = "ENGINES", value_enum, default_value_t)]
    qr_engine: QrEngineName,

    /// Which engine finds faces
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    face_engine: FaceEngineName,

    /// The smallest face to find, in pixels; small ones cost time, large ones save it [default: seeta 32, haar 24]
    ///
    /// Example: 24
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=2000))]
    face_min_size: Option<u32>,

    /// The model for --face-engine yunet, an ONNX file from OpenCV's model zoo
    ///
    /// Example: face_detection_yunet_2023mar.onnx
    #[arg(long, value_name = "FILE")]
    face_model: Option<PathBuf>,

    /// How much larger each size is that --face-engine haar looks for [default: 1.1]
    ///
    /// Example: 1.2
    #[arg(long, value_name = "FACTOR", value_parser = scale)]
    face_scale: Option<f64>,

    /// How many neighbouring hits --face-engine haar takes for a face; more means fewer false ones [default: 3]
    ///
    /// Example: 5
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    face_neighbours: Option<u32>,

    /// Which engine finds humans
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    human_engine: HumanEngineName,

    /// Favour speed or thoroughness in finding humans [default: fast in a robot's stream, thorough in files]
    #[arg(long, value_name = "SPEED", value_enum)]
    human_speed: Option<HumanSpeedName>,

    /// How many neighbouring hits --human-engine haar takes for a human; the original took 3 [default: 5]
    ///
    /// Example: 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    human_neighbours: Option<u32>,

    /// Whether engines that have a version for it (haar, and yunet on a GPU) run through OpenCL
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    opencl: OpenClName,

    /// Log details to standard error, such as which OpenCL device is used
    #[arg(long)]
    verbose: bool,
}

impl Detectors {
    pub(super) fn kinds(&self) -> BTreeSet<Kind> {
        self.detect.iter().copied().map(Kind::from).collect()
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        if self.verbose { Verbosity::Verbose } else { Verbosity::Normal }
    }

    /// The engines; `usual` is the speed where none was given. An error where an option belongs to an engine that was not
    /// chosen.
    pub(super) fn into_settings(self, usual: HumanSpeed) -> Result<Settings, clap::Error> {
        let (face, human) = (self.face_engine, self.human_engine);
        let (is_haar, is_yunet) = (face == FaceEngineName::Haar, face == FaceEngineName::Yunet);
        only_for("--face-engine yunet", is_yunet, "--face-model", self.face_model.is_some())?;
        only_for("--face-engine haar", is_haar, "--face-scale", self.face_scale.is_some())?;
        only_for("--face-engine haar", is_haar, "--face-neighbours", self.face_neighbours.is_some())?;
        let is_haar = human == HumanEngineName::Haar;
        only_for("--human-engine haar", is_haar, "--human-neighbours", self.human_neighbours.is_some())?;
        let face = match (face, self.face_model) {
            (FaceEngineName::Seeta, _) => {
                Some(FaceEngine::Seeta { min_size: self.face_min_size.unwrap_or(FaceEngine::SEETA_MIN_SIZE) })
            }
            (FaceEngineName::Haar, _) => Some(FaceEngine::Haar {
                min_size: self.face_min_size.unwrap_or_default(),
                scale: self.face_scale.unwrap_or(FaceEngine::HAAR_SCALE),
                neighbours: self.face_neighbours.unwrap_or(FaceEngine::HAAR_NEIGHBOURS),
            }),
            (FaceEngineName::Yunet, Some(model)) => {
                Some(FaceEngine::Yunet { model, min_size: self.face_min_size.unwrap_or_default() })
            }
            (FaceEngineName::Yunet, None) => None,
        };
        let speed = self.human_speed.map_or(usual, HumanSpeed::from);
        let human = match human {
            HumanEngineName::Hog => HumanEngine::Hog { speed },
            HumanEngineName::Haar => {
                let neighbours = self.human_neighbours.unwrap_or(HumanEngine::HAAR_NEIGHBOURS);
                HumanEngine::Haar { speed, neighbours }
            }
        };
        let lacks_face_model = face.is_none();
        let face = face.unwrap_or_default();
        let engines = Engines { qr: self.qr_engine.into(), face, human, opencl: self.opencl.into() };
        Ok(Settings { engines, lacks_face_model })
    }
}

/// [`QrEngine`] as it is typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum QrEngineName {
    /// zxing-cpp on variants of the picture until all that looks like a code is read; rqrr where it reads nothing
    #[default]
    Auto,
    /// zxing-cpp on the picture as it is: the fastest
    Zxing,
    /// rqrr on the picture as it is: pure Rust, for comparison
    Rqrr,
    /// both on the picture as it is, their results merged
    Both,
}

impl From<QrEngineName> for QrEngine {
    fn from(name: QrEngineName) -> Self {
        match name {
            QrEngineName::Auto => QrEngine::Auto,
            QrEngineName::Zxing => QrEngine::Zxing,
            QrEngineName::Rqrr => QrEngine::Rqrr,
            QrEngineName::Both => QrEngine::Both,
        }
    }
}

/// [`FaceEngine`] as it is typed; its settings are options of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FaceEngineName {
    /// SeetaFace: the best of those that need no file, and the fastest
    #[default]
    Seeta,
    /// OpenCV's Haar cascades, from the front and from both sides, as the original
    Haar,
    /// OpenCV's YuNet, with the model given by --face-model
    Yunet,
}

/// [`HumanEngine`] as it is typed; its settings are options of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum HumanEngineName {
    /// OpenCV's people detector on histograms of gradients: upright people, from all sides
    #[default]
    Hog,
    /// OpenCV's Haar cascades for the whole, the upper and the lower body, as the original
    Haar,
}

/// [`HumanSpeed`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum HumanSpeedName {
    /// the most humans found
    Thorough,
    /// six tenths of the time, and a few more humans missed
    Fast,
}

impl From<HumanSpeedName> for HumanSpeed {
    fn from(name: HumanSpeedName) -> Self {
        match name {
            HumanSpeedName::Thorough => HumanSpeed::Thorough,
            HumanSpeedName::Fast => HumanSpeed::Fast,
        }
    }
}

/// [`OpenCl`] as it is typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum OpenClName {
    /// where there is a GPU for it; --verbose says what was found
    #[default]
    Auto,
    /// on the device that OpenCV takes, an error where it takes none; OpenCV takes GPUs only, unless its own variable
    /// OPENCV_OPENCL_DEVICE names another, such as `:CPU:`
    On,
    /// never
    Off,
}

impl From<OpenClName> for OpenCl {
    fn from(name: OpenClName) -> Self {
        match name {
            OpenClName::Auto => OpenCl::Auto,
            OpenClName::On => OpenCl::On,
            OpenClName::Off => OpenCl::Off,
        }
    }
}

/// Kinds as they are typed: what is looked for is many.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindName {
    /// QR codes
    Qr,
    /// Faces
    #[value(alias = "face")]
    Faces,
    /// Humans
    #[value(alias = "human")]
    Humans,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Qr => Kind::Qr,
            KindName::Faces => Kind::Face,
            KindName::Humans => Kind::Human,
        }
    }
}

/// An error where an option was given and the engine that it is for was not.
fn only_for(engine: &str, is_chosen: bool, option: &str, is_given: bool) -> Result<(), clap::Error> {
    if is_given && !is_chosen {
        let message = format!("{option} is for {engine}; give that too, or leave {option} out\n");
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, message));
    }
    Ok(())
}

fn scale(typed: &str) -> Result<f64, String> {
    let wanted = "give a factor from 1.01 to 3, such as 1.1";
    let scale: f64 = typed.parse().map_err(|_| wanted.to_owned())?;
    if (1.01..=3.0).contains(&scale) { Ok(scale) } else { Err(wanted.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        detectors: Detectors,
    }

    fn parse(arguments: &[&str]) -> Result<Detectors, clap::Error> {
        Typed::try_parse_from([&["viewer"], arguments].concat()).map(|typed| typed.detectors)
    }

    fn settings(arguments: &[&str]) -> Result<Settings, clap::Error> {
        parse(arguments).and_then(|typed| typed.into_settings(HumanSpeed::Thorough))
    }

    #[test]
    fn what_is_typed_about_engines_arrives() {
        let engines = |typed: &[&str]| settings(typed).unwrap().engines;
        assert_eq!(settings(&[]).unwrap(), Settings::default());
        let typed = ["--face-engine", "haar", "--face-scale", "1.2", "--face-neighbours", "5", "--face-min-size", "30"];
        let face = FaceEngine::Haar { min_size: 30, scale: 1.2, neighbours: 5 };
        assert_eq!(engines(&typed), Engines { face, ..Engines::default() });
        let typed = ["--face-engine", "yunet", "--face-model", "a.onnx"];
        let face = FaceEngine::Yunet { model: "a.onnx".into(), min_size: 0 };
        assert_eq!(engines(&typed), Engines { face, ..Engines::default() });
        let typed = ["--human-speed", "fast", "--human-engine", "haar", "--human-neighbours", "3", "--opencl", "off"];
        let human = HumanEngine::Haar { speed: HumanSpeed::Fast, neighbours: 3 };
        assert_eq!(engines(&typed), Engines { human, opencl: OpenCl::Off, ..Engines::default() });
        let typed = ["--qr-engine", "both", "--face-min-size", "40"];
        let (qr, face) = (QrEngine::Both, FaceEngine::Seeta { min_size: 40 });
        assert_eq!(engines(&typed), Engines { qr, face, ..Engines::default() });
    }

    #[test]
    fn yunet_without_a_model_is_noted() {
        assert!(settings(&["--face-engine", "yunet"]).unwrap().lacks_face_model);
        assert!(!settings(&["--face-engine", "haar"]).unwrap().lacks_face_model);
    }

    #[test]
    fn kinds_are_listed_with_commas() {
        let typed = parse(&["--detect", "faces,humans", "--verbose"]).unwrap();
        assert_eq!((typed.verbosity(), typed.kinds()), (Verbosity::Verbose, [Kind::Face, Kind::Human].into()));
        assert_eq!(parse(&[]).unwrap().verbosity(), Verbosity::Normal);
    }

    #[test]
    fn an_option_of_another_engine_is_refused_and_not_ignored() {
        let options = ["--face-scale", "--face-neighbours", "--face-model", "--human-neighbours"];
        for bad in options.map(|option| [option, "2"]) {
            let error = settings(&bad).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(bad[0]), "{error}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for bad in [
            &["--face-engine", "haar", "--face-scale", "1"][..],
            &["--face-engine", "haar", "--face-neighbours", "0"],
            &["--face-min-size", "15"],
            &["--opencl", "maybe"],
        ] {
            assert_eq!(settings(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
    }
}
