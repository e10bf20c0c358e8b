//! What robots are called in the fleet: by their names, or where they come from. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pipeline::RobotId;

/// The names of the robots that are there.
#[derive(Debug, Default)]
pub(super) struct Names {
    robots: BTreeMap<RobotId, Named>,
}

#[derive(Debug)]
struct Named {
    name: Arc<str>,
    ip: IpAddr,
    /// When its last frame came.
    heard_at: Duration,
}

impl Names {
    /// What `robot` is called, whose own name is `name` if it has one, and of which a frame has come from `ip` just now.
    ///
    /// Where another one has that name, the address or a number joins it, unless the other one is the same robot: it has lost its
    /// power, and its connection does not know it yet.
    pub(super) fn of(&mut self, robot: RobotId, name: Option<&Arc<str>>, ip: IpAddr, now: Duration) -> Arc<str> {
        if let Some(named) = self.robots.get_mut(&robot) {
            named.heard_at = now;
            return Arc::clone(&named.name);
        }
        let ip = ip.to_canonical();
        let first = name.map_or_else(|| ip.to_string(), |name| name.to_string());
        let with_address = name.map(|name| format!("{name}-{ip}"));
        let with_number = |n: u32| format!("{}-{n}", with_address.as_ref().unwrap_or(&first));
        let others = (2..).map(with_number);
        let mut wanted = std::iter::once(first.clone()).chain(with_address.clone()).chain(others);
        let is_free = |wanted: &String| {
            let holders = self.robots.values().filter(|named| *named.name == **wanted);
            holders.into_iter().all(|named| named.ip == ip && now.saturating_sub(named.heard_at) >= SILENT)
        };
        let name: Arc<str> = wanted.find(is_free).expect("there are more numbers than robots").into();
        self.robots.insert(robot, Named { name: Arc::clone(&name), ip, heard_at: now });
        name
    }

    /// `robot` has left.
    pub(super) fn forget(&mut self, robot: RobotId) {
        self.robots.remove(&robot);
    }
}

/// A camera is never silent for as long.
const SILENT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn named(names: &mut Names, robot: u32, name: &str, ip: &str, now: Duration) -> String {
        let name: Option<Arc<str>> = (!name.is_empty()).then(|| name.into());
        names.of(RobotId(robot), name.as_ref(), ip.parse().unwrap(), now).to_string()
    }

    #[test]
    fn a_robot_is_called_by_its_name_or_where_it_comes_from() {
        let mut names = Names::default();
        assert_eq!(named(&mut names, 1, "left", "10.0.0.1", NOW), "left");
        assert_eq!(named(&mut names, 2, "", "10.0.0.2", NOW), "10.0.0.2");
        assert_eq!(named(&mut names, 3, "", "::ffff:10.0.0.3", NOW), "10.0.0.3");
        assert_eq!(named(&mut names, 1, "left", "10.0.0.1", NOW), "left");
    }

    #[test]
    fn robots_of_one_name_are_told_apart_by_their_addresses_and_then_by_numbers() {
        let mut names = Names::default();
        let all = [
            (1, "lab", "10.0.0.1"),
            (2, "lab", "10.0.0.2"),
            (3, "lab", "10.0.0.2"),
            (4, "", "10.0.0.1"),
            (5, "", "10.0.0.1"),
        ];
        let called = all.map(|(robot, name, ip)| named(&mut names, robot, name, ip, NOW));
        assert_eq!(called, ["lab", "lab-10.0.0.2", "lab-10.0.0.2-2", "10.0.0.1", "10.0.0.1-2"]);
        names.forget(RobotId(4));
        assert_eq!(named(&mut names, 6, "", "10.0.0.1", NOW), "10.0.0.1");
    }

    #[test]
    fn who_lost_its_power_has_its_name_again() {
        let mut names = Names::default();
        named(&mut names, 1, "left", "10.0.0.1", NOW);
        assert_eq!(named(&mut names, 2, "left", "10.0.0.1", NOW + SILENT), "left");
        assert_eq!(named(&mut names, 3, "left", "10.0.0.3", NOW + 2 * SILENT), "left-10.0.0.3");
    }
}
