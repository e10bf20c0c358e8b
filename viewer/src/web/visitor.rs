//! One open page: what it has been sent, what it wants, and what it is sent next; pure, without a socket.

use std::collections::BTreeMap;
use std::time::Duration;

use pipeline::{RobotId, StreamPicture};
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
    pub(super) fn next(&mut self, board: &Board, now: Duration) -> Option<Vec<u8>> {
        if self.acknowledged != self.sent {
            return None;
        }
        let pictures: Vec<Option<&StreamPicture>> = board.robots.iter().map(|robot| self.wanted(robot)).collect();
        let is_due = now.saturating_sub(self.sent_at) >= HEARTBEAT || self.sent == 0;
        if pictures.iter().all(Option::is_none) && !is_due {
            return None;
        }
        (self.sent, self.sent_at) = (self.sent + 1, now);
        self.has.retain(|id, _| board.robots.iter().any(|robot| robot.id == *id));
        for picture in pictures.iter().flatten() {
            self.has.insert(picture.id.robot, picture.id.seq);
            self.on_their_way.push(Taken::of(picture));
        }
        Some(update(self.sent, board, self.large, &pictures))
    }

    /// When an update left that is not acknowledged.
    pub(super) fn silent_since(&self) -> Option<Duration> {
        (self.acknowledged != self.sent).then_some(self.sent_at)
    }

    /// The picture of `robot`, if the page should have it and has not.
    fn wanted<'a>(&self, robot: &'a Robot) -> Option<&'a StreamPicture> {
        let (InSight::Live(picture) | InSight::Stale { picture, .. }) = &robot.sight else { return None };
        let is_shown = self.is_visible && self.large.is_none_or(|large| large == robot.place);
        let is_new = self.has.get(&robot.id) != Some(&picture.id.seq);
        (is_shown && is_new).then_some(&**picture)
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
struct Update<'a> {
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

/// The length of the JSON, the JSON, and the JPEGs. A page lists the texts of codes of the robot that it shows alone, and no others.
fn update(n: u64, board: &Board, large: Option<usize>, pictures: &[Option<&StreamPicture>]) -> Vec<u8> {
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
    let update = Update { n, board, robots: robots.collect() };
    let mut message = vec![0; 4];
    serde_json::to_writer(&mut message, &update).expect("its keys are strings and its numbers finite");
    let json = u32::try_from(message.len() - 4).expect("a screen's worth of text");
    message[..4].copy_from_slice(&json.to_le_bytes());
    message.reserve(at);
    pictures.iter().flatten().for_each(|picture| message.extend_from_slice(picture.frame.as_bytes()));
    message
}

/// Nine codes of the largest kind; a page lists twenty at most.
const MOST_TEXT: usize = 64 << 10;
/// How often a page hears from the viewer though there is no new picture, so that it knows that the viewer is there.
const HEARTBEAT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use pipeline::{FrameId, Identity, Received, RecordingState, RobotView, ViewState};
    use vision::Pixels;

    use super::super::board::Facts;
    use super::*;
    use crate::addresses::Reach;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn view(robot: u32, seq: u64, age: Option<protocol::Age>) -> RobotView {
        let id = FrameId { robot: RobotId(robot), seq };
        let frame = Arc::new(protocol::Frame::new(format!("jpeg {seq}")).unwrap());
        let picture = StreamPicture::new(Received { id, frame, at: ms(50), age }, Pixels::new(32, 16).into());
        RobotView {
            robot: Identity { id: id.robot, name: None },
            peer: format!("10.0.0.{robot}:5000").parse().unwrap(),
            tile: robot as usize - 1,
            state: ViewState::Live(Arc::new(picture)),
            marks: Vec::new(),
            counts: Vec::new(),
            numbers: None,
        }
    }

    #[test]
    fn texts_of_codes_are_sent_of_the_robot_that_is_shown_alone_and_only_up_to_a_bound() {
        let code = |text: &str| {
            let bounds = vision::Rect { x: 0, y: 0, width: 10, height: 10 };
            let payload = Some(vision::detect::Payload::new(text.as_bytes().to_vec(), None));
            let detection = vision::Detection { payload, ..vision::Detection::human(bounds, 1.0, "test") };
            pipeline::Mark { detection, opacity: 1.0, sight: vision::Sight::Seen }
        };
        let texts = |robots: u32, large: &str| {
            let marks = ["short", &"long".repeat(MOST_TEXT / 4), "last"].map(code);
            let views = (1..=robots).map(|id| RobotView { marks: marks.to_vec(), ..view(id, 1, None) });
            let mut page = Visitor::new(ms(0));
            page.hear(large).unwrap();
            let update = page.next(&board_of(views.collect()), ms(0)).unwrap();
            let json = String::from_utf8_lossy(&update);
            [r#""text":"short""#, r#""text":"last""#, r#""text":"long"#].map(|text| json.matches(text).count())
        };
        assert_eq!(texts(1, r#"{"large":null}"#), [1, 1, 0]);
        assert_eq!(texts(2, r#"{"large":null}"#), [0, 0, 0]);
        assert_eq!(texts(2, r#"{"large":2}"#), [1, 1, 0]);
    }

    #[test]
    fn a_name_means_the_robot_that_is_there_and_not_what_it_has_left_behind() {
        let robot = |id, state: ViewState| {
            let (robot, view) = (Identity { id: RobotId(id), name: Some("left".into()) }, view(id, 1, None));
            RobotView { robot, state, ..view }
        };
        let gone = ViewState::Gone { reason: pipeline::EndReason::HangUp, detail: None, ago: ms(0) };
        let live = view(2, 1, None).state;
        let ViewState::Live(picture) = live.clone() else { unreachable!("it is") };
        let stale = ViewState::Stale { picture, silent_for: ms(3000) };
        let views = [robot(1, gone), robot(2, stale), robot(3, live)];
        let found = |views: &[RobotView]| board_of(views.to_vec()).robot("left").map(|robot| robot.id);
        assert_eq!([2, 3].map(|count| found(&views[..count])), [2, 3].map(|id| Some(RobotId(id))));
    }

    /// What there is to see of the robots from 1 on, whose newest frames have these numbers.
    fn board(newest: &[u64]) -> Board {
        let views = (1..).zip(newest).map(|(robot, &seq)| view(robot, seq, None));
        board_of(views.collect())
    }

    fn board_of(views: Vec<RobotView>) -> Board {
        let facts = Facts {
            on: &BTreeSet::new(),
            troubles: Vec::new(),
            recording: RecordingState::Off,
            message: None,
            reach: &Reach::dialling(),
            unreached: Vec::new(),
            left: None,
            now: ms(0),
        };
        Board::new(views, facts)
    }

    /// The number of an update, and what follows its JSON.
    fn read(update: Option<Vec<u8>>) -> Option<(u64, String)> {
        let update = update?;
        let (length, rest) = update.split_first_chunk::<4>().unwrap();
        let (json, pictures) = rest.split_at(u32::from_le_bytes(*length) as usize);
        let json: serde_json::Value = serde_json::from_slice(json).unwrap();
        let places = json["robots"].as_array().unwrap().iter().filter_map(|robot| robot.get("picture"));
        let bytes: u64 = places.map(|place| place["bytes"].as_u64().unwrap()).sum();
        assert_eq!(bytes, pictures.len() as u64);
        Some((json["n"].as_u64().unwrap(), String::from_utf8(pictures.to_vec()).unwrap()))
    }

    fn some(n: u64, pictures: &str) -> Option<(u64, String)> {
        Some((n, pictures.to_owned()))
    }

    #[test]
    fn the_next_picture_leaves_when_the_last_is_acknowledged_and_is_the_newest() {
        let mut page = Visitor::new(ms(0));
        assert_eq!(read(page.next(&board(&[1]), ms(1))), some(1, "jpeg 1"));
        for seq in 2..9 {
            assert_eq!(page.next(&board(&[seq]), ms(33 * seq)), None);
        }
        assert!(matches!(page.hear(r#"{"ack":1}"#), Ok(Heard::Drawn(_))));
        assert_eq!(read(page.next(&board(&[9]), ms(300))), some(2, "jpeg 9"));
    }

    #[test]
    fn a_page_hears_twice_a_second_though_nothing_comes() {
        let mut page = Visitor::new(ms(0));
        assert_eq!(read(page.next(&board(&[]), ms(1))), some(1, ""));
        page.hear(r#"{"ack":1}"#).unwrap();
        assert_eq!(page.next(&board(&[]), ms(400)), None);
        assert_eq!(read(page.next(&board(&[]), ms(501))), some(2, ""));
        assert_eq!(page.silent_since(), Some(ms(501)));
    }

    #[test]
    fn a_hidden_page_gets_no_picture_and_the_newest_when_it_is_seen_again() {
        let mut page = Visitor::new(ms(0));
        page.hear(r#"{"visible":false}"#).unwrap();
        assert_eq!(read(page.next(&board(&[1]), ms(1))), some(1, ""));
        page.hear(r#"{"ack":1}"#).unwrap();
        page.hear(r#"{"visible":true}"#).unwrap();
        assert_eq!(read(page.next(&board(&[7]), ms(2))), some(2, "jpeg 7"));
    }

    #[test]
    fn of_several_robots_only_the_one_that_is_shown_large_is_sent() {
        let mut page = Visitor::new(ms(0));
        assert_eq!(read(page.next(&board(&[1, 2]), ms(1))), some(1, "jpeg 1jpeg 2"));
        page.hear(r#"{"ack":1}"#).unwrap();
        page.hear(r#"{"large":2}"#).unwrap();
        assert_eq!(page.next(&board(&[3, 2]), ms(2)), None);
        assert_eq!(read(page.next(&board(&[3, 4]), ms(2))), some(2, "jpeg 4"));
        page.hear(r#"{"ack":2}"#).unwrap();
        page.hear(r#"{"large":null}"#).unwrap();
        assert_eq!(read(page.next(&board(&[3, 4]), ms(3))), some(3, "jpeg 3"));
    }

    #[test]
    fn how_old_a_picture_was_is_known_when_it_has_been_drawn() {
        let mut page = Visitor::new(ms(0));
        let stamped = view(1, 1, Some(protocol::Age::SinceTaken(ms(20))));
        let other = view(2, 1, Some(protocol::Age::OverBest(ms(20))));
        page.next(&board_of(vec![stamped, other]), ms(60));
        let drawn = Heard::Drawn(vec![Taken::Stamped(ms(30)), Taken::Arrived(ms(50))]);
        assert_eq!(page.hear(r#"{"ack":1}"#), Ok(drawn));
        // Once more says nothing new.
        assert_eq!(page.hear(r#"{"ack":1}"#), Ok(Heard::Drawn(Vec::new())));
    }

    #[test]
    fn wishes_are_understood_and_nonsense_is_not() {
        let mut page = Visitor::new(ms(0));
        let wish = Wish::Detect { kind: Kind::Face, is_on: true };
        assert_eq!(page.hear(r#"{"detect":"face","on":true}"#), Ok(Heard::Wish(wish)));
        assert_eq!(page.hear(r#"{"record":false}"#), Ok(Heard::Wish(Wish::Record { is_on: false })));
        assert_eq!(page.hear(r#"{"ack":5}"#), Ok(Heard::Nothing));
        for nonsense in ["", "{}", "[]", "5", r#"{"detect":"cat","on":true}"#, r#"{"detect":"face"}"#, r#"{"ack":-1}"#]
        {
            assert_eq!(page.hear(nonsense), Err(Nonsense), "{nonsense}");
        }
    }
}
