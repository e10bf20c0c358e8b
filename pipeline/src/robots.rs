//! The robots that are connected, or have just left, as all threads share them.

mod corrupt;
mod elsewhere;
mod hearing;
mod kinds;
mod leaving;
mod occupants;
mod tiles;
mod turn;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use protocol::Frame;
use tokio::sync::{Notify, watch};
use vision::Orientation;
use vision::detect::{Answer, DetectError, Kind};

use crate::clock::Clock;
use crate::event::{End, EndReason, Event, Identity};
use crate::frame::{FrameId, Received, RobotId, StreamPicture};
use crate::health::Health;
use crate::mailbox::Policy;
use crate::orientations::Orientations;
use crate::pipeline::Config;
use crate::quota::Quota;
use crate::session::{RobotView, Session, ViewState};
use crate::sink::Sinks;
use crate::wake::Wake;
use crate::who::Who;
use elsewhere::Elsewhere;
use hearing::Hearing;
use leaving::GONE_FOR;
pub(crate) use occupants::Occupant;
use tiles::Tiles;

/// Every robot's session, behind a lock of its own that is held for moments only; events leave for the sinks under it.
pub(crate) struct Robots {
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) sinks: Sinks,
    pub(crate) wake: Arc<Wake>,
    /// How many may be connected at once.
    places: usize,
    connected: Mutex<Connected>,
    /// The kinds that are searched for.
    on: Mutex<BTreeSet<Kind>>,
    health: Mutex<Health>,
    quota: Mutex<Quota>,
    orientations: Mutex<Orientations>,
    /// Counts what observers should look at.
    changes: watch::Sender<u64>,
}

struct Connected {
    robots: BTreeMap<RobotId, Arc<Robot>>,
    tiles: Tiles,
    numbered: u32,
}

/// One robot, for the threads that work on its frames.
pub(crate) struct Robot {
    pub(crate) identity: Identity,
    /// Where it has connected from.
    pub(crate) peer: SocketAddr,
    who: Who,
    session: Mutex<Session>,
    /// That of its pictures from now on; only the main loop changes it.
    orientation: Mutex<Orientation>,
    /// Decoded and not shown yet: one, or two where every frame is wanted, so that one is decoded while one is shown.
    fresh: Mutex<VecDeque<Arc<StreamPicture>>>,
    stop: watch::Sender<Option<End>>,
    hearing: Mutex<Hearing>,
    elsewhere: Mutex<Elsewhere>,
    /// When its connection was over.
    ended_at: OnceLock<Duration>,
    /// Until its last frame is done.
    has_place: AtomicBool,
    /// Notified when it is [`Session::is_done`].
    done: Notify,
}

/// Whether the decoder may go on with a robot's next frame, or whoever takes the picture has to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    MayBeDecoded,
    WaitsForTheScreen,
}

impl Robots {
    pub(crate) fn new(clock: Clock, sinks: Sinks, wake: Arc<Wake>, config: &Config) -> Self {
        let (changes, _) = watch::channel(0);
        Self {
            clock,
            policy: config.policy,
            sinks,
            wake,
            places: config.limits.robots,
            connected: Mutex::new(Connected {
                robots: BTreeMap::new(),
                tiles: Tiles::for_places(config.limits.robots),
                numbered: 0,
            }),
            on: Mutex::new(config.detect.clone()),
            health: Mutex::new(Health::new(config.policy)),
            quota: Mutex::new(Quota::new(config.once)),
            orientations: Mutex::new(config.orientations.clone()),
            changes,
        }
    }

    /// Lets a robot in.
    pub(crate) fn connect(
        &self,
        peer: SocketAddr,
        name: Option<Arc<str>>,
        url: Option<Arc<str>>,
    ) -> (Arc<Robot>, watch::Receiver<Option<End>>) {
        let (stop, stopped) = watch::channel(None);
        let who = Who::new(peer, name.as_ref(), url.as_ref());
        let orientation = lock(&self.orientations).of(&who, name.as_ref());
        let mut connected = lock(&self.connected);
        connected.numbered += 1;
        let identity = Identity { id: RobotId(connected.numbered), name };
        connected.tiles.give(identity.id, who.clone(), self.clock.now());
        let (now, epoch_ns) = (self.clock.now(), self.clock.epoch_ns());
        let mut session = Session::new(identity.clone(), peer, url, self.policy, now, epoch_ns);
        session.turn(orientation);
        let robot = Arc::new(Robot {
            identity,
            peer,
            who,
            session: Mutex::new(session),
            orientation: Mutex::new(orientation),
            fresh: Mutex::default(),
            stop,
            hearing: Mutex::default(),
            elsewhere: Mutex::default(),
            ended_at: OnceLock::new(),
            has_place: AtomicBool::new(true),
            done: Notify::new(),
        });
        connected.robots.insert(robot.id(), Arc::clone(&robot));
        drop(connected);
        self.with(&robot, |_, _| ());
        self.wake.wake();
        self.changed();
        (robot, stopped)
    }

    /// The last byte of a frame came from `robot` at `at`: what the decoders get, or why the connection ends instead.
    pub(crate) fn received(&self, robot: &Robot, frame: Frame, at: Duration) -> Result<Received, End> {
        self.admit(robot)?;
        let frame = Arc::new(frame);
        let (seq, age) = self.with(robot, |session, _| session.received(&frame, at));
        Ok(Received { id: FrameId { robot: robot.id(), seq }, frame, at, age })
    }

    /// The next frame of `robot` has this number.
    pub(crate) fn number(&self, robot: &Robot, number: u64) {
        lock(&robot.session).number_next(number);
    }

    /// So many frames of `robot` were lost on their way.
    pub(crate) fn undelivered(&self, robot: &Robot, frames: u64) {
        lock(&robot.session).undelivered(frames);
    }

    /// Counts `robot` among those that brought a frame, unless enough others have.
    fn admit(&self, robot: &Robot) -> Result<(), End> {
        let mut quota = lock(&self.quota);
        let was_full = quota.is_full();
        if !quota.admits(robot.id()) {
            return Err(End { reason: EndReason::Refused, detail: Some(ALL_HAVE_COME.to_owned()) });
        }
        let has_become_full = !was_full && quota.is_full();
        drop(quota);
        if has_become_full {
            self.dismiss_the_rest();
        }
        Ok(())
    }

    /// Whether all robots that `--once` waits for have come, so that nobody else is let in.
    pub(crate) fn all_have_come(&self) -> bool {
        lock(&self.quota).is_full()
    }

    pub(crate) fn dropped(&self, id: FrameId) {
        self.with_robot(id.robot, |session, now| session.dropped(id.seq, now));
    }

    /// A picture is ready for the screen.
    pub(crate) fn decoded(&self, picture: StreamPicture) -> Next {
        let Some(robot) = self.get(picture.id.robot) else { return Next::MayBeDecoded };
        self.with(&robot, |session, now| session.decoded(picture.id.seq, now));
        let mut fresh = lock(&robot.fresh);
        let replaced = if self.policy == Policy::NewestWins { fresh.pop_front() } else { None };
        fresh.push_back(Arc::new(picture));
        let next = if fresh.len() < MOST_FRESH { Next::MayBeDecoded } else { Next::WaitsForTheScreen };
        drop(fresh);
        if let Some(replaced) = replaced {
            self.dropped(replaced.id);
        }
        self.wake.wake();
        next
    }

    /// A frame of `robot` was handed on as it came.
    pub(crate) fn handed_on(&self, robot: &Robot, received: &Received) {
        self.with(robot, |session, now| session.handed_on(received, now));
    }

    /// The picture of `robot` that is to be shown now, and whether its next frame may be decoded only from now on.
    pub(crate) fn take_fresh(&self, robot: &Robot) -> Option<(Arc<StreamPicture>, Next)> {
        let mut fresh = lock(&robot.fresh);
        let was_full = fresh.len() >= MOST_FRESH;
        let mut picture = fresh.pop_front()?;
        drop(fresh);
        let orientation = *lock(&robot.orientation);
        if picture.orientation() != orientation {
            // It was decoded before the user turned it.
            picture = Arc::new(picture.turned_to(orientation));
        }
        Some((picture, if was_full { Next::WaitsForTheScreen } else { Next::MayBeDecoded }))
    }

    pub(crate) fn showing(&self, robot: &Robot, picture: &Arc<StreamPicture>, on: &BTreeSet<Kind>) {
        let is_first = self.with(robot, |session, now| session.showing(picture, on.clone(), now));
        let now = self.clock.now();
        if is_first || lock(&self.connected).tiles.is_settling(robot.id(), now) {
            let occupants = self.occupants();
            lock(&self.connected).tiles.shows(robot.id(), &occupants, now);
        }
        self.answer_early(robot, picture.id.seq);
        self.changed();
    }

    /// The pictures were handed to the screen.
    pub(crate) fn shown(&self, pictures: &[Arc<StreamPicture>]) {
        for picture in pictures {
            self.with_robot(picture.id.robot, |session, now| session.shown(picture, now));
        }
    }

    pub(crate) fn answer(&self, picture: &StreamPicture, kind: Kind, outcome: Result<Answer, DetectError>) {
        let on = self.searched(picture.id.robot);
        self.with_robot(picture.id.robot, |session, now| session.answer(picture, kind, outcome, &on, now));
    }

    pub(crate) fn skip(&self, id: FrameId, kind: Kind) {
        self.with_robot(id.robot, |session, _| session.skip(id.seq, kind));
    }

    /// Closes the connection of `robot`.
    pub(crate) fn stop(&self, robot: RobotId, end: End) {
        if let Some(robot) = self.get(robot) {
            robot.stop(end);
        }
    }

    /// Closes all connections, because the user quits.
    pub(crate) fn stop_all(&self) {
        self.list().iter().for_each(|robot| robot.stop(End { reason: EndReason::Quit, detail: None }));
    }

    /// The robots that are there, or whose last event is not out, or that have left a moment ago.
    pub(crate) fn list(&self) -> Vec<Arc<Robot>> {
        lock(&self.connected).robots.values().cloned().collect()
    }

    /// What there is to see; of those that have left, the last ones and only as far as there are places for them, so that
    /// however many come and go, they take no room from those that stay.
    pub(crate) fn views(&self, now: Duration) -> Vec<RobotView> {
        let view = |robot: &Arc<Robot>| {
            let searched = self.searched(robot.id());
            lock(&robot.session).view(&searched, now)
        };
        let connected = lock(&self.connected);
        // Whoever has left may have no tile any more.
        let with_tile = |robot: &Arc<Robot>| Some((Arc::clone(robot), connected.tiles.of(robot.id())?));
        let robots: Vec<(Arc<Robot>, usize)> = connected.robots.values().filter_map(with_tile).collect();
        drop(connected);
        let mut views: Vec<RobotView> =
            robots.iter().map(|(robot, tile)| RobotView { tile: *tile, ..view(robot) }).collect();
        let gone = |view: &RobotView| match view.state {
            ViewState::Gone { ago, .. } => Some((ago, view.robot.id)),
            _ => None,
        };
        let mut all_gone: Vec<(Duration, RobotId)> = views.iter().filter_map(gone).collect();
        all_gone.sort();
        let room = self.places.saturating_sub(views.len() - all_gone.len());
        let hidden = all_gone.get(room..).unwrap_or_default();
        views.retain(|view| gone(view).is_none_or(|gone| !hidden.contains(&gone)));
        views
    }

    /// The picture of `robot` that is shown.
    pub(crate) fn picture(&self, robot: RobotId) -> Option<Arc<StreamPicture>> {
        self.get(robot).and_then(|robot| lock(&robot.session).picture().cloned())
    }

    /// Hears of every change that observers should look at; several in a row may be heard of once.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Lets every robot's last events go as they are.
    pub(crate) fn close(&self) {
        for robot in self.list() {
            self.with(&robot, |session, now| session.close(End { reason: EndReason::Quit, detail: None }, now));
        }
    }

    /// Once all robots that are waited for have left: whether the stream of any was cut short.
    pub(crate) fn outcome(&self) -> Option<bool> {
        lock(&self.quota).outcome()
    }

    pub(crate) fn is_known(&self, robot: RobotId) -> bool {
        lock(&self.connected).robots.contains_key(&robot)
    }

    /// Closes the connections that have brought no frame, since those that are waited for have come.
    fn dismiss_the_rest(&self) {
        for robot in self.list().iter().filter(|robot| !lock(&self.quota).counts(robot.id())) {
            robot.stop(End { reason: EndReason::Refused, detail: Some(ALL_HAVE_COME.to_owned()) });
        }
    }

    pub(crate) fn get(&self, robot: RobotId) -> Option<Arc<Robot>> {
        lock(&self.connected).robots.get(&robot).cloned()
    }

    fn with_robot(&self, robot: RobotId, change: impl FnOnce(&mut Session, Duration)) {
        // One that is not there any more has had its last event.
        if let Some(robot) = self.get(robot) {
            self.with(&robot, change);
        }
    }

    /// Changes a session, and hands the events that follow from that to the sinks before anybody else can change it.
    fn with<T>(&self, robot: &Robot, change: impl FnOnce(&mut Session, Duration) -> T) -> T {
        let mut session = lock(&robot.session);
        let now = self.clock.now();
        let outcome = change(&mut session, now);
        while let Some(event) = session.poll(now) {
            let ended = if let Event::Ended(ended) = &event { Some(ended.reason) } else { None };
            self.sinks.send(event);
            if let Some(reason) = ended {
                lock(&self.quota).ended(robot.id(), reason);
                self.wake.wake();
            }
        }
        if session.is_done() {
            robot.done.notify_one();
        }
        outcome
    }
}

impl Robot {
    pub(crate) fn id(&self) -> RobotId {
        self.identity.id
    }

    /// Since when its connection is over; of one that is about to be closed this is `now`.
    fn leaving_since(&self, now: Duration) -> Option<Duration> {
        self.ended_at.get().copied().or_else(|| self.stop.borrow().is_some().then_some(now))
    }

    /// Closes its connection; the first reason counts.
    fn stop(&self, end: End) {
        self.stop.send_if_modified(|end_wanted| {
            let is_first = end_wanted.is_none();
            end_wanted.get_or_insert(end);
            is_first
        });
    }
}

/// A thread that panicked while it held the lock left a whole state behind: workers guard what may panic outside of it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many decoded pictures wait for the screen where every frame is wanted.
const MOST_FRESH: usize = 2;
pub(crate) const ALL_HAVE_COME: &str = "the robots that --once waits for have come";
