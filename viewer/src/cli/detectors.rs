//! What the user types about detectors, for the live picture and for files alike.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use crate::terminal::Verbosity;
use vision::detect::Kind;
use vision::detect::cascade::Search;
use vision::detect::face::{FaceEngine, FaceSettings};
use vision::detect::human::{HumanEngine, HumanSettings, HumanSpeed};
use vision::detect::opencl::OpenCl;
use vision::detect::qr::QrEngines;
use vision::detect::settings::Settings;

/// What to look for, and how.
#[derive(Debug, Args)]
pub(super) struct Detectors {
    /// What to look for; without it nothing until a key says so, and everything in `viewer detect`
    ///
    /// Examples: qr, faces,humans
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    detect: Vec<KindName>,

    /// Which engines read QR codes
    #[arg(long, value_name = "ENGINES", value_enum, default_value_t)]
    qr_engine: QrEngines,

    /// Which engine finds faces
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    face_engine: FaceEngine,

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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=100))]
    face_neighbours: Option<i32>,

    /// Which engine finds humans
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    human_engine: HumanEngine,

    /// What matters more in finding humans [default: fast in a robot's stream, thorough in files]
    #[arg(long, value_name = "SPEED", value_enum)]
    human_speed: Option<HumanSpeed>,

    /// How many neighbouring hits --human-engine haar takes for a human; the original took 3 [default: 5]
    ///
    /// Example: 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=100))]
    human_neighbours: Option<i32>,

    /// Whether engines that have a version for it (haar, and yunet on a GPU) run through OpenCL
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    opencl: OpenCl,

    /// Say on standard error how it is done, such as which OpenCL device is used
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

    /// How to look; `usual` where nothing was typed about it. An error where an option belongs to an engine that was not
    /// asked for.
    pub(super) fn into_settings(self, usual: HumanSpeed) -> Result<Settings, clap::Error> {
        let (face, human) = (self.face_engine, self.human_engine);
        only_for("--face-engine yunet", face == FaceEngine::Yunet, "--face-model", self.face_model.is_some())?;
        only_for("--face-engine haar", face == FaceEngine::Haar, "--face-scale", self.face_scale.is_some())?;
        only_for("--face-engine haar", face == FaceEngine::Haar, "--face-neighbours", self.face_neighbours.is_some())?;
        let neighbours = self.human_neighbours;
        only_for("--human-engine haar", human == HumanEngine::Haar, "--human-neighbours", neighbours.is_some())?;
        let original = Search::default();
        let search = Search {
            scale: self.face_scale.unwrap_or(original.scale),
            neighbours: self.face_neighbours.unwrap_or(original.neighbours),
            ..original
        };
        let min_size = self.face_min_size;
        Ok(Settings {
            qr: self.qr_engine,
            face: FaceSettings { engine: face, min_size, search, model: self.face_model },
            human: HumanSettings { engine: human, speed: self.human_speed.unwrap_or(usual), neighbours },
            opencl: self.opencl,
        })
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
        let typed = ["--face-engine", "haar", "--face-scale", "1.2", "--face-neighbours", "5", "--face-min-size", "30"];
        let search = Search { scale: 1.2, neighbours: 5, ..Search::default() };
        let face = FaceSettings { engine: FaceEngine::Haar, min_size: Some(30), search, model: None };
        assert_eq!(settings(&typed).unwrap(), Settings { face, ..Settings::default() });
        let human = HumanSettings { speed: HumanSpeed::Fast, ..HumanSettings::default() };
        let human = HumanSettings { neighbours: Some(3), engine: HumanEngine::Haar, ..human };
        let typed = ["--human-speed", "fast", "--human-engine", "haar", "--human-neighbours", "3", "--opencl", "off"];
        let typed = settings(&typed).unwrap();
        assert_eq!(typed, Settings { human, opencl: OpenCl::Off, ..Settings::default() });
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
