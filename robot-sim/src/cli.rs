//! What the user typed, and how it becomes a [`Config`].

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser};

use crate::client::{Address, StreamEnd};
use crate::config::Config;
use crate::fault::{self, Fault, Faults};
use crate::scenario::{Scenario, ScenarioError};
use crate::schedule::Rate;
use crate::source::{Encoding, Input, Passes, Size};

/// Simulates robots: streams JPEG files or a video to the viewer
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
#[command(group = ArgGroup::new("input").required(true).args(["video", "images"]))]
pub struct Args {
    /// Play this video, encoded to JPEG: --video fixtures/qr.mp4
    #[arg(long, value_name = "FILE")]
    video: Option<PathBuf>,

    /// Send these JPEG files, and those of these folders, byte for byte: --images first.jpg more/
    ///
    /// A folder's .jpg and .jpeg files come in the order of their names, frame2 before frame10. With --size or --quality
    /// they are encoded again.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    images: Vec<PathBuf>,

    /// Where the viewer listens: --to 192.168.1.20:8000
    #[arg(long, value_name = "ADDR")]
    to: Address,

    /// Frames per second, or 0 for as fast as the viewer reads: --fps 29.97
    ///
    /// A video plays at its own rate unless this is given, images at 30. Every frame is sent: after a halt of up to a
    /// quarter of a second the late frames follow at once, after a longer one the schedule restarts.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    fps: Option<Rate>,

    /// Play everything N times, or for ever without N: --loop 3
    #[arg(long = "loop", value_name = "N", num_args = 0..=1, default_missing_value = "forever")]
    passes: Option<Passes>,

    /// Resize to this many pixels: --size 320x240
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,

    /// Encode at this JPEG quality, from 1 to 100 [default: 85 where pictures are encoded]: --quality 60
    #[arg(long, value_name = "Q", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,

    /// End the stream by closing the connection, as the original robot does, not with the zero length
    #[arg(long)]
    no_end: bool,

    /// Give up dialling after this many seconds (0: after one try), also after a viewer went away: --connect-timeout 2.5
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds)]
    connect_timeout: Option<Duration>,

    /// Simulate N robots, each with its own connection: --robots 4
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    robots: u32,

    #[arg(long = "fault", value_name = "SPEC", long_help = fault::help())]
    #[arg(help = "Damage the stream on purpose, for example: --fault flip@12:20 (see --help for all)")]
    faults: Vec<Fault>,

    /// Take faults, seed and rate from a TOML file: --scenario fixtures/scenarios/wifi-drop.toml
    ///
    /// The file may hold `seed = 7`, `fps = 30.0`, `no-end = true` and `faults = ["stall@30:2s", "flip@12:20"]`. A seed and
    /// a rate on the command line override those of the file; faults are added to them.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,

    /// The seed of all random damage; the same one does the same damage [default: 0]: --seed 7
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Args {
    /// Reads the scenario, if there is one, and puts everything together.
    ///
    /// # Errors
    ///
    /// Fails if the scenario cannot be read or is not well written.
    pub fn into_config(self) -> Result<Config, ScenarioError> {
        let scenario = self.scenario.as_deref().map(Scenario::read).transpose()?.unwrap_or_default();
        let end = if self.no_end || scenario.no_end { StreamEnd::Close } else { StreamEnd::Terminator };
        let list = scenario.faults.into_iter().chain(self.faults).collect();
        Ok(Config {
            input: match self.video {
                Some(path) => Input::Video(path),
                None => Input::Images(self.images),
            },
            encoding: Encoding { size: self.size, quality: self.quality },
            passes: self.passes.unwrap_or(Passes::Times(NonZeroU32::MIN)),
            to: self.to,
            rate: self.fps.or(scenario.fps),
            end,
            connect_timeout: self.connect_timeout,
            robots: self.robots,
            faults: Faults { seed: self.seed.or(scenario.seed).unwrap_or(0), list },
        })
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| *seconds <= LONGEST_TIMEOUT).ok_or("give a number of seconds from 0, for example 2.5")
}

/// A year; more would overflow nothing yet, and cannot be meant.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

const EXIT_CODES: &str = "\
Ctrl-C ends the stream as its end would, prints the report and counts as done; pressed again it ends the program at once.

Exit codes: 0 done, 1 failed, 2 bad arguments, 3 done but cut short by the viewer.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Config, String> {
        let args = ["robot-sim"].into_iter().chain(line.split_whitespace());
        Ok(Args::try_parse_from(args).map_err(|error| error.to_string())?.into_config().unwrap())
    }

    #[test]
    fn the_command_line_is_well_defined() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_is_not_given_has_its_documented_value() {
        let config = parse("--images a.jpg b --to pc:8000").unwrap();
        assert_eq!(config.input, Input::Images(vec!["a.jpg".into(), "b".into()]));
        assert_eq!(config.passes, Passes::Times(NonZeroU32::MIN));
        assert_eq!((config.rate, config.end, config.robots), (None, StreamEnd::Terminator, 1));
        assert_eq!((config.connect_timeout, config.faults), (None, Faults::default()));
        assert_eq!(config.encoding, Encoding::default());
    }

    #[test]
    fn every_option_arrives() {
        let config = parse(
            "--video v.mp4 --to pc:8000 --fps 0 --loop --size 32x24 --quality 60 --no-end --connect-timeout 0.5 \
             --robots 3 --fault stall@1:2s --fault garbage@2 --seed 9",
        )
        .unwrap();
        assert_eq!(config.input, Input::Video("v.mp4".into()));
        assert_eq!((config.rate, config.passes), (Some(Rate::UNPACED), Passes::Forever));
        assert_eq!(config.encoding, Encoding { size: "32x24".parse().ok(), quality: Some(60) });
        assert_eq!((config.end, config.robots), (StreamEnd::Close, 3));
        assert_eq!(config.connect_timeout, Some(Duration::from_millis(500)));
        let faults: Vec<String> = config.faults.list.iter().map(Fault::to_string).collect();
        assert_eq!((config.faults.seed, faults), (9, vec!["stall@1:2s".to_owned(), "garbage@2".to_owned()]));
    }

    #[test]
    fn a_loop_takes_a_number_of_passes() {
        let config = parse("--loop 3 --images a.jpg --to pc:8000").unwrap();
        assert_eq!(config.passes, "3".parse().unwrap());
    }

    #[test]
    fn bad_values_are_refused_with_the_form_that_is_expected() {
        for (line, says) in [
            ("--to pc:8000", "--video"),
            ("--images a.jpg", "--to"),
            ("--images a.jpg --video b.mp4 --to pc:8000", "cannot be used with"),
            ("--images a.jpg --to pc", "127.0.0.1:8000"),
            ("--images a.jpg --to pc:8000 --fps fast", "29.97"),
            ("--images a.jpg --to pc:8000 --loop 0", "passes"),
            ("--images a.jpg --to pc:8000 --size 320", "320x240"),
            ("--images a.jpg --to pc:8000 --quality 0", "1..=100"),
            ("--images a.jpg --to pc:8000 --robots 0", "1..=1000"),
            ("--images a.jpg --to pc:8000 --connect-timeout -1", "2.5"),
            ("--images a.jpg --to pc:8000 --connect-timeout soon", "2.5"),
            ("--images a.jpg --to pc:8000 --fault flip", "flip@12:20"),
            ("--images a.jpg --to pc:8000 --seed x", "--seed"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(says), "{line}\n{error}");
        }
    }

    #[test]
    fn the_help_has_an_example_for_every_option_that_takes_a_value() {
        for arg in Args::command().get_arguments().filter(|arg| arg.get_action().takes_values()) {
            let (Some(long), Some(help)) = (arg.get_long(), arg.get_help()) else { panic!("{arg}") };
            let help = help.to_string();
            assert!(help.contains(&format!("--{long} ")), "--{long}: {help}");
        }
    }
}
