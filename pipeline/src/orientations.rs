//! How each robot's pictures are to be turned: as the user said at the start, or has turned them since.

use std::collections::BTreeMap;
use std::sync::Arc;

use vision::Orientation;

use crate::who::Who;

/// The orientation of robots' pictures.
#[derive(Debug, Clone, Default)]
pub struct Orientations {
    /// That of robots of which nothing else is said.
    pub all: Orientation,
    /// That of robots with these names.
    pub named: BTreeMap<Arc<str>, Orientation>,
    /// What the user has changed since.
    turned: BTreeMap<Who, Orientation>,
}

impl Orientations {
    /// What is given at the start.
    pub fn new(all: Orientation, named: BTreeMap<Arc<str>, Orientation>) -> Self {
        Self { all, named, turned: BTreeMap::new() }
    }

    /// That of a robot that has connected.
    pub(crate) fn of(&self, who: &Who, name: Option<&Arc<str>>) -> Orientation {
        let named = || name.and_then(|name| self.named.get(name));
        *self.turned.get(who).or_else(named).unwrap_or(&self.all)
    }

    /// The user has turned such a robot.
    pub(crate) fn set(&mut self, who: Who, orientation: Orientation) {
        self.turned.insert(who, orientation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_turned_last_counts_before_its_name_and_that_before_the_rest() {
        let named = [("left".into(), Orientation::R180)].into();
        let mut orientations = Orientations::new(Orientation::R90, named);
        let [left, right] = ["left", "right"].map(Arc::from);
        let named = |from: &str, name| Who::new(format!("{from}:5000").parse().unwrap(), name, None);
        let of = |orientations: &Orientations, from, name| orientations.of(&named(from, name), name);
        assert_eq!(of(&orientations, "10.0.0.1", None), Orientation::R90);
        assert_eq!(of(&orientations, "10.0.0.1", Some(&right)), Orientation::R90);
        assert_eq!(of(&orientations, "10.0.0.1", Some(&left)), Orientation::R180);
        orientations.set(named("10.0.0.1", Some(&right)), Orientation::FLIP_H);
        assert_eq!(of(&orientations, "10.0.0.1", Some(&right)), Orientation::FLIP_H);
        assert_eq!(of(&orientations, "10.0.0.2", Some(&right)), Orientation::R90);
        assert_eq!(of(&orientations, "10.0.0.1", Some(&left)), Orientation::R180);
    }
}
