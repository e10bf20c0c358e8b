//! How each robot's pictures are to be turned: as the user said at the start, or has turned them since.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use vision::Orientation;

/// The orientation of robots' pictures.
#[derive(Debug, Clone, Default)]
pub struct Orientations {
    /// That of robots of which nothing else is said.
    pub all: Orientation,
    /// That of robots with these names.
    pub named: BTreeMap<Arc<str>, Orientation>,
    /// What the user has changed since, of robots from these addresses with these names.
    turned: BTreeMap<(IpAddr, Option<Arc<str>>), Orientation>,
}

impl Orientations {
    /// What is given at the start.
    pub fn new(all: Orientation, named: BTreeMap<Arc<str>, Orientation>) -> Self {
        Self { all, named, turned: BTreeMap::new() }
    }

    /// That of a robot that connects from this address, or is dialled there.
    pub(crate) fn of(&self, from: IpAddr, name: Option<&Arc<str>>) -> Orientation {
        let named = || name.and_then(|name| self.named.get(name));
        *self.turned.get(&(from, name.cloned())).or_else(named).unwrap_or(&self.all)
    }

    /// The user has turned such a robot.
    pub(crate) fn set(&mut self, from: IpAddr, name: Option<Arc<str>>, orientation: Orientation) {
        self.turned.insert((from, name), orientation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_turned_last_counts_before_its_name_and_that_before_the_rest() {
        let named = [("left".into(), Orientation::R180)].into();
        let mut orientations = Orientations::new(Orientation::R90, named);
        let [here, there] = ["10.0.0.1", "10.0.0.2"].map(|from| from.parse().unwrap());
        let [left, right] = ["left", "right"].map(Arc::from);
        assert_eq!(orientations.of(here, None), Orientation::R90);
        assert_eq!(orientations.of(here, Some(&right)), Orientation::R90);
        assert_eq!(orientations.of(here, Some(&left)), Orientation::R180);
        orientations.set(here, Some(Arc::clone(&right)), Orientation::FLIP_H);
        assert_eq!(orientations.of(here, Some(&right)), Orientation::FLIP_H);
        assert_eq!(orientations.of(there, Some(&right)), Orientation::R90);
        assert_eq!(orientations.of(here, Some(&left)), Orientation::R180);
    }
}
