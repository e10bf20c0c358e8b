//! Options about what to look for and with which engines, for the live picture and for files alike.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use super::expert::Tuning;
use super::tags::Tags;
use crate::settings::Settings;
use vision::{Engines, FaceEngine, HumanEngine, HumanSpeed, Kind, QrEngine};

/// What to look for, and with what.
#[derive(Debug, Args)]
#[command(next_help_heading = "Detection")]
pub(super) struct Detection {
    /// What to look for, separated by commas; keys switch each kind on and off
    ///
    /// Without this option nothing is looked for until a key is pressed; `viewer detect` looks for everything.
    ///
    /// Examples: --detect qr,tags, --detect faces,humans
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    detect: Vec<KindName>,

    #[command(flatten)]
    tags: Tags,

    /// Which engine reads QR codes
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t, hide_short_help = true)]
    qr_engine: QrEngineName,

    /// Which engine finds faces
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t, hide_short_help = true)]
    face_engine: FaceEngineName,

    /// The smallest face to find, in pixels [default: seeta 32, haar 24]
    ///
    /// A smaller one costs time, a larger one saves it.
    ///
    /// Example: --face-min-size 24
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=2000), hide_short_help = true)]
    face_min_size: Option<u32>,

    #[arg(long, value_name = "FILE", hide_short_help = true, help = FACE_MODEL, long_help = face_model_help())]
    face_model: Option<PathBuf>,

    /// Which engine finds humans [default: movenet; onnx with --human-model]
    #[arg(long, value_name = "ENGINE", value_enum, hide_short_help = true)]
    human_engine: Option<HumanEngineName>,

    /// Find humans with this model, an ONNX file of YOLOX or NanoDet-Plus
    ///
    /// YOLOX is in OpenCV's model zoo, NanoDet-Plus at github.com/RangiLyu/nanodet. The output's shape tells which of the two
    /// it is: 1×8400×85 or 1×3598×112.
    ///
    /// Example: --human-model object_detection_yolox_2022nov.onnx
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    human_model: Option<PathBuf>,

    /// Favour speed or thoroughness in finding humans [default: fast in a robot's stream, thorough in files]
    #[arg(long, value_name = "SPEED", value_enum, hide_short_help = true)]
    human_speed: Option<HumanSpeedName>,
}

impl Detection {
    pub(super) fn kinds(&self) -> BTreeSet<Kind> {
        self.detect.iter().copied().map(Kind::from).collect()
    }

    /// The engines; `usual` is the speed where none was given. An error where an option belongs to an engine that was not
    /// chosen.
    pub(super) fn into_settings(self, tuning: Tuning, usual: HumanSpeed) -> Result<Settings, clap::Error> {
        let face = self.face_engine;
        let usual_engine = if self.human_model.is_some() { HumanEngineName::Onnx } else { HumanEngineName::Movenet };
        let human = self.human_engine.unwrap_or(usual_engine);
        let (is_haar, is_yunet) = (face == FaceEngineName::Haar, face == FaceEngineName::Yunet);
        only_for("--face-engine yunet", is_yunet, "--face-model", self.face_model.is_some())?;
        only_for("--face-engine haar", is_haar, "--face-scale", tuning.face_scale.is_some())?;
        only_for("--face-engine haar", is_haar, "--face-neighbours", tuning.face_neighbours.is_some())?;
        let (is_haar, is_onnx) = (human == HumanEngineName::Haar, human == HumanEngineName::Onnx);
        only_for("--human-engine onnx", is_onnx, "--human-model", self.human_model.is_some())?;
        only_for("--human-engine haar", is_haar, "--human-neighbours", tuning.human_neighbours.is_some())?;
        let face = match (face, self.face_model) {
            (FaceEngineName::Seeta, _) => {
                Some(FaceEngine::Seeta { min_size: self.face_min_size.unwrap_or(FaceEngine::SEETA_MIN_SIZE) })
            }
            (FaceEngineName::Haar, _) => Some(FaceEngine::Haar {
                min_size: self.face_min_size.unwrap_or_default(),
                scale: tuning.face_scale.unwrap_or(FaceEngine::HAAR_SCALE),
                neighbours: tuning.face_neighbours.unwrap_or(FaceEngine::HAAR_NEIGHBOURS),
            }),
            (FaceEngineName::Yunet, Some(model)) => {
                Some(FaceEngine::Yunet { model, min_size: self.face_min_size.unwrap_or_default() })
            }
            (FaceEngineName::Yunet, None) => None,
        };
        let speed = self.human_speed.map_or(usual, HumanSpeed::from);
        let human = match (human, self.human_model) {
            (HumanEngineName::Movenet, _) => Some(HumanEngine::Movenet { speed }),
            (HumanEngineName::Hog, _) => Some(HumanEngine::Hog { speed }),
            (HumanEngineName::Haar, _) => {
                let neighbours = tuning.human_neighbours.unwrap_or(HumanEngine::HAAR_NEIGHBOURS);
                Some(HumanEngine::Haar { speed, neighbours })
            }
            (HumanEngineName::Onnx, Some(model)) => Some(HumanEngine::Onnx { model }),
            (HumanEngineName::Onnx, None) => None,
        };
        let (lacks_face_model, lacks_human_model) = (face.is_none(), human.is_none());
        let (face, human) = (face.unwrap_or_default(), human.unwrap_or_default());
        let engines =
            Engines { qr: self.qr_engine.into(), tag: self.tags.engine()?, face, human, opencl: tuning.opencl() };
        Ok(Settings { engines, lacks_face_model, lacks_human_model })
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
    /// OpenCV's Haar cascades, from the front and from both sides
    Haar,
    /// OpenCV's YuNet, with the model given by --face-model
    Yunet,
}

/// [`HumanEngine`] as it is typed; its settings are options of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HumanEngineName {
    /// the neural network MoveNet: people in any posture, as a whole or in part, and where their joints are
    Movenet,
    /// OpenCV's people detector on histograms of gradients: upright people, from all sides
    Hog,
    /// OpenCV's Haar cascades for the whole, the upper and the lower body
    Haar,
    /// a neural network of your own, given by --human-model
    Onnx,
}

/// [`HumanSpeed`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum HumanSpeedName {
    /// the most humans found
    Thorough,
    /// about three quarters of the time, and a few more humans missed
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

/// Kinds as they are typed: what is looked for is many.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindName {
    /// QR codes
    #[value(aliases = ["qrs", "qr-code", "qr-codes"])]
    Qr,
    /// AprilTags
    #[value(aliases = ["tag", "apriltags", "apriltag"])]
    Tags,
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
            KindName::Tags => Kind::Tag,
            KindName::Faces => Kind::Face,
            KindName::Humans => Kind::Human,
        }
    }
}

const FACE_MODEL: &str = "The model for --face-engine yunet, an ONNX file from OpenCV's model zoo";

/// Models are made for versions of OpenCV; the example is the one for the installed version.
fn face_model_help() -> String {
    format!("{FACE_MODEL}\n\nExample: --face-model {}", FaceEngine::yunet_model())
}

/// An error where an option was given and the engine that it is for was not.
fn only_for(engine: &str, is_chosen: bool, option: &str, is_given: bool) -> Result<(), clap::Error> {
    if is_given && !is_chosen {
        let message = format!("{option} is for {engine}; give that too, or leave {option} out\n");
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use vision::OpenCl;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        detection: Detection,
        #[command(flatten)]
        tuning: Tuning,
    }

    fn parse(arguments: &[&str]) -> Result<Typed, clap::Error> {
        Typed::try_parse_from([&["viewer"], arguments].concat())
    }

    fn settings(arguments: &[&str]) -> Result<Settings, clap::Error> {
        parse(arguments).and_then(|typed| typed.detection.into_settings(typed.tuning, HumanSpeed::Thorough))
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
        let human = HumanEngine::Onnx { model: "b.onnx".into() };
        assert_eq!(engines(&["--human-model", "b.onnx"]), Engines { human, ..Engines::default() });
        let typed = ["--qr-engine", "both", "--face-min-size", "40"];
        let (qr, face) = (QrEngine::Both, FaceEngine::Seeta { min_size: 40 });
        assert_eq!(engines(&typed), Engines { qr, face, ..Engines::default() });
    }

    #[test]
    fn the_example_of_a_model_is_one_that_the_installed_opencv_takes() {
        use clap::CommandFactory as _;
        let help = Typed::command().render_long_help().to_string();
        assert!(help.contains(&format!("Example: --face-model {}\n", FaceEngine::yunet_model())), "{help}");
    }

    #[test]
    fn yunet_without_a_model_is_noted() {
        assert!(settings(&["--face-engine", "yunet"]).unwrap().lacks_face_model);
        assert!(!settings(&["--face-engine", "haar"]).unwrap().lacks_face_model);
    }

    #[test]
    fn a_model_for_humans_implies_its_engine_and_is_refused_with_another() {
        assert!(settings(&["--human-engine", "onnx"]).unwrap().lacks_human_model);
        assert!(!settings(&["--human-engine", "onnx", "--human-model", "b.onnx"]).unwrap().lacks_human_model);
        let error = settings(&["--human-engine", "hog", "--human-model", "b.onnx"]).unwrap_err();
        assert!(error.to_string().contains("--human-model is for --human-engine onnx"), "{error}");
    }

    #[test]
    fn kinds_are_listed_with_commas_in_the_singular_or_the_plural() {
        let kinds = |typed| parse(&["--detect", typed]).unwrap().detection.kinds();
        assert_eq!(kinds("faces,humans"), [Kind::Face, Kind::Human].into());
        for (typed, kind) in [
            ("qr", Kind::Qr),
            ("qrs", Kind::Qr),
            ("tag,tags", Kind::Tag),
            ("face,faces", Kind::Face),
            ("human,humans", Kind::Human),
        ] {
            assert_eq!(kinds(typed), [kind].into(), "{typed}");
        }
        assert!(
            parse(&["--detect", "cats"])
                .unwrap_err()
                .to_string()
                .contains("[possible values: qr, tags, faces, humans]")
        );
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
}
