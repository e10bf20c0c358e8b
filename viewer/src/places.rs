//! Which robot has which place on a screen: its key in the window, its number in the page's addresses.

use std::net::IpAddr;
use std::sync::Arc;

use pipeline::{RobotId, RobotView, ViewState};

/// The places, from the first; a robot keeps its place for as long as it is shown, so that its key stays its key.
#[derive(Debug, Default)]
pub(crate) struct Places {
    places: Vec<Option<Placed>>,
    /// The last robot that was given a place.
    newest: Option<RobotId>,
}

/// A robot that has a place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) robot: RobotId,
    who: Who,
    pub(crate) is_gone: bool,
    is_stale: bool,
    /// A picture of it was there to see.
    has_shown: bool,
}

/// What a robot has in common with itself when it connects again, and with no other.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// The address that was dialled for its stream.
    At(Arc<str>),
    /// Its name, which others may have as well, and where it comes from, which others may share.
    Of(Option<Arc<str>>, IpAddr),
}

impl Places {
    /// Gives each robot a place: the one from where the same robot has left, as of one that dials anew, or the first that is
    /// free. One that came and left between two looks gets a place as well: it has something to say.
    pub(crate) fn arrange(&mut self, robots: &[RobotView]) {
        for place in &mut self.places {
            place.take_if(|placed| !robots.iter().any(|view| view.robot.id == placed.robot));
            if let Some(placed) = place
                && let Some(view) = robots.iter().find(|view| view.robot.id == placed.robot)
            {
                placed.look(view);
            }
        }
        let before = self.newest;
        for view in robots {
            let placed = Placed::new(view);
            let is_new = before.is_none_or(|newest| placed.robot > newest);
            if self.of(placed.robot).is_none() && (is_new || !placed.is_gone) {
                self.give(placed);
            }
            self.newest = self.newest.max(Some(view.robot.id));
        }
        for view in robots.iter().filter(|view| matches!(view.state, ViewState::Live(_))) {
            self.shows(view.robot.id, before);
        }
        while self.places.last().is_some_and(Option::is_none) {
            self.places.pop();
        }
    }

    fn give(&mut self, newcomer: Placed) {
        let left = self.place_of(|placed| placed.is_gone && placed.who == newcomer.who);
        match left.or_else(|| self.places.iter().position(Option::is_none)) {
            Some(place) => self.places[place] = Some(newcomer),
            None => self.places.push(Some(newcomer)),
        }
    }

    /// A picture of this robot is there. If it lost its power, it has left a connection behind that does not know it yet, one of those
    /// up to `newest`: the place of that is its own.
    fn shows(&mut self, robot: RobotId, newest: Option<RobotId>) {
        let Some(place) = self.of(robot) else { return };
        let Some(placed) = self.places[place].as_mut().filter(|placed| !placed.has_shown) else { return };
        placed.has_shown = true;
        let who = placed.who.clone();
        let has_left = |placed: &Placed| placed.is_gone || placed.is_stale && Some(placed.robot) <= newest;
        let left = self.place_of(|placed| has_left(placed) && placed.who == who);
        left.into_iter().for_each(|left| self.places.swap(place, left));
    }

    /// The place of `robot`, from 0.
    pub(crate) fn of(&self, robot: RobotId) -> Option<usize> {
        self.place_of(|placed| placed.robot == robot)
    }

    fn place_of(&self, is_wanted: impl Fn(&Placed) -> bool) -> Option<usize> {
        self.places.iter().position(|place| place.as_ref().is_some_and(&is_wanted))
    }

    /// Who has `place`.
    pub(crate) fn at(&self, place: usize) -> Option<&Placed> {
        self.places.get(place)?.as_ref()
    }

    /// All who have a place, with it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Placed)> {
        self.places.iter().enumerate().filter_map(|(place, placed)| Some((place, placed.as_ref()?)))
    }
}

impl Placed {
    fn new(view: &RobotView) -> Self {
        let RobotView { robot, peer, url, .. } = view;
        let who = url.clone().map_or_else(|| Who::Of(robot.name.clone(), peer.ip()), Who::At);
        let mut placed = Self { robot: robot.id, who, is_gone: false, is_stale: false, has_shown: false };
        placed.look(view);
        placed
    }

    fn look(&mut self, view: &RobotView) {
        self.is_gone = matches!(view.state, ViewState::Gone { .. });
        self.is_stale = matches!(view.state, ViewState::Stale { .. });
        self.has_shown |= self.is_stale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::{EndReason, FrameId, Identity, Received, StreamPicture};
    use std::time::Duration;
    use vision::picture::Pixels;

    const WAITING: ViewState = ViewState::Waiting { first_corrupt: None };
    const GONE: ViewState = ViewState::Gone { reason: EndReason::HangUp, detail: None, ago: Duration::ZERO };

    fn picture() -> Arc<StreamPicture> {
        let id = FrameId { robot: RobotId(1), seq: 0 };
        let frame = Arc::new(protocol::Frame::new("jpeg").unwrap());
        let received = Received { id, frame, at: Duration::ZERO, age: None };
        Arc::new(StreamPicture::new(received, Pixels::new(4, 4).into()))
    }

    fn live() -> ViewState {
        ViewState::Live(picture())
    }

    fn stale() -> ViewState {
        ViewState::Stale { picture: picture(), silent_for: Duration::from_secs(3) }
    }

    /// One at `from`, whose name and address are empty where it has none.
    fn robot(id: u32, [name, url, from]: [&str; 3], state: ViewState) -> RobotView {
        let given = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
        let robot = Identity { id: RobotId(id), name: given(name) };
        let peer = format!("{from}:5000").parse().unwrap();
        RobotView { robot, peer, url: given(url), state, marks: Vec::new(), counts: Vec::new(), numbers: None }
    }

    /// Who has which place after all of these looks.
    fn after<const N: usize>(looks: [&[RobotView]; N]) -> Vec<Option<u32>> {
        let mut places = Places::default();
        looks.iter().for_each(|robots| places.arrange(robots));
        places.places.iter().map(|place| place.as_ref().map(|placed| placed.robot.0)).collect()
    }

    #[test]
    fn who_comes_back_is_known_by_its_url_or_by_its_name_and_address() {
        for (left, other, takes) in [
            (["", "", "10.0.0.7"], ["", "", "10.0.0.7"], true),
            (["", "", "10.0.0.7"], ["", "", "10.0.0.8"], false),
            (["door", "", "10.0.0.7"], ["door", "", "10.0.0.7"], true),
            (["door", "", "10.0.0.7"], ["door", "", "10.0.0.8"], false),
            (["door", "", "10.0.0.7"], ["toy", "", "10.0.0.7"], false),
            (["door", "", "10.0.0.7"], ["", "", "10.0.0.7"], false),
            (["", "http://h/1", "10.0.0.7"], ["", "http://h/1", "10.0.0.8"], true),
            (["", "http://h/1", "10.0.0.7"], ["", "http://h/2", "10.0.0.7"], false),
            (["", "http://h/1", "10.0.0.7"], ["", "", "10.0.0.7"], false),
        ] {
            let places = after([&[robot(1, left, live())], &[robot(1, left, GONE), robot(2, other, WAITING)]]);
            assert_eq!(places == [Some(2)], takes, "{left:?} {other:?} {places:?}");
        }
    }

    #[test]
    fn who_lost_its_power_has_its_place_again_once_a_picture_comes() {
        let door = ["", "", "10.0.0.7"];
        let first: &[RobotView] = &[robot(1, door, live())];
        let waits: &[RobotView] = &[robot(1, door, stale()), robot(2, door, WAITING)];
        assert_eq!(after([first, waits]), [Some(1), Some(2)]);
        let back: &[RobotView] = &[robot(1, door, stale()), robot(2, door, live())];
        assert_eq!(after([first, waits, back]), [Some(2), Some(1)]);
        assert_eq!(after([first, back]), [Some(2), Some(1)]);
        assert_eq!(after([first, waits, &[robot(1, door, GONE), robot(2, door, live())]]), [Some(2), Some(1)]);
        // One that was there beside it is another robot, and so is one that nobody has seen come.
        for both in [[live(), live()], [live(), stale()]] {
            let [one, another] = both;
            let both: &[RobotView] = &[robot(1, door, one), robot(2, door, another)];
            assert_eq!(after([first, both, back]), [Some(1), Some(2)]);
        }
        assert_eq!(after([back, back]), [Some(1), Some(2)]);
    }
}
