//! Searches the pictures of its share of the fleet's robots, and publishes what it finds.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pipeline::{
    Bound, Clock, Config as Receiving, Ending, Entrance, Event, Filter, Leave, Limits, Once, Orientations, Pipeline,
    Policy, Sink, SinkError, Terminal,
};
use vision::{Engines, Kind, Loaded};
use zenoh::bytes::Encoding;
use zenoh::liveliness::LivelinessToken;
use zenoh::qos::{CongestionControl, Priority};
use zenoh::{Session, Wait as _};

use crate::key::{self, WorkerToken};
use crate::messages::{LinkMessages, say};
use crate::objects::Objects;
use crate::source::{Config as SourceConfig, Known, Shared as Choice, Source};

/// What a worker needs to know.
#[derive(Debug)]
pub struct Config {
    /// Which robots there are for it.
    pub source: SourceConfig,
    /// What it searches for.
    pub detect: BTreeSet<Kind>,
    /// How many robots it takes at most, and how large their pictures may be.
    pub limits: Limits,
    /// By how many cores its share is counted; as many as it has if nothing is said.
    pub cores: Option<u16>,
}

/// Searches until it is told to end.
///
/// # Errors
/// Fails where an engine cannot be loaded, or the system gives no thread.
pub fn run(config: Config) -> anyhow::Result<()> {
    let Config { source, detect, limits, cores } = config;
    let Loaded { detectors, .. } = Engines::default().load(detect.iter().copied())?;
    let clock = Clock::start();
    let available = thread::available_parallelism().map_or(1, usize::from);
    let cores = cores.unwrap_or_else(|| u16::try_from(available).unwrap_or(u16::MAX));
    let id: Arc<str> = key::worker_id().into();
    let me = WorkerToken { id: Arc::clone(&id), cores, kinds: detect.clone() };
    let (entrance, arrivals) = Entrance::open();
    let publishing = Shared::default();
    let opened = {
        let (publishing, token) = (publishing.clone(), me.to_key());
        move |session: Session| {
            let token = session.liveliness().declare_token(token).wait().ok();
            *publishing.lock() = Some((session, token));
        }
    };
    let places = limits.robots;
    let source = Source::for_worker(source, me, entrance, clock, opened)?;
    let terminal = Terminal::new(io::stderr(), clock, String::new());
    let (known, choice) = (source.known(), source.choice());
    let answers = Publish { publishing: publishing.clone(), known, choice, clock, kinds: detect.clone(), id };
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(terminal), Box::new(answers)];
    let receiving = Receiving {
        limits,
        dial: Vec::new(),
        policy: Policy::NewestWins,
        once: Once::Never,
        detect,
        orientations: Orientations::default(),
    };
    let pipeline = Pipeline::start(Bound::bind(None)?.with_arrivals(arrivals), receiving, detectors, sinks, clock)?;
    let mut messages = LinkMessages::default();
    let mut waiting = 0;
    loop {
        pipeline.wait(TICK);
        let pictures = pipeline.take();
        pipeline.shown(&pictures);
        pipeline.poll();
        messages.news(source.link()).iter().for_each(|message| say(message));
        let now_waiting = source.waiting();
        if now_waiting > 0 && waiting == 0 {
            say(&format!("{now_waiting} of its robots have no place here; raise --robots, which is {places}"));
        }
        waiting = now_waiting;
        match pipeline.ending() {
            None => {}
            Some(Ending::SinkFailed(error)) => return Err(error.into()),
            Some(Ending::Interrupted | Ending::RobotsLeft { .. }) => break,
        }
    }
    // First, so that another worker begins at once.
    publishing.lock().iter_mut().for_each(|(_, token)| drop(token.take()));
    pipeline.close(Leave::Now)?;
    source.close();
    Ok(())
}

/// The session and this worker's token, once the router was reached.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Option<Open>>>);

type Open = (Session, Option<LivelinessToken>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes what was found.
struct Publish {
    publishing: Shared,
    known: Known,
    choice: Choice,
    clock: Clock,
    kinds: BTreeSet<Kind>,
    id: Arc<str>,
}

impl Sink for Publish {
    fn name(&self) -> &'static str {
        "zenoh"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| match event {
            Event::Frame(frame) => !frame.counts.is_empty(),
            Event::Ended(_) => true,
            _ => false,
        })
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        match event {
            Event::Frame(frame) => {
                let session = self.publishing.lock().as_ref().map(|(session, _)| session.clone());
                let (Some(session), Some((name, stream))) = (session, self.known.of(frame.robot.id)) else {
                    return Ok(());
                };
                if !self.choice.takes(&name, self.clock.now()) {
                    // Another worker has it by now.
                    return Ok(());
                }
                let json = Objects::to_json(&name, stream, &self.id, &self.kinds, frame);
                let put = session.put(key::objects(&name), json).encoding(Encoding::APPLICATION_JSON);
                // Fails where the session is closed, as at the end.
                let put = put.congestion_control(CongestionControl::Drop).priority(Priority::DataHigh).express(true);
                _ = put.wait();
            }
            Event::Ended(ended) => self.known.forget(ended.robot.id),
            _ => {}
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// How often it is looked whether there is something to say.
const TICK: Duration = Duration::from_millis(100);
