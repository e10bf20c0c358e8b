//! What the user typed, and how it becomes a [`Config`].

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser};
use tls::ClientFiles;

use crate::client::{Address, Stamps, StreamEnd};
use crate::config::{Config, Peer};
use crate::fault::{self, Fault, Faults, MisfitError, Side};
use crate::format::Format;
use crate::keys;
use crate::playback::Speed;
use crate::scenario::{Scenario, ScenarioError};
use crate::schedule::Rate;
use crate::source::{Encoding, Input, Passes, Selection, Size};

/// Simulates robots: streams JPEG files or a video to the viewer
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = after())]
#[command(group = ArgGroup::new("input").required(true).args(["video", "images", "replay"]))]
pub struct Args {
    /// Play this video, encoded to JPEG
    ///
    /// Example: --video fixtures/qr.mp4
    #[arg(long, value_name = "FILE", help_heading = SOURCE)]
    video: Option<PathBuf>,

    /// Send these JPEG files, and those in these folders, byte for byte
    ///
    /// A folder's .jpg and .jpeg files are sent in the order of their names, frame2 before frame10. With --size or --quality
    /// they are encoded again.
    ///
    /// Examples: --images fixtures/jpeg, --images first.jpg more/
    #[arg(long, value_name = "PATH", num_args = 1.., help_heading = SOURCE)]
    images: Vec<PathBuf>,

    /// Replay the pictures of this MCAP recording, byte for byte, with the time between them
    ///
    /// Each topic with pictures (sensor_msgs/msg/CompressedImage or foxglove.CompressedImage) is a robot with its own
    /// connection, from its first frame to its last. On a terminal, keys control the replay; they are listed below.
    ///
    /// Example: --replay monday.mcap
    #[arg(long, value_name = "FILE", conflicts_with_all = ["size", "quality"], help_heading = SOURCE)]
    replay: Option<PathBuf>,

    /// Replay this topic only; may be given several times [default: all with pictures]
    ///
    /// Of a recording that viewer made, the first part is enough.
    ///
    /// Examples: --topic /camera/image/compressed, --topic robot1, --topic front_left
    #[arg(long = "topic", value_name = "TOPIC", conflicts_with_all = ["video", "images"], help_heading = SOURCE)]
    topics: Vec<String>,

    /// Begin this many seconds into the recording
    ///
    /// Example: --start-offset 12.5
    #[arg(long, value_name = "SECS", conflicts_with_all = ["video", "images"], value_parser = seconds, help_heading = SOURCE)]
    #[arg(allow_negative_numbers = true)]
    start_offset: Option<Duration>,

    /// Replay this many seconds of the recording
    ///
    /// Example: --duration 30
    #[arg(long, value_name = "SECS", conflicts_with_all = ["video", "images"], value_parser = seconds, help_heading = SOURCE)]
    #[arg(allow_negative_numbers = true)]
    duration: Option<Duration>,

    /// Resize to this many pixels
    ///
    /// Example: --size 320x240
    #[arg(long, value_name = "WxH", help_heading = SOURCE)]
    size: Option<Size>,

    /// Encode at this JPEG quality, from 1 to 100 [default: 85 where pictures are encoded]
    ///
    /// Example: --quality 60
    #[arg(long, value_name = "Q", value_parser = clap::value_parser!(u8).range(1..=100), help_heading = SOURCE)]
    quality: Option<u8>,

    /// Where the viewer listens
    ///
    /// Examples: --to 127.0.0.1:8000, --to my-pc.local:8000
    #[arg(long, value_name = "ADDR", required_unless_present = "serve", help_heading = CONNECTION)]
    to: Option<Address>,

    /// Be an HTTP camera that viewers connect to, until Ctrl-C
    ///
    /// Its stream is at /stream and at /?action=stream. Each viewer is sent every frame, from the first, with the faults. Port
    /// 0 lets the system choose a port, which is shown.
    ///
    /// Example: --serve 127.0.0.1:8081
    #[arg(long, value_name = "ADDR", value_parser = listen_address, help_heading = CONNECTION)]
    #[arg(conflicts_with_all = ["to", "format", "robots", "connect_timeout"])]
    serve: Option<SocketAddr>,

    /// What to send around each JPEG, as different senders do
    ///
    /// Example: --format mjpeg
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = CONNECTION)]
    format: Format,

    /// Stamp each picture with its number and time, so that the viewer can tell its age
    ///
    /// The stamp is a JPEG comment, which other receivers skip. Its time is when the picture is due: one that a fault or a
    /// slow viewer delays grows old.
    #[arg(long, help_heading = PLAYING)]
    stamp: bool,

    /// Encrypt the stream (TLS), and accept only a viewer whose certificate this authority has signed
    ///
    /// A PEM file with the authority's certificate. The viewer's certificate has to name the address in --to.
    ///
    /// Example: --tls-ca certs/ca.pem
    #[arg(long, value_name = "FILE", conflicts_with = "serve", help_heading = CONNECTION)]
    tls_ca: Option<PathBuf>,

    /// Show the viewer this certificate of the robot
    ///
    /// For viewers that are started with --tls-client-ca. The name in the certificate becomes the robot's name; with --robots, of
    /// all of them.
    ///
    /// Example: --tls-cert certs/left.pem --tls-key certs/left-key.pem
    #[arg(long, value_name = "FILE", requires_all = ["tls_ca", "tls_key"], help_heading = CONNECTION)]
    tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, as a PEM file
    ///
    /// Example: --tls-key certs/left-key.pem
    #[arg(long, value_name = "FILE", requires_all = ["tls_ca", "tls_cert"], help_heading = CONNECTION)]
    tls_key: Option<PathBuf>,

    /// Simulate N robots, each with its own connection [default: 1; one for each topic of a recording]
    ///
    /// Example: --robots 4
    #[arg(long, value_name = "N", help_heading = CONNECTION)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    robots: Option<u32>,

    /// Give up dialling after this many seconds; 0 dials once [default: dial for ever]
    ///
    /// This also bounds how long a robot dials again after the viewer has closed its connection.
    ///
    /// Example: --connect-timeout 2.5
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds, help_heading = CONNECTION)]
    connect_timeout: Option<Duration>,

    /// End the stream by closing the connection, without the header of length zero
    #[arg(long, help_heading = CONNECTION)]
    no_end: bool,

    /// Frames per second, or 0 for as fast as the viewer reads [default: a video's own rate, a recording's own times, images 30]
    ///
    /// Every frame is sent: after a delay of up to a quarter of a second, the late frames follow at once; after a longer one,
    /// the schedule starts again.
    ///
    /// Example: --fps 29.97
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = PLAYING)]
    fps: Option<Rate>,

    /// Replay a recording this many times as fast
    ///
    /// Example: --rate 0.5
    #[arg(long, value_name = "R", conflicts_with_all = ["video", "images", "fps"], help_heading = PLAYING)]
    #[arg(allow_negative_numbers = true)]
    rate: Option<Speed>,

    /// Play everything N times, or for ever without N
    ///
    /// Examples: --loop, --loop 3
    #[arg(long = "loop", value_name = "N", num_args = 0..=1, default_missing_value = "forever", help_heading = PLAYING)]
    passes: Option<Passes>,

    /// Damage the stream on purpose, such as flip@12:20; may be given several times
    ///
    /// A fault is written KIND@FRAMES[:ARG]; all kinds are listed below.
    ///
    /// Examples: --fault stall@30:2s, --fault dribble:1
    #[arg(long = "fault", value_name = "FAULT", help_heading = FAULTS)]
    faults: Vec<Fault>,

    /// Take faults, seed and rate from a TOML file
    ///
    /// The file may set seed, fps, no-end and a list of faults. A seed or a rate on the command line overrides the file's;
    /// faults are added to the file's.
    ///
    /// Example: --scenario fixtures/scenarios/wifi-drop.toml
    #[arg(long, value_name = "FILE", help_heading = FAULTS)]
    scenario: Option<PathBuf>,

    /// The seed of all random damage; the same seed does the same damage [default: 0]
    ///
    /// Example: --seed 7
    #[arg(long, value_name = "N", help_heading = FAULTS)]
    seed: Option<u64>,
}

const SOURCE: &str = "Source";
const CONNECTION: &str = "Connection";
const PLAYING: &str = "Playing";
const FAULTS: &str = "Faults";

impl Args {
    /// Reads the scenario, if there is one, and puts everything together.
    ///
    /// # Errors
    ///
    /// Fails if the scenario cannot be read or is not well written, or if a fault makes no sense in the format.
    pub fn into_config(self) -> Result<Config, ArgsError> {
        let scenario = self.scenario.as_deref().map(Scenario::read).transpose()?.unwrap_or_default();
        let end = if self.no_end || scenario.no_end { StreamEnd::Close } else { StreamEnd::Terminator };
        let list = scenario.faults.into_iter().chain(self.faults).collect();
        let faults = Faults { seed: self.seed.or(scenario.seed).unwrap_or(0), list };
        let (peer, format, side) = match (self.to, self.serve) {
            (_, Some(addr)) => (Peer::Serve(addr), Format::Multipart, Side::Server),
            (Some(to), None) => (Peer::Dial(to), self.format, Side::Client),
            (None, None) => unreachable!("one of the two is required"),
        };
        faults.check(format, side)?;
        if self.replay.is_some() && self.robots.is_some() {
            return Err(ArgsError::RobotsOfRecording);
        }
        // A rate on the command line overrides the scenario's.
        let scenario_fps = scenario.fps.filter(|_| self.rate.is_none());
        Ok(Config {
            input: match (self.video, self.replay) {
                (Some(path), _) => Input::Video(path),
                (None, Some(path)) => Input::Recording(Selection {
                    path,
                    topics: self.topics,
                    start_offset: self.start_offset.unwrap_or_default(),
                    duration: self.duration,
                }),
                (None, None) => Input::Images(self.images),
            },
            encoding: Encoding { size: self.size, quality: self.quality },
            passes: self.passes.unwrap_or(Passes::Times(NonZeroU32::MIN)),
            peer,
            rate: self.fps.or(scenario_fps),
            end,
            connect_timeout: self.connect_timeout,
            robots: self.robots.unwrap_or(1),
            speed: self.rate.unwrap_or(Speed::NORMAL),
            format,
            stamps: if self.stamp { Stamps::With } else { Stamps::Without },
            faults,
            encryption: self.tls_ca.map(|ca| ClientFiles { ca, identity: self.tls_cert.zip(self.tls_key) }),
        })
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an IP address of this machine and a port, for example 127.0.0.1:8081")
}

/// Arguments that cannot be used, though each is well written.
#[derive(Debug, thiserror::Error)]
pub enum ArgsError {
    /// The scenario's file.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A number of robots where the recording has it.
    #[error(
        "--robots cannot be used with --replay, which has a robot for each topic with pictures; choose topics with --topic"
    )]
    RobotsOfRecording,
    /// A fault that makes no sense in the format.
    #[error(transparent)]
    Misfit(#[from] MisfitError),
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| *seconds <= LONGEST_TIMEOUT).ok_or("give a number of seconds from 0, for example 2.5")
}

/// A year; more would overflow nothing yet, and cannot be meant.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// What `--help` has below the options.
fn after() -> String {
    format!("Kinds of faults:\n{}\n\n{EXAMPLES}\n\nKeys of a replay:\n{}\n\n{AFTER}", fault::help(), keys::HELP)
}

const EXAMPLES: &str = "\
Examples:
  robot-sim --video fixtures/qr.mp4 --to 127.0.0.1:8000
  robot-sim --images fixtures/jpeg --loop --robots 4 --to 127.0.0.1:8000
  robot-sim --images fixtures/jpeg --fault flip@12:20 --to 127.0.0.1:8000
  robot-sim --replay monday.mcap --start-offset 5 --to 127.0.0.1:8000";

const AFTER: &str = "\
Ctrl-C ends the stream properly, prints the report and exits with 0;
a second Ctrl-C stops the program at once.

Exit codes: 0 done, 1 failed, or no viewer within --connect-timeout,
2 bad arguments, 3 the viewer closed the connection before the end.";

#[cfg(test)]
mod tests;
