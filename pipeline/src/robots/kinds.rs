//! Which kinds are searched for, in the pictures of all robots.

use std::collections::BTreeSet;
use std::sync::MutexGuard;

use vision::detect::Kind;

use super::{Robots, lock};
use crate::event::Event;
use crate::health::{Health, Trouble, WhyOff};
use crate::mailbox::Policy;

impl Robots {
    /// The kinds that are searched for.
    pub(crate) fn on(&self) -> BTreeSet<Kind> {
        lock(&self.on).clone()
    }

    /// Switches the search for `kind` on or off, and returns whether it is on now.
    pub(crate) fn toggle(&self, kind: Kind) -> bool {
        lock(&self.health).switched(kind, self.clock.now());
        self.switch(kind, |is_on| !is_on)
    }

    /// Switches the search for `kind` on or off.
    pub(crate) fn set(&self, kind: Kind, is_on: bool) {
        lock(&self.health).switched(kind, self.clock.now());
        self.switch(kind, |_| is_on);
    }

    /// The detector of `kind` searches a picture; one that fails or takes far too long again and again is switched off, unless
    /// every frame is wanted, where what is found may not depend on the time it takes.
    pub(crate) fn watched<T, E>(&self, kind: Kind, search: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        lock(&self.health).begins(kind, self.clock.now());
        let outcome = search();
        let robots = self.list().len();
        let off = self.health().ends(kind, outcome.is_ok(), robots, self.clock.now());
        off.iter().for_each(|&why| self.switch_off(kind, why));
        outcome
    }

    /// What is wrong with the detectors.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let on = self.on();
        self.health().troubles(|kind| on.contains(&kind), self.clock.now())
    }

    /// Switches off the detectors that do not come back.
    pub(super) fn switch_off_overdue(&self) {
        let overdue = self.health().overdue(self.clock.now());
        overdue.into_iter().for_each(|(kind, why)| self.switch_off(kind, why));
    }

    /// How the detectors do, in fair times.
    fn health(&self) -> MutexGuard<'_, Health> {
        let mut health = lock(&self.health);
        let now = self.clock.now();
        health.recount(|at| self.clock.fair_start(at, now));
        health
    }

    fn switch_off(&self, kind: Kind, why: WhyOff) {
        if self.policy == Policy::EveryFrame || !self.on().contains(&kind) {
            return;
        }
        self.switch(kind, |_| false);
        self.sinks.send(Event::DetectorOff { kind, why: why.to_string() });
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
