//! The threads that work on frames: a few decoders for all robots, and one for each kind of detector.
#![expect(clippy::disallowed_methods, reason = "the stages' threads start here")]

mod candidates;
mod relay;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use protocol::Frame;
use tokio::sync::oneshot;
use vision::Orientation;
use vision::detect::{Answer, DetectError, Detector, Kind, Stream};
use vision::jpeg::{PixelLimit, longest_decoding_time};
use vision::panics::caught;
use vision::picture::{Picture, Pixels};

use crate::clock::measured;
use crate::frame::{FrameId, Layout, PixelPool, Received, RobotId, StreamPicture};
use crate::mailbox::{Closed, Item, Mailboxes, Policy};
use crate::robots::{Next, Robots};
use crate::session::NotAPicture;
pub(crate) use candidates::{Candidates, SLOW_PICTURE};
pub use relay::Relay;
pub(crate) use relay::spawn_relay;

/// What the decoders take.
pub(crate) type Frames = Mailboxes<Origin, Job>;

/// Whose frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    Robot(RobotId),
    /// A connection that waits for a place: all of them together have the turns of one robot.
    Newcomer,
}

/// What to do with a frame.
#[derive(Debug)]
pub(crate) enum Job {
    /// Decode the newest of a robot's frames that is a picture, for the screen.
    Show(Candidates),
    /// Find out whether it decodes, and answer with the reason if it does not.
    Try { frame: Frame, answer: oneshot::Sender<Result<(), String>> },
}

impl Item for Job {
    fn expected(&self) -> Duration {
        match self {
            Job::Show(candidates) => candidates.expected(),
            Job::Try { frame, .. } => longest_decoding_time(frame.as_bytes()),
        }
    }
}

/// How long a search takes is seen only when it is over.
impl Item for Arc<StreamPicture> {}

impl Frames {
    /// Puts in the newest frame of its robot; those for which there is no room any more come back, to be counted as dropped.
    pub(crate) fn put_newest(&self, received: Received) -> Result<Vec<Received>, Closed> {
        let expected = longest_decoding_time(received.frame.as_bytes());
        self.put_with(Origin::Robot(received.id.robot), |waiting| {
            let mut candidates = match waiting {
                Some(Job::Show(candidates)) => candidates,
                // Only newcomers' frames are tried.
                None | Some(Job::Try { .. }) => Candidates::default(),
            };
            let dropped = candidates.push(received, expected);
            (Job::Show(candidates), dropped)
        })
    }
}

/// Starts `count` threads that decode pictures of up to `limit` until `frames` is closed.
pub(crate) fn spawn_decoders(
    count: usize,
    limit: PixelLimit,
    frames: &Arc<Frames>,
    robots: &Arc<Robots>,
) -> io::Result<()> {
    let pool = PixelPool::new(limit);
    for n in 0..count.max(1) {
        let (frames, robots, pool) = (Arc::clone(frames), Arc::clone(robots), pool.clone());
        let work = move || {
            let mut spare = Pixels::default();
            loop {
                // With every frame wanted, a report that is read slowly slows the robots down.
                robots.sinks.wait_for_room();
                let Some((origin, job)) = frames.take(|| robots.clock.now()) else { return };
                let started = robots.clock.now();
                let (next, worked) = measured(|| work_on(job, &robots, &pool, &mut spare));
                let now = robots.clock.now();
                // By processor time, where it is known: a picture is not slow because much else is to be done.
                let began =
                    worked.map_or_else(|| robots.clock.fair_start(started, now), |time| now.saturating_sub(time));
                frames.worked(origin, began, now);
                if next == Next::MayBeDecoded {
                    frames.free(origin);
                }
            }
        };
        thread::Builder::new().name(format!("decode-{n}")).spawn(work)?;
    }
    Ok(())
}

fn work_on(job: Job, robots: &Robots, pool: &PixelPool, spare: &mut Pixels) -> Next {
    match job {
        Job::Show(candidates) => show(candidates, robots, pool, spare),
        Job::Try { frame, answer } => {
            // A connection that has gone meanwhile has no use for it.
            _ = answer.send(try_frame(&frame, pool, spare).map_err(|why| why.to_string()));
            Next::MayBeDecoded
        }
    }
}

/// Decodes the newest frame that is a picture.
fn show(mut candidates: Candidates, robots: &Robots, pool: &PixelPool, spare: &mut Pixels) -> Next {
    let mut tried_for = Duration::ZERO;
    let mut corrupt = Vec::new();
    let mut newest = None;
    while let Some(received) = candidates.next(tried_for) {
        let (id, started) = (received.id, robots.clock.now());
        let orientation = robots.orientation(id.robot);
        let (outcome, worked) = measured(|| caught(|| StreamPicture::decode(received, orientation, pool, spare)));
        tried_for += worked.unwrap_or_else(|| robots.clock.now().saturating_sub(started));
        let why = match outcome {
            Ok(Ok(picture)) => {
                newest = Some(picture);
                break;
            }
            Ok(Err(error)) => NotAPicture::Jpeg(error),
            Err(message) => NotAPicture::Panicked(message),
        };
        corrupt.push((id, why));
    }
    // In the order in which they came, as the report has them.
    candidates.ids().for_each(|id| robots.dropped(id));
    let next = newest.map_or(Next::MayBeDecoded, |picture| robots.decoded(picture));
    corrupt.iter().rev().for_each(|(id, why)| robots.corrupt(*id, why));
    next
}

/// Decodes a frame for nothing but to know whether it is a picture.
fn try_frame(frame: &Frame, pool: &PixelPool, spare: &mut Pixels) -> Result<(), NotAPicture> {
    let (jpeg, upright) = (frame.as_bytes(), Orientation::UPRIGHT);
    let (pixels, error) = match caught(|| Picture::from_jpeg_into(jpeg, pool.limit(), upright, pool.take(), spare)) {
        Ok(Ok(picture)) => (picture.into_pixels(), None),
        Ok(Err((error, pixels))) => (pixels, Some(NotAPicture::Jpeg(error))),
        Err(message) => return Err(NotAPicture::Panicked(message)),
    };
    pool.give(pixels);
    error.map_or(Ok(()), Err)
}

/// The detectors' threads, each with its mailboxes.
pub(crate) struct Detectors {
    pictures: BTreeMap<Kind, Arc<Pictures>>,
}

type Pictures = Mailboxes<RobotId, Arc<StreamPicture>>;

impl Detectors {
    /// Starts a thread for each of `detectors`, of which each has another kind.
    pub(crate) fn spawn(detectors: Vec<Box<dyn Detector>>, robots: &Arc<Robots>) -> io::Result<Self> {
        let mut started = BTreeMap::new();
        // Where every frame is wanted nobody loses any by waiting.
        let slow = if robots.policy == Policy::EveryFrame { Duration::MAX } else { SLOW_SEARCH };
        for detector in detectors {
            let (kind, pictures) = (detector.kind(), Arc::new(Pictures::new(slow)));
            let worker = Worker { detector, panics: 0, streams: HashMap::new(), robots: Arc::clone(robots) };
            let work = {
                let pictures = Arc::clone(&pictures);
                move || worker.run(&pictures)
            };
            thread::Builder::new().name(format!("detect-{kind}")).spawn(work)?;
            started.insert(kind, pictures);
        }
        Ok(Self { pictures: started })
    }

    /// Whether a picture of `robot` would replace none that a detector of `kinds` has not searched yet.
    pub(crate) fn have_room(&self, robot: RobotId, kinds: &BTreeSet<Kind>) -> bool {
        kinds.iter().filter_map(|kind| self.pictures.get(kind)).all(|pictures| pictures.has_room(robot))
    }

    /// Gives `picture` to the detectors of `kinds`; the searches that will not happen come back.
    pub(crate) fn give(&self, picture: &Arc<StreamPicture>, kinds: &BTreeSet<Kind>) -> Vec<(FrameId, Kind)> {
        let skipped = |kind: &Kind| {
            let given = self.pictures.get(kind).ok_or(Closed);
            match given.and_then(|pictures| pictures.put(picture.id.robot, Arc::clone(picture))) {
                Ok(replaced) => replaced.map(|picture| (picture.id, *kind)),
                Err(Closed) => Some((picture.id, *kind)),
            }
        };
        kinds.iter().filter_map(skipped).collect()
    }

    /// `robot` sends no more.
    pub(crate) fn forget(&self, robot: RobotId) {
        self.pictures.values().for_each(|pictures| drop(pictures.forget(robot)));
    }

    pub(crate) fn close(&self) {
        self.pictures.values().for_each(|pictures| pictures.close());
    }
}

/// One detector's thread.
struct Worker {
    detector: Box<dyn Detector>,
    panics: u64,
    streams: HashMap<RobotId, Searched>,
    robots: Arc<Robots>,
}

/// What a detector remembers of a robot's stream.
struct Searched {
    stream: Stream,
    /// Of the last picture.
    layout: Layout,
    /// The last picture, and when it arrived.
    last: Option<(u64, Duration)>,
}

impl Searched {
    fn start(detector: &dyn Detector, layout: Layout) -> Self {
        Self { stream: detector.stream(), layout, last: None }
    }

    /// The next picture has this layout.
    fn expect(&mut self, layout: Layout) {
        if self.layout != layout {
            (self.layout, self.last) = (layout, None);
            self.stream.forget_places();
        }
    }

    /// Takes note of the pace at which the robot sends.
    fn next(&mut self, picture: &StreamPicture) {
        let (seq, at) = (picture.id.seq, picture.received_at);
        // Until it is known, nothing may take as long as a whole search.
        let interval = self.last.map_or(Duration::ZERO, |(last, then)| {
            let frames = u32::try_from(seq.saturating_sub(last)).unwrap_or(u32::MAX);
            at.saturating_sub(then) / frames.max(1)
        });
        self.last = Some((seq, at));
        self.stream.arriving_every(interval);
    }
}

impl Worker {
    fn run(mut self, pictures: &Pictures) {
        yield_to_the_display();
        while let Some((robot, picture)) = pictures.take(|| self.robots.clock.now()) {
            if self.robots.policy == Policy::EveryFrame {
                // There is room for this robot's next picture, which may be waiting for that.
                self.robots.wake.wake();
            }
            let (id, kind, started) = (picture.id, self.detector.kind(), self.robots.clock.now());
            if self.robots.is_off(kind, robot) {
                // It was switched off for this robot while the picture waited.
                _ = caught(|| self.robots.skip(id, kind));
                pictures.done(robot, started, started);
                continue;
            }
            let robots = Arc::clone(&self.robots);
            let outcome = robots.watched(kind, robot, || self.search(robot, &picture));
            // The answer changes a session, whose tracker has much to do: its panic must not end this thread either.
            if caught(|| self.robots.answer(&picture, kind, outcome)).is_err() {
                _ = caught(|| self.robots.skip(id, kind));
            }
            // While the program was stopped nobody worked.
            let now = self.robots.clock.now();
            pictures.done(robot, self.robots.clock.fair_start(started, now), now);
        }
    }

    /// The only place where an engine's panic is caught.
    fn search(&mut self, robot: RobotId, picture: &StreamPicture) -> Result<Answer, DetectError> {
        let Self { detector, streams, robots, .. } = self;
        if !streams.contains_key(&robot) {
            streams.retain(|&robot, _| robots.is_known(robot));
        }
        let search = || {
            let start = || Searched::start(detector.as_ref(), picture.layout());
            let searched = streams.entry(robot).or_insert_with(start);
            searched.expect(picture.layout());
            if robots.policy == Policy::NewestWins {
                searched.next(picture);
            }
            let started = robots.clock.now();
            let (answer, worked) = measured(|| detector.detect_next(&mut searched.stream, picture.picture()));
            if robots.policy == Policy::NewestWins {
                // As far as that is known; a machine with too much to do makes no picture one that takes long.
                searched.stream.took(worked.unwrap_or_else(|| robots.clock.now().saturating_sub(started)));
            }
            answer
        };
        caught(search).unwrap_or_else(|message| {
            // What a panic left half changed is not used again.
            streams.remove(&robot);
            self.panics += 1;
            let (engine, count) = (self.detector.kind().name(), self.panics);
            let (width, height) = (picture.pixels().width(), picture.pixels().height());
            Err(DetectError::Panicked { engine, width, height, count, message })
        })
    }
}

/// Lets the display have the processor when both want it: on two cores a slow detector costs frames otherwise.
///
/// Linux gives each thread a priority of its own; elsewhere this would slow the whole program.
#[cfg(target_os = "linux")]
fn yield_to_the_display() {
    // Lowering one's own priority is always allowed; were it not, all would still work.
    _ = rustix::process::setpriority_process(None, DETECTOR_NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn yield_to_the_display() {}

/// A robot that sends ten pictures a second, of which one waits, misses two of them meanwhile.
const SLOW_SEARCH: Duration = Duration::from_millis(250);
/// Half-way to the lowest priority there is.
#[cfg(target_os = "linux")]
const DETECTOR_NICENESS: i32 = 10;

#[cfg(test)]
mod tests;
