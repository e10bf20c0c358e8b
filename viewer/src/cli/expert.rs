//! Options that hardly anybody needs; `-h` leaves them out.

use std::time::Duration;

use clap::{Args, ValueEnum};
use pipeline::Policy;
use pipeline::report::{Circumstances, Contents, DrawnObjects};
use protocol::FrameLimit;
use vision::OpenCl;
use vision::jpeg::PixelLimit;

use crate::terminal::Verbosity;

/// Limits for robots, and how thoroughly their streams are searched.
#[derive(Debug, Args)]
#[command(next_help_heading = "Expert")]
pub(super) struct Limits {
    /// Decode and search every frame, in order, instead of the newest only; slows the robots down
    ///
    /// Faces and humans are searched for in a part of each frame, as in any stream.
    #[arg(long, hide_short_help = true)]
    every_frame: bool,

    /// Disconnect a robot that has been silent for this many seconds; 0 waits for ever
    ///
    /// A frame must also arrive whole within this time of its first byte.
    ///
    /// Example: --idle-timeout 2.5
    #[arg(long, value_name = "SECS", default_value = "10", value_parser = seconds, hide_short_help = true)]
    idle_timeout: Duration,

    /// The longest frame that a robot may announce, in bytes
    ///
    /// Example: --max-frame 1000000
    #[arg(long, value_name = "BYTES", default_value_t = FrameLimit::DEFAULT.bytes(), hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    max_frame: u32,
}

/// How large pictures may be.
#[derive(Debug, Args)]
#[command(next_help_heading = "Expert")]
pub(super) struct Size {
    /// The most pixels that a JPEG may have; a larger one counts as corrupt
    ///
    /// A picture takes four bytes for each pixel, and a progressive JPEG up to six more while it is decoded.
    ///
    /// Example: --max-pixels 50000000
    #[arg(long, value_name = "N", default_value_t = PixelLimit::DEFAULT.pixels(), hide_short_help = true)]
    #[arg(value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    max_pixels: usize,
}

impl Size {
    pub(super) fn limit(&self) -> PixelLimit {
        PixelLimit::new(self.max_pixels)
    }
}

/// What else to write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Expert")]
pub(super) struct Reporting {
    /// Add to each frame's line in the report what is drawn over its picture, and its age
    ///
    /// Detectors answer late: an object is drawn at its predicted place in the picture that is shown by then. `drawn` lists
    /// these objects, with the milliseconds since the picture in which each was last seen.
    #[arg(long, hide_short_help = true)]
    report_drawn: bool,

    /// Leave out of the report what differs between two runs on the same pictures, such as times
    ///
    /// That is robots' ports, latencies, ages, how often a code was out of sight, and lines about recordings. With --every-frame, the reports of one robot's recording that is replayed twice are then the same, byte for byte.
    #[arg(long)]
    report_comparable: bool,
}

impl Reporting {
    pub(super) fn contents(&self) -> Contents {
        let drawn = if self.report_drawn { DrawnObjects::Reported } else { DrawnObjects::LeftOut };
        let circumstances = if self.report_comparable { Circumstances::LeftOut } else { Circumstances::Reported };
        Contents { drawn, circumstances }
    }
}

impl Limits {
    pub(super) fn frame(&self) -> FrameLimit {
        FrameLimit::new(self.max_frame).unwrap_or(FrameLimit::DEFAULT)
    }

    /// How long a robot may be silent; `None` is for ever.
    pub(super) fn idle(&self) -> Option<Duration> {
        (!self.idle_timeout.is_zero()).then_some(self.idle_timeout)
    }

    pub(super) fn policy(&self) -> Policy {
        if self.every_frame { Policy::EveryFrame } else { Policy::NewestWins }
    }
}

/// The engines' own settings.
#[derive(Debug, Args)]
#[command(next_help_heading = "Expert")]
pub(super) struct Tuning {
    /// The factor from each size that --face-engine haar looks for to the next [default: 1.1]
    ///
    /// A larger one is faster and finds fewer faces.
    ///
    /// Example: --face-scale 1.2
    #[arg(long, value_name = "FACTOR", value_parser = scale, hide_short_help = true)]
    pub(super) face_scale: Option<f64>,

    /// How many overlapping hits --face-engine haar needs for a face [default: 3]
    ///
    /// More hits mean fewer false faces, and more missed ones.
    ///
    /// Example: --face-neighbours 5
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), hide_short_help = true)]
    pub(super) face_neighbours: Option<u32>,

    /// How many overlapping hits --human-engine haar needs for a human [default: 5]
    ///
    /// Example: --human-neighbours 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), hide_short_help = true)]
    pub(super) human_neighbours: Option<u32>,

    /// Whether the engines that can (haar, and yunet on a GPU) run through OpenCL
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_short_help = true)]
    opencl: OpenClName,

    /// Log details to standard error, such as which OpenCL device is used
    #[arg(long, hide_short_help = true)]
    verbose: bool,
}

impl Tuning {
    pub(super) fn opencl(&self) -> OpenCl {
        match self.opencl {
            OpenClName::Auto => OpenCl::Auto,
            OpenClName::On => OpenCl::On,
            OpenClName::Off => OpenCl::Off,
        }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        if self.verbose { Verbosity::Verbose } else { Verbosity::Normal }
    }
}

/// [`OpenCl`] as it is typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum OpenClName {
    /// If there is a GPU for it; --verbose says what was found
    #[default]
    Auto,
    /// Always, and fail where OpenCV takes no device; it takes GPUs only, unless its own variable OPENCV_OPENCL_DEVICE
    /// names another, such as `:CPU:`
    On,
    /// Never
    Off,
}

/// Nought is for ever; anything else is long enough to be meant.
fn seconds(typed: &str) -> Result<Duration, String> {
    let wanted = "give 0, or seconds from 0.001 to 86400, such as 10 or 2.5";
    let seconds: f64 = typed.parse().map_err(|_| wanted.to_owned())?;
    let is_meant = seconds == 0.0 || (0.001..=86_400.0).contains(&seconds);
    if is_meant { Ok(Duration::from_secs_f64(seconds)) } else { Err(wanted.to_owned()) }
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
        limits: Limits,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        tuning: Tuning,
    }

    fn parse(arguments: &[&str]) -> Result<Typed, clap::Error> {
        Typed::try_parse_from([&["viewer"], arguments].concat())
    }

    #[test]
    fn an_idle_timeout_of_nought_is_none() {
        let idle = |typed| parse(&["--idle-timeout", typed]).unwrap().limits.idle();
        assert_eq!((idle("0"), idle("2.5")), (None, Some(Duration::from_millis(2500))));
    }

    #[test]
    fn pictures_may_have_as_many_pixels_as_is_said() {
        let limit = |arguments| parse(arguments).unwrap().size.limit().pixels();
        assert_eq!((limit(&[]), limit(&["--max-pixels", "1000"])), (16 << 20, 1000));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for bad in [
            ["--idle-timeout", "-1"],
            ["--idle-timeout", "nan"],
            ["--idle-timeout", "1e-10"],
            ["--max-frame", "0"],
            ["--max-pixels", "0"],
            ["--face-scale", "1"],
            ["--face-neighbours", "0"],
            ["--human-neighbours", "101"],
            ["--opencl", "maybe"],
        ] {
            assert_eq!(parse(&bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
    }

    #[test]
    fn details_are_logged_when_asked_for() {
        let verbosity = |arguments| parse(arguments).unwrap().tuning.verbosity();
        assert_eq!((verbosity(&[]), verbosity(&["--verbose"])), (Verbosity::Normal, Verbosity::Verbose));
    }
}
