//! One open page: what it has been sent, what it wants, and what it is sent next; pure, without a socket.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{RobotId, StreamPicture};
use protocol::Frame;
use serde::{Deserialize, Serialize};
use vision::Kind;

use super::board::{Board, InSight, Robot, RobotJson};

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
    /// The newest picture that each robot's tile has.
    has: BTreeMap<RobotId, u64>,
    /// What each robot's pictures have cost; of one that had nothing to send, as much as of the one whose turn it was last.
    spent: BTreeMap<RobotId, u64>,
    turn: u64,
    /// When the last message of the last update left.
    left_at: Duration,
    /// What the costliest picture of the last update costs.
    costliest: u64,
    /// Until when pictures rest that cost two to this power, or more.
    rests: BTreeMap<u32, Duration>,
    /// When the pictures of the last update were taken, or came.
    on_their_way: Vec<Taken>,
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
        let pictures = self.chosen(board, now);
        let is_due = now.saturating_sub(self.sent_at) >= HEARTBEAT || self.sent == 0;
        if pictures.iter().all(Option::is_none) && !is_due {
            return None;
        }
        (self.sent, self.sent_at) = (self.sent + 1, now);
        for picture in pictures.iter().flatten() {
            self.has.insert(picture.id.robot, picture.id.seq);
            let spent = self.spent.entry(picture.id.robot).or_default();
            self.turn = self.turn.max(*spent);
            // For what is beyond that they rest.
            *spent += cost_of(picture).min(MOST);
            self.costliest = self.costliest.max(cost_of(picture));
            self.on_their_way.push(Taken::of(picture));
        }
        Some(update(self.sent, board, self.large, &pictures))
    }

    /// The pictures of the next update, in the order of the board: first of those robots whose have cost least, and no more than are
    /// sent and drawn at once. Large ones rest, so that on a slow link or in a slow browser smaller ones come in between.
    fn chosen<'a>(&mut self, board: &'a Board, now: Duration) -> Vec<Option<&'a StreamPicture>> {
        let is_there = |id: &RobotId| board.robots.iter().any(|robot| robot.id == *id);
        self.has.retain(|id, _| is_there(id));
        self.spent.retain(|id, _| is_there(id));
        let is_new = |picture: &&StreamPicture| self.has.get(&picture.id.robot) != Some(&picture.id.seq);
        let new = board.robots.iter().map(|robot| self.picture_shown(robot).filter(is_new));
        let new: Vec<Option<&StreamPicture>> = new.collect();
        for (robot, new) in board.robots.iter().zip(&new) {
            let spent = self.spent.entry(robot.id).or_insert(self.turn);
            if new.is_none() {
                *spent = self.turn.max(*spent);
            }
        }
        let is_live = |robot: &&Robot| matches!(robot.sight, InSight::Live(_));
        let resting = self.rests.iter().find(|(_, until)| now < **until);
        let resting_from = resting.map_or(u64::MAX, |(power, _)| 1 << power);
        let mut live = board.robots.iter().filter(is_live).filter_map(|robot| self.picture_shown(robot));
        let has_others = live.any(|picture| cost_of(picture) < resting_from);
        let is_resting = |picture: &&StreamPicture| has_others && cost_of(picture) >= resting_from;

        let mut turns: Vec<usize> = (0..board.robots.len()).collect();
        turns.sort_by_key(|&at| self.spent[&board.robots[at].id]);
        let (mut chosen, mut cost) = (vec![None; board.robots.len()], 0);
        for at in turns {
            let Some(picture) = new[at].filter(|picture| !is_resting(picture)) else { continue };
            if cost == 0 || cost + cost_of(picture) <= MOST {
                cost += cost_of(picture);
                chosen[at] = Some(picture);
            }
        }
        chosen
    }

    /// The last message of the last update has left.
    pub(super) fn left(&mut self, now: Duration) {
        self.left_at = now;
    }

    /// When an update had left that is not acknowledged.
    pub(super) fn silent_since(&self) -> Option<Duration> {
        (self.acknowledged != self.sent).then_some(self.left_at)
    }

    /// The picture of `robot`, if the page shows it.
    fn picture_shown<'a>(&self, robot: &'a Robot) -> Option<&'a StreamPicture> {
        let (InSight::Live(picture) | InSight::Stale { picture, .. }) = &robot.sight else { return None };
        let is_shown = self.is_visible && self.large.is_none_or(|large| large == robot.place);
        is_shown.then_some(&**picture)
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
    robot: RobotJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<Place>,
}

/// Where a JPEG is behind the JSON.
#[derive(Serialize)]
struct Place {
    at: usize,
    bytes: usize,
}

/// A page lists the texts of codes of the robot that it shows alone, and no others.
fn update(n: u64, board: &Board, large: Option<usize>, pictures: &[Option<&StreamPicture>]) -> Update {
    let mut at = 0;
    let mut place = |picture: &StreamPicture| {
        let bytes = picture.frame.as_bytes().len();
        at += bytes;
        Place { at: at - bytes, bytes }
    };
    let robots = board.robots.iter().zip(pictures);
    let robots = robots.map(|(robot, picture)| {
        let is_alone = board.robots.len() == 1 || large == Some(robot.place);
        RobotUpdate { robot: robot.as_json(if is_alone { MOST_TEXT } else { 0 }), picture: picture.map(&mut place) }
    });
    let update = UpdateJson { n, board, robots: robots.collect() };
    let mut head = vec![0; 4];
    serde_json::to_writer(&mut head, &update).expect("its keys are strings and its numbers finite");
    let json = u32::try_from(head.len() - 4).expect("a screen's worth of text");
    head[..4].copy_from_slice(&json.to_le_bytes());
    Update { head, pictures: pictures.iter().flatten().map(|picture| Arc::clone(&picture.frame)).collect() }
}

/// What the pictures of an update cost, unless one costs more: nine of 640 × 480.
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
