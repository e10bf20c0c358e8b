//! What the user types.
//!
//! Each group of options has its file, with the parsers of their values; here they become what the program runs on.

mod connection;
mod detection;
mod display;
mod encryption;
mod expert;
mod fleet;
mod orientation;
mod output;
mod recording;
mod sheets;
mod tags;
#[cfg(feature = "web")]
mod web;

use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand};
use vision::HumanSpeed;
use vision::detect::Kind;

use self::connection::Connection;
use self::detection::Detection;
use self::display::Display;
use self::encryption::Encryption;
use self::expert::{Limits, Reporting, Size, Tuning};
use self::fleet::Fleet;
use self::orientation::{FileOrientation, RobotOrientation};
use self::output::{FileOutput, Output};
use self::recording::Recording;
use self::sheets::Sheets;
#[cfg(feature = "web")]
use self::web::Browser;
use crate::{detect, run, tag_sheets, terminal};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "viewer", version, about = ABOUT, after_help = EXAMPLES, after_long_help = after())]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(flatten)]
    watch: Watch,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the detectors on files and print a JSON line for each picture
    #[command(after_help = DETECT_EXAMPLES, after_long_help = after_detect())]
    Detect(Box<Detect>),
    /// Write sheets with AprilTags to print
    #[command(after_help = TAGS_EXAMPLES)]
    Tags(Sheets),
}

#[derive(Debug, Args)]
struct Watch {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    fleet: Fleet,
    #[command(flatten)]
    encryption: Encryption,
    #[command(flatten)]
    detection: Detection,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    orientation: RobotOrientation,
    #[cfg(feature = "web")]
    #[command(flatten)]
    browser: Browser,
    #[command(flatten)]
    recording: Recording,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    size: Size,
    #[command(flatten)]
    reporting: Reporting,
    #[command(flatten)]
    tuning: Tuning,
}

#[derive(Debug, Args)]
struct Detect {
    /// JPEGs, PNGs, videos, MCAP recordings, or folders of them
    ///
    /// Pictures are searched one by one, as thoroughly as possible; videos, and each topic of a recording, as a robot's stream,
    /// where less time is spent per frame, because another follows.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    detection: Detection,
    #[command(flatten)]
    orientation: FileOrientation,
    #[command(flatten)]
    output: FileOutput,
    #[command(flatten)]
    size: Size,
    #[command(flatten)]
    tuning: Tuning,
}

/// What the program is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    Watch(Box<run::Config>),
    Detect(detect::Config),
    Tags(tag_sheets::Config),
}

impl Cli {
    /// The arguments of this program; ends it with a message if they cannot be understood.
    pub fn from_command_line() -> Self {
        Self::try_parse().unwrap_or_else(|error| terminal::exit(&with_tip(error)))
    }

    /// What the arguments ask for; an error where two of them do not go together.
    pub(crate) fn into_job(self) -> Result<Job, clap::Error> {
        Ok(match self.command {
            None => Job::Watch(Box::new(self.watch.into_config()?)),
            Some(Command::Detect(detect)) => Job::Detect(detect.into_config()?),
            Some(Command::Tags(sheets)) => Job::Tags(sheets.into_config()?),
        })
    }
}

impl Watch {
    fn into_config(self) -> Result<run::Config, clap::Error> {
        self.connection.check()?;
        #[cfg(feature = "web")]
        let web = self.browser.config();
        #[cfg(not(feature = "web"))]
        let web: Option<crate::web::Config> = None;
        let display = self.display.place(web.is_some());
        let fleet = self.fleet.config(self.limits.frame())?;
        let names = self.connection.robots_names();
        // Others may be in certificates, or in the fleet.
        let are_known = fleet.is_none() && !self.encryption.asks_for_certificates();
        let orientations = self.orientation.orientations(are_known.then_some(&names))?;
        let listen = self.connection.listen(fleet.is_some());
        Ok(run::Config {
            listen,
            fleet,
            certificates: self.encryption.files(listen.is_some())?,
            once: self.connection.once(),
            dial: self.connection.targets,
            limits: pipeline::Limits {
                robots: self.connection.robots.into(),
                names: self.connection.names,
                frame: self.limits.frame(),
                pixels: self.size.limit(),
                idle: self.limits.idle(),
                allow: self.connection.allow,
            },
            policy: self.limits.policy(),
            display,
            web,
            recording: self.recording.config(self.output.save_dir.as_deref()),
            filler: self.display.filler,
            orientations,
            detect: self.detection.kinds(),
            verbosity: self.tuning.verbosity(),
            // In a stream another picture follows, and an old answer is a wrong one.
            settings: self.detection.into_settings(self.tuning, HumanSpeed::Fast)?,
            save_dir: self.output.save_dir.clone(),
            report: self.output.report(display),
            report_contents: self.reporting.contents(),
        })
    }
}

impl Detect {
    fn into_config(self) -> Result<detect::Config, clap::Error> {
        let asked = self.detection.kinds();
        Ok(detect::Config {
            paths: self.paths,
            detect: if asked.is_empty() { Kind::ALL.into() } else { asked },
            verbosity: self.tuning.verbosity(),
            settings: self.detection.into_settings(self.tuning, HumanSpeed::Thorough)?,
            orientation: self.orientation.orientation(),
            limit: self.size.limit(),
            annotate: self.output.annotate,
            report: self.output.report,
        })
    }
}

/// Adds tips where the unknown subcommand is a file, which can be searched or played.
fn with_tip(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand)
        && Path::new(typed).exists()
    {
        let tips = [
            "`viewer detect FILE` searches files",
            "`robot-sim --video FILE --to 127.0.0.1:8000` plays a video as a robot, and `--replay FILE` a recording",
        ];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips.map(Into::into).into()));
    }
    error
}

const ABOUT: &str = "Shows what robots' cameras see, and on request reads QR codes and tags and finds faces and humans";

/// What `--help` has below the options; `-h` has the examples only.
fn after() -> String {
    format!("{KEYS}\n\n{EXAMPLES}\n\n{EXIT_CODES}")
}

fn after_detect() -> String {
    format!("{DETECT_EXAMPLES}\n\nExit codes: 0 done, 1 a file or folder could not be read, 2 bad arguments.")
}

const KEYS: &str = "\
Keys in the window:
  f, h, r, t
           search for faces, humans, QR codes, tags: on or off
  k        draw the skeletons of humans: on or off
  1 to 9   show one robot large
  0        show all robots
  T, m     turn by 90 degrees, mirror: the robot shown large, or all
  s        save the picture
  o        save what the window shows, with the detections
  v        record what robots send: start and stop
  F, F11   full screen
  ?        show the keys
  q        quit";

const EXAMPLES: &str = "\
Examples:
  viewer --detect qr                         robots on this machine
  viewer --listen 0.0.0.0:8000 --detect qr   robots on the network
  viewer --listen 0.0.0.0:8000 --allow 192.168.1.0/24
  viewer --headless --detect qr --once > report.jsonl";

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 bad arguments,
3 with --once: a robot's stream was cut short.";

const DETECT_EXAMPLES: &str = "\
Examples:
  viewer detect photo.jpg
  viewer detect pictures/ drive.mp4 --annotate annotated/
  viewer detect crowd.jpg --detect faces --face-min-size 24";

const TAGS_EXAMPLES: &str = "\
Examples:
  viewer tags --print sheets/                               ids 0 to 9, 160 mm
  viewer tags --print sheets/ --ids 0-3,42 --size-mm 100
  viewer --detect tags --tag-size 0.16 --camera 600,600,320,240

The side of a tag is that of its black square; of the families standard and
circle it is that of the inner square, where black meets white.
Exit codes: 0 done, 1 a sheet could not be written, 2 bad arguments.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use vision::HumanEngine;

    use crate::filler::FillerChoice;
    use crate::report_target::ReportTarget;

    fn job(arguments: &[&str]) -> Result<Job, clap::Error> {
        Cli::try_parse_from([&["viewer"], arguments].concat()).and_then(Cli::into_job)
    }

    fn watch(arguments: &[&str]) -> run::Config {
        let Job::Watch(config) = job(arguments).unwrap() else { unreachable!("no subcommand was given") };
        *config
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The program, and its subcommands.
    fn commands() -> [clap::Command; 3] {
        let of = |name| Cli::command().find_subcommand(name).cloned().expect("there is such a subcommand");
        [Cli::command(), of("detect"), of("tags")]
    }

    #[test]
    fn the_help_has_an_example_for_every_option_that_takes_a_shape() {
        for command in commands() {
            for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
                let Some(long) = arg.get_long().filter(|_| !arg.is_hide_set()) else { continue };
                let help = arg.get_long_help().unwrap_or_default().to_string();
                let example = help.lines().find(|line| line.starts_with("Example")).unwrap_or_default();
                let is_shown = example.contains(&format!(": --{long}"));
                let is_one_of_few = long != "detect" && !arg.get_possible_values().is_empty();
                assert!(is_shown || is_one_of_few, "--{long}: {help}");
            }
        }
    }

    #[test]
    fn the_help_fits_terminals_of_80_and_100_columns() {
        for (columns, command) in [80, 100].into_iter().flat_map(|columns| commands().map(|command| (columns, command)))
        {
            let mut command = command.term_width(columns);
            let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
            for help in [&short, &long] {
                assert_eq!(help.lines().find(|line| line.chars().count() > columns), None, "{help}");
            }
            // A table that is wrapped has lost its columns.
            let (examples, after) = match command.get_name() {
                "detect" => (DETECT_EXAMPLES, after_detect()),
                "tags" => (TAGS_EXAMPLES, TAGS_EXAMPLES.to_owned()),
                _ => (EXAMPLES, after()),
            };
            assert!(short.contains(examples) && long.contains(&after), "{long}");
        }
    }

    #[test]
    fn nothing_is_detected_until_asked() {
        let config = watch(&[]);
        assert_eq!((config.listen.unwrap().to_string().as_str(), config.detect.len()), ("127.0.0.1:8000", 0));
        assert_eq!(config.report, None);
    }

    #[test]
    fn bad_arguments_exit_with_2() {
        for bad in
            [&["--listen", "8000"][..], &["--report", ""], &["--filler", ""], &["detect"], &["detect", "--robots", "4"]]
        {
            assert_eq!(job(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt as _;

        let name = std::ffi::OsStr::from_bytes(b"caf\xE9");
        // The name goes where the question mark stands.
        let parsed = |typed: &str| {
            let words = typed.split(' ').map(|word| if word == "?" { name } else { word.as_ref() });
            Cli::try_parse_from(words).and_then(Cli::into_job).unwrap()
        };
        let Job::Watch(config) = parsed("viewer --filler ? --report ?") else {
            unreachable!("no subcommand was given")
        };
        assert_eq!(config.filler, FillerChoice::Path(name.into()));
        assert_eq!(config.report, Some(ReportTarget::File(name.into())));
        let Job::Detect(config) = parsed("viewer detect ? --annotate ? --report ?") else {
            unreachable!("detect was given")
        };
        assert_eq!((config.paths, config.annotate), (vec![name.into()], Some(name.into())));
        assert_eq!(config.report, ReportTarget::File(name.into()));
    }

    #[test]
    fn a_stream_is_searched_fast_and_files_thoroughly_unless_told() {
        let file = |arguments: &[&str]| match job(&[&["detect", "a.jpg"], arguments].concat()).unwrap() {
            Job::Detect(config) => config.settings.engines.human,
            Job::Watch(_) | Job::Tags(_) => unreachable!("detect was given"),
        };
        let stream = |arguments: &[&str]| watch(arguments).settings.engines.human;
        let [fast, thorough] = [HumanSpeed::Fast, HumanSpeed::Thorough].map(|speed| HumanEngine::Movenet { speed });
        assert_eq!((stream(&[]), file(&[])), (fast.clone(), thorough.clone()));
        let asked = (stream(&["--human-speed", "thorough"]), file(&["--human-speed", "fast"]));
        assert_eq!(asked, (thorough, fast));
    }

    #[test]
    fn robots_are_turned_by_the_names_that_they_are_given() {
        let config = watch(&["--name", "10.0.0.1=left", "--rotate", "left=180", "--flip", "h"]);
        assert_eq!(config.orientations.all, vision::Orientation::FLIP_H);
        assert_eq!(config.orientations.named["left"], vision::Orientation::FLIP_V);
        assert_eq!(job(&["--rotate", "left=180"]).unwrap_err().exit_code(), 2);
        let with_certificates = ["--tls-cert", "c", "--tls-key", "k", "--tls-client-ca", "ca"];
        for names_it in [&["--connect", "left=http://10.0.0.1/"][..], &with_certificates] {
            let config = watch(&[names_it, &["--rotate", "left=180"]].concat());
            assert_eq!(config.orientations.named["left"], vision::Orientation::R180, "{names_it:?}");
        }
        let Job::Detect(config) = job(&["detect", "a.jpg", "--rotate", "270"]).unwrap() else {
            unreachable!("detect was given")
        };
        assert_eq!(config.orientation, vision::Orientation::R270);
    }

    #[test]
    fn detect_looks_for_everything_unless_told() {
        let Job::Detect(config) = job(&["detect", "a.jpg"]).unwrap() else { unreachable!("detect was given") };
        assert_eq!(config.detect, Kind::ALL.into());
    }
}
