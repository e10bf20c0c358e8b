//! The main thread: starts the pipeline, and keeps the screen going.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use pipeline::{
    Bound, Clock, CloseError, Ending, Leave, Limits, Once, Pipeline, Policy, Readings, Sink, SinkError, StreamPicture,
    Terminal,
};
use vision::Kind;

use crate::filler::{Filler, FillerChoice};
use crate::pacing::Pacing;
use crate::report_target::ReportTarget;
use crate::settings::{Detectors, Settings};
use crate::stdout;
use crate::terminal::Verbosity;
use crate::ui::{Action, Ui};
use crate::window::{Input, Window};

/// What `viewer` needs to know to watch robots.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) limits: Limits,
    pub(crate) display: Display,
    pub(crate) filler: FillerChoice,
    pub(crate) detect: BTreeSet<Kind>,
    pub(crate) settings: Settings,
    pub(crate) verbosity: Verbosity,
    pub(crate) once: Once,
    pub(crate) policy: Policy,
    pub(crate) report: Option<ReportTarget>,
}

/// Where the scene goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    Window,
    Headless,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Done, but a robot's stream was cut short.
    CutShort,
}

/// Watches robots until the user quits, or with `--once` until the first have left.
pub(crate) fn run(config: Config) -> anyhow::Result<Outcome> {
    // Before the network starts: a user's mistake is reported without a robot noticing. A key may ask for any kind.
    let Detectors { detectors, notes, warnings } = config.settings.detectors(&Kind::ALL.into())?;
    config.verbosity.print(&warnings, &notes);
    let filler = Filler::open(&config.filler)?;
    let window = match config.display {
        Display::Headless => None,
        Display::Window => Some(Window::open(filler)?),
    };
    // Before the report, which may be the file of the very viewer that has the address.
    let bound = Bound::bind(config.listen).context("--listen")?;
    let clock = Clock::start();
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Terminal::new(io::stderr(), clock))];
    sinks.push(match &config.report {
        Some(target) => Box::new(target.open()?),
        None => Box::new(Readings(stdout::results())),
    });
    let ui = Ui::new(format!("waiting for a robot on {}", bound.addr()));
    let Config { limits, policy, once, detect, .. } = config;
    let orientations = pipeline::Orientations::default();
    let config = pipeline::Config { limits, policy, once, detect, orientations };
    let pipeline = Pipeline::start(bound, config, detectors, sinks, clock)?;
    MainLoop {
        pipeline,
        ui,
        window,
        clock,
        presented_at: None,
        pictures_at: None,
        polled_at: None,
        pacing: Pacing::new(),
    }
    .run()
}

struct MainLoop {
    pipeline: Pipeline,
    ui: Ui,
    /// `None` shows nothing.
    window: Option<Window>,
    clock: Clock,
    /// When the window was drawn last, and when with new pictures.
    presented_at: Option<Duration>,
    pictures_at: Option<Duration>,
    polled_at: Option<Duration>,
    pacing: Pacing,
}

impl MainLoop {
    fn run(mut self) -> anyhow::Result<Outcome> {
        let ended = self.work();
        let Self { pipeline, window, .. } = self;
        drop(window);
        let leave = match &ended {
            Ok(Some(Ending::RobotsLeft { .. })) => Leave::WhenWritten,
            _ => Leave::Now,
        };
        let closed = pipeline.close(leave);
        let outcome = match ended? {
            None | Some(Ending::Interrupted | Ending::RobotsLeft { cut_short: false }) => Outcome::Done,
            Some(Ending::RobotsLeft { cut_short: true }) => Outcome::CutShort,
            // Whoever reads the report wants no more of it, as `head`.
            Some(Ending::SinkFailed(SinkError::ReaderGone { .. })) => return Ok(Outcome::Done),
            Some(Ending::SinkFailed(error)) => return Err(error.into()),
        };
        match closed {
            Ok(()) | Err(CloseError::Sink(SinkError::ReaderGone { .. })) => Ok(outcome),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows pictures until there is a reason to end; `None` is the user's wish.
    fn work(&mut self) -> anyhow::Result<Option<Ending>> {
        loop {
            self.wait();
            let pictures = self.pipeline.take();
            let now = self.clock.now();
            if let Some(window) = &mut self.window {
                window.present(&self.ui.scene(self.pipeline.views(), now), now)?;
                self.presented_at = Some(now);
                if !pictures.is_empty() {
                    self.pictures_at = Some(now);
                    self.pacing.drawn(now);
                }
            }
            self.pipeline.shown(&pictures);
            if self.polled_at.is_none_or(|at| now.saturating_sub(at) >= POLL) {
                self.pipeline.poll();
                self.polled_at = Some(now);
            }
            if self.handle_input() {
                return Ok(None);
            }
            if let Some(ending) = self.pipeline.ending() {
                return Ok(Some(ending));
            }
        }
    }

    /// Waits until there is something to show, for a tick at most; pictures are not drawn more often than a monitor shows them.
    fn wait(&self) {
        let since = |at: Option<Duration>| at.map_or(Duration::MAX, |at| self.clock.now().saturating_sub(at));
        if self.window.is_none() {
            return self.pipeline.wait(HEADLESS_TICK);
        }
        // While pictures come they are what is drawn next, and not the same ones again just before.
        let tick = if since(self.pictures_at) < LIVE_TICK { LIVE_TICK } else { WINDOW_TICK };
        self.pipeline.wait(tick.saturating_sub(since(self.presented_at)));
        loop {
            let pause = self.pacing.wait(self.clock.now());
            if pause.is_zero() {
                return;
            }
            // Whatever wakes it meanwhile is shown together with the rest.
            self.pipeline.wait(pause);
        }
    }

    /// Does what the user asks for in the window; true if that is to quit.
    fn handle_input(&mut self) -> bool {
        let Some(window) = &mut self.window else { return false };
        for input in window.poll() {
            let now = self.clock.now();
            let action = match input {
                Input::Close => return true,
                Input::Key(key) => self.ui.key(key, now),
            };
            match action {
                None => {}
                Some(Action::Quit) => return true,
                Some(Action::Toggle(kind)) => {
                    let state = if self.pipeline.toggle(kind) { "on" } else { "off" };
                    self.ui.say(format!("{}: {state}", kind.label()), now);
                }
                Some(Action::Save(robots)) => {
                    let said: Vec<String> =
                        robots.iter().filter_map(|&robot| self.pipeline.picture(robot)).map(|p| save(&p)).collect();
                    let nothing = || "no picture to save yet".to_owned();
                    self.ui.say(if said.is_empty() { nothing() } else { said.join(", ") }, now);
                }
            }
        }
        false
    }
}

/// Writes the JPEG as it came, over nothing that is there; says what happened.
fn save(picture: &StreamPicture) -> String {
    let name = format!("robot{}-frame{:06}", picture.id.robot.0, picture.id.seq);
    for copy in 1.. {
        let name = if copy == 1 { format!("{name}.jpg") } else { format!("{name}-{copy}.jpg") };
        let file = File::options().write(true).create_new(true).open(&name);
        match file.and_then(|mut file| file.write_all(picture.frame.as_bytes())) {
            Ok(()) => return format!("saved {name}"),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return format!("{name} cannot be written: {error}"),
        }
    }
    unreachable!("there are more numbers than files")
}

/// Thirty times a second: the filler's animation, and how soon a key is seen when no picture comes.
const WINDOW_TICK: Duration = Duration::from_millis(33);
/// The same while a camera's pictures come every 33 ms.
const LIVE_TICK: Duration = Duration::from_millis(50);
/// Nothing moves when nothing comes.
const HEADLESS_TICK: Duration = Duration::from_millis(100);
/// How often events are let go that have waited for a slow detector.
const POLL: Duration = Duration::from_millis(100);
