//! Which kinds are searched for, and in whose pictures.

use std::collections::BTreeSet;
use std::sync::MutexGuard;

use vision::detect::Kind;

use super::{Robots, lock};
use crate::clock::measured;
use crate::event::{Event, Identity};
use crate::frame::RobotId;
use crate::health::{FOR_EVER, Health, Trouble};

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

    /// Whether the detector of `kind` was switched off for `robot`, because of what it did.
    pub(crate) fn is_off(&self, kind: Kind, robot: RobotId) -> bool {
        lock(&self.health).is_off(kind, robot)
    }

    /// Switches the search for `kind` on or off for all robots, and returns whether it is on now.
    pub(crate) fn toggle(&self, kind: Kind) -> bool {
        lock(&self.health).switched(kind, self.clock.now());
        self.switch(kind, |is_on| !is_on)
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
        let (outcome, worked) = measured(search);
        let off = self.health().ends(kind, outcome.is_ok(), worked, self.clock.now());
        if let Some(why) = off
            && let Some(robot) = self.get(robot.id)
        {
            lock(&robot.session).forget(kind);
            let robot = robot.identity.clone();
            self.say(kind, Event::DetectorOff { robot, kind, why: why.to_string() });
        }
        outcome
    }

    /// What is wrong with the detectors.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let on = self.on();
        self.health().troubles(|kind| on.contains(&kind), self.clock.now())
    }

    /// Says which detectors do not come back.
    pub(super) fn say_hanging(&self) {
        let hanging = self.health().hanging(self.clock.now());
        for (kind, robot) in hanging {
            // Until it comes back it has no answer for anybody.
            self.forget(kind);
            self.say(kind, Event::DetectorHangs { robot, kind, after: FOR_EVER });
        }
    }

    /// How the detectors do, in fair times.
    fn health(&self) -> MutexGuard<'_, Health> {
        let mut health = lock(&self.health);
        let now = self.clock.now();
        health.recount(|at| self.clock.fair_start(at, now));
        health
    }

    /// Says what becomes of the detector of `kind`, unless the user has switched it off for all.
    fn say(&self, kind: Kind, event: Event) {
        if !self.on().contains(&kind) {
            return;
        }
        self.sinks.send(event);
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
        self.forget(kind);
        self.changed();
        is_on
    }

    /// Forgets the objects of `kind` in all robots' pictures.
    fn forget(&self, kind: Kind) {
        self.list().iter().for_each(|robot| lock(&robot.session).forget(kind));
    }
}
