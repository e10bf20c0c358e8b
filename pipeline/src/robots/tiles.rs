//! Which robot has which tile: its key in the window, its number in the page's addresses. Pure.

use std::time::Duration;

use super::{GONE_FOR, Occupant};
use crate::frame::RobotId;
use crate::session::STALE_AFTER;
use crate::who::Who;

/// The tiles, from the first, no more than there are places. A robot keeps its own for as long as it is known, and one that has
/// shown a picture for ten seconds after it has left, unless all are taken and a new robot needs one, so that its key stays its key when
/// it connects again.
#[derive(Debug)]
pub(super) struct Tiles {
    tiles: Vec<Option<Tile>>,
    most: usize,
}

#[derive(Debug)]
struct Tile {
    robot: RobotId,
    who: Who,
    came_at: Duration,
    /// For how long the same robot was there before.
    stayed: Duration,
    has_shown: bool,
    left_at: Option<Duration>,
    /// The robot has the tile again that it had left.
    is_back: bool,
    /// The robot has come back, and has another tile.
    is_replaced: bool,
}

impl Tiles {
    /// For so many robots at a time.
    pub(super) fn for_places(most: usize) -> Self {
        Self { tiles: Vec::new(), most }
    }

    /// A robot has come: it gets the tile that the same one has left, the first that is free, or that of whoever has left and had
    /// stayed for the shortest time.
    pub(super) fn give(&mut self, robot: RobotId, who: Who, now: Duration) {
        let its = |tile: &Tile| tile.left_at.filter(|_| tile.who == who && !tile.is_replaced);
        let left = self.all().filter_map(|(at, tile)| Some((its(tile)?, at))).max().map(|(_, at)| at);
        let is_back = left.is_some();
        let stayed = left.and_then(|at| self.tiles[at].as_ref()).map_or(Duration::ZERO, |tile| tile.stay(now));
        let (has_shown, left_at, is_replaced) = (false, None, false);
        let tile = Some(Tile { robot, who, came_at: now, stayed, has_shown, left_at, is_back, is_replaced });
        let others = || {
            let left = self.all().filter(|(_, tile)| tile.left_at.is_some());
            let left = left.map(|(at, tile)| (tile.has_shown, tile.stay(now), tile.left_at, at));
            left.min().filter(|_| self.tiles.len() >= self.most).map(|(.., at)| at)
        };
        match left.or_else(|| self.tiles.iter().position(Option::is_none)).or_else(others) {
            Some(at) => self.tiles[at] = tile,
            None => self.tiles.push(tile),
        }
    }

    /// Whether pictures of this robot may tell yet which tile is its own.
    pub(super) fn is_settling(&self, robot: RobotId, now: Duration) -> bool {
        let Some(tile) = self.of(robot).and_then(|at| self.tiles[at].as_ref()) else { return false };
        let is_same = |(_, other): (usize, &Tile)| other.robot < robot && other.who == tile.who && !other.is_replaced;
        !tile.is_back && now.saturating_sub(tile.came_at) < SETTLES_FOR && self.all().any(is_same)
    }

    /// One of the first pictures of this robot is there. One that lost its power has left a connection behind that does not know it
    /// yet, and has been silent since this one has come: the tile of that is its own.
    pub(super) fn shows(&mut self, robot: RobotId, occupants: &[Occupant], now: Duration) {
        let Some(own) = self.of(robot) else { return };
        let Some(tile) = &mut self.tiles[own] else { return };
        tile.has_shown = true;
        if tile.is_back {
            return;
        }
        let (who, came_at) = (tile.who.clone(), tile.came_at);
        let is_silent = |other: &Occupant| {
            let since = other.silent_since;
            !other.is_handing_on && since <= came_at && now.saturating_sub(since) >= STALE_AFTER
        };
        let are_silent: Vec<RobotId> = occupants.iter().filter(|o| is_silent(o)).map(|o| o.robot).collect();
        let is_silent = |tile: &Tile| tile.has_shown && are_silent.contains(&tile.robot);
        let is_before = |tile: &Tile| tile.robot < robot && tile.who == who && !tile.is_replaced;
        let left = self.position(|tile| is_before(tile) && (tile.left_at.is_some() || is_silent(tile)));
        if let Some(left) = left {
            self.tiles.swap(own, left);
            let stayed = self.tiles[own].as_ref().map_or(Duration::ZERO, |tile| tile.stay(now));
            self.tiles[left].iter_mut().for_each(|tile| (tile.is_back, tile.stayed) = (true, stayed));
            self.tiles[own].iter_mut().for_each(|tile| tile.is_replaced = true);
        }
    }

    /// The connection of this robot is over.
    pub(super) fn left(&mut self, robot: RobotId, now: Duration) {
        let tiles = self.tiles.iter_mut().flatten();
        tiles.filter(|tile| tile.robot == robot).for_each(|tile| tile.left_at = Some(now));
    }

    /// Frees the tiles of robots that are not known any more, unless they are kept for these.
    pub(super) fn free(&mut self, is_known: impl Fn(RobotId) -> bool, now: Duration) {
        let is_kept = |tile: &Tile| tile.has_shown && tile.left_at.is_some_and(|at| now.saturating_sub(at) <= GONE_FOR);
        for tile in &mut self.tiles {
            tile.take_if(|tile| !is_known(tile.robot) && !is_kept(tile));
        }
        while self.tiles.last().is_some_and(Option::is_none) {
            self.tiles.pop();
        }
    }

    /// That of `robot`, from 0.
    pub(super) fn of(&self, robot: RobotId) -> Option<usize> {
        self.position(|tile| tile.robot == robot)
    }

    fn position(&self, is_wanted: impl Fn(&Tile) -> bool) -> Option<usize> {
        self.all().find(|(_, tile)| is_wanted(tile)).map(|(at, _)| at)
    }

    fn all(&self) -> impl Iterator<Item = (usize, &Tile)> {
        self.tiles.iter().enumerate().filter_map(|(at, tile)| Some((at, tile.as_ref()?)))
    }
}

impl Tile {
    /// For how long its robot has been there, by `now`, and before.
    fn stay(&self, now: Duration) -> Duration {
        self.stayed + self.left_at.unwrap_or(now).saturating_sub(self.came_at)
    }
}

/// Longer than a camera takes to start, and than it takes to know that another one is silent.
const SETTLES_FOR: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    /// Robots come, in this order.
    fn tiles(robots: &[(u32, [&str; 3])]) -> Tiles {
        let mut tiles = Tiles::for_places(3);
        robots.iter().for_each(|(robot, who)| tiles.give(RobotId(*robot), whose(*who), NOW));
        tiles
    }

    /// Whoever has this name and this address that was dialled, which are empty where there are none, and comes from there.
    fn whose([name, url, from]: [&str; 3]) -> Who {
        let given = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
        Who::new(format!("{from}:5000").parse().unwrap(), given(name).as_ref(), given(url).as_ref())
    }

    fn robots(tiles: &Tiles) -> Vec<Option<u32>> {
        tiles.tiles.iter().map(|tile| tile.as_ref().map(|tile| tile.robot.0)).collect()
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
            let mut tiles = tiles(&[(1, left)]);
            tiles.left(RobotId(1), NOW);
            tiles.give(RobotId(2), whose(other), NOW);
            assert_eq!(robots(&tiles) == [Some(2)], takes, "{left:?} {other:?}");
        }
    }

    fn shows(tiles: &mut Tiles, robot: u32) {
        tiles.shows(RobotId(robot), &[], NOW);
    }

    #[test]
    fn who_lost_its_power_has_its_tile_again_once_its_old_connection_is_known_to_be_silent() {
        let door = ["", "", "10.0.0.7"];
        let half = STALE_AFTER / 2;
        for (silent_since, handing_on, want) in [
            (NOW - half, false, [Some(2), Some(1)]),
            (NOW + half, false, [Some(1), Some(2)]),
            (NOW - half, true, [Some(1), Some(2)]),
        ] {
            let mut tiles = tiles(&[(1, door)]);
            shows(&mut tiles, 1);
            tiles.give(RobotId(2), whose(door), NOW);
            let old = Occupant { is_handing_on: handing_on, ..Occupant::new(RobotId(1), silent_since) };
            // Its first picture comes too early to tell.
            tiles.shows(RobotId(2), &[old], NOW);
            assert_eq!(robots(&tiles), [Some(1), Some(2)]);
            assert!(tiles.is_settling(RobotId(2), NOW + 2 * STALE_AFTER));
            tiles.shows(RobotId(2), &[old], NOW + 2 * STALE_AFTER);
            assert_eq!(robots(&tiles), want, "{silent_since:?}");
            assert_eq!(tiles.is_settling(RobotId(2), NOW + 2 * STALE_AFTER), want[0] == Some(1));
            assert!(!tiles.is_settling(RobotId(2), NOW + SETTLES_FOR));
        }
    }

    #[test]
    fn the_tile_of_one_that_has_shown_a_picture_is_kept_for_ten_seconds_and_no_other() {
        let [door, toy, cat] = ["10.0.0.7", "10.0.0.8", "10.0.0.9"].map(|from| ["", "", from]);
        let mut tiles = tiles(&[(1, door), (2, toy)]);
        shows(&mut tiles, 1);
        [1, 2].into_iter().for_each(|robot| tiles.left(RobotId(robot), NOW));
        tiles.free(|_| true, NOW + 2 * GONE_FOR);
        assert_eq!(robots(&tiles), [Some(1), Some(2)], "they are known");
        tiles.free(|_| false, NOW + GONE_FOR);
        assert_eq!(robots(&tiles), [Some(1)]);
        tiles.give(RobotId(3), whose(cat), NOW);
        tiles.give(RobotId(4), whose(door), NOW);
        assert_eq!(robots(&tiles), [Some(4), Some(3)]);
        tiles.left(RobotId(4), NOW);
        tiles.free(|robot| robot == RobotId(3), NOW);
        assert_eq!(robots(&tiles), [None, Some(3)]);
    }

    #[test]
    fn there_are_no_more_tiles_than_places() {
        let from = |n: u32| ["", "", ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"][n as usize - 1]];
        let mut tiles = tiles(&[1, 2, 3].map(|n| (n, from(n))));
        [1, 2].into_iter().for_each(|robot| shows(&mut tiles, robot));
        for robot in [1, 3, 2] {
            tiles.left(RobotId(robot), NOW + Duration::from_secs(robot.into()));
        }
        // First that of the one that has shown nothing, then the one that stayed for the shortest time.
        tiles.give(RobotId(4), whose(from(4)), 2 * NOW);
        tiles.give(RobotId(5), whose(from(5)), 2 * NOW);
        assert_eq!(robots(&tiles), [Some(5), Some(2), Some(4)]);
    }

    #[test]
    fn strangers_who_show_a_picture_and_leave_take_no_tile_from_one_that_stayed() {
        let door = ["", "", "10.0.0.7"];
        let mut tiles = tiles(&[(1, door)]);
        let minute = Duration::from_secs(60);
        shows(&mut tiles, 1);
        tiles.left(RobotId(1), NOW + minute);
        // It is back for a moment only, which makes its stay no shorter.
        tiles.give(RobotId(2), whose(door), NOW + minute);
        shows(&mut tiles, 2);
        tiles.left(RobotId(2), NOW + minute);
        for n in 3..20 {
            let at = NOW + minute + n * Duration::from_millis(10);
            tiles.give(RobotId(n), whose(["", &format!("http://h/{n}"), "10.0.0.9"]), at);
            shows(&mut tiles, n);
            tiles.left(RobotId(n), at + Duration::from_millis(5));
        }
        tiles.give(RobotId(30), whose(door), NOW + minute + Duration::from_secs(1));
        assert_eq!(tiles.of(RobotId(30)), Some(0));
    }

    #[test]
    fn who_has_its_tile_again_does_not_take_another_one_that_it_may_have_left() {
        let door = ["", "", "10.0.0.7"];
        let mut tiles = tiles(&[(1, door), (2, door)]);
        [1, 2].into_iter().for_each(|robot| shows(&mut tiles, robot));
        tiles.left(RobotId(2), NOW);
        tiles.left(RobotId(1), 2 * NOW);
        tiles.give(RobotId(3), whose(door), NOW);
        shows(&mut tiles, 3);
        assert_eq!(robots(&tiles), [Some(3), Some(2)]);
        // And has it again the next time.
        tiles.left(RobotId(3), 3 * NOW);
        tiles.give(RobotId(4), whose(door), NOW);
        assert_eq!(robots(&tiles), [Some(4), Some(2)]);
    }
}
