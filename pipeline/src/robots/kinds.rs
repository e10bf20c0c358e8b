//! Which kinds are searched for, in the pictures of all robots.

use std::collections::BTreeSet;
use std::sync::MutexGuard;

use vision::detect::Kind;

use super::{Robots, lock};
use crate::event::{Event, Identity};
use crate::frame::RobotId;
use crate::health::{Health, Trouble, WhyOff};

impl Robots {
    /// The kinds that are searched for.
    pub(crate) fn on(&self) -> BTreeSet<Kind> {
        lock(&self.on).clone()
    }

    /// The kinds that are searched for in the pictures of `robot`.
    pub(crate) fn searched(&self, robot: RobotId) -> BTreeSet<Kind> {
        let mut kinds = self.on();
        let health = lock(&self.health);
        kinds.retain(|&kind| !health.is_off(kind, robot));
        kinds
    }

    /// Whether the detector of `kind` was not switched off for `robot`.
    pub(crate) fn searches(&self, kind: Kind, robot: RobotId) -> bool {
        !lock(&self.health).is_off(kind, robot)
    }

    /// Switches the search for `kind` on or off, and returns whether it is on now; where it was switched off for the pictures
    /// of a robot that is connected, it is on for all again.
    pub(crate) fn toggle(&self, kind: Kind) -> bool {
        let robots = self.list();
        let mut health = lock(&self.health);
        let begins_anew = robots.iter().any(|robot| robot.is_connected() && health.is_off(kind, robot.id()));
        health.switched(kind, self.clock.now());
        drop(health);
        self.switch(kind, |is_on| !is_on || begins_anew)
    }

    /// Switches the search for `kind` on or off.
    pub(crate) fn set(&self, kind: Kind, is_on: bool) {
        lock(&self.health).switched(kind, self.clock.now());
        self.switch(kind, |_| is_on);
    }

    /// The detector of `kind` searches a picture of `robot`; if it fails or takes far too long again and again, it is switched
    /// off for this robot.
    pub(crate) fn watched<T, E>(
        &self,
        kind: Kind,
        robot: RobotId,
        search: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let robot = self.get(robot).map_or(Identity { id: robot, name: None }, |robot| robot.identity.clone());
        lock(&self.health).begins(kind, robot.clone(), self.clock.now());
        let outcome = search();
        let off = self.health().ends(kind, outcome.is_ok(), self.clock.now());
        off.iter().for_each(|&why| self.switched_off(kind, robot.clone(), why));
        outcome
    }

    /// What is wrong with the detectors.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let on = self.on();
        self.health().troubles(|kind| on.contains(&kind), self.clock.now())
    }

    /// Switches off the detectors that do not come back, each for the robot whose picture it searches.
    pub(super) fn switch_off_overdue(&self) {
        let overdue = self.health().overdue(self.clock.now());
        overdue.into_iter().for_each(|(kind, robot, why)| self.switched_off(kind, robot, why));
    }

    /// How the detectors do, in fair times.
    fn health(&self) -> MutexGuard<'_, Health> {
        let mut health = lock(&self.health);
        let now = self.clock.now();
        health.recount(|at| self.clock.fair_start(at, now));
        health
    }

    fn switched_off(&self, kind: Kind, robot: Identity, why: WhyOff) {
        if let Some(robot) = self.get(robot.id) {
            lock(&robot.session).forget(kind);
        }
        self.sinks.send(Event::DetectorOff { robot, kind, why: why.to_string() });
        self.changed();
        self.wake.wake();
    }

    /// Switches the search for `kind` to what `change` makes of what it is.
    fn switch(&self, kind: Kind, change: impl FnOnce(bool) -> bool) -> bool {
        let mut on = lock(&self.on);
        let was_on = on.contains(&kind);
        let is_on = change(was_on);
        if is_on == was_on {
            return is_on;
        }
        if is_on {
            on.insert(kind)
        } else {
            on.remove(&kind)
        };
        drop(on);
        self.list().iter().for_each(|robot| lock(&robot.session).forget(kind));
        self.changed();
        is_on
    }
}
