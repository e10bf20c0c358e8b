//! The main thread: starts the stages, feeds the state machine, keeps the screen and the report going.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;

use crate::app::{App, Ending, Event, Once};
use crate::clock::Clock;
use crate::filler::{Filler, FillerChoice};
use crate::headless::Headless;
use crate::listen::{Limits, Outlets};
use crate::network::{Bound, Network};
use crate::picture::{Picture, Received};
use crate::report::{Report, ReportError, ReportTarget};
use crate::screen::Screen;
use crate::settings::{Detectors, Settings};
use crate::slot::{Policy, Slot};
use crate::stdout;
use crate::terminal::{Verbosity, tell};
use crate::window::Window;
use crate::worker::{Workers, spawn_decoder};
use vision::detect::{Detector, Kind};

/// What `viewer` needs to know to watch robots.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) limits: Limits,
    pub(crate) face: Face,
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
pub(crate) enum Face {
    Window,
    Headless,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Done, but the robot's stream was cut short.
    CutShort,
}

/// Watches robots until the user quits, or with `--once` until the first has left.
pub(crate) fn run(config: Config) -> anyhow::Result<Outcome> {
    // Before the network starts: a user's mistake is told without a robot noticing. A key may ask for any kind.
    let Detectors { detectors, notes, warnings } = config.settings.detectors(&Kind::ALL.into())?;
    config.verbosity.tell(&warnings, &notes);
    let mut screen: Box<dyn Screen> = match config.face {
        Face::Headless => {
            Filler::open(&config.filler)?;
            Box::new(Headless)
        }
        Face::Window => Box::new(Window::open(Filler::open(&config.filler)?)?),
    };
    // Before the report, which may be the file of the very viewer that has the address.
    let address = Bound::bind(config.listen)?;
    let report = config.report.as_ref().map(Report::create).transpose()?;
    let clock = Clock::start();
    let (events, inbox) = mpsc::channel();
    let stages = Stages::start(&config, address, detectors, clock, &events)?;
    let patience = (config.policy == Policy::NewestWins).then_some(DETECTOR_PATIENCE);
    let app = App::new(config.detect, config.once, patience);
    let mut desk = Desk { app, clock, events: inbox, report, presented_at: None };
    let ran = desk.work(&stages, &mut *screen);
    drop(screen);
    desk.close(stages, ran)
}

/// The threads and the slots between them.
struct Stages {
    network: Network,
    frames: Arc<Slot<Received>>,
    pictures: Arc<Slot<Arc<Picture>>>,
    workers: Workers,
}

impl Stages {
    fn start(
        config: &Config,
        address: Bound,
        detectors: Vec<Box<dyn Detector>>,
        clock: Clock,
        events: &Sender<Event>,
    ) -> anyhow::Result<Self> {
        let frames = Arc::new(Slot::new(config.policy));
        let pictures = Arc::new(Slot::new(config.policy));
        let outlets = Outlets { inbox: Arc::clone(&frames), events: events.clone(), clock };
        let network = address.serve(config.limits.clone(), outlets)?;
        spawn_decoder(Arc::clone(&frames), Arc::clone(&pictures), events.clone())
            .context("the decoder's thread cannot be started")?;
        let workers =
            Workers::spawn(detectors, config.policy, events).context("a detector's thread cannot be started")?;
        Ok(Self { network, frames, pictures, workers })
    }
}

/// What the main loop works with.
struct Desk {
    app: App,
    clock: Clock,
    events: Receiver<Event>,
    report: Option<Report>,
    presented_at: Option<Duration>,
}

impl Desk {
    fn work(&mut self, stages: &Stages, screen: &mut dyn Screen) -> anyhow::Result<Ending> {
        loop {
            self.wait(screen.tick());
            let picture = stages.pictures.try_take();
            if let Some(picture) = &picture {
                let kinds = self.app.show(picture, self.clock.now());
                // First the detectors, which have the longest way to go.
                stages.workers.look(picture, kinds);
            }
            let now = self.clock.now();
            if picture.is_some() || self.is_due(screen.tick(), now) {
                screen.present(&self.app.scene(now), now)?;
                self.presented_at = Some(now);
            }
            if let Some(picture) = picture {
                self.app.shown(picture.id, self.clock.now().saturating_sub(picture.received_at));
            }
            for event in screen.poll() {
                self.app.handle(event, self.clock.now());
            }
            match self.carry_out() {
                Ok(()) => {}
                Err(ReportError::ReaderGone) => return Ok(Ending::Quit),
                Err(error) => return Err(error.into()),
            }
            if let Some(ending) = self.app.ending() {
                return Ok(ending.clone());
            }
        }
    }

    /// Takes what has happened, or waits until the screen is due again.
    fn wait(&mut self, tick: Duration) {
        let elapsed = self.presented_at.map_or(tick, |at| self.clock.now().saturating_sub(at));
        match self.events.recv_timeout(tick.saturating_sub(elapsed)) {
            Ok(event) => self.app.handle(event, self.clock.now()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
        // One picture at a time, lest the next one displaces it before it was looked at.
        while let Ok(event) = self.events.try_recv() {
            self.app.handle(event, self.clock.now());
        }
    }

    fn is_due(&self, tick: Duration, now: Duration) -> bool {
        self.presented_at.is_none_or(|at| now.saturating_sub(at) >= tick)
    }

    fn carry_out(&mut self) -> Result<(), ReportError> {
        let effects = self.app.take_effects(self.clock.now());
        for notice in effects.notices {
            tell(&notice);
        }
        if let Some(picture) = effects.save {
            let said = save(&picture);
            self.app.say(said, self.clock.now());
        }
        match &mut self.report {
            Some(report) => effects.lines.iter().try_for_each(|line| report.write(line)),
            None => effects.readings.iter().try_for_each(|payload| print_reading(payload)),
        }
    }

    /// Disconnects the robot and lets the report end with what became of it.
    ///
    /// A detector may be busy for seconds with a large picture; its thread ends with the program.
    fn close(mut self, stages: Stages, ran: anyhow::Result<Ending>) -> anyhow::Result<Outcome> {
        stages.frames.close();
        stages.pictures.close();
        stages.network.stop();
        while let Ok(event) = self.events.try_recv() {
            self.app.handle(event, self.clock.now());
        }
        self.app.close();
        let written = self.carry_out();
        let ending = ran?;
        match written {
            Ok(()) | Err(ReportError::ReaderGone) => {}
            Err(error) => return Err(error.into()),
        }
        match ending {
            Ending::Quit | Ending::RobotLeft { cut_short: false } => Ok(Outcome::Done),
            Ending::RobotLeft { cut_short: true } => Ok(Outcome::CutShort),
        }
    }
}

/// Writes the JPEG as it came, over nothing that is there; says what happened.
fn save(picture: &Picture) -> String {
    let name = format!("robot{}-frame{:06}", picture.id.robot, picture.id.seq);
    for copy in 1.. {
        let name = if copy == 1 { format!("{name}.jpg") } else { format!("{name}-{copy}.jpg") };
        let file = File::options().write(true).create_new(true).open(&name);
        match file.and_then(|mut file| file.write_all(picture.jpeg.as_bytes())) {
            Ok(()) => return format!("saved {name}"),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return format!("{name} cannot be written: {error}"),
        }
    }
    unreachable!("there are more numbers than files")
}

fn print_reading(payload: &str) -> Result<(), ReportError> {
    match stdout::results().write_all(format!("{payload}\n").as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReportError::ReaderGone),
        Err(source) => Err(ReportError::Write { name: "standard output".to_owned(), source }),
        Ok(()) => Ok(()),
    }
}

/// How long a frame's line waits for a detector; the slowest takes half a second on an ordinary picture.
const DETECTOR_PATIENCE: Duration = Duration::from_secs(5);
