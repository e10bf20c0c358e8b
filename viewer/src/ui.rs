//! What the user has chosen to see: a state machine of keys and times, without a window.

mod rises;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use pipeline::{RobotId, RobotView, ViewState};
use vision::Orientation;
use vision::detect::Kind;

use crate::addresses::Reach;
use crate::scene::{Help, Left, Rising, Scene, Tile, View, Waiting};
use rises::Rises;

/// The state of the screen that is not any robot's: who is where, who is shown large, messages, help.
#[derive(Debug)]
pub(crate) struct Ui {
    reach: Reach,
    /// The kinds that are searched for.
    on: BTreeSet<Kind>,
    message: Option<(String, Duration)>,
    help: bool,
    /// Who has which place; a robot keeps its place for as long as it is shown, so that its key stays its key.
    places: Vec<Option<Placed>>,
    /// The place that is shown large.
    large: Option<usize>,
    /// The last robot that was given a place.
    newest: Option<RobotId>,
    /// The robot that left last, and when.
    left: Option<(Left, Duration)>,
    rises: Rises,
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    robot: RobotId,
    from: IpAddr,
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
}

impl Ui {
    /// `reach` is how robots can connect, and `on` the kinds that are searched for.
    pub(crate) fn new(reach: Reach, on: BTreeSet<Kind>) -> Self {
        Self {
            reach,
            on,
            message: None,
            help: false,
            places: Vec::new(),
            large: None,
            newest: None,
            left: None,
            rises: Rises::default(),
        }
    }

    /// Robots can connect in another way from now on.
    pub(crate) fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
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

    /// What `key` asks for.
    pub(crate) fn key(&mut self, key: char, now: Duration) -> Option<Action> {
        match key {
            'q' => return Some(Action::Quit),
            '?' => self.help = !self.help,
            'r' => return Some(Action::Toggle(Kind::Qr)),
            'f' => return Some(Action::Toggle(Kind::Face)),
            'h' => return Some(Action::Toggle(Kind::Human)),
            's' => return Some(Action::Save(self.shown_robots())),
            'o' => return Some(Action::SaveScreen),
            't' => return Some(Action::Turn(self.shown_robots(), Orientation::R90)),
            'm' => return Some(Action::Turn(self.shown_robots(), Orientation::FLIP_H)),
            'F' => return Some(Action::FullScreen),
            '0' => self.large = None,
            '1'..='9' => {
                let place = key as usize - '1' as usize;
                match self.places.get(place) {
                    Some(Some(_)) => self.large = Some(place),
                    _ => self.say(format!("there is no robot {key}"), now),
                }
            }
            _ => {}
        }
        None
    }

    /// Shows a message for a while.
    pub(crate) fn say(&mut self, text: String, now: Duration) {
        self.message = Some((text, now + MESSAGE_FOR));
    }

    /// What there is to see at `now`, of the robots that are there or have just left.
    pub(crate) fn scene(&mut self, robots: Vec<RobotView>, now: Duration) -> Scene {
        self.message.take_if(|(_, until)| *until <= now);
        self.arrange(&robots);
        self.remember_who_left(&robots, now);
        self.rises.retain(|robot| robots.iter().any(|view| view.robot.id == robot));
        let has_keys = self.places.iter().flatten().count() > 1 && self.large.is_none();
        let mut tiles: Vec<(usize, Tile)> = Vec::new();
        for view in robots {
            let Some(place) = self.place_of(view.robot.id) else { continue };
            if self.large.is_none_or(|large| large == place) {
                let key = u32::try_from(place + 1).ok().and_then(|number| char::from_digit(number, 10));
                let rising = self.rises.of(view.robot.id, view.numbers.as_ref(), now);
                tiles.push((place, tile(view, key.filter(|_| has_keys), rising)));
            }
        }
        tiles.sort_by_key(|(place, _)| *place);
        let mut tiles: Vec<Tile> = tiles.into_iter().map(|(_, tile)| tile).collect();
        // The last one that has left makes room for what helps the next one to come.
        if self.places.iter().flatten().all(|placed| placed.is_gone) && tiles.len() == 1 {
            tiles.clear();
        }
        let toast = self.message.as_ref().map(|(text, _)| text.clone());
        let left = self.left.as_ref().map(|(left, at)| Left { ago: now.saturating_sub(*at), ..left.clone() });
        let left = left.filter(|left| left.ago < LEFT_FOR);
        let waiting = Waiting { reach: self.reach.clone(), left };
        let help = self.help.then(|| Help { on: self.on.clone() });
        Scene { tiles, waiting, toast, help }
    }

    fn remember_who_left(&mut self, robots: &[RobotView], now: Duration) {
        for view in robots {
            let ViewState::Gone { reason, detail, ago } = &view.state else { continue };
            let at = now.saturating_sub(*ago);
            if self.left.as_ref().is_none_or(|(_, before)| *before < at) {
                let (name, from) = (view.robot.to_string(), view.peer.ip());
                let left = Left { name, from, why: reason.as_words(), detail: detail.clone(), ago: *ago };
                self.left = Some((left, at));
            }
        }
    }

    /// Gives each robot a place: the one from where a robot of the same address has left, as of a robot that dials anew, or
    /// the first that is free. One that came and left between two scenes gets a place as well: it has something to say.
    fn arrange(&mut self, robots: &[RobotView]) {
        for place in &mut self.places {
            place.take_if(|placed| !robots.iter().any(|view| view.robot.id == placed.robot));
            if let Some(placed) = place {
                let view = robots.iter().find(|view| view.robot.id == placed.robot);
                placed.is_gone = view.is_some_and(is_gone);
            }
        }
        let before = self.newest;
        for view in robots {
            let robot = view.robot.id;
            let is_new = before.is_none_or(|newest| robot > newest);
            if self.place_of(robot).is_none() && (is_new || !is_gone(view)) {
                self.give_place(Placed { robot, from: view.peer.ip(), is_gone: is_gone(view) });
            }
            self.newest = self.newest.max(Some(robot));
        }
        while self.places.last().is_some_and(Option::is_none) {
            self.places.pop();
        }
        self.large = self.large.filter(|&large| self.places.get(large).is_some_and(Option::is_some));
    }

    fn give_place(&mut self, newcomer: Placed) {
        let left_from_there = |place: &Option<Placed>| place.is_some_and(|p| p.is_gone && p.from == newcomer.from);
        let free = self.places.iter().position(left_from_there);
        let free = free.or_else(|| self.places.iter().position(Option::is_none));
        match free {
            Some(place) => self.places[place] = Some(newcomer),
            None => self.places.push(Some(newcomer)),
        }
    }

    fn place_of(&self, robot: RobotId) -> Option<usize> {
        self.places.iter().position(|place| place.is_some_and(|placed| placed.robot == robot))
    }

    fn shown_robots(&self) -> Vec<RobotId> {
        self.shown().map(|placed| placed.robot).collect()
    }

    /// The robots that are on the screen.
    fn shown(&self) -> impl Iterator<Item = &Placed> {
        let is_shown = |place: &usize| self.large.is_none_or(|large| large == *place);
        self.places
            .iter()
            .enumerate()
            .filter(move |(place, _)| is_shown(place))
            .filter_map(|(_, placed)| placed.as_ref())
    }
}

fn is_gone(view: &RobotView) -> bool {
    matches!(view.state, ViewState::Gone { .. })
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
    Tile { key, name: robot.to_string(), view, marks, counts, numbers, rising }
}

const MESSAGE_FOR: Duration = Duration::from_secs(3);
/// How long it is said who left, while nobody else comes.
const LEFT_FOR: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::{EndReason, Identity};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn robot(id: u32, from: &str, state: ViewState) -> RobotView {
        let robot = Identity { id: RobotId(id), name: None };
        let peer = format!("{from}:5000").parse().unwrap();
        RobotView { robot, peer, state, marks: Vec::new(), counts: Vec::new(), numbers: None }
    }

    fn here(id: u32, from: &str) -> RobotView {
        robot(id, from, ViewState::Waiting { first_corrupt: None })
    }

    fn gone(id: u32, from: &str) -> RobotView {
        robot(id, from, ViewState::Gone { reason: EndReason::HangUp, detail: None, ago: ms(100) })
    }

    fn ui() -> Ui {
        Ui::new(Reach::new("127.0.0.1:8000".parse().unwrap(), Vec::new()), BTreeSet::new())
    }

    /// The names and keys on the screen.
    fn tiles(ui: &mut Ui, robots: Vec<RobotView>) -> Vec<(String, Option<char>)> {
        ui.scene(robots, ms(0)).tiles.into_iter().map(|tile| (tile.name, tile.key)).collect()
    }

    fn named(id: u32, key: char) -> (String, Option<char>) {
        (format!("robot {id}"), Some(key))
    }

    #[test]
    fn each_kind_has_its_key() {
        for (key, kind) in [('f', Kind::Face), ('h', Kind::Human), ('r', Kind::Qr)] {
            assert_eq!(ui().key(key, ms(0)), Some(Action::Toggle(kind)));
        }
        assert_eq!(ui().key('q', ms(0)), Some(Action::Quit));
    }

    #[test]
    fn a_single_robot_needs_no_key_and_several_have_one_each() {
        let mut ui = ui();
        assert_eq!(tiles(&mut ui, vec![here(1, "10.0.0.1")]), [("robot 1".to_owned(), None)]);
        let two = vec![here(1, "10.0.0.1"), here(2, "10.0.0.2")];
        assert_eq!(tiles(&mut ui, two), [named(1, '1'), named(2, '2')]);
    }

    #[test]
    fn a_digit_shows_one_robot_large_until_it_has_left_or_all_are_wanted() {
        let mut ui = ui();
        let all = || vec![here(1, "10.0.0.1"), here(2, "10.0.0.2"), here(3, "10.0.0.3")];
        tiles(&mut ui, all());
        ui.key('2', ms(0));
        assert_eq!(tiles(&mut ui, all()), [("robot 2".to_owned(), None)]);
        assert_eq!(ui.key('s', ms(0)), Some(Action::Save(vec![RobotId(2)])));
        assert_eq!(ui.key('t', ms(0)), Some(Action::Turn(vec![RobotId(2)], Orientation::R90)));
        ui.key('0', ms(0));
        assert_eq!(tiles(&mut ui, all()).len(), 3);
        let everyone = [1, 2, 3].map(RobotId).into();
        assert_eq!(ui.key('m', ms(0)), Some(Action::Turn(everyone, Orientation::FLIP_H)));
        ui.key('2', ms(0));
        let others = vec![here(1, "10.0.0.1"), here(3, "10.0.0.3")];
        assert_eq!(tiles(&mut ui, others), [named(1, '1'), named(3, '3')]);
        ui.key('2', ms(0));
        assert_eq!(ui.scene(all(), ms(1)).toast.as_deref(), Some("there is no robot 2"));
    }

    #[test]
    fn a_robot_that_dials_anew_gets_its_place_back_and_others_keep_theirs() {
        let mut ui = ui();
        tiles(&mut ui, vec![here(1, "10.0.0.1"), here(2, "10.0.0.2")]);
        let both_gone = vec![gone(1, "10.0.0.1"), gone(2, "10.0.0.2")];
        assert_eq!(tiles(&mut ui, both_gone), [named(1, '1'), named(2, '2')]);
        let back = vec![gone(1, "10.0.0.1"), gone(2, "10.0.0.2"), here(3, "10.0.0.2"), here(4, "10.0.0.9")];
        assert_eq!(tiles(&mut ui, back), [named(1, '1'), named(3, '2'), named(4, '3')]);
        // The first one's time is over; its place is free.
        let later = vec![here(3, "10.0.0.2"), here(4, "10.0.0.9"), here(5, "10.0.0.5")];
        assert_eq!(tiles(&mut ui, later), [named(5, '1'), named(3, '2'), named(4, '3')]);
    }

    #[test]
    fn the_only_robot_that_has_left_is_named_with_the_reason_while_the_next_one_is_waited_for() {
        let mut ui = ui();
        tiles(&mut ui, vec![here(1, "10.0.0.1")]);
        let detail = Some("byte 17: 4 of 900 bytes had come".to_owned());
        let state = ViewState::Gone { reason: EndReason::Truncated, detail: detail.clone(), ago: ms(100) };
        let scene = ui.scene(vec![robot(1, "10.0.0.1", state)], ms(5000));
        let (from, why) = ("10.0.0.1".parse().unwrap(), "was cut off inside a frame");
        let left = Left { name: "robot 1".into(), from, why, detail, ago: ms(100) };
        assert!(scene.tiles.is_empty());
        assert_eq!(scene.waiting.left, Some(left.clone()));
        // Long after the pipeline has forgotten it, and not for ever.
        assert_eq!(ui.scene(Vec::new(), ms(64_900)).waiting.left, Some(Left { ago: ms(60_000), ..left }));
        assert_eq!(ui.scene(Vec::new(), ms(4900) + LEFT_FOR).waiting.left, None);
    }

    #[test]
    fn a_robot_that_came_and_left_between_two_scenes_is_shown_with_the_reason() {
        let mut ui = ui();
        tiles(&mut ui, vec![here(1, "10.0.0.1")]);
        let both = || vec![here(1, "10.0.0.1"), gone(2, "10.0.0.2")];
        assert_eq!(tiles(&mut ui, both()), [named(1, '1'), named(2, '2')]);
        assert_eq!(tiles(&mut ui, both()), [named(1, '1'), named(2, '2')]);
        // It dials again, and again in vain: in the same place.
        let again = vec![here(1, "10.0.0.1"), gone(2, "10.0.0.2"), gone(3, "10.0.0.2")];
        assert_eq!(tiles(&mut ui, again), [named(1, '1'), named(3, '2')]);
    }

    #[test]
    fn the_list_of_keys_says_what_is_on() {
        let mut ui = ui();
        ui.key('?', ms(0));
        ui.switched(Kind::Face, true, ms(0));
        let scene = ui.scene(Vec::new(), ms(1));
        assert_eq!((scene.help, scene.toast.as_deref()), (Some(Help { on: [Kind::Face].into() }), Some("faces: on")));
        ui.switched(Kind::Face, false, ms(2));
        assert_eq!(ui.scene(Vec::new(), ms(3)).help, Some(Help { on: [].into() }));
    }

    #[test]
    fn a_message_passes_and_the_keys_stay_until_they_are_hidden() {
        let mut ui = ui();
        ui.say("saved".into(), ms(0));
        ui.key('?', ms(0));
        let scene = ui.scene(Vec::new(), ms(2999));
        assert_eq!((scene.toast.as_deref(), scene.help.is_some()), (Some("saved"), true));
        let scene = ui.scene(Vec::new(), ms(3000));
        assert_eq!((scene.toast, scene.help.is_some()), (None, true));
        ui.key('?', ms(3001));
        assert!(ui.scene(Vec::new(), ms(3002)).help.is_none());
    }
}
