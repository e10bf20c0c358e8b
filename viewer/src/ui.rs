//! What the user has chosen to see: a state machine of keys and times, without a window.

use std::time::Duration;

use pipeline::{RobotId, RobotView, ViewState};
use vision::detect::Kind;

use crate::scene::{Mark, Numbers, Scene, Status, View};

/// The state of the screen that is not any robot's.
#[derive(Debug)]
pub(crate) struct Ui {
    waiting: String,
    message: Option<(String, Duration)>,
    help: bool,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Quit,
    /// Switch the search for this kind on or off.
    Toggle(Kind),
    /// Save the picture of this robot.
    Save(RobotId),
}

impl Ui {
    /// `waiting` is what the status line says while no robot is there.
    pub(crate) fn new(waiting: String) -> Self {
        Self { waiting, message: None, help: false }
    }

    /// What `key` asks for, among the robots that are there.
    pub(crate) fn key(&mut self, key: char, robots: &[RobotView], now: Duration) -> Option<Action> {
        match key {
            'q' => return Some(Action::Quit),
            '?' => self.help = !self.help,
            'r' => return Some(Action::Toggle(Kind::Qr)),
            'f' => return Some(Action::Toggle(Kind::Face)),
            'h' => return Some(Action::Toggle(Kind::Human)),
            's' => match robots.first() {
                Some(view) => return Some(Action::Save(view.robot.id)),
                None => self.say("no picture to save yet".to_owned(), now),
            },
            _ => {}
        }
        None
    }

    /// Shows a message for a while.
    pub(crate) fn say(&mut self, text: String, now: Duration) {
        self.message = Some((text, now + MESSAGE_FOR));
    }

    /// What there is to see at `now`.
    pub(crate) fn scene(&mut self, robots: Vec<RobotView>, now: Duration) -> Scene {
        self.message.take_if(|(_, until)| *until <= now);
        let toast = self.message.as_ref().map(|(text, _)| text.clone());
        let Some(robot) = robots.into_iter().next() else {
            let status = Status { state: self.waiting.clone(), numbers: None };
            return Scene { view: View::Filler, marks: Vec::new(), counts: Vec::new(), status, toast, help: self.help };
        };
        let (view, state) = match robot.state {
            ViewState::Live(picture) => (View::Live(picture), "live".to_owned()),
            ViewState::Stale { picture, silent_for } => {
                (View::Stale { picture, silent_for }, format!("silent for {} s", silent_for.as_secs()))
            }
            ViewState::Waiting { .. } => (View::Filler, "waiting for its first picture".to_owned()),
            ViewState::Gone { .. } => (View::Filler, self.waiting.clone()),
        };
        let id = robot.robot.id.0;
        let numbers = robot.numbers.map(|n| Numbers {
            robot: id,
            fps: n.fps,
            age: n.age,
            dropped: n.dropped,
            corrupt: n.corrupt,
        });
        let marks = robot.marks.into_iter().map(|m| Mark { detection: m.detection, opacity: m.opacity }).collect();
        let status = Status { state, numbers };
        Scene { view, marks, counts: robot.counts, status, toast, help: self.help }
    }
}

const MESSAGE_FOR: Duration = Duration::from_secs(3);
