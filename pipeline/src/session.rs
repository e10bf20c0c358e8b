//! What one robot has shown so far: a state machine of events and times, without sockets, threads or clocks.

mod ages;
mod corruption;
mod drawn;
mod fates;
mod histogram;
mod journal;
mod losses;
mod rate;
mod sightings;
mod tally;
mod turn;
mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use vision::Orientation;
use vision::detect::{Answer, DetectError, Kind};
use vision::track::Tracker;

use crate::event::{End, EndedEvent, Event, FrameEvent, Identity};
use crate::frame::{FrameId, Layout, StreamPicture};
use crate::mailbox::Policy;
use ages::Ages;
pub(crate) use corruption::NotAPicture;
use corruption::{Corruption, Merges};
use drawn::Arrivals;
use journal::Journal;
use losses::Losses;
use rate::Rate;
use sightings::{Seen, Sightings};
use tally::Tally;
pub use view::{Mark, Numbers, PictureAge, RobotView, ViewState};

/// One robot: its counts, tracks, sightings and rate, and the order of its events.
///
/// For each loss call [`lost`](Self::lost), and for each whole frame [`received`](Self::received), in the order of the
/// stream; of a frame later exactly one of
/// [`corrupt`](Self::corrupt), [`dropped`](Self::dropped), or [`showing`](Self::showing) and then [`shown`](Self::shown);
/// [`decoded`](Self::decoded) comes before the last two, and in the order of the stream with `corrupt`.
/// For each kind that was given to a detector with `showing` call [`answer`](Self::answer) or [`skip`](Self::skip), frames
/// in order. Call [`end`](Self::end) once, when nothing more will be received. After any of these, [`poll`](Self::poll)
/// until it has nothing more; [`Event::Ended`] is the last event.
#[derive(Debug)]
pub(crate) struct Session {
    robot: Identity,
    peer: SocketAddr,
    journal: Journal,
    /// Events that need not wait for those of earlier frames.
    prompt: VecDeque<Event>,
    tally: Tally,
    corruption: Corruption,
    losses: Losses,
    tracker: Tracker,
    /// That of the pictures that are shown and whose objects are followed.
    orientation: Orientation,
    sightings: Sightings,
    rate: Rate,
    ages: Ages,
    arrivals: Arrivals,
    last: Option<Shown>,
    /// When the last frame decoded, or the robot connected.
    picture_at: Duration,
    /// When the last frame came.
    received_at: Duration,
    /// A frame has decoded, though it may not be on the screen yet.
    has_decoded: bool,
    /// The number of the next frame.
    next_seq: u64,
    /// What was wrong with the first frame, if no other has decoded before it.
    first_corrupt: Option<String>,
    /// The last answers of the detectors that have answered since they were switched on, and have not failed since.
    answered: BTreeMap<Kind, Answered>,
    /// The last frame to which there was an answer, of each kind.
    newest_answers: BTreeMap<Kind, u64>,
    /// What the places of each kind's objects relate to.
    layouts: BTreeMap<Kind, Layout>,
    /// How often each kind's detector has failed.
    failures: BTreeMap<Kind, u64>,
    over: Over,
}

/// A detector's last answer: in which frame, and whether it had anything.
#[derive(Debug, Clone, Copy)]
struct Answered {
    seq: u64,
    is_empty: bool,
}

#[derive(Debug)]
struct Shown {
    picture: Arc<StreamPicture>,
    at: Duration,
}

/// How much of the end has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    No,
    /// The last event is in the journal.
    Closing {
        at: Duration,
    },
    /// The last event has left.
    Closed {
        at: Duration,
    },
}

/// Whether a robot may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    /// So many frames in a row were not pictures that the connection should be closed.
    Hopeless {
        in_a_row: u64,
    },
}

impl Session {
    /// A robot that has just been let in; the program's clock was started `epoch_ns` nanoseconds after 1970.
    pub(crate) fn new(
        robot: Identity,
        peer: SocketAddr,
        url: Option<Arc<str>>,
        policy: Policy,
        now: Duration,
        epoch_ns: u64,
    ) -> Self {
        let (patience, merges) = match policy {
            Policy::NewestWins => (Some(DETECTOR_PATIENCE), Merges::Floods),
            Policy::EveryFrame => (None, Merges::Nothing),
        };
        let mut journal = Journal::new(patience);
        journal.push(Event::Connected { robot: robot.clone(), peer, url });
        Self {
            robot,
            peer,
            journal,
            prompt: VecDeque::new(),
            tally: Tally::default(),
            corruption: Corruption::new(merges),
            losses: Losses::default(),
            tracker: Tracker::default(),
            orientation: Orientation::UPRIGHT,
            sightings: Sightings::default(),
            rate: Rate::default(),
            ages: Ages::new(epoch_ns),
            arrivals: Arrivals::default(),
            last: None,
            picture_at: now,
            received_at: now,
            has_decoded: false,
            next_seq: 0,
            first_corrupt: None,
            answered: BTreeMap::new(),
            newest_answers: BTreeMap::new(),
            layouts: BTreeMap::new(),
            failures: BTreeMap::new(),
            over: Over::No,
        }
    }

    /// Frame `seq` decoded, and will be shown or dropped.
    pub(crate) fn decoded(&mut self, seq: u64, now: Duration) {
        self.has_decoded = true;
        self.count_losses_before(seq, now);
        self.losses.decided();
        self.flush_corruption();
        self.journal.reserve(seq);
        self.corruption.picture();
        self.picture_at = now;
    }

    /// When the last picture came, or the last frame if nothing is known to be wrong with those since; or when the robot
    /// connected.
    ///
    /// A robot is not to blame for the time for which its frames wait for a decoder.
    pub(crate) fn picture_at(&self) -> Duration {
        if self.corruption.in_a_row() == 0 { self.picture_at.max(self.received_at) } else { self.picture_at }
    }

    /// A picture is about to be shown, and given to the detectors of the kinds that are `on`; it has the orientation that was
    /// given last. Returns whether it is the first.
    pub(crate) fn showing(&mut self, picture: &Arc<StreamPicture>, on: BTreeSet<Kind>, now: Duration) -> bool {
        let frame = FrameEvent {
            robot: self.robot.clone(),
            seq: picture.id.seq,
            width: picture.pixels().width(),
            height: picture.pixels().height(),
            orientation: picture.orientation(),
            bytes: picture.frame.as_bytes().len(),
            times: self.ages.times(&picture.frame, picture.received_at),
            age: None,
            counts: BTreeMap::new(),
            detections: Vec::new(),
            drawn: Vec::new(),
        };
        self.journal.push_frame(frame, on, now);
        self.rate.record(now);
        self.arrivals.record(picture.id.seq, picture.received_at);
        self.last.replace(Shown { picture: Arc::clone(picture), at: now }).is_none()
    }

    /// The detector of `kind` has searched `picture`; which kinds are still `on` decides what is followed.
    pub(crate) fn answer(
        &mut self,
        picture: &StreamPicture,
        kind: Kind,
        outcome: Result<Answer, DetectError>,
        on: &BTreeSet<Kind>,
        now: Duration,
    ) {
        self.answer_to(picture.id, picture.layout(), kind, outcome, on, now);
    }

    /// As [`answer`](Self::answer), for the picture `id` of this layout.
    pub(crate) fn answer_to(
        &mut self,
        id: FrameId,
        layout: Layout,
        kind: Kind,
        outcome: Result<Answer, DetectError>,
        on: &BTreeSet<Kind>,
        now: Duration,
    ) {
        if matches!(self.over, Over::Closed { .. }) {
            return;
        }
        if self.newest_answers.get(&kind).is_some_and(|&newest| id.seq < newest) {
            // Somebody else has answered a later one.
            return self.journal.skip(id.seq, kind);
        }
        self.newest_answers.insert(kind, id.seq);
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => return self.detector_failed(id, kind, &error),
        };
        self.sightings.forget_gone(now);
        for payload in answer.found.iter().filter_map(|detection| detection.payload.as_ref()) {
            if self.sightings.see(payload, id.seq, now) == Seen::First {
                self.prompt.push_back(Event::InView { robot: self.robot.clone(), payload: payload.clone() });
            }
        }
        // Of a picture that lay otherwise, the places mean nothing any more.
        let mut found = answer.found;
        if layout.orientation == self.orientation {
            if self.layouts.insert(kind, layout) != Some(layout) {
                self.tracker.forget(kind);
            }
            found = self.tracker.answer(kind, id.seq, Answer { found, ..answer });
            if on.contains(&kind) {
                self.answered.insert(kind, Answered { seq: id.seq, is_empty: found.is_empty() });
            } else {
                self.tracker.forget(kind);
            }
        }
        self.journal.answer(id.seq, kind, found);
    }

    /// The detector of `kind` will not search frame `seq`.
    pub(crate) fn skip(&mut self, seq: u64, kind: Kind) {
        self.journal.skip(seq, kind);
    }

    /// Nobody will search the frames before `seq` for `kind`.
    pub(crate) fn skip_before(&mut self, seq: u64, kind: Kind) {
        self.journal.skip_before(seq, kind);
    }

    /// Whether frame `seq` was handed to the screen, or one behind it, or nothing will be any more.
    pub(crate) fn is_shown(&self, seq: u64) -> bool {
        self.over != Over::No || self.last.as_ref().is_some_and(|shown| shown.picture.id.seq >= seq)
    }

    /// Forgets the objects of `kind`, whose detector was switched on or off.
    pub(crate) fn forget(&mut self, kind: Kind) {
        self.answered.remove(&kind);
        self.tracker.forget(kind);
    }

    /// The connection is over; frames that were received before may still be on their way.
    pub(crate) fn end(&mut self, end: End, now: Duration) {
        self.tally.end = Some(end);
        self.settle(now);
    }

    /// Nothing more will come: every event leaves as it is, and frames on their way count as dropped.
    pub(crate) fn close(&mut self, end: End, now: Duration) {
        self.tally.end.get_or_insert(end);
        self.tally.drop_the_rest();
        self.settle(now);
        self.journal.give_up_waiting();
    }

    /// The next event whose turn it is at `now`.
    pub(crate) fn poll(&mut self, now: Duration) -> Option<Event> {
        self.count_losses_before(0, now);
        for event in self.corruption.due(now) {
            self.journal.push(Event::Corrupt(event));
        }
        if let Some(event) = self.prompt.pop_front() {
            return Some(event);
        }
        let mut event = self.journal.pop(now)?;
        if let Event::Ended(ended) = &mut event {
            // Only now: the detectors' last answers come after the network has seen the end.
            ended.summary = self.sightings.take();
            self.over = Over::Closed { at: self.over_at().unwrap_or(now) };
        }
        Some(event)
    }

    /// When the last frame was accounted for after the connection's end.
    pub(crate) fn over_at(&self) -> Option<Duration> {
        match self.over {
            Over::No => None,
            Over::Closing { at } | Over::Closed { at } => Some(at),
        }
    }

    /// Whether the last event has left.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.over, Over::Closed { .. })
    }

    /// Whether the connection is over and nothing of it is still to be decoded or shown; where every frame is wanted, nor to be
    /// searched.
    pub(crate) fn is_done(&self) -> bool {
        if self.journal.waits_for_ever() { self.is_closed() } else { self.over != Over::No }
    }

    /// Lets what waits for detectors go as it is.
    pub(crate) fn give_up_waiting(&mut self) {
        self.journal.give_up_waiting();
    }

    /// The picture that is shown.
    pub(crate) fn picture(&self) -> Option<&Arc<StreamPicture>> {
        self.last.as_ref().map(|shown| &shown.picture)
    }

    /// Reported the first time and then ever more rarely, lest a broken engine floods the terminal.
    fn detector_failed(&mut self, id: FrameId, kind: Kind, error: &DetectError) {
        self.journal.skip(id.seq, kind);
        // What an earlier picture had is no count of this one.
        self.answered.remove(&kind);
        let failures = self.failures.entry(kind).or_default();
        *failures += 1;
        if failures.is_power_of_two() {
            self.prompt.push_back(Event::DetectorFailed { id, error: error.to_string() });
        }
    }

    fn flush_corruption(&mut self) {
        for event in self.corruption.flush() {
            self.journal.push(Event::Corrupt(event));
        }
    }

    /// Puts the last event behind all others once every frame is accounted for.
    fn settle(&mut self, now: Duration) {
        if self.over != Over::No || !self.tally.is_complete() {
            return;
        }
        self.flush_corruption();
        let End { reason, detail } = self.tally.end.clone().expect("a complete tally has an end");
        let Tally { received, shown, dropped, corrupt, undelivered, .. } = self.tally;
        self.journal.push(Event::Ended(EndedEvent {
            robot: self.robot.clone(),
            reason,
            detail,
            received,
            shown,
            dropped,
            corrupt,
            undelivered,
            latency_ms: self.tally.latency(),
            age_ms: self.ages.since_taken(),
            over_best_ms: self.ages.over_best(),
            summary: Default::default(),
        }));
        self.over = Over::Closing { at: now };
        // Robots that dial again and again would otherwise leave a picture each.
        self.last = None;
    }
}

/// A camera sends a picture every 33 ms; a second without one is something a person should see.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(1);
/// How long a frame's event waits for a detector; the slowest takes half a second on an ordinary picture.
const DETECTOR_PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
