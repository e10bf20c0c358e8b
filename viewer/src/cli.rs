//! What the user types.

mod detectors;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use pipeline::{Limits, Once, Policy};
use protocol::FrameLimit;

use crate::filler::FillerChoice;
use crate::report_target::ReportTarget;
use crate::run::Display;
use crate::{detect, run};
use detectors::Detectors;
use vision::HumanSpeed;
use vision::detect::Kind;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "viewer", version, about = ABOUT, after_help = AFTER, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(flatten)]
    watch: Watch,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the detectors on files and print a JSON line for each picture
    #[command(after_help = AFTER_DETECT)]
    Detect(Detect),
}

#[derive(Debug, Args)]
struct Watch {
    /// Where robots connect; port 0 takes a free one and reports it
    ///
    /// Examples: 0.0.0.0:8000 for robots on the network, 127.0.0.1:0
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000", value_parser = address)]
    listen: SocketAddr,

    /// What to show until a robot comes: `rain`, a GIF, a video, a picture, or a folder of pictures
    ///
    /// Examples: rain, waiting.gif, pictures/
    #[arg(long, value_name = "PATH|rain", default_value = "rain", value_parser = OsStringValueParser::new().try_map(filler))]
    filler: FillerChoice,

    #[command(flatten)]
    detectors: Detectors,

    /// Open no window; the JSON report goes to standard output unless --report says otherwise
    #[arg(long)]
    headless: bool,

    /// End when the first N robots have left [default without N: 1]: exit code 0, or 3 if a stream was cut short
    ///
    /// A connection that brings no frame, as of a port scanner, does not count. Once N robots have brought one, nobody else
    /// is let in.
    ///
    /// Examples: --once, --once 4
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    once: Option<NonZeroUsize>,

    /// How many robots may be connected at once
    ///
    /// While all places are taken a newcomer waits a while, and takes the place of a robot that has sent no picture for two
    /// seconds.
    ///
    /// Examples: 1, 64
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=1000))]
    robots: u16,

    /// Call robots from this address or network by a name, in the window and in the report; may be given several times
    ///
    /// Examples: 192.168.1.17=left, 10.1.0.0/16=lab
    #[arg(long = "name", value_name = "ADDR=NAME", value_parser = robot_name)]
    names: Vec<(IpNet, Arc<str>)>,

    /// Decode and detect every frame, in order, instead of always the newest; slows the robot down to that
    #[arg(long)]
    every_frame: bool,

    /// Write one JSON object per event to FILE, or to standard output for `-`
    #[arg(long, value_name = "FILE|-", value_parser = OsStringValueParser::new().try_map(report_target))]
    report: Option<ReportTarget>,

    /// Let robots in from this network only; may be given several times
    ///
    /// Examples: 192.168.1.0/24, 192.168.1.17/32
    #[arg(long, value_name = "CIDR")]
    allow: Vec<IpNet>,

    /// The longest frame a robot may announce, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = FrameLimit::DEFAULT.bytes(), value_parser = clap::value_parser!(u32).range(1..))]
    max_frame: u32,

    /// Disconnect a robot that has been silent for so long, in seconds; 0 waits for ever
    ///
    /// A frame must also be whole within this time from its first byte.
    ///
    /// Examples: 10, 2.5
    #[arg(long, value_name = "SECS", default_value = "10", value_parser = seconds)]
    idle_timeout: Duration,
}

#[derive(Debug, Args)]
struct Detect {
    /// JPEGs, PNGs, videos, or folders of them
    ///
    /// Pictures are searched one by one, as thoroughly as possible; videos as a robot's stream, where less time is spent per
    /// frame, because another follows.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    detectors: Detectors,

    /// Write each picture with what was found drawn in to this folder
    ///
    /// Example: annotated/
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,

    /// Write the JSON lines to FILE instead of standard output
    #[arg(long, value_name = "FILE|-", default_value = "-", value_parser = OsStringValueParser::new().try_map(report_target))]
    report: ReportTarget,
}

/// What the program is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    Watch(run::Config),
    Detect(detect::Config),
}

impl Cli {
    /// What the arguments ask for; an error where two of them do not go together.
    pub(crate) fn into_job(self) -> Result<Job, clap::Error> {
        Ok(match self.command {
            None => Job::Watch(self.watch.into_config()?),
            Some(Command::Detect(detect)) => Job::Detect(detect.into_config()?),
        })
    }
}

impl Watch {
    fn into_config(self) -> Result<run::Config, clap::Error> {
        let limits = Limits {
            robots: self.robots.into(),
            names: self.names,
            frame: FrameLimit::new(self.max_frame).unwrap_or(FrameLimit::DEFAULT),
            idle: (!self.idle_timeout.is_zero()).then_some(self.idle_timeout),
            allow: self.allow,
        };
        let display = if self.headless { Display::Headless } else { Display::Window };
        Ok(run::Config {
            listen: self.listen,
            limits,
            display,
            filler: self.filler,
            detect: self.detectors.kinds(),
            verbosity: self.detectors.verbosity(),
            // In a stream another picture follows, and an old answer is a wrong one.
            settings: self.detectors.into_settings(HumanSpeed::Fast)?,
            once: self.once.map_or(Once::Never, Once::First),
            policy: if self.every_frame { Policy::EveryFrame } else { Policy::NewestWins },
            report: self.report.or((display == Display::Headless).then_some(ReportTarget::Stdout)),
        })
    }
}

impl Detect {
    fn into_config(self) -> Result<detect::Config, clap::Error> {
        let asked = self.detectors.kinds();
        Ok(detect::Config {
            paths: self.paths,
            detect: if asked.is_empty() { Kind::ALL.into() } else { asked },
            verbosity: self.detectors.verbosity(),
            settings: self.detectors.into_settings(HumanSpeed::Thorough)?,
            annotate: self.annotate,
            report: self.report,
        })
    }
}

fn address(typed: &str) -> Result<SocketAddr, String> {
    let named = typed.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    named.as_deref().unwrap_or(typed).parse().map_err(|_| {
        "give an IP address of this machine and a port, such as 127.0.0.1:8000, or 0.0.0.0:8000 for all of its addresses"
            .to_owned()
    })
}

/// As the system gives it: a path need not be UTF-8.
fn filler(typed: OsString) -> Result<FillerChoice, String> {
    match typed.to_str() {
        Some("rain") => Ok(FillerChoice::Rain),
        Some("") => Err("empty; give `rain` or a path".to_owned()),
        _ => Ok(FillerChoice::Path(typed.into())),
    }
}

/// As [`filler`].
fn report_target(typed: OsString) -> Result<ReportTarget, String> {
    match typed.to_str() {
        Some("-") => Ok(ReportTarget::Stdout),
        Some("") => Err("empty; give a file, or `-` for standard output".to_owned()),
        _ => Ok(ReportTarget::File(typed.into())),
    }
}

/// Nought is for ever; anything else is long enough to be meant.
fn seconds(typed: &str) -> Result<Duration, String> {
    let wanted = "give 0, or seconds from 0.001 to 86400, such as 10 or 2.5";
    let seconds: f64 = typed.parse().map_err(|_| wanted.to_owned())?;
    let is_meant = seconds == 0.0 || (0.001..=86_400.0).contains(&seconds);
    if is_meant { Ok(Duration::from_secs_f64(seconds)) } else { Err(wanted.to_owned()) }
}

fn robot_name(typed: &str) -> Result<(IpNet, Arc<str>), String> {
    let wanted = || "give an address or network, and a name, such as 192.168.1.17=left or 10.1.0.0/16=lab".to_owned();
    let (addr, name) = typed.split_once('=').ok_or_else(wanted)?;
    let network = addr.parse::<IpNet>().or_else(|_| addr.parse::<IpAddr>().map(IpNet::from)).map_err(|_| wanted())?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(wanted());
    }
    Ok((network, name.trim().into()))
}

const ABOUT: &str = "Shows what robots' cameras see: a waiting screen until one connects, then the live pictures, in which it \
                     reads QR codes and finds faces and humans";

const AFTER: &str = "\
Keys in the window: f faces, h humans, r QR codes on/off, s save the picture, 1-9 show one robot large, 0 show all,
? show the keys, q quit.

Examples:
  viewer                                     a robot-sim on this machine
  viewer --listen 0.0.0.0:8000               the real robot's feed
  viewer --listen 0.0.0.0:8000 --allow 192.168.1.0/24 --detect qr
  viewer --headless --detect qr --report - --once | jq .counts

Exit codes: 0 done, 1 failed, 2 bad arguments, 3 done but the robot's stream was cut short (with --once).";

const AFTER_DETECT: &str = "\
Examples:
  viewer detect photo.jpg
  viewer detect pictures/ drive.mp4 --annotate annotated/
  viewer detect crowd.jpg --detect faces --face-min-size 24

Exit codes: 0 done, 1 a file or folder could not be read, 2 bad arguments.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use vision::HumanEngine;

    fn job(arguments: &[&str]) -> Result<Job, clap::Error> {
        Cli::try_parse_from([&["viewer"], arguments].concat()).and_then(Cli::into_job)
    }

    fn watch(arguments: &[&str]) -> run::Config {
        let Job::Watch(config) = job(arguments).unwrap() else { unreachable!("no subcommand was given") };
        config
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_is_detected_until_asked() {
        let config = watch(&[]);
        assert_eq!((config.listen.to_string().as_str(), config.detect.len()), ("127.0.0.1:8000", 0));
        assert_eq!(config.report, None);
        assert_eq!(watch(&["--listen", "localhost:9000"]).listen.to_string(), "127.0.0.1:9000");
    }

    #[test]
    fn a_headless_viewer_reports_to_standard_output() {
        assert_eq!(watch(&["--headless"]).report, Some(ReportTarget::Stdout));
        let file = watch(&["--headless", "--report", "out.jsonl"]).report;
        assert_eq!(file, Some(ReportTarget::File("out.jsonl".into())));
    }

    #[test]
    fn an_idle_timeout_of_nought_is_none() {
        assert_eq!(watch(&["--idle-timeout", "0"]).limits.idle, None);
        assert_eq!(watch(&["--idle-timeout", "2.5"]).limits.idle, Some(Duration::from_millis(2500)));
    }

    #[test]
    fn bad_arguments_exit_with_2() {
        for bad in [
            &["--listen", "8000"][..],
            &["--detect", "cats"],
            &["--idle-timeout", "-1"],
            &["--idle-timeout", "nan"],
            &["--idle-timeout", "1e-10"],
            &["--robots", "0"],
            &["--once", "0"],
            &["--name", "left"],
            &["--name", "10.0.0.1="],
            &["--name", "robot=left"],
            &["--max-frame", "0"],
            &["--allow", "192.168.1"],
            &["--report", ""],
            &["--filler", ""],
            &["detect"],
        ] {
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
            Job::Watch(_) => unreachable!("detect was given"),
        };
        let stream = |arguments: &[&str]| watch(arguments).settings.engines.human;
        let [fast, thorough] = [HumanSpeed::Fast, HumanSpeed::Thorough].map(|speed| HumanEngine::Hog { speed });
        assert_eq!((stream(&[]), file(&[])), (fast, thorough));
        let asked = (stream(&["--human-speed", "thorough"]), file(&["--human-speed", "fast"]));
        assert_eq!(asked, (thorough, fast));
    }

    #[test]
    fn detect_looks_for_everything_unless_told() {
        let Job::Detect(config) = job(&["detect", "a.jpg"]).unwrap() else { unreachable!("detect was given") };
        assert_eq!(config.detect, Kind::ALL.into());
    }
}
