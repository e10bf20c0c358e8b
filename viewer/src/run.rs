//! The main thread: starts the pipeline, and keeps the screen going.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use pipeline::report::Contents;
use pipeline::{
    Bound, Certificates, Clock, CloseError, Durability, Ending, Leave, Limits, Once, Orientations, Pipeline, Policy,
    Readings, RecordTarget, Recorder, RecorderConfig, RecordingControl, RecordingState, RobotId, Sink, SinkError,
    StartRecordingError, Target, Terminal,
};
use vision::{Kind, Orientation};

use crate::addresses::{self, Encryption, Reach, Watch};
use crate::filler::{Filler, FillerChoice};
use crate::fleet::{self, Fleet};
use crate::overlay::colour_of;
use crate::pacing::Pacing;
use crate::report_target::ReportTarget;
use crate::save::{Job, SaveDir, Saver};
use crate::settings::{Detectors, Settings};
use crate::stdout;
use crate::terminal::{Verbosity, print, print_unless_stuck};
use crate::ui::{Action, Ui};
use crate::web::{self, Web};
use crate::window::{Input, Window, WindowError};

/// What `viewer` needs to know to watch robots.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where robots connect, if any may.
    pub(crate) listen: Option<SocketAddr>,
    /// Where robots' streams are encrypted.
    pub(crate) certificates: Option<tls::ServerFiles>,
    pub(crate) dial: Vec<Target>,
    /// The fleet whose robots are watched, if there is one.
    pub(crate) fleet: Option<fleet::Config>,
    pub(crate) limits: Limits,
    pub(crate) display: Display,
    pub(crate) filler: FillerChoice,
    pub(crate) orientations: Orientations,
    pub(crate) detect: BTreeSet<Kind>,
    pub(crate) settings: Settings,
    pub(crate) verbosity: Verbosity,
    pub(crate) once: Once,
    pub(crate) policy: Policy,
    pub(crate) report: Option<ReportTarget>,
    pub(crate) report_contents: Contents,
    pub(crate) save_dir: Option<PathBuf>,
    pub(crate) web: Option<web::Config>,
    pub(crate) recording: Recording,
}

/// Where recordings go, and how.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) target: RecordTarget,
    /// Whether one starts before anybody asks for it.
    pub(crate) starts_at_once: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) split: Option<Duration>,
    pub(crate) durability: Durability,
}

/// Where the scene goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    Window,
    /// Nowhere if no window can be opened.
    WindowIfAny,
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
    let save_dir = SaveDir::open(config.save_dir.as_deref())?;
    let filler = Filler::open(&config.filler)?;
    let mut window = open_window(config.display, filler)?;
    let certificates = config.certificates.map(Certificates::load).transpose()?;
    let encryption = Encryption::of(certificates.as_ref());
    let saver =
        Saver::start(save_dir).context("the thread that saves pictures cannot be started; end other programs")?;
    // Before the report, which may be the file of the very viewer that has the address.
    let mut bound = Bound::bind(config.listen).context("--listen")?;
    if let Some(certificates) = certificates {
        bound = bound.encrypted(certificates);
    }
    let page = config.web.as_ref().map(web::Bound::bind).transpose().context("--web")?;
    let clock = Clock::start();
    let addr = bound.addr();
    let (fleet, bound) = Fleet::join(config.fleet, bound, clock)?;
    let reach =
        addr.map_or_else(Reach::dialling, |addr| Reach::new(addr, addresses::interfaces()).encrypted(encryption));
    reach.warning(&config.limits.allow).iter().for_each(|warning| print(warning));
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Terminal::new(io::stderr(), clock, reach.hint()))];
    sinks.push(match &config.report {
        Some(target) => Box::new(target.open()?.with_contents(config.report_contents)),
        None => Box::new(Readings(stdout::results())),
    });
    sinks.extend(page.as_ref().map(|page| page.report(config.report_contents)));
    let must_record = config.recording.starts_at_once;
    let (recorder, recording) = config.recording.open(config.report_contents, clock)?;
    sinks.push(Box::new(recorder));
    let Config { limits, dial, policy, once, detect, orientations, .. } = config;
    let has_screen = window.is_some() || page.is_some();
    let watch = match addr.filter(|addr| has_screen && addr.ip().is_unspecified()) {
        Some(_) => {
            let watch = Watch::start(reach.clone());
            Some(watch.context("the thread that looks for addresses cannot be started; end other programs")?)
        }
        None => None,
    };
    let mut ui = Ui::new(reach, detect.clone());
    let config = pipeline::Config { limits, dial, policy, once, detect, orientations };
    let pipeline = Pipeline::start(bound, config, detectors, sinks, clock)?;
    let serve = |page: web::Bound| {
        page.announce();
        let turn = if window.is_some() { web::Turn::AfterTheWindow } else { web::Turn::First };
        page.serve(pipeline.observer(), recording.clone(), ui.waiting(&[], clock.now()), turn)
    };
    let page = page.map(serve).transpose().context("the page's thread cannot be started; end other programs")?;
    if let Some(window) = &mut window {
        let watched = window.watch_for_standstill(pipeline.observer());
        watched.context("the thread that watches the display cannot be started; end other programs")?;
    }
    MainLoop {
        pipeline,
        ui,
        window,
        page,
        fleet,
        recording,
        must_record,
        saver,
        watch,
        clock,
        presented_at: None,
        pictures_at: None,
        polled_at: None,
        pacing: Pacing::new(),
    }
    .run()
}

/// The window, where there is to be one.
fn open_window(display: Display, filler: Filler) -> anyhow::Result<Option<Window>> {
    match display {
        Display::Headless => Ok(None),
        Display::Window => Ok(Some(Window::open(filler)?)),
        Display::WindowIfAny => match Window::open(filler) {
            Ok(window) => Ok(Some(window)),
            Err(error) => {
                print(&format!("the page works without a window: {error}"));
                Ok(None)
            }
        },
    }
}

impl Recording {
    /// The recorder, which has begun if it is to.
    fn open(self, contents: Contents, clock: Clock) -> Result<(Recorder, RecordingControl), StartRecordingError> {
        let Self { target, starts_at_once, limit, split, durability } = self;
        let colours = |kind| {
            let [blue, green, red] = colour_of(kind).map(|value| f64::from(value) / 255.0);
            recording::Colour { r: red, g: green, b: blue, a: 1.0 }
        };
        let (mut recorder, control) =
            Recorder::new(RecorderConfig { target, limit, split, durability, contents, colours }, clock);
        if starts_at_once {
            recorder.start()?;
        }
        Ok((recorder, control))
    }
}

struct MainLoop {
    pipeline: Pipeline,
    ui: Ui,
    /// `None` shows nothing.
    window: Option<Window>,
    /// The page in browsers, where there is one.
    page: Option<Web>,
    /// The fleet whose robots are watched, if there is one.
    fleet: Option<Fleet>,
    recording: RecordingControl,
    /// Whether the command line asks for a recording, so that one that fails is a failure.
    must_record: bool,
    saver: Saver,
    /// Only where more than one address is listened on.
    watch: Option<Watch>,
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
        let Self { pipeline, window, fleet, saver, recording, must_record, .. } = self;
        if let Some(window) = window {
            window.close();
        }
        saver.close();
        fleet.iter().for_each(Fleet::leave);
        let leave = match &ended {
            Ok(Some(Ending::RobotsLeft { .. })) => Leave::WhenWritten,
            _ => Leave::Now,
        };
        let closed = pipeline.close(leave);
        // The last of a recording is written after everybody else has heard the last.
        recording.news().iter().for_each(|event| print_unless_stuck(&event.to_string()));
        let outcome = match ended? {
            None | Some(Ending::Interrupted | Ending::RobotsLeft { cut_short: false }) => Outcome::Done,
            Some(Ending::RobotsLeft { cut_short: true }) => Outcome::CutShort,
            // Whoever reads the report wants no more of it, as `head`.
            Some(Ending::SinkFailed(SinkError::ReaderGone { .. })) => return Ok(Outcome::Done),
            Some(Ending::SinkFailed(error)) => return Err(error.into()),
        };
        anyhow::ensure!(!(must_record && recording.has_failed()), "--record: the recording is not complete; see above");
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
            if let Some(news) = self.saver.news() {
                self.say(news);
            }
            if let Some(window) = &mut self.window {
                match window.present(&self.ui.scene(self.pipeline.views(), now), now) {
                    // It was given up, because it kept the program from ending.
                    Err(WindowError::DisplayLost) if self.pipeline.is_interrupted() => {
                        return Ok(Some(Ending::Interrupted));
                    }
                    presented => presented?,
                }
                self.presented_at = Some(now);
                if !pictures.is_empty() {
                    self.pictures_at = Some(now);
                    self.pacing.drawn(now);
                }
            }
            self.pipeline.shown(&pictures);
            if self.polled_at.is_none_or(|at| now.saturating_sub(at) >= POLL) {
                self.pipeline.poll();
                if let Some(reach) = self.watch.as_ref().and_then(Watch::news) {
                    self.ui.set_reach(reach);
                }
                self.ui.set_detected(self.pipeline.detected_kinds());
                for text in self.ui.set_troubles(self.pipeline.troubles()) {
                    self.say(text);
                }
                self.ui.set_recording(self.recording.state());
                for event in self.recording.news() {
                    self.say(event.to_string());
                    self.pipeline.report_recording(event);
                }
                let mut unreached = self.pipeline.unreached();
                unreached.extend(self.fleet.as_ref().and_then(Fleet::unreached));
                self.ui.set_unreached(unreached, now);
                if let Some(page) = &self.page {
                    page.set_waiting(self.ui.waiting(&self.pipeline.views(), now));
                }
                self.fleet.iter_mut().flat_map(Fleet::news).for_each(|message| print_unless_stuck(&message));
                self.polled_at = Some(now);
            }
            if self.handle_input()? {
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

    /// Shows a message on every screen.
    fn say(&mut self, text: String) {
        self.page.iter().for_each(|page| page.say(&text));
        self.ui.say(text, self.clock.now());
    }

    /// Does what the user asks for in the window; true if that is to quit.
    fn handle_input(&mut self) -> anyhow::Result<bool> {
        let Some(window) = &mut self.window else { return Ok(false) };
        for input in window.poll() {
            let now = self.clock.now();
            let action = match input {
                Input::Close => {
                    print_unless_stuck("the window was closed");
                    return Ok(true);
                }
                Input::Key(key) => self.ui.key(key, now),
            };
            match action {
                None => {}
                Some(Action::Quit) => return Ok(true),
                Some(Action::Toggle(kind)) => {
                    let is_on = self.pipeline.toggle(kind);
                    self.ui.switched(kind, is_on, now);
                }
                Some(Action::Record) => match self.recording.state() {
                    RecordingState::Off => self.recording.start(),
                    RecordingState::On { .. } => self.recording.stop(),
                },
                Some(Action::Save(robots)) => {
                    let pictures = robots.iter().filter_map(|&robot| self.pipeline.picture(robot));
                    let refused = save(&self.saver, pictures.map(Job::Picture).collect());
                    refused.into_iter().for_each(|reason| self.ui.say(reason, now));
                }
                Some(Action::SaveScreen) => {
                    let scene = self.ui.scene(self.pipeline.views(), now).without_messages();
                    let job = match Job::name(&scene) {
                        Some(stem) => vec![Job::Screen { stem, pixels: window.draw(&scene, now)? }],
                        None => Vec::new(),
                    };
                    save(&self.saver, job).into_iter().for_each(|reason| self.ui.say(reason, now));
                }
                Some(Action::Turn(robots, by)) => self.ui.say(turn(&self.pipeline, &robots, by), now),
                Some(Action::FullScreen) => {
                    if let Err(error) = window.toggle_full_screen() {
                        self.ui.say(error.to_string(), now);
                    }
                }
            }
        }
        Ok(false)
    }
}

/// Has pictures saved; says so if one is not.
fn save(saver: &Saver, jobs: Vec<Job>) -> Option<String> {
    if jobs.is_empty() {
        return Some("no picture to save yet".to_owned());
    }
    jobs.into_iter().find_map(|job| saver.save(job).err())
}

/// Turns robots' pictures; says how they lie now.
fn turn(pipeline: &Pipeline, robots: &[RobotId], by: Orientation) -> String {
    let turned: Vec<Orientation> = robots.iter().filter_map(|&robot| pipeline.turn(robot, by)).collect();
    match turned[..] {
        [] => "no picture to turn yet".to_owned(),
        [first, ..] if turned.iter().all(|orientation| *orientation == first) => first.to_string(),
        _ => format!("each {by}"),
    }
}

/// Thirty times a second: the filler's animation, and how soon a key is seen when no picture comes.
const WINDOW_TICK: Duration = Duration::from_millis(33);
/// The same while a camera's pictures come every 33 ms.
const LIVE_TICK: Duration = Duration::from_millis(50);
/// Nothing moves when nothing comes.
const HEADLESS_TICK: Duration = Duration::from_millis(100);
/// How often events are let go that have waited for a slow detector.
const POLL: Duration = Duration::from_millis(100);
