//! One open page: what it has been sent, what it wants, and what it is sent next; pure, without a socket.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{RobotId, StreamPicture};
use protocol::Frame;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vision::Kind;

use super::board::{Board, InSight, Robot, RobotFields};

/// A page, which is sent one update after the other: the next leaves when it has acknowledged the last, and holds the
/// newest there is by then.
///
/// Nothing waits for a slow page, neither here nor in the kernel.
#[derive(Debug)]
pub(super) struct Visitor {
    is_visible: bool,
    /// The place that is shown large; its robot is the only one whose pictures are wanted.
    large: Option<usize>,
    /// The number of the last update, and when it was made.
    sent: u64,
    sent_at: Duration,
    acknowledged: u64,
    /// What each robot's tile has.
    has: BTreeMap<RobotId, Has>,
    /// What each robot's pictures and marks have cost; of one that had nothing to send, as much as of the one whose turn it was last.
    spent: BTreeMap<RobotId, u64>,
    turn: u64,
    /// When the last message of the last update left.
    left_at: Duration,
    /// What the costliest robot of the last update cost.
    costliest: u64,
    /// Until when robots rest whose pictures and marks cost two to this power, or more.
    rests: BTreeMap<u32, Duration>,
    /// When the pictures of the last update were taken, or came.
    on_their_way: Vec<Taken>,
}

/// The newest picture of a robot that a page has, by its number, and the newest marks.
#[derive(Debug)]
struct Has {
    seq: u64,
    marks: Box<RawValue>,
}

/// What there is to see of a robot whose pictures the page shows, and what of that it does not have.
struct Shown<'a> {
    picture: &'a StreamPicture,
    marks: Box<RawValue>,
    is_new: bool,
    has_new_marks: bool,
}

/// When a picture began its way, by which the page's latency is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// By its stamp, where clocks agree.
    Stamped(Duration),
    /// It has none: when its last byte had come.
    Arrived(Duration),
}

/// What a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Detect { kind: Kind, is_on: bool },
    Record { is_on: bool },
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    Wish(Wish),
    /// These pictures are on the screen.
    Drawn(Vec<Taken>),
}

/// A message that no page of this viewer sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nonsense;

impl Visitor {
    /// A page that has just been opened, at `now`.
    pub(super) fn new(now: Duration) -> Self {
        Self {
            is_visible: true,
            large: None,
            sent: 0,
            sent_at: now,
            acknowledged: 0,
            has: BTreeMap::new(),
            spent: BTreeMap::new(),
            turn: 0,
            left_at: now,
            costliest: 0,
            rests: BTreeMap::new(),
            on_their_way: Vec::new(),
        }
    }

    /// Takes a message of the page.
    pub(super) fn hear(&mut self, text: &str) -> Result<Heard, Nonsense> {
        let message: Message = serde_json::from_str(text).map_err(|_| Nonsense)?;
        Ok(match message {
            Message::Ack(update) if update == self.sent => {
                self.acknowledged = update;
                Heard::Drawn(std::mem::take(&mut self.on_their_way))
            }
            // Once more, or of an update that there never was.
            Message::Ack(_) => Heard::Nothing,
            Message::Visible(is_visible) => {
                self.is_visible = is_visible;
                Heard::Nothing
            }
            Message::Large(large) => {
                self.large = large;
                Heard::Nothing
            }
            Message::Detect { kind, on } => {
                let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or(Nonsense)?;
                Heard::Wish(Wish::Detect { kind, is_on: on })
            }
            Message::Record(is_on) => Heard::Wish(Wish::Record { is_on }),
        })
    }

    /// The next update at `now`, if there is to be one.
    pub(super) fn next(&mut self, board: &Board, now: Duration) -> Option<Update> {
        if self.acknowledged != self.sent {
            return None;
        }
        if let costliest @ LARGE.. = std::mem::take(&mut self.costliest) {
            let share = costliest.min(LARGEST) as f64 / LARGEST as f64;
            let rest = now.saturating_sub(self.sent_at + QUICK).mul_f64(LARGEST_RESTS * share);
            self.rests.insert(costliest.ilog2(), now + rest);
        }
        let news = self.chosen(board, now);
        let is_due = now.saturating_sub(self.sent_at) >= HEARTBEAT || self.sent == 0;
        if !news.iter().flatten().any(|shown| shown.is_new) && !is_due {
            return None;
        }
        (self.sent, self.sent_at) = (self.sent + 1, now);
        let update = update(self.sent, board, &news);
        for shown in news.into_iter().flatten() {
            let robot = shown.picture.id.robot;
            let spent = self.spent.entry(robot).or_default();
            self.turn = self.turn.max(*spent);
            // For what is beyond that they rest.
            *spent += shown.cost().min(MOST);
            self.costliest = self.costliest.max(shown.cost());
            if shown.is_new {
                self.on_their_way.push(Taken::of(shown.picture));
            }
            self.has.insert(robot, Has { seq: shown.picture.id.seq, marks: shown.marks });
        }
        Some(update)
    }

    /// Of which robots the next update has pictures and marks, in the order of the board: first of those whose have cost least, and no
    /// more than are sent and drawn at once. Large ones rest, so that on a slow link or in a slow browser smaller ones come in between.
    fn chosen<'a>(&mut self, board: &'a Board, now: Duration) -> Vec<Option<Shown<'a>>> {
        let is_there = |id: &RobotId| board.robots.iter().any(|robot| robot.id == *id);
        self.has.retain(|id, _| is_there(id));
        self.spent.retain(|id, _| is_there(id));
        let resting = self.rests.iter().find(|(_, until)| now < **until);
        let resting_from = resting.map_or(u64::MAX, |(power, _)| 1 << power);
        let mut has_others = false;
        let mut news = Vec::with_capacity(board.robots.len());
        for robot in &board.robots {
            let shown = self.shown(board, robot);
            let is_live = matches!(robot.sight, InSight::Live(_));
            has_others |= is_live && shown.as_ref().is_some_and(|shown| shown.whole_cost() < resting_from);
            news.push(shown.filter(|shown| shown.cost() > 0));
        }
        for (robot, news) in board.robots.iter().zip(&news) {
            let spent = self.spent.entry(robot.id).or_insert(self.turn);
            if news.is_none() {
                *spent = self.turn.max(*spent);
            }
        }

        let mut turns: Vec<usize> = (0..board.robots.len()).collect();
        turns.sort_by_key(|&at| self.spent[&board.robots[at].id]);
        let mut cost = 0;
        for at in turns {
            let Some(its_cost) = news[at].as_ref().map(Shown::cost) else { continue };
            let is_resting = has_others && its_cost >= resting_from;
            if !is_resting && (cost == 0 || cost + its_cost <= MOST) {
                cost += its_cost;
            } else {
                news[at] = None;
            }
        }
        news
    }

    /// The last message of the last update has left.
    pub(super) fn left(&mut self, now: Duration) {
        self.left_at = now;
    }

    /// When an update had left that is not acknowledged.
    pub(super) fn silent_since(&self) -> Option<Duration> {
        (self.acknowledged != self.sent).then_some(self.left_at)
    }

    /// What there is to see of `robot`, if the page shows its pictures. A page lists the texts of codes of the robot that it shows
    /// alone, and no others.
    fn shown<'a>(&self, board: &Board, robot: &'a Robot) -> Option<Shown<'a>> {
        let (InSight::Live(picture) | InSight::Stale { picture, .. }) = &robot.sight else { return None };
        if !self.is_visible || self.large.is_some_and(|large| large != robot.place) {
            return None;
        }
        let is_alone = board.robots.len() == 1 || self.large.is_some();
        let marks = robot.marks_as_json(if is_alone { MOST_TEXT } else { 0 });
        let has = self.has.get(&robot.id);
        let is_new = has.is_none_or(|has| has.seq != picture.id.seq);
        let has_new_marks = has.is_none_or(|has| has.marks.get() != marks.get());
        Some(Shown { picture, marks, is_new, has_new_marks })
    }
}

impl Shown<'_> {
    /// What of it costs that the page does not have.
    fn cost(&self) -> u64 {
        let picture = if self.is_new { cost_of(self.picture) } else { 0 };
        let marks = if self.has_new_marks { self.marks.get().len() as u64 } else { 0 };
        picture + marks
    }

    /// What all of it costs.
    fn whole_cost(&self) -> u64 {
        cost_of(self.picture) + self.marks.get().len() as u64
    }
}

/// What it costs to send and to draw a picture, in bytes.
fn cost_of(picture: &StreamPicture) -> u64 {
    let (bytes, pixels) = (picture.frame.as_bytes().len(), picture.pixels().width() * picture.pixels().height());
    bytes.max(pixels / PIXELS_A_BYTE) as u64
}

/// An update: the length of its JSON, the JSON, and the JPEGs.
#[derive(Debug)]
pub(super) struct Update {
    head: Vec<u8>,
    pictures: Vec<Arc<Frame>>,
}

impl Update {
    /// Its bytes in messages of bounded size, of which each is made when the last one has left: a page that reads slowly sees that
    /// something comes, and one that does not read takes no memory.
    pub(super) fn messages(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let mut slices = iter::once(&self.head[..]).chain(self.pictures.iter().map(|frame| frame.as_bytes()));
        let mut slice: &[u8] = &[];
        iter::from_fn(move || {
            let mut message = Vec::new();
            while message.len() < MOST_IN_MESSAGE {
                if slice.is_empty() {
                    let Some(next) = slices.next() else { break };
                    slice = next;
                }
                let (now, later) = slice.split_at(slice.len().min(MOST_IN_MESSAGE - message.len()));
                message.extend_from_slice(now);
                slice = later;
            }
            (!message.is_empty()).then_some(message)
        })
    }
}

impl Taken {
    fn of(picture: &StreamPicture) -> Self {
        match picture.age {
            Some(protocol::Age::SinceTaken(age)) => Taken::Stamped(picture.received_at.saturating_sub(age)),
            _ => Taken::Arrived(picture.received_at),
        }
    }
}

/// As documented in `docs/page.md`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Message {
    Ack(u64),
    Visible(bool),
    Large(Option<usize>),
    Record(bool),
    #[serde(untagged)]
    Detect {
        #[serde(rename = "detect")]
        kind: String,
        on: bool,
    },
}

#[derive(Serialize)]
struct UpdateJson<'a> {
    n: u64,
    #[serde(flatten)]
    board: &'a Board,
    robots: Vec<RobotUpdate<'a>>,
}

#[derive(Serialize)]
struct RobotUpdate<'a> {
    #[serde(flatten)]
    robot: &'a RobotFields,
    /// Those that the page has stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    marks: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<Place>,
}

/// Where a JPEG is behind the JSON.
#[derive(Serialize)]
struct Place {
    at: usize,
    bytes: usize,
}

fn update(n: u64, board: &Board, news: &[Option<Shown<'_>>]) -> Update {
    let mut at = 0;
    let mut place = |picture: &StreamPicture| {
        let bytes = picture.frame.as_bytes().len();
        at += bytes;
        Place { at: at - bytes, bytes }
    };
    let robots = board.robots.iter().zip(news).map(|(robot, news)| RobotUpdate {
        robot: &robot.fields,
        marks: news.as_ref().filter(|news| news.has_new_marks).map(|news| &*news.marks),
        picture: news.as_ref().filter(|news| news.is_new).map(|news| place(news.picture)),
    });
    let update = UpdateJson { n, board, robots: robots.collect() };
    let mut head = vec![0; 4];
    serde_json::to_writer(&mut head, &update).expect("its keys are strings and its numbers finite");
    let json = u32::try_from(head.len() - 4).expect("a screen's worth of text");
    head[..4].copy_from_slice(&json.to_le_bytes());
    let pictures = news.iter().flatten().filter(|news| news.is_new);
    Update { head, pictures: pictures.map(|news| Arc::clone(&news.picture.frame)).collect() }
}

/// What the pictures and marks of an update cost, unless those of one robot cost more: nine pictures of 640 × 480.
const MOST: u64 = 256 << 10;
/// A page that is slow at decoding and drawing so many is as busy as with a byte from a slow link.
const PIXELS_A_BYTE: usize = 12;
/// What a message holds: a link with 100 kB a second has such for half a second.
const MOST_IN_MESSAGE: usize = 64 << 10;
/// What a large picture costs at least: of smaller ones, two and more fit into an update.
const LARGE: u64 = MOST / 2;
/// From here on, large ones rest for so many times as long as the last one took: while smaller ones are shown, they have a fifth of
/// the time. Those that cost less rest for less, and not because of larger ones.
const LARGEST: u64 = 1 << 20;
const LARGEST_RESTS: f64 = 4.0;
/// What an update may take without a rest: ten others a second come in between.
const QUICK: Duration = Duration::from_millis(50);
/// Nine codes of the largest kind; a page lists twenty at most.
const MOST_TEXT: usize = 64 << 10;
/// How often a page hears from the viewer though there is no new picture, so that it knows that the viewer is there.
const HEARTBEAT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
