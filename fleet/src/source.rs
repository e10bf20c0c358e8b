//! Brings the robots of a fleet into a pipeline, with what workers find in their pictures.
#![expect(clippy::disallowed_methods, reason = "what happens in the fleet is worked through on a thread")]

mod stream;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pipeline::{Answers, Clock, Entrance, RobotId};
use protocol::FrameLimit;
use zenoh::handlers::Callback;
use zenoh::pubsub::Subscriber;
use zenoh::sample::{Sample, SampleKind};
use zenoh::{Session, Wait as _};

use crate::choice::Choice;
use crate::end::End;
use crate::key::{self, StreamId, StreamToken, WorkerToken};
use crate::link::{Link, OpenError, Router};
use crate::objects::Objects;
use stream::Stream;

/// What to bring in.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the fleet is.
    pub router: Router,
    /// The names of robots, in which `*` stands for any text; all of them if there are none.
    pub robots: Vec<String>,
    /// The longest frame.
    pub limit: FrameLimit,
}

/// The robots of a fleet, which come and go until this is closed.
#[derive(Debug)]
pub struct Source {
    link: Link,
    known: Known,
    choice: Shared,
    happened: Sender<Happened>,
    waiting: Arc<AtomicUsize>,
}

/// Which robots are taken, as the threads share it: workers that come count as soon as Zenoh says so.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<Choice>>);

/// Which robot of the pipeline is which stream of the fleet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Arc<Mutex<NamesAndStreams>>);

type NamesAndStreams = HashMap<RobotId, (Arc<str>, StreamId)>;

/// What has happened in the fleet.
#[derive(Debug)]
enum Happened {
    Opened(Session),
    Stream(StreamToken, bool),
    Admitted(StreamId, Answers),
    Objects(Objects),
    Ended(End),
    Closed,
}

impl Source {
    /// Brings robots in by `entrance`, and takes workers' answers.
    ///
    /// # Errors
    /// Fails on files that cannot be used, and where the system gives no thread.
    pub fn start(config: Config, entrance: Entrance, clock: Clock) -> Result<Self, OpenError> {
        Self::begin(config, Choice::all(), Answering::ByWorkers, entrance, clock, |_| ())
    }

    /// Brings in those robots that are the share of the worker `me`, which searches them itself; `opened` is called once with the
    /// session.
    pub(crate) fn for_worker(
        config: Config,
        me: WorkerToken,
        entrance: Entrance,
        clock: Clock,
        opened: impl FnOnce(Session) + Send + 'static,
    ) -> Result<Self, OpenError> {
        Self::begin(config, Choice::share_of(me), Answering::ByItself, entrance, clock, opened)
    }

    fn begin(
        config: Config,
        choice: Choice,
        answering: Answering,
        entrance: Entrance,
        clock: Clock,
        opened: impl FnOnce(Session) + Send + 'static,
    ) -> Result<Self, OpenError> {
        // News of streams and workers are as many as there are of these, and nobody may wait for room: some are told on threads of
        // Zenoh's and of the network's.
        let (happened, happenings) = channel();
        let (known, waiting) = (Known::default(), Arc::new(AtomicUsize::new(0)));
        let choice = Shared(Arc::new(Mutex::new(choice)));
        let sender = happened.clone();
        let link = Link::open(config.router.clone(), move |session| {
            opened(session.clone());
            // Fails only where the program ends already.
            _ = sender.send(Happened::Opened(session));
        })?;
        let robots = Robots {
            config,
            choice: choice.clone(),
            answering,
            entrance,
            clock,
            known: known.clone(),
            waiting: Arc::clone(&waiting),
            happened: happened.clone(),
            objects: Arc::default(),
            session: None,
            streams: BTreeMap::new(),
            _tokens: Vec::new(),
        };
        thread::Builder::new().name("fleet".to_owned()).spawn(move || robots.run(&happenings))?;
        Ok(Self { link, known, choice, happened, waiting })
    }

    /// The connection to the router.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// How many robots have waited for a place for a while.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn known(&self) -> Known {
        self.known.clone()
    }

    pub(crate) fn choice(&self) -> Shared {
        self.choice.clone()
    }

    /// Leaves the fleet, so that others know at once.
    pub fn close(&self) {
        // Fails only if the thread has gone.
        _ = self.happened.send(Happened::Closed);
        self.link.close();
    }
}

impl Shared {
    /// Whether this program takes `robot` at `now`.
    pub(crate) fn takes(&self, robot: &Arc<str>, now: Duration) -> bool {
        self.lock().takes(robot, now)
    }

    fn lock(&self) -> MutexGuard<'_, Choice> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The name and the stream of `robot`.
    pub(crate) fn of(&self, robot: RobotId) -> Option<(Arc<str>, StreamId)> {
        self.lock().get(&robot).cloned()
    }

    pub(crate) fn forget(&self, robot: RobotId) {
        self.lock().remove(&robot);
    }

    fn lock(&self) -> MutexGuard<'_, NamesAndStreams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who searches the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answering {
    ByWorkers,
    ByItself,
}

/// The fleet's robots, on a thread of their own.
struct Robots {
    config: Config,
    choice: Shared,
    answering: Answering,
    entrance: Entrance,
    clock: Clock,
    known: Known,
    waiting: Arc<AtomicUsize>,
    happened: Sender<Happened>,
    /// How many answers of workers wait for this thread.
    objects: Arc<AtomicUsize>,
    session: Option<Session>,
    streams: BTreeMap<StreamId, Stream>,
    /// By which streams and workers are known.
    _tokens: Vec<Subscriber<()>>,
}

impl Robots {
    fn run(mut self, happenings: &Receiver<Happened>) {
        let mut looked_at = self.clock.now();
        loop {
            let left = LOOK_EVERY.saturating_sub(self.clock.now().saturating_sub(looked_at));
            if left.is_zero() {
                self.look();
                looked_at = self.clock.now();
            }
            match happenings.recv_timeout(left) {
                Ok(Happened::Closed) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(happened) => self.take(happened),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn take(&mut self, happened: Happened) {
        let now = self.clock.now();
        match happened {
            Happened::Opened(session) => self.opened(session),
            Happened::Stream(token, true) => {
                // Of more than anybody can watch those that come last are left out.
                if self.streams.len() < MOST_STREAMS || self.streams.contains_key(&token.stream) {
                    let stream = self.streams.entry(token.stream).or_insert_with(|| Stream::new(token.clone(), now));
                    stream.is_there_again(&token);
                }
            }
            Happened::Stream(token, false) => {
                self.streams.get_mut(&token.stream).into_iter().for_each(|stream| stream.token_gone(&token, now));
            }
            Happened::Admitted(id, answers) => self.admitted(id, answers),
            Happened::Objects(objects) => {
                self.objects.fetch_sub(1, Ordering::Relaxed);
                // The token of a worker may be a moment late.
                let stream =
                    self.streams.get_mut(&objects.stream).filter(|_| self.choice.lock().knows(&objects.worker));
                stream.into_iter().for_each(|stream| stream.found(&objects, now));
            }
            Happened::Ended(end) => {
                self.streams.get_mut(&end.stream).into_iter().for_each(|stream| stream.ended(&end));
            }
            Happened::Closed => {}
        }
    }

    /// The router was reached: asks who is there, and to be told who comes and goes.
    fn opened(&mut self, session: Session) {
        let globs = if self.config.robots.is_empty() { vec!["*".to_owned()] } else { self.config.robots.clone() };
        // Workers first, so that it is known whose robots they are.
        let keys = [key::workers()].into_iter().chain(globs.iter().map(|glob| key::streams(glob)));
        self.choice.lock().joined(self.clock.now());
        for key in keys {
            let (happened, choice, clock) = (self.happened.clone(), self.choice.clone(), self.clock);
            let changed = move |sample: Sample| {
                let (key, is_there) = (sample.key_expr().as_str(), sample.kind() == SampleKind::Put);
                if let Some(token) = StreamToken::from_key(key) {
                    // Fails only where the program ends.
                    _ = happened.send(Happened::Stream(token, is_there));
                } else if let Some(worker) = WorkerToken::from_key(key) {
                    // Here, before any frame that comes behind it: a worker that stood still must not answer what others have taken.
                    choice.lock().worker(worker, is_there, clock.now());
                }
            };
            let tokens = session.liveliness().declare_subscriber(key).history(true);
            // Fails where the session is closed, as at the end.
            self._tokens.extend(tokens.callback(changed).wait().ok());
        }
        self.session = Some(session);
    }

    /// A stream has a place: its frames are asked for.
    fn admitted(&mut self, id: StreamId, answers: Answers) {
        let (Some(session), Some(stream)) = (&self.session, self.streams.get_mut(&id)) else { return };
        let happened = self.happened.clone();
        let ended = move |sample: Sample| {
            // Another stream of this robot has the same key.
            let end = End::from_json(&sample.payload().to_bytes()).filter(|end| end.stream == id);
            end.into_iter().for_each(|end| _ = happened.send(Happened::Ended(end)));
        };
        let mut subscribers = vec![subscribe(session, key::end(stream.name()), ended)];
        if self.answering == Answering::ByWorkers {
            let (happened, waiting) = (self.happened.clone(), Arc::clone(&self.objects));
            let found = move |sample: Sample| {
                // What is too much is followed by something newer, and what is none is none of this program's business.
                if waiting.load(Ordering::Relaxed) >= MOST_OBJECTS {
                    return;
                }
                let objects = Objects::from_json(&sample.payload().to_bytes());
                if let Some(objects) = objects.ok().filter(|objects| objects.stream == id) {
                    waiting.fetch_add(1, Ordering::Relaxed);
                    // Fails only where the program ends.
                    _ = happened.send(Happened::Objects(objects));
                }
            };
            subscribers.push(subscribe(session, key::objects(stream.name()), found));
        }
        if let Some(put) = stream.putter(self.config.limit) {
            subscribers.push(subscribe(session, key::camera(stream.name()), put));
        }
        stream.admitted(answers, subscribers.into_iter().flatten().collect());
    }

    /// Looks whose turn it is to come and to go.
    fn look(&mut self) {
        let now = self.clock.now();
        // Held for moments: subscriptions end here, and Zenoh's threads wait for it.
        let choice = &self.choice;
        self.streams.retain(|_, stream| {
            let is_over = stream.is_over(now);
            if is_over {
                choice.lock().forget(stream.name());
            }
            !is_over
        });
        let mut waiting = self.streams.values().filter(|stream| stream.waits()).count();
        for (&id, stream) in &mut self.streams {
            stream.look(|worker| choice.lock().knows(worker), now);
            if choice.takes(stream.name(), now) {
                if stream.may_come(now) && waiting < MOST_WAITING {
                    waiting += 1;
                    let (known, happened, name) =
                        (self.known.clone(), self.happened.clone(), Arc::clone(stream.name()));
                    let is_worker = self.answering == Answering::ByItself;
                    let admitted = move |answers: Answers| {
                        if is_worker {
                            known.lock().insert(answers.robot(), (name, id));
                        }
                        // Fails only where the program ends.
                        _ = happened.send(Happened::Admitted(id, answers));
                    };
                    stream.come(&self.entrance, self.clock, Box::new(admitted));
                }
            } else if let Some(robot) = stream.leave() {
                // Nothing is said any more of the pictures that have come already: the other worker may have them, too.
                self.known.forget(robot);
            }
        }
        let have_waited = self.streams.values().filter(|stream| stream.has_waited(now)).count();
        self.waiting.store(have_waited, Ordering::Relaxed);
    }
}

fn subscribe(
    session: &Session,
    key: String,
    callback: impl Fn(Sample) + Send + Sync + 'static,
) -> Option<Subscriber<()>> {
    // Fails where the session is closed, as at the end.
    session.declare_subscriber(key).with(Callback::from(callback)).wait().ok()
}

/// Of all gateways; more than a router has room for, and each takes some hundred bytes.
const MOST_STREAMS: usize = 100_000;
/// Streams that wait for a place; others come when these have one.
const MOST_WAITING: usize = 16;
/// Answers that wait for the thread, which takes microseconds for each.
const MOST_OBJECTS: usize = 256;
const LOOK_EVERY: Duration = Duration::from_millis(50);
