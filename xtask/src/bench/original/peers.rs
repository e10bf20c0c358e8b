//! The viewer beside what people use: pictures a second, and how old they are, while receivers idle and while they work.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use xtask::cargo::Programs;
use xtask::process::{Line, Output, Running};
use xtask::report::Event;

use super::ages::{Ages, Seen};
use super::environment::Python;
use crate::bench::receivers::{self, Received};
use crate::bench::{pictures, unpaced};
use crate::rows::Row;

/// One that receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Viewer,
    /// The original's PC side.
    Original,
    Recipe,
    Imagezmq,
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "this viewer",
            Self::Original => "the original",
            Self::Recipe => "picamera's recipe",
            Self::Imagezmq => "imagezmq",
        }
    }
}

/// Whether receivers have something to do with each picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    Idle,
    /// The viewer and the original search for everything; the others are busy for [`WORK_MS`] with each picture.
    Busy,
}

/// What is needed to let them receive.
pub(super) struct Trial<'trial> {
    pub(super) programs: &'trial Programs,
    pub(super) python: &'trial Python,
    pub(super) pictures: Vec<PathBuf>,
}

impl<'trial> Trial<'trial> {
    pub(super) fn new(programs: &'trial Programs, python: &'trial Python) -> Result<Self> {
        Ok(Self { programs, python, pictures: pictures::make(programs, "640x480")? })
    }

    /// How many pictures a second each takes when they come without a pause.
    pub(super) fn throughput(&self) -> Result<Vec<Row>> {
        let (_, viewer) = unpaced::viewer(self.programs, &self.pictures)?;
        let recipe = unpaced::python(self.programs, &self.pictures, &mut self.python.script("recipe.py"))?;
        let recipe = recipe.map_err(anyhow::Error::msg)?;
        let sent = self.pictures.len() * unpaced::PASSES;
        let hub = &mut self.python.script("hub.py");
        let imagezmq = receivers::receive(hub, |port| Ok(self.camera(port, 0, sent)))?.map_err(anyhow::Error::msg)?;
        let imagezmq = imagezmq.rate(sent)?;
        Ok(throughput_rows(viewer, recipe, imagezmq))
    }

    /// How old the pictures of `peer` are, at [`FPS`] pictures a second for [`SECONDS`].
    pub(super) fn ages(&self, peer: Peer, load: Load) -> Result<Ages> {
        eprintln!("bench: original: {} for {SECONDS} s, {load:?}", peer.name());
        let work = match load {
            Load::Idle => "0".to_owned(),
            Load::Busy => WORK_MS.to_string(),
        };
        let receiver = match peer {
            Peer::Viewer => return self.ages_of_viewer(load),
            Peer::Original => return self.ages_of(&mut self.python.script("original.py"), Self::robot),
            Peer::Recipe => "recipe.py",
            Peer::Imagezmq => {
                let hub = &mut self.python.script("hub.py");
                return self.ages_of(hub.args(["--work-ms", &work]), |trial, port| Ok(trial.camera(port, FPS, FRAMES)));
            }
        };
        self.ages_of(self.python.script(receiver).args(["--work-ms", &work]), Self::robot)
    }

    fn ages_of(&self, receiver: &mut Command, sender: impl FnOnce(&Self, u64) -> Result<Command>) -> Result<Ages> {
        let received = receivers::receive(receiver, |port| sender(self, port))?.map_err(anyhow::Error::msg)?;
        Ages::new(since_first(&received)).context("no picture was received")
    }

    /// The viewer reports the age of each picture in the window; when it was taken follows from its number.
    fn ages_of_viewer(&self, load: Load) -> Result<Ages> {
        let mut command = Command::new(self.programs.path("viewer")?);
        command.args(["--listen", "127.0.0.1:0", "--headless", "--once", "--report", "-"]);
        if load == Load::Busy {
            command.args(crate::bench::detectors::ALL);
        }
        let mut viewer = Running::start(&mut command)?;
        let port = |line: &str| Event::listening(line)?.rsplit_once(':')?.1.parse().ok();
        let port = viewer.wait_for(Output::Stdout, PATIENCE, "the port it listens on", port);
        let mut robot = Running::start(&mut self.robot(port.with_context(|| viewer.transcript())?)?)?;
        let mut seen = Vec::new();
        loop {
            match viewer.next_line(Output::Stdout, PATIENCE) {
                Line::Text(line) => match Event::parse(&line)? {
                    Event::Frame(frame) => {
                        let age_ms = frame.age_ms.with_context(|| format!("a picture without an age: {line}"))?;
                        #[expect(clippy::cast_precision_loss, reason = "pictures are few")]
                        let taken = frame.seq as f64 / FPS as f64;
                        seen.push(Seen { taken, seen: taken + age_ms / 1000.0 });
                    }
                    Event::Ended(_) => break,
                    _ => {}
                },
                Line::Closed | Line::Quiet => bail!("the viewer's report did not end\n{}", viewer.transcript()),
            }
        }
        robot.exit(PATIENCE).with_context(|| robot.transcript())?;
        Ages::new(seen).context("the viewer showed no picture")
    }

    /// A robot that stamps its pictures.
    fn robot(&self, port: u64) -> Result<Command> {
        let mut command = Command::new(self.programs.path("robot-sim")?);
        let passes = FRAMES.div_ceil(self.pictures.len());
        command.arg("--images").args(&self.pictures).args(["--stamp", "--fps", &FPS.to_string()]);
        command.args(["--loop", &passes.to_string(), "--to", &format!("127.0.0.1:{port}")]);
        Ok(command)
    }

    fn camera(&self, port: u64, fps: usize, frames: usize) -> Command {
        let mut command = self.python.script("camera.py");
        command.args(["--to", &port.to_string(), "--fps", &fps.to_string(), "--frames", &frames.to_string()]);
        command.args(&self.pictures);
        command
    }
}

fn throughput_rows(viewer: f64, recipe: f64, imagezmq: f64) -> Vec<Row> {
    let other = recipe.max(imagezmq);
    vec![
        Row::noted("original: unpaced, this viewer", format!("{viewer:.0} /s")),
        Row::noted("original: unpaced, picamera's recipe", format!("{recipe:.0} /s")),
        Row::noted("original: unpaced, imagezmq", format!("{imagezmq:.0} /s")),
        Row::at_least("original: unpaced, viewer to the faster of these", viewer / other, 1.0, "times"),
    ]
}

/// In seconds since the first picture was taken.
#[expect(clippy::cast_precision_loss, reason = "a minute has fewer nanoseconds than 2^52")]
fn since_first(received: &Received) -> Vec<Seen> {
    let start = received.pictures.first().map_or(0, |picture| picture.taken_ns);
    let seconds = |time: i64| (time - start) as f64 / 1e9;
    let seen =
        |picture: &receivers::Picture| Seen { taken: seconds(picture.taken_ns), seen: seconds(picture.decoded_ns) };
    received.pictures.iter().map(seen).collect()
}

pub(super) const FPS: usize = 30;
/// How long a picture keeps a receiver busy that has no detectors of its own: two frames' time, as fast detectors do.
pub(super) const WORK_MS: usize = 60;
pub(super) const SECONDS: usize = 20;
const FRAMES: usize = FPS * SECONDS;
const PATIENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    #[test]
    fn times_begin_when_the_first_picture_was_taken() {
        let picture = |taken_ns, decoded_ns| receivers::Picture { taken_ns, decoded_ns };
        let start = 1_795_000_000_000_000_000;
        let pictures = vec![picture(start, start + 1_000_000_000), picture(start + 500_000_000, start + 2_000_000_000)];
        let seen = since_first(&Received { seconds: 1.0, pictures });
        assert_eq!(seen, [Seen { taken: 0.0, seen: 1.0 }, Seen { taken: 0.5, seen: 2.0 }]);
    }

    #[test]
    fn the_viewer_has_to_be_as_fast_as_the_faster_peer() {
        let verdict = |viewer| throughput_rows(viewer, 500.0, 600.0).last().map(|row| row.verdict);
        assert_eq!((verdict(600.0), verdict(599.0)), (Some(Verdict::Met), Some(Verdict::Missed)));
    }
}
