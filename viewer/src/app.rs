//! The state machine: events and times in, a scene and report lines out; it names no socket, thread, window or clock.

mod event;
mod journal;
mod rate;
mod ration;
mod sightings;
pub(crate) mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::picture::{FrameId, Picture};
use crate::report::{CorruptLine, EndReason, EndedLine, FrameLine, Line, Summary};
use crate::scene::{Mark, Numbers, Scene, Sight, Tile, View};
pub(crate) use event::{Answer, Effects, Ending, Event, Once};
use journal::Journal;
use rate::Rate;
use ration::Ration;
use sightings::{Seen, Sightings};
use tally::Tally;
use vision::detect::{DetectError, Kind, Rect};
use vision::track::{Tracked, Tracker};

/// What the program knows.
#[derive(Debug)]
pub(crate) struct App {
    once: Once,
    on: BTreeSet<Kind>,
    live: Option<Live>,
    /// Robots whose last line is not written yet: the live one, and any whose frames are still on their way.
    tallies: Vec<Tally>,
    /// How many each detector found last.
    counts: BTreeMap<Kind, usize>,
    tracker: Tracker,
    /// Whose objects the tracker follows; answers come in after the robot has left.
    tracked_robot: u32,
    sightings: Sightings,
    journal: Journal,
    effects: Effects,
    toast: Option<(String, Duration)>,
    help: bool,
    /// How often each kind's detector has failed.
    failures: BTreeMap<Kind, u64>,
    refusals: Ration,
    waiting_text: String,
    ending: Option<Ending>,
}

/// The robot that is connected.
#[derive(Debug)]
struct Live {
    robot: u32,
    last: Option<Shown>,
    rate: Rate,
}

#[derive(Debug)]
struct Shown {
    picture: Arc<Picture>,
    at: Duration,
}

impl App {
    /// `patience` is how long a frame's line waits for a detector; `None` is for ever.
    pub(crate) fn new(on: BTreeSet<Kind>, once: Once, patience: Option<Duration>) -> Self {
        Self {
            once,
            on,
            live: None,
            tallies: Vec::new(),
            counts: BTreeMap::new(),
            tracker: Tracker::default(),
            tracked_robot: 0,
            sightings: Sightings::default(),
            journal: Journal::new(patience),
            effects: Effects::default(),
            toast: None,
            help: false,
            failures: BTreeMap::new(),
            refusals: Ration::default(),
            waiting_text: "starting".to_owned(),
            ending: None,
        }
    }

    pub(crate) fn handle(&mut self, event: Event, now: Duration) {
        match event {
            Event::Listening { addr } => {
                self.journal.push(Line::Listening { addr });
                self.waiting_text = format!("waiting for a robot on {addr}");
                self.notice(format!("listening on {addr}; waiting for a robot"));
            }
            Event::Connected { robot, peer } => self.connected(robot, peer),
            Event::Refused { robot, peer, detail } => self.refused(robot, peer, detail, now),
            Event::Disconnected { robot, end } => self.with_tally(robot, |tally| tally.end(end)),
            Event::Dropped { id } => self.with_tally(id.robot, |tally| tally.dropped += 1),
            Event::Corrupt { id, reason } => {
                self.with_tally(id.robot, |tally| tally.corrupt += 1);
                self.journal.push(Line::Corrupt(CorruptLine { origin: id.into(), reason }));
            }
            Event::PictureReady => {}
            Event::Detected(answer) => self.detected(answer, now),
            Event::Skipped { id, kind } => self.journal.skip(id, kind),
            Event::Key(key) => self.key(key, now),
            Event::Interrupted => self.ending = Some(Ending::Quit),
        }
        self.settle();
    }

    /// A picture is about to be shown; the kinds to look for in it come back.
    pub(crate) fn show(&mut self, picture: &Arc<Picture>, now: Duration) -> BTreeSet<Kind> {
        let line = FrameLine {
            origin: picture.id.into(),
            width: picture.pixels().width(),
            height: picture.pixels().height(),
            bytes: Some(picture.jpeg.as_bytes().len()),
            counts: BTreeMap::new(),
            detections: Vec::new(),
            elapsed_ms: None,
        };
        self.journal.push_frame(picture.id, line, self.on.clone(), now);
        if let Some(live) = self.live.as_mut().filter(|live| live.robot == picture.id.robot) {
            live.rate.record(now);
            live.last = Some(Shown { picture: Arc::clone(picture), at: now });
        }
        self.on.clone()
    }

    /// The picture `id` was handed to the window, `latency` after its last byte had been read.
    pub(crate) fn shown(&mut self, id: FrameId, latency: Duration) {
        self.with_tally(id.robot, |tally| {
            tally.shown += 1;
            tally.record_latency(latency);
        });
        self.settle();
    }

    /// What there is to see now.
    pub(crate) fn scene(&mut self, now: Duration) -> Scene {
        self.toast.take_if(|(_, until)| *until <= now);
        let toast = self.toast.as_ref().map(|(text, _)| text.clone());
        let tiles = self.tile(now).into_iter().collect();
        Scene { tiles, waiting: self.waiting_text.clone(), toast, help: self.help }
    }

    /// The part of the screen of the robot that is connected.
    fn tile(&mut self, now: Duration) -> Option<Tile> {
        let live = self.live.as_ref()?;
        let name = format!("robot {}", live.robot);
        let Some(Shown { picture, at }) = &live.last else {
            let view = View::Waiting { why: "waiting for its first picture".to_owned() };
            return Some(Tile { key: None, name, view, marks: Vec::new(), counts: Vec::new(), numbers: None });
        };
        let (picture, silent_for) = (Arc::clone(picture), now.saturating_sub(*at));
        let marks = self.marks(&picture);
        let count = |kind: &Kind| (*kind, self.counts.get(kind).copied());
        let counts = self.on.iter().map(count).collect();
        let numbers = Some(self.numbers(&picture, now));
        let view = if silent_for >= STALE_AFTER { View::Stale { picture, silent_for } } else { View::Live(picture) };
        Some(Tile { key: None, name, view, marks, counts, numbers })
    }

    /// Takes what has to be done since the last call.
    pub(crate) fn take_effects(&mut self, now: Duration) -> Effects {
        while let Some(mut line) = self.journal.pop(now) {
            // Only now: the detectors' last answers come after the network has seen the end.
            if let Line::Ended(ended) = &mut line {
                ended.summary = self.sightings.take(ended.robot);
            }
            self.effects.lines.push(line);
        }
        std::mem::take(&mut self.effects)
    }

    /// Why the program should end now; with `--once` not before the last line can be written.
    pub(crate) fn ending(&self) -> Option<&Ending> {
        let ending = self.ending.as_ref()?;
        (!matches!(ending, Ending::RobotLeft { .. }) || self.journal.is_empty()).then_some(ending)
    }

    /// Nothing more will come: every line leaves as it is, and frames on their way count as dropped.
    pub(crate) fn close(&mut self) {
        self.journal.give_up_waiting();
        for mut tally in std::mem::take(&mut self.tallies) {
            if let Some(line) = tally.finish_now() {
                self.ended(line);
            }
        }
    }

    pub(crate) fn say(&mut self, text: String, now: Duration) {
        self.toast = Some((text, now + TOAST_FOR));
    }

    fn connected(&mut self, robot: u32, peer: SocketAddr) {
        self.journal.push(Line::Connected { robot, peer });
        self.notice(format!("robot {robot} connected from {peer}"));
        self.live = Some(Live { robot, last: None, rate: Rate::default() });
        self.counts.clear();
        self.tallies.push(Tally::new(robot));
    }

    fn refused(&mut self, robot: u32, peer: SocketAddr, detail: String, now: Duration) {
        self.say(format!("refused {peer}: {detail}"), now);
        if let Some(untold) = self.refusals.draw(now) {
            let more = if untold > 0 { format!(" (and {untold} more before)") } else { String::new() };
            self.notice(format!("robot {robot} from {peer} refused: {detail}{more}"));
        }
        self.journal.push(Line::Ended(EndedLine {
            robot,
            peer: Some(peer),
            reason: EndReason::Refused,
            detail: Some(detail),
            received: 0,
            shown: 0,
            dropped: 0,
            corrupt: 0,
            latency_ms: None,
            summary: Summary::default(),
        }));
    }

    fn detected(&mut self, answer: Answer, now: Duration) {
        let Answer { id, kind, outcome } = answer;
        let mut found = match outcome {
            Ok(found) => found,
            Err(error) => return self.detector_failed(id, kind, &error, now),
        };
        for payload in found.iter().filter_map(|detection| detection.payload.as_ref()) {
            if self.sightings.see(payload, id, now) == Seen::First {
                self.effects.readings.push(payload.to_string());
            }
        }
        if id.robot > self.tracked_robot {
            (self.tracker, self.tracked_robot) = (Tracker::default(), id.robot);
        }
        // What a robot that was replaced still has answered comes too late to be followed.
        if id.robot == self.tracked_robot {
            self.tracker.update(kind, id.seq, &mut found);
        }
        if self.live.as_ref().is_some_and(|live| live.robot == id.robot) && self.on.contains(&kind) {
            self.counts.insert(kind, found.len());
        }
        self.journal.answer(id, kind, found);
    }

    /// Told the first time and then ever more rarely, lest a broken engine floods the terminal.
    fn detector_failed(&mut self, id: FrameId, kind: Kind, error: &DetectError, now: Duration) {
        self.journal.skip(id, kind);
        // What an earlier picture had is no count of this one.
        self.counts.remove(&kind);
        let failures = self.failures.entry(kind).or_default();
        *failures += 1;
        let failures = *failures;
        if failures.is_power_of_two() {
            self.say(format!("{kind} detector failed ({failures} so far); see the terminal"), now);
            self.notice(format!("frame {} of robot {}: {error}; the picture is shown without it", id.seq, id.robot));
        }
    }

    fn key(&mut self, key: char, now: Duration) {
        match key {
            'q' => self.ending = Some(Ending::Quit),
            '?' => self.help = !self.help,
            'r' => self.toggle(Kind::Qr, now),
            'f' => self.toggle(Kind::Face, now),
            'h' => self.toggle(Kind::Human, now),
            's' => match self.live.as_ref().and_then(|live| live.last.as_ref()) {
                Some(shown) => self.effects.save = Some(Arc::clone(&shown.picture)),
                None => self.say("no picture to save yet".to_owned(), now),
            },
            _ => {}
        }
    }

    fn toggle(&mut self, kind: Kind, now: Duration) {
        self.counts.remove(&kind);
        self.tracker.forget(kind);
        let state = if self.on.remove(&kind) {
            "off"
        } else {
            self.on.insert(kind);
            "on"
        };
        self.say(format!("{}: {state}", kind.label()), now);
    }

    fn numbers(&mut self, picture: &Picture, now: Duration) -> Numbers {
        let robot = picture.id.robot;
        let fps = self.live.as_mut().map_or(0.0, |live| live.rate.per_second(now));
        let age = now.saturating_sub(picture.received_at);
        let (dropped, corrupt) =
            self.tallies.iter().find(|t| t.robot == robot).map_or((0, 0), |t| (t.dropped, t.corrupt));
        Numbers { fps, age, dropped, corrupt }
    }

    /// The objects that are followed, moved on to where they should be in `picture`.
    fn marks(&self, picture: &Picture) -> Vec<Mark> {
        if picture.id.robot != self.tracked_robot {
            return Vec::new();
        }
        let tracked = self.on.iter().flat_map(|&kind| self.tracker.at(kind, picture.id.seq));
        let marks = tracked.map(|Tracked { detection, opacity }| Mark { detection, opacity, sight: Sight::Seen });
        let (width, height) = (picture.pixels().width() as i32, picture.pixels().height() as i32);
        let whole = Rect { x: 0, y: 0, width, height };
        // What moved on between its detector's answers may have left the picture.
        let is_in_view = |mark: &Mark| mark.detection.shape.bounds().intersection(&whole).area() > 0;
        marks.filter(|mark| mark.opacity > 0.0 && is_in_view(mark)).collect()
    }

    fn with_tally(&mut self, robot: u32, change: impl FnOnce(&mut Tally)) {
        if let Some(tally) = self.tallies.iter_mut().find(|tally| tally.robot == robot) {
            change(tally);
        }
    }

    /// Writes the last line of every robot that has left and whose frames are all accounted for.
    ///
    /// One that hung up before its first frame sent no byte: it tried whether the port is open, and was not the robot
    /// that `--once` waits for.
    fn settle(&mut self) {
        while let Some(at) = self.tallies.iter().position(|tally| tally.finish().is_some()) {
            let tally = self.tallies.remove(at);
            let line = tally.finish().expect("it was found by having a last line");
            let was_a_probe = line.reason == EndReason::HangUp && line.received == 0;
            if self.once == Once::FirstRobot && self.ending.is_none() && !was_a_probe {
                self.ending = Some(Ending::RobotLeft { cut_short: line.reason.is_cut_short() });
            }
            self.ended(line);
        }
    }

    fn ended(&mut self, line: EndedLine) {
        if self.live.as_ref().is_some_and(|live| live.robot == line.robot) {
            self.live = None;
            self.counts.clear();
        }
        let how = match line.reason {
            EndReason::EndOfStream => "said goodbye",
            EndReason::HangUp => "hung up",
            EndReason::Truncated => "was cut off inside a frame",
            EndReason::Refused => "was refused",
            EndReason::Timeout => "timed out",
            EndReason::Oversize => "announced too large a frame",
            EndReason::Quit => "was disconnected",
        };
        let EndedLine { robot, received, shown, dropped, corrupt, .. } = line;
        let detail = line.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        self.notice(format!(
            "robot {robot} {how}{detail}: {received} frames received, {shown} shown, {dropped} dropped, {corrupt} corrupt"
        ));
        self.journal.push(Line::Ended(line));
    }

    fn notice(&mut self, text: String) {
        self.effects.notices.push(text);
    }
}

/// A camera sends a picture every 33 ms; a second without one is something a person should see.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(1);
const TOAST_FOR: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
