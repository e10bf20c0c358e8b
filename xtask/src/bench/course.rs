//! Runs robots that stream to one viewer, and collects what the viewer reported and what it cost.

#![expect(clippy::disallowed_methods, reason = "rates and costs are measured by the clock")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::cargo::Programs;
use xtask::display::{self, Virtual};
use xtask::process::{Line, Output, Running};
use xtask::report::{Ended, Event, Frame};

use crate::fleet::{Fleet, Part};
use crate::rows::Row;
use xtask::usage::{Samples, Usage, cpu_seconds};

/// What is played.
pub(super) struct Plan<'plan> {
    /// How the rows call it.
    pub(super) name: &'plan str,
    pub(super) robots: usize,
    /// What each robot sends, so many times over.
    pub(super) pictures: &'plan [PathBuf],
    pub(super) passes: usize,
    pub(super) pace: Pace,
    pub(super) screen: Screen,
    /// What else is on the viewer's command line.
    pub(super) viewer: &'plan [&'plan str],
}

/// When a robot sends its next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// At so many frames a second.
    Fps(usize),
    /// The same, each with the time when it was due.
    Stamped(usize),
    /// As soon as the viewer takes it.
    Unpaced,
}

/// Where the pictures are shown.
pub(super) enum Screen {
    None,
    /// On the display that is there, or else on this one.
    Window(Option<Virtual>),
}

impl Screen {
    /// A window, for which a display in memory is started where there is none.
    pub(super) fn window() -> Result<Self> {
        let is_there = display::usable().is_some();
        Ok(Self::Window(if is_there { None } else { Some(Virtual::start()?) }))
    }
}

/// What came of a plan.
#[derive(Debug)]
pub(super) struct Course {
    /// Frames that each robot sent.
    sent: u64,
    /// One for each robot.
    pub(super) ended: Vec<Ended>,
    /// Resident memory of the viewer in megabytes.
    pub(super) memory: Samples,
    /// Processor time of the viewer for each second in which all robots were connected.
    pub(super) cores: f64,
    /// The same of the other parts of a fleet.
    pub(super) parts: BTreeMap<Part, f64>,
    /// From the moment when all robots were connected to the last one's end.
    pub(super) seconds: f64,
    /// In how many `frame` lines of a robot each kind was counted.
    answers: BTreeMap<String, BTreeMap<u64, u64>>,
    /// The `frame` lines that say what was drawn, if the viewer was told to.
    pub(super) drawn: Vec<Frame>,
}

impl Plan<'_> {
    /// Plays it with the programs.
    pub(super) fn play(&self, programs: &Programs) -> Result<Course> {
        self.play_with(programs, None)
    }

    /// Plays it with robots that dial the gateway of `fleet`, which the viewer joins.
    pub(super) fn play_in(&self, fleet: &Fleet, programs: &Programs) -> Result<Course> {
        self.play_with(programs, Some(fleet))
    }

    fn play_with(&self, programs: &Programs, fleet: Option<&Fleet>) -> Result<Course> {
        eprintln!(
            "bench: {}: robots: {}, frames each: {}, {}",
            self.name,
            self.robots,
            self.sent(),
            match self.pace {
                Pace::Fps(fps) | Pace::Stamped(fps) => format!("{fps} a second"),
                Pace::Unpaced => "as fast as they are taken".to_owned(),
            }
        );
        let mut viewer = Running::start(&mut self.viewer(programs, fleet)?)?;
        let address = match fleet {
            None => viewer.wait_for(Output::Stdout, PATIENCE, "the address it listens on", Event::listening),
            Some(fleet) => viewer.wait_for(Output::Stderr, PATIENCE, "the router", |line| {
                line.starts_with("connected to t").then(|| fleet.gateway.clone())
            }),
        };
        let address = address.with_context(|| viewer.transcript())?;
        let mut robots = Running::start(&mut self.robots(programs, &address)?)?;
        let course = self.watch(&mut viewer, fleet);
        let course = course.with_context(|| viewer.transcript()).with_context(|| robots.transcript())?;
        let status = robots.exit(PATIENCE).with_context(|| robots.transcript())?;
        ensure!(status.success(), "robot-sim ended with {status}\n{}", robots.transcript());
        viewer.interrupt()?;
        let status = viewer.exit(PATIENCE).with_context(|| viewer.transcript())?;
        ensure!(status.success(), "the viewer ended with {status}\n{}", viewer.transcript());
        Ok(course)
    }

    fn viewer(&self, programs: &Programs, fleet: Option<&Fleet>) -> Result<Command> {
        let mut command = Command::new(programs.path("viewer")?);
        match fleet {
            None => command.args(["--listen", "127.0.0.1:0"]),
            Some(fleet) => command.args(["--zenoh", &fleet.router]),
        };
        command.args(["--report", "-"]).args(self.viewer);
        if self.robots > 1 {
            command.args(["--robots", &self.robots.to_string()]);
        }
        match &self.screen {
            Screen::None => command.arg("--headless"),
            Screen::Window(Some(display)) => command.env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY"),
            Screen::Window(None) => &mut command,
        };
        Ok(command)
    }

    fn robots(&self, programs: &Programs, address: &str) -> Result<Command> {
        let fps = match self.pace {
            Pace::Fps(fps) | Pace::Stamped(fps) => fps,
            Pace::Unpaced => 0,
        };
        let mut command = Command::new(programs.path("robot-sim")?);
        command.arg("--images").args(self.pictures).args(["--loop", &self.passes.to_string()]);
        command.args(["--fps", &fps.to_string(), "--robots", &self.robots.to_string()]);
        command.args(["--connect-timeout", "10", "--to", address]);
        if matches!(self.pace, Pace::Stamped(_)) {
            command.arg("--stamp");
        }
        Ok(command)
    }

    fn sent(&self) -> u64 {
        (self.pictures.len() * self.passes) as u64
    }

    /// How long it should take.
    fn duration(&self) -> Duration {
        match self.pace {
            Pace::Fps(fps) | Pace::Stamped(fps) => Duration::from_secs(self.sent() / fps.max(1) as u64),
            Pace::Unpaced => Duration::ZERO,
        }
    }

    /// Follows the report until every robot has ended.
    fn watch(&self, viewer: &mut Running, fleet: Option<&Fleet>) -> Result<Course> {
        let deadline = Instant::now() + self.duration() + PATIENCE;
        let mut tally = Tally::new(self.robots);
        let mut memory = Samples::default();
        let mut due = Instant::now();
        // The clock and the processor time of each process, when all were connected and when the first one ended.
        let (mut from, mut to) = (None, None);
        let processes: Vec<u32> =
            [viewer.id()].into_iter().chain(fleet.into_iter().flat_map(Fleet::processes).map(|(_, id)| id)).collect();
        let used = || processes.iter().copied().map(cpu_seconds).collect::<Result<Vec<f64>>>();
        while !tally.is_complete() {
            let (before, first) = (tally.connected, tally.ended.is_empty());
            match viewer.next_line(Output::Stdout, SAMPLE) {
                Line::Text(line) => tally.take(Event::parse(&line)?),
                Line::Closed => {
                    bail!("the viewer ended its report after {} of {} robots", tally.ended.len(), self.robots)
                }
                Line::Quiet => {}
            }
            let now = Instant::now();
            if tally.connected == self.robots && before < self.robots {
                from = Some((now, used()?));
            }
            if first && !tally.ended.is_empty() {
                to = Some((now, used()?));
            }
            if now >= due {
                if let Some(usage) = Usage::of(viewer.id())? {
                    memory.push(usage.memory_mb);
                }
                due += SAMPLE;
            }
            let counts =
                || format!("{} of {} robots connected and {} ended", tally.connected, self.robots, tally.ended.len());
            ensure!(now < deadline, "{} in {} s", counts(), (self.duration() + PATIENCE).as_secs());
        }
        let ((start, before), (end, after)) = from.zip(to).context("a robot had ended before all were connected")?;
        let passed = (end - start).as_secs_f64().max(f64::EPSILON);
        let mut cores = before.iter().zip(after).map(|(before, after)| (after - before) / passed);
        let of_viewer = cores.next().unwrap_or_default();
        let mut parts = BTreeMap::new();
        for ((part, _), cores) in fleet.into_iter().flat_map(Fleet::processes).zip(cores) {
            *parts.entry(part).or_default() += cores;
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok(Course {
            sent: self.sent(),
            ended: tally.ended,
            memory,
            cores: of_viewer,
            parts,
            seconds,
            answers: tally.answers,
            drawn: tally.drawn,
        })
    }
}

/// The report so far.
#[derive(Debug, Default)]
struct Tally {
    robots: usize,
    connected: usize,
    ended: Vec<Ended>,
    answers: BTreeMap<String, BTreeMap<u64, u64>>,
    drawn: Vec<Frame>,
}

impl Tally {
    fn new(robots: usize) -> Self {
        Self { robots, ..Self::default() }
    }

    fn is_complete(&self) -> bool {
        self.ended.len() == self.robots
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Connected { .. } => self.connected += 1,
            Event::Frame(frame) => {
                for kind in frame.counts.keys() {
                    *self.answers.entry(kind.clone()).or_default().entry(frame.robot).or_default() += 1;
                }
                if !frame.drawn.is_empty() {
                    self.drawn.push(frame);
                }
            }
            // A robot that is refused dials again, and is counted when it is let in.
            Event::Ended(ended) if ended.reason == "refused" => {}
            Event::Ended(ended) => self.ended.push(ended),
            Event::Listening { .. }
            | Event::Corrupt { .. }
            | Event::Recording { .. }
            | Event::Lost { .. }
            | Event::Unreachable { .. } => {}
        }
    }
}

impl Course {
    /// Frames of all robots together that were shown.
    pub(super) fn shown(&self) -> u64 {
        self.ended.iter().map(|ended| ended.shown).sum()
    }

    /// What share of the frames that were sent was shown.
    #[expect(clippy::cast_precision_loss, reason = "a percentage is shown")]
    pub(super) fn shown_share(&self) -> f64 {
        self.shown() as f64 / (self.sent * self.ended.len() as u64).max(1) as f64
    }

    /// The p99 from the last byte to the window of the robot that has the longest.
    pub(super) fn worst_p99_ms(&self) -> Result<f64> {
        let latency = self.worst_p99(|ended| ended.latency_ms);
        latency.context("the viewer reported no latency for a robot: none of its frames was shown")
    }

    /// The same of the age, from the robot's stamp to the window.
    pub(super) fn worst_age_p99_ms(&self) -> Result<f64> {
        let age = self.worst_p99(|ended| ended.age_ms);
        age.context("the viewer reported no age for a robot: none of its frames was shown, or it stamped none")
    }

    /// `None` if a robot has none.
    fn worst_p99(&self, of: impl Fn(&Ended) -> Option<(f64, f64)>) -> Option<f64> {
        self.ended.iter().map(|ended| of(ended).map(|(_, p99)| p99)).try_fold(0.0, |worst, p99| Some(p99?.max(worst)))
    }

    /// Whether each robot's every frame was shown.
    pub(super) fn shown_row(&self, name: &str) -> Row {
        let all = self.ended.iter().all(|ended| ended.received == self.sent && ended.shown == self.sent);
        let sent = self.sent * self.ended.len() as u64;
        Row::judged(format!("{name}: frames shown"), format!("{} of {sent}", self.shown()), "every one", all)
    }

    /// Whether the p99 of every robot is within this limit.
    pub(super) fn latency_row(&self, name: &str, limit_ms: f64) -> Result<Row> {
        let worst = if self.ended.len() > 1 { ", worst robot" } else { "" };
        Ok(Row::at_most(format!("{name}: last byte to window, p99{worst}"), self.worst_p99_ms()?, limit_ms, "ms"))
    }

    /// The most memory that the viewer took, in megabytes.
    pub(super) fn peak_mb(&self) -> Result<f64> {
        self.memory.peak().context("its memory could not be sampled: no VmRSS in /proc/ID/status")
    }

    /// Whether it never took more memory than this.
    pub(super) fn memory_row(&self, name: &str, limit_mb: f64) -> Result<Row> {
        Ok(Row::at_most(format!("{name}: resident memory, peak"), self.peak_mb()?, limit_mb, "MB"))
    }

    /// Whether there were so many answers about `kind` for each second of a stream of `fps` frames a second.
    #[expect(clippy::cast_precision_loss, reason = "answers are few")]
    pub(super) fn answers_row(&self, name: &str, kind: &str, fps: usize, goal: f64) -> Row {
        // By the frames and not by the clock: an answer to every frame is then as many as frames a second.
        let share = self.answers_about(kind) as f64 / self.sent_by_all().max(1) as f64;
        Row::at_least(format!("{name}: answers a second, {kind}"), share * fps as f64, goal, "/s")
    }

    /// Whether every frame that was sent was answered about `kind`.
    pub(super) fn answered_row(&self, name: &str, kind: &str) -> Row {
        let (answers, sent) = (self.answers_about(kind), self.sent_by_all());
        let what = format!("{name}: frames answered, {kind}");
        Row::judged(what, format!("{answers} of {sent}"), "every one", answers == sent)
    }

    /// Whether the viewer took at most `limit` cores.
    pub(super) fn cores_row(&self, name: &str, limit: f64) -> Row {
        Row::at_most(format!("{name}: processor"), self.cores, limit, "cores")
    }

    /// How many frames of all robots were answered about `kind`.
    pub(super) fn answers_about(&self, kind: &str) -> u64 {
        self.answers.get(kind).into_iter().flat_map(BTreeMap::values).sum()
    }

    /// Frames that all robots sent.
    pub(super) fn sent_by_all(&self) -> u64 {
        self.sent * self.ended.len() as u64
    }

    /// The middle latency of the first robot to end.
    pub(super) fn p50_ms(&self) -> Option<f64> {
        self.ended.first()?.latency_ms.map(|(p50, _)| p50)
    }

    /// The answers about `kind` of the robot that got fewest, as a share of those of the robot that got most.
    #[expect(clippy::cast_precision_loss, reason = "answers are few")]
    pub(super) fn evenness(&self, kind: &str) -> f64 {
        let answers = self.answers.get(kind);
        // A robot without any answer is not in the map.
        let count = |ended: &Ended| answers.and_then(|robots| robots.get(&ended.robot)).copied().unwrap_or_default();
        let (least, most) = self
            .ended
            .iter()
            .map(count)
            .fold((u64::MAX, 0), |(least, most), count| (least.min(count), most.max(count)));
        if most == 0 { 0.0 } else { least as f64 / most as f64 }
    }
}

const SAMPLE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
pub(super) mod tests;
