//! Takes robots' streams as the viewer does, and publishes each frame as it came.
#![expect(clippy::disallowed_methods, reason = "frames without a stamp have the time of day at which they came")]

mod names;
mod streams;
mod topic;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use pipeline::{
    Bound, Certificates, Clock, Config as Receiving, Ending, Event, Filter, Identity, Leave, Limits, Once,
    Orientations, Pipeline, Policy, Received, Relay, Sink, SinkError, Target, Terminal,
};

use crate::link::{Link, Router};
use crate::messages::{LinkMessages, say};
use streams::Streams;

/// What a gateway needs to know.
#[derive(Debug)]
pub struct Config {
    /// Where robots connect, if any may.
    pub listen: Option<SocketAddr>,
    /// Where robots' streams are encrypted.
    pub certificates: Option<tls::ServerFiles>,
    /// The robots that are dialled.
    pub dial: Vec<Target>,
    /// What robots may do.
    pub limits: Limits,
    /// Where frames go.
    pub router: Router,
    /// The domain of ROS 2 in which frames are published as well, by rmw_zenoh's rules.
    pub ros_domain: Option<u8>,
}

/// Publishes robots' frames until it is told to end.
///
/// # Errors
/// Fails where the address cannot be had, files cannot be read, or the system gives no thread.
pub fn run(config: Config) -> anyhow::Result<()> {
    let Config { listen, certificates, dial, limits, router, ros_domain } = config;
    let certificates = certificates.map(Certificates::load).transpose()?;
    let mut bound = Bound::bind(listen).context("--listen")?;
    if let Some(certificates) = certificates {
        bound = bound.encrypted(certificates);
    }
    let clock = Clock::start();
    let streams = Shared(Arc::new(Mutex::new(Streams::new(ros_domain))));
    let hint = format!("their frames go to {}", router.address);
    let terminal = Terminal::new(io::stderr(), clock, hint).of_relay();
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(terminal), Box::new(Ends(streams.clone()))];
    let receiving = Receiving {
        limits,
        dial,
        policy: Policy::NewestWins,
        once: Once::Never,
        detect: Default::default(),
        orientations: Orientations::default(),
    };
    let relay = Publish { streams: streams.clone(), clock };
    let pipeline = Pipeline::relaying(bound, receiving, Box::new(relay), sinks, clock)?;
    let opened = {
        let streams = streams.clone();
        move |session| streams.lock().opened(session)
    };
    let link = Link::open(router, opened)?;
    let mut messages = LinkMessages::default();
    loop {
        pipeline.wait(TICK);
        pipeline.poll();
        messages.news(&link).iter().for_each(|message| say(message));
        match pipeline.ending() {
            None => {}
            Some(Ending::SinkFailed(error)) => return Err(error.into()),
            Some(Ending::Interrupted | Ending::RobotsLeft { .. }) => break,
        }
    }
    // The ends of streams are published first.
    pipeline.close(Leave::Now)?;
    link.close();
    Ok(())
}

/// The streams, as the threads share them.
#[derive(Clone)]
struct Shared(Arc<Mutex<Streams>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes frames.
struct Publish {
    streams: Shared,
    clock: Clock,
}

impl Relay for Publish {
    fn hand_on(&mut self, robot: &Identity, peer: SocketAddr, received: &Received) {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ns = u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX);
        self.streams.lock().publish(robot, peer, received, self.clock.now(), now_ns);
    }
}

/// Says why streams are over.
struct Ends(Shared);

impl Sink for Ends {
    fn name(&self) -> &'static str {
        "zenoh"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| matches!(event, Event::Ended(_)))
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        if let Event::Ended(ended) = event {
            self.0.lock().ended(ended);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// How often it is looked whether there is something to say.
const TICK: Duration = Duration::from_millis(100);
