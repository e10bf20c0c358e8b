//! One clip searched by the original's calls, or by the viewer: what was found, and the processor time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use xtask::cargo::Programs;
use xtask::process::{Line, Output, Running};
use xtask::report::{Event, Frame};
use xtask::score::Kind;

use super::environment::Python;
use xtask::usage::cpu_seconds;

/// What is searched for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Nothing: pictures are only decoded.
    Display,
    One(Kind),
    All,
}

impl Task {
    /// Each of them.
    pub(super) fn each() -> impl Iterator<Item = Self> {
        [Self::Display].into_iter().chain(KINDS.map(Self::One)).chain([Self::All])
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::One(kind) => kind.option(),
            Self::All => "all",
        }
    }

    /// What is searched for.
    pub(super) fn kinds(self) -> Vec<Kind> {
        match self {
            Self::Display => Vec::new(),
            Self::One(kind) => vec![kind],
            Self::All => KINDS.to_vec(),
        }
    }

    /// As after `--detect`.
    fn option(self) -> String {
        self.kinds().iter().map(|kind| kind.option()).collect::<Vec<_>>().join(",")
    }
}

/// What was found in each picture, and what all of them cost.
#[derive(Debug)]
pub(super) struct Searched {
    pub(super) frames: Vec<Frame>,
    pub(super) cpu_ms: f64,
}

/// The original's calls, each once for each picture.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) frames: Vec<Frame>,
    /// By call, over all pictures.
    cpu_ms: BTreeMap<String, f64>,
    pub(super) opencv: String,
}

impl Calls {
    /// Lets the original look for `task` in `pictures`.
    pub(super) fn make(python: &Python, task: Task, pictures: &[PathBuf]) -> Result<Self> {
        let mut running = Running::start(python.script("calls.py").args(["--detect", &task.option()]).args(pictures))?;
        let mut calls = Self { frames: Vec::new(), cpu_ms: BTreeMap::new(), opencv: String::new() };
        while let Line::Text(line) = running.next_line(Output::Stdout, PATIENCE) {
            calls.take(&line)?;
        }
        let status = running.exit(GOODBYE).with_context(|| running.transcript())?;
        ensure!(status.success(), "the original's calls ended with {status}\n{}", running.transcript());
        Ok(calls)
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let value: Value = serde_json::from_str(line).with_context(|| format!("calls.py printed {line:?}"))?;
        if let Some(version) = value["opencv"].as_str() {
            version.clone_into(&mut self.opencv);
            return Ok(());
        }
        let Event::Frame(frame) = Event::parse(line)? else { bail!("calls.py printed {line}") };
        self.frames.push(frame);
        for (call, cpu_ms) in value["cpu_ms"].as_object().into_iter().flatten() {
            *self.cpu_ms.entry(call.clone()).or_default() += cpu_ms.as_f64().unwrap_or_default();
        }
        Ok(())
    }

    /// What the calls for `task` cost. Cascades search a grey picture, which is made once for all of them.
    pub(super) fn cpu_ms(&self, task: Task) -> f64 {
        let of = |call: &str| self.cpu_ms.get(call).copied().unwrap_or_default();
        let kinds = task.kinds();
        let grey = if kinds.iter().any(|&kind| kind != Kind::Qr) { of("grey") } else { 0.0 };
        of("display") + grey + kinds.iter().map(|kind| of(kind.option())).sum::<f64>()
    }
}

/// Streams `pictures` to the viewer, which answers every frame.
pub(super) fn stream(programs: &Programs, task: Task, pictures: &[PathBuf]) -> Result<Searched> {
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--listen", "127.0.0.1:0", "--headless", "--every-frame", "--once", "2", "--report", "-"]);
    if task != Task::Display {
        command.args(["--detect", &task.option()]);
    }
    let mut viewer = Running::start(&mut command)?;
    let address = viewer.wait_for(Output::Stdout, PATIENCE, "the address it listens on", Event::listening);
    let address = address.with_context(|| viewer.transcript())?;
    // What is done once, such as loading models, is no picture's cost: a first robot lets it be done.
    let first = [fixtures::dir().join("jpeg/two-codes.jpg")];
    send(programs, &address, &first, "5", &mut viewer)?;
    let before = cpu_seconds(viewer.id())?;
    let frames = send(programs, &address, pictures, "1", &mut viewer)?;
    let cpu_ms = (cpu_seconds(viewer.id())? - before) * 1000.0;
    let answered = frames.iter().filter(|frame| task.kinds().iter().all(|kind| frame.counts.contains_key(kind.name())));
    let answered = answered.count();
    ensure!(answered == pictures.len(), "the viewer answered {answered} of {} frames", pictures.len());
    Ok(Searched { frames, cpu_ms })
}

/// Lets a robot send all pictures, and gives the frames that the viewer reported of it.
fn send(
    programs: &Programs,
    address: &str,
    pictures: &[PathBuf],
    passes: &str,
    viewer: &mut Running,
) -> Result<Vec<Frame>> {
    let mut command = Command::new(programs.path("robot-sim")?);
    command.arg("--images").args(pictures).args(["--fps", "0", "--loop", passes]);
    let mut robot = Running::start(command.args(["--connect-timeout", "10", "--to", address]))?;
    let mut frames = Vec::new();
    loop {
        match viewer.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => match Event::parse(&line)? {
                Event::Frame(frame) => frames.push(frame),
                Event::Ended(_) => break,
                _ => {}
            },
            Line::Closed | Line::Quiet => bail!("the viewer did not say how the stream ended\n{}", viewer.transcript()),
        }
    }
    robot.exit(GOODBYE).with_context(|| robot.transcript())?;
    Ok(frames)
}

/// Lets `viewer detect` search files. They are searched once to see what is found, and twice to see what they cost more.
pub(super) fn files(viewer: &Path, task: Task, pictures: &[PathBuf]) -> Result<Searched> {
    let (mut frames, once) = detect(viewer, task, pictures.iter())?;
    let (_, twice) = detect(viewer, task, pictures.iter().chain(pictures))?;
    let mut by_name: BTreeMap<PathBuf, Frame> =
        frames.drain(..).filter_map(|frame| Some((PathBuf::from(frame.source.clone()?), frame))).collect();
    let frames: Option<Vec<Frame>> = pictures.iter().map(|picture| by_name.remove(picture)).collect();
    let frames = frames.context("`viewer detect` left out a picture")?;
    Ok(Searched { frames, cpu_ms: (twice - once) * 1000.0 })
}

/// The frames in any order, and the processor time of the whole process in seconds.
fn detect<'file>(viewer: &Path, task: Task, files: impl Iterator<Item = &'file PathBuf>) -> Result<(Vec<Frame>, f64)> {
    let mut command = Command::new(viewer);
    command.args(["detect", "--detect", &task.option(), "--"]).args(files);
    let mut running = Running::start(&mut command)?;
    let mut frames = Vec::new();
    while let Line::Text(line) = running.next_line(Output::Stdout, PATIENCE) {
        match Event::parse(&line)? {
            Event::Frame(frame) => frames.push(frame),
            _ => bail!("`viewer detect` is not expected to report {line}"),
        }
    }
    // It has closed its output, but was not waited for: its times are still there, and complete but for its last moments.
    let cpu = cpu_seconds(running.id())?;
    let status = running.exit(GOODBYE).with_context(|| running.transcript())?;
    ensure!(status.success(), "the viewer ended with {status}\n{}", running.transcript());
    Ok((frames, cpu))
}

/// What the original searched for.
pub(super) const KINDS: [Kind; 3] = [Kind::Qr, Kind::Face, Kind::Human];
const PATIENCE: Duration = Duration::from_secs(120);
const GOODBYE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"event":"frame","source":"a.jpg","width":640,"height":480,"counts":{"qr":0,"face":1,"human":0},
        "detections":[{"kind":"face","box":[1,2,3,4]}],"cpu_ms":{"display":2.0,"grey":0.5,"qr":7.0,"faces":200.0,"humans":300.0}}"#;

    #[test]
    fn a_task_costs_what_its_calls_cost() {
        let mut calls = Calls { frames: Vec::new(), cpu_ms: BTreeMap::new(), opencv: String::new() };
        calls.take(r#"{"opencv":"4.14.0","threads":2}"#).unwrap();
        calls.take(LINE).unwrap();
        calls.take(LINE).unwrap();
        assert_eq!((calls.opencv.as_str(), calls.frames.len()), ("4.14.0", 2));
        let costs: Vec<f64> = Task::each().map(|task| calls.cpu_ms(task)).collect();
        assert_eq!(costs, [4.0, 18.0, 405.0, 605.0, 1019.0]);
        assert!(calls.take("Traceback (most recent call last):").is_err());
    }

    #[test]
    fn a_task_is_typed_as_the_viewer_takes_it() {
        let options: Vec<String> = Task::each().map(Task::option).collect();
        assert_eq!(options, ["", "qr", "faces", "humans", "qr,faces,humans"]);
    }
}
