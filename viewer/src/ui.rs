//! What the user has chosen to see: a state machine of keys and times, without a window.

mod rises;

use std::collections::BTreeSet;
use std::time::Duration;

use pipeline::{Difficulty, RecordingState, RobotId, RobotView, Trouble, ViewState};
use vision::Orientation;
use vision::detect::Kind;

use crate::addresses::Reach;
use crate::last_to_leave::LastToLeave;
use crate::scene::{Help, Rising, Scene, Tile, Unreached, View, Waiting, reading_time};
use rises::Rises;

/// The state of the screen that is not any robot's: who is where, who is shown large, messages, help.
#[derive(Debug)]
pub(crate) struct Ui {
    reach: Reach,
    /// The cameras that are dialled, and give no picture at present.
    unreached: Vec<Unreached>,
    /// The kinds that are searched for.
    on: BTreeSet<Kind>,
    /// What is wrong with the detectors.
    troubles: Vec<Trouble>,
    recording: RecordingState,
    message: Option<(String, Duration)>,
    help: bool,
    /// Whether humans have their skeletons drawn.
    skeletons: bool,
    /// Who had which tile in the last scene.
    seen: Vec<Seen>,
    /// The tile that is shown large.
    large: Option<usize>,
    left: LastToLeave,
    rises: Rises,
}

/// A robot that had a tile.
#[derive(Debug)]
struct Seen {
    robot: RobotId,
    tile: usize,
    is_gone: bool,
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Quit,
    /// Switch the search for this kind on or off.
    Toggle(Kind),
    /// Save the pictures of these robots.
    Save(Vec<RobotId>),
    /// Save what the window shows.
    SaveScreen,
    /// Turn the pictures of these robots by this.
    Turn(Vec<RobotId>, Orientation),
    /// Fill the screen, or no longer.
    FullScreen,
    /// Start recording, or stop.
    Record,
}

impl Ui {
    /// `reach` is how robots can connect, and `on` the kinds that are searched for.
    pub(crate) fn new(reach: Reach, on: BTreeSet<Kind>) -> Self {
        Self {
            reach,
            unreached: Vec::new(),
            on,
            troubles: Vec::new(),
            recording: RecordingState::Off,
            message: None,
            help: false,
            skeletons: false,
            seen: Vec::new(),
            large: None,
            left: LastToLeave::default(),
            rises: Rises::default(),
        }
    }

    /// Robots can connect in another way from now on.
    pub(crate) fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// These cameras are dialled, and give no picture at present.
    pub(crate) fn set_unreached(&mut self, unreached: Vec<Unreached>, now: Duration) {
        let failed = |camera: &&Unreached| camera.why.is_some() && !self.unreached.contains(camera);
        // Beside other robots' pictures there is no room to say it for longer.
        if let Some(Unreached { name, url, why: Some(why) }) = unreached.iter().find(failed)
            && self.seen.iter().any(|seen| !seen.is_gone)
        {
            self.say(format!("{}: {why}", name.as_ref().unwrap_or(url)), now);
        }
        self.unreached = unreached;
    }

    /// The search for `kind` was switched on or off.
    pub(crate) fn switched(&mut self, kind: Kind, is_on: bool, now: Duration) {
        let state = if is_on { "on" } else { "off" };
        if is_on {
            self.on.insert(kind)
        } else {
            self.on.remove(&kind)
        };
        self.say(format!("{}: {state}", kind.label()), now);
    }

    /// These kinds are searched for now, whoever has switched them.
    pub(crate) fn set_detected(&mut self, on: BTreeSet<Kind>) {
        self.on = on;
    }

    /// What is wrong with the detectors; what to say of those that were switched off for a robot comes back.
    pub(crate) fn set_troubles(&mut self, troubles: Vec<Trouble>) -> Vec<String> {
        let say = |trouble: &Trouble| {
            let Difficulty::SwitchedOff { robot } = &trouble.what else { return None };
            let (kind, key) = (trouble.kind.label(), key_of(trouble.kind));
            Some(format!(
                "{kind}: switched off for {robot}, whose pictures are too much for it; {key}, twice, tries it again"
            ))
        };
        let news = troubles.iter().filter(|trouble| !self.troubles.contains(trouble)).filter_map(say).collect();
        self.troubles = troubles;
        news
    }

    /// What the recorder is doing.
    pub(crate) fn set_recording(&mut self, state: RecordingState) {
        self.recording = state;
    }

    /// What `key` asks for.
    pub(crate) fn key(&mut self, key: char, now: Duration) -> Option<Action> {
        match key {
            'q' => return Some(Action::Quit),
            '?' => self.help = !self.help,
            'r' | 't' | 'f' | 'h' => {
                return Kind::ALL.into_iter().find(|kind| key_of(*kind) == key).map(Action::Toggle);
            }
            's' => return Some(Action::Save(self.shown_robots())),
            'o' => return Some(Action::SaveScreen),
            'T' => return Some(Action::Turn(self.shown_robots(), Orientation::R90)),
            'm' => return Some(Action::Turn(self.shown_robots(), Orientation::FLIP_H)),
            'v' => return Some(Action::Record),
            'F' => return Some(Action::FullScreen),
            'k' => {
                self.skeletons = !self.skeletons;
                self.say(format!("skeletons of humans: {}", if self.skeletons { "on" } else { "off" }), now);
            }
            '0' => self.large = None,
            '1'..='9' => {
                let tile = key as usize - '1' as usize;
                if self.has(tile) {
                    self.large = Some(tile);
                } else {
                    self.say(format!("there is no robot {key}"), now);
                }
            }
            _ => {}
        }
        None
    }

    /// Shows a message for a while.
    pub(crate) fn say(&mut self, text: String, now: Duration) {
        let until = now + reading_time(&text);
        self.message = Some((text, until));
    }

    /// What there is to say at `now` where no robot is; `robots` are those that are there or have just left.
    pub(crate) fn waiting(&mut self, robots: &[RobotView], now: Duration) -> Waiting {
        self.left.look(robots, now);
        Waiting { reach: self.reach.clone(), unreached: self.unreached.clone(), left: self.left.at(now) }
    }

    /// What there is to see at `now`, of the robots that are there or have just left.
    pub(crate) fn scene(&mut self, robots: Vec<RobotView>, now: Duration) -> Scene {
        self.message.take_if(|(_, until)| *until <= now);
        self.seen = robots.iter().map(Seen::of).collect();
        self.large = self.large.filter(|&large| self.has(large));
        let waiting = self.waiting(&robots, now);
        self.rises.retain(|robot| robots.iter().any(|view| view.robot.id == robot));
        let has_keys = self.seen.len() > 1 && self.large.is_none();
        let mut tiles: Vec<(usize, Tile)> = Vec::new();
        for view in robots {
            let at = view.tile;
            if self.large.is_none_or(|large| large == at) {
                let key = u32::try_from(at + 1).ok().and_then(|number| char::from_digit(number, 10));
                let rising = self.rises.of(view.robot.id, view.numbers.as_ref(), now);
                let troubles = self.troubles.iter().filter(|trouble| trouble.concerns(view.robot.id));
                let troubles = troubles.map(Trouble::to_string).collect();
                let mut tile = Tile { troubles, ..tile(view, key.filter(|_| has_keys), rising) };
                if !self.skeletons {
                    tile.marks.iter_mut().for_each(|mark| mark.detection.keypoints = None);
                }
                tiles.push((at, tile));
            }
        }
        tiles.sort_by_key(|(at, _)| *at);
        let mut tiles: Vec<Tile> = tiles.into_iter().map(|(_, tile)| tile).collect();
        // The last one that has left makes room for what helps the next one to come.
        if self.seen.iter().all(|seen| seen.is_gone) && tiles.len() == 1 {
            tiles.clear();
        }
        let toast = self.message.as_ref().map(|(text, _)| text.clone());
        let help = self.help.then(|| Help { on: self.on.clone(), skeletons: self.skeletons });
        let recording = match &self.recording {
            RecordingState::Off => None,
            RecordingState::On { since, .. } => Some(now.saturating_sub(*since)),
        };
        Scene { tiles, waiting, recording, toast, help }
    }

    /// The robots that are on the screen.
    fn shown_robots(&self) -> Vec<RobotId> {
        let is_shown = |seen: &&Seen| self.large.is_none_or(|large| large == seen.tile);
        let mut shown: Vec<&Seen> = self.seen.iter().filter(is_shown).collect();
        shown.sort_by_key(|seen| seen.tile);
        shown.into_iter().map(|seen| seen.robot).collect()
    }

    fn has(&self, tile: usize) -> bool {
        self.seen.iter().any(|seen| seen.tile == tile)
    }
}

impl Seen {
    fn of(view: &RobotView) -> Self {
        let is_gone = matches!(view.state, ViewState::Gone { .. });
        Self { robot: view.robot.id, tile: view.tile, is_gone }
    }
}

fn tile(robot: RobotView, key: Option<char>, rising: Rising) -> Tile {
    let RobotView { robot, state, marks, counts, numbers, .. } = robot;
    let view = match state {
        ViewState::Live(picture) => View::Live(picture),
        ViewState::Stale { picture, silent_for } => View::Stale { picture, silent_for },
        ViewState::Waiting { first_corrupt: None } => View::Waiting { why: "waiting for its first picture".to_owned() },
        ViewState::Waiting { first_corrupt: Some(reason) } => {
            View::Waiting { why: format!("sends no pictures: {reason}") }
        }
        ViewState::Gone { reason, detail, ago } => {
            let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            View::Gone { why: format!("{}{detail}", reason.as_words()), ago }
        }
    };
    Tile { key, name: robot.to_string(), view, marks, counts, numbers, rising, troubles: Vec::new() }
}

/// The key that switches the search for `kind` on or off.
fn key_of(kind: Kind) -> char {
    match kind {
        Kind::Qr => 'r',
        Kind::Tag => 't',
        Kind::Face => 'f',
        Kind::Human => 'h',
    }
}

#[cfg(test)]
mod tests;
