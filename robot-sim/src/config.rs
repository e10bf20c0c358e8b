//! What the program needs to know, and the run from opening the files to the reports.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tls::ClientFiles;
use tls::rustls::pki_types::ServerName;

use crate::client::{self, Address, Bound, ClientError, Encryption, Fleet, Settings, Stamps, StreamEnd};
use crate::fault::Faults;
use crate::format::Format;
use crate::playback::Speed;
use crate::progress::{Progress, Total};
use crate::report::{Ended, Report};
use crate::schedule::{Pace, Rate};
use crate::source::{Encoding, Input, Opened, Passes};

/// Everything about a run.
#[derive(Debug, Clone)]
pub struct Config {
    /// What to play.
    pub input: Input,
    /// How to encode it.
    pub encoding: Encoding,
    /// How often to play it.
    pub passes: Passes,
    /// Who dials whom.
    pub peer: Peer,
    /// The rate; that of the input if there is none.
    pub rate: Option<Rate>,
    /// How to end a stream.
    pub end: StreamEnd,
    /// How long to dial; for ever if there is none.
    pub connect_timeout: Option<Duration>,
    /// How many robots to simulate, at least one; a recording has one for each topic instead.
    pub robots: u32,
    /// How fast a recording is played.
    pub speed: Speed,
    /// Whether pictures say when they were taken.
    pub stamps: Stamps,
    /// What is sent around each JPEG.
    pub format: Format,
    /// The damage.
    pub faults: Faults,
    /// The files for TLS, if streams are to be encrypted.
    pub encryption: Option<ClientFiles>,
}

/// Who dials whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Robots dial a viewer.
    Dial(Address),
    /// Viewers dial one robot, by HTTP.
    Serve(SocketAddr),
}

/// What became of a run, robot by robot.
#[derive(Debug)]
pub struct Outcome {
    robots: Vec<client::Outcome>,
}

impl Config {
    /// Runs all robots to their end; this blocks, and shows the progress on stderr.
    ///
    /// # Errors
    ///
    /// Fails if the input cannot be played, or the operating system refuses a thread or that many open files. What goes wrong
    /// for one robot is part of the outcome, and does not affect the others.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let encryption = match (&self.encryption, &self.peer) {
            (Some(files), Peer::Dial(to)) => Some(encryption(files, to)?),
            _ => None,
        };
        let mut warnings = Vec::new();
        let mut inputs = Opened::open(&self.input, self.encoding, &mut |warning| warnings.push(warning))?;
        let is_served = matches!(self.peer, Peer::Serve(_));
        if is_served && inputs.len() > 1 {
            inputs.truncate(1);
            warnings.push("robot 1 is served, and no other; choose its topic with --topic".to_owned());
        }
        let robots = match self.input {
            Input::Recording(_) => u32::try_from(inputs.len()).unwrap_or(u32::MAX),
            Input::Video(_) | Input::Images(_) => self.robots,
        };
        let pace = self.rate.map_or_else(|| inputs[0].pace(), Pace::Even);
        // How many viewers there will be is not known.
        let total = if is_served { Total::Unknown } else { total(&inputs, robots, self.passes, pace) };
        let (to, serve) = match self.peer {
            Peer::Dial(to) => (to, None),
            Peer::Serve(addr) => {
                let bound = Bound::to(addr)?;
                (bound.addr().into(), Some(bound))
            }
        };
        let progress = Progress::new(robots, total);
        for warning in &warnings {
            progress.print(warning);
        }
        if !self.faults.list.is_empty() {
            progress.print(&format!("faults: {}", self.faults));
        }
        let settings = Settings {
            to,
            pace,
            end: self.end,
            connect_timeout: self.connect_timeout,
            stamps: self.stamps,
            format: self.format,
            faults: self.faults,
            encryption,
        };
        let fleet = Fleet { robots, settings, serve, inputs, speed: self.speed, passes: self.passes, progress };
        Ok(Outcome { robots: fleet.run()? })
    }
}

fn encryption(files: &ClientFiles, to: &Address) -> anyhow::Result<Encryption> {
    let viewer = ServerName::try_from(to.host().to_owned());
    let viewer = viewer.with_context(|| format!("--to {to}: no certificate is for such a name; give an IP address"))?;
    Ok(Encryption { connector: files.load()?.into(), viewer })
}

/// How much all robots have to send together.
fn total(inputs: &[Opened], robots: u32, passes: Passes, pace: Pace) -> Total {
    let Passes::Times(passes) = passes else { return Total::Unknown };
    if let (Pace::Recorded { .. }, Some(times)) = (pace, inputs[0].times()) {
        return Total::Time(times.period.saturating_mul(passes.get() - 1) + times.last);
    }
    let a_robot = |input: &Opened| input.frames_a_pass().map(|frames| frames * u64::from(passes.get()));
    let all: Option<u64> = inputs.iter().cycle().take(robots as usize).map(a_robot).sum();
    all.map_or(Total::Unknown, Total::Frames)
}

impl Outcome {
    /// Returns the reports as lines: one a robot, and the total if there are several.
    ///
    /// A robot that failed before its first frame has none: its error says it all.
    pub fn lines(&self) -> Vec<String> {
        let reports = (1..).zip(&self.robots).filter(|(_, (report, ended))| ended.is_ok() || report.frames > 0);
        if self.robots.len() == 1 {
            return reports.map(|(_, (report, _))| format!("sent {report}")).collect();
        }
        let mut lines: Vec<String> =
            reports.map(|(number, (report, _))| format!("robot {number} sent {report}")).collect();
        if lines.is_empty() {
            return lines;
        }
        let total = self.robots.iter().fold(Report::default(), |total, (report, _)| total.and(*report));
        lines.push(format!("all robots sent {total}"));
        lines
    }

    /// Returns the worst end that a robot came to, or the first error.
    ///
    /// # Errors
    ///
    /// Fails if a robot did.
    pub fn into_ended(self) -> Result<Ended, ClientError> {
        let ends: Result<Vec<Ended>, ClientError> = self.robots.into_iter().map(|(_, ended)| ended).collect();
        Ok(ends?.into_iter().max().unwrap_or(Ended::Complete))
    }
}
