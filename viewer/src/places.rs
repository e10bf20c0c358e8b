//! Which robot has which place on a screen: its key in the window, its number in the page's addresses.

use std::net::IpAddr;

use pipeline::{RobotId, RobotView, ViewState};

/// The places, from the first; a robot keeps its place for as long as it is shown, so that its key stays its key.
#[derive(Debug, Default)]
pub(crate) struct Places {
    places: Vec<Option<Placed>>,
    /// The last robot that was given a place.
    newest: Option<RobotId>,
}

/// A robot that has a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) robot: RobotId,
    from: IpAddr,
    pub(crate) is_gone: bool,
}

impl Places {
    /// Gives each robot a place: the one from where a robot of the same address has left, as of a robot that dials anew, or
    /// the first that is free. One that came and left between two looks gets a place as well: it has something to say.
    pub(crate) fn arrange(&mut self, robots: &[RobotView]) {
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
            if self.of(robot).is_none() && (is_new || !is_gone(view)) {
                self.give(Placed { robot, from: view.peer.ip(), is_gone: is_gone(view) });
            }
            self.newest = self.newest.max(Some(robot));
        }
        while self.places.last().is_some_and(Option::is_none) {
            self.places.pop();
        }
    }

    fn give(&mut self, newcomer: Placed) {
        let left_from_there = |place: &Option<Placed>| place.is_some_and(|p| p.is_gone && p.from == newcomer.from);
        let free = self.places.iter().position(left_from_there);
        let free = free.or_else(|| self.places.iter().position(Option::is_none));
        match free {
            Some(place) => self.places[place] = Some(newcomer),
            None => self.places.push(Some(newcomer)),
        }
    }

    /// The place of `robot`, from 0.
    pub(crate) fn of(&self, robot: RobotId) -> Option<usize> {
        self.places.iter().position(|place| place.is_some_and(|placed| placed.robot == robot))
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

fn is_gone(view: &RobotView) -> bool {
    matches!(view.state, ViewState::Gone { .. })
}
