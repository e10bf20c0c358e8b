//! Which kinds are searched for, in the pictures of all robots.

use std::collections::BTreeSet;

use vision::detect::Kind;

use super::{Robots, lock};

impl Robots {
    /// The kinds that are searched for.
    pub(crate) fn on(&self) -> BTreeSet<Kind> {
        lock(&self.on).clone()
    }

    /// Switches the search for `kind` on or off, and returns whether it is on now.
    pub(crate) fn toggle(&self, kind: Kind) -> bool {
        self.switch(kind, |is_on| !is_on)
    }

    /// Switches the search for `kind` on or off.
    pub(crate) fn set(&self, kind: Kind, is_on: bool) {
        self.switch(kind, |_| is_on);
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
